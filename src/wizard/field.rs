//! A question: where its answer lies in the answers file, how it is asked, when it is shown.

use super::draft::Draft;
use serde::Deserialize;

/// How a field is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Any number of values, typed and joined by commas.
    List,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// One of the options.
    Choice,
    /// Any of the options; the text is their values, joined by commas.
    Many,
    /// `key=value, key=value`.
    Pairs,
}

/// What is looked up in the account and offered beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Offers {
    /// The account's buckets.
    Buckets,
    /// The region's keys that have an alias, and `new`.
    Keys,
    /// The groups of a Space.
    Groups,
    /// The control planes of a Space, `GROUP/NAME`.
    Planes,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answers file's word.
    pub value: String,
    /// The user's word.
    pub title: String,
    /// What it means, one line.
    pub about: String,
    /// The same in a row's room; empty: the same words.
    #[serde(default)]
    pub brief: String,
    /// Why this version cannot do it; it is shown and cannot be chosen.
    #[serde(default)]
    pub cannot: String,
}

/// Shown only while another field has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The other field.
    pub path: String,
    /// Its values.
    pub is: Vec<String>,
}

/// How a choice that facts decide is said. `{option}` stands for an option's title, `{why}` for the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// It was chosen, since the user chose nothing.
    pub chosen: String,
    /// It is recommended, and something else or the same was chosen by the user.
    pub recommended: String,
    /// An option that facts rule out.
    pub cannot: String,
    /// What to do where the other can be chosen.
    pub todo: String,
    /// What to do where no option is left.
    pub none: String,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its key in the answers file, `bucket.name`.
    pub path: String,
    /// How it is answered.
    pub kind: FieldKind,
    /// Its name, one to three words.
    pub label: String,
    /// One line that is always to be seen.
    pub hint: String,
    /// The same in a row's room; empty: the same words.
    #[serde(default)]
    pub brief: String,
    /// A good value.
    #[serde(default)]
    pub example: String,
    /// The value that holds while nothing is typed; where it depends on other answers, see `default_of`.
    #[serde(default)]
    pub default: String,
    /// What is looked up.
    #[serde(default)]
    pub offers: Option<Offers>,
    /// When it is shown.
    #[serde(default)]
    pub when: Option<When>,
    /// How it is said what facts choose; `None`: they choose nothing here.
    #[serde(default)]
    pub advice: Option<Advice>,
    /// Whether it stands under "More".
    #[serde(default)]
    pub more: bool,
    /// The options of a choice.
    #[serde(default, rename = "option")]
    pub options: Vec<Choice>,
}

impl Advice {
    /// One of its sentences with its words put in.
    pub fn say(sentence: &str, option: &str, why: &str) -> String {
        sentence.replace("{option}", option).replace("{why}", why)
    }
}

impl Choice {
    /// What it means, in a row's room.
    pub fn row(&self) -> &str {
        if self.brief.is_empty() { &self.about } else { &self.brief }
    }
}

impl Field {
    /// The hint, in a row's room.
    pub fn row(&self) -> &str {
        if self.brief.is_empty() { &self.hint } else { &self.brief }
    }

    /// Whether it is asked, given the other answers.
    pub fn shown(&self, draft: &Draft) -> bool {
        self.when.as_ref().is_none_or(|when| when.is.iter().any(|value| *value == draft.value(&when.path)))
    }

    /// Whether a path of the answers file is its own, or one under it (`tags.team`).
    pub fn owns(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether text is typed into it.
    pub fn is_typed(&self) -> bool {
        matches!(self.kind, FieldKind::Text | FieldKind::List | FieldKind::Number | FieldKind::Pairs)
    }

    /// The options that can be chosen.
    pub fn possible(&self) -> impl Iterator<Item = &Choice> {
        self.options.iter().filter(|option| option.cannot.is_empty())
    }
}
