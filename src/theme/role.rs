//! What a piece of text is, by meaning: the only thing that views say about looks (tui.md 2).

use ratatui::style::Modifier;

/// A meaning that a theme gives a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Running text.
    Text,
    /// What may be read later: hints, units, times.
    Muted,
    /// The name of a field.
    Label,
    /// What a field holds.
    Value,
    /// The heading of a screen or a panel.
    Title,
    /// What stands out without being good or bad: the current step.
    Accent,
    /// The border and bar of what has the keys.
    Focus,
    /// The selected line: text and its ground.
    OnFocus,
    /// A key in a hint.
    Key,
    /// What the key does.
    KeyText,
    /// Done, healthy.
    Ok,
    /// Works, but look at it.
    Warn,
    /// Failed, or cannot be taken back.
    Danger,
    /// A note.
    Info,
    /// A line that comes, a change that creates.
    Add,
    /// A line that goes.
    Remove,
    /// A thing that is updated.
    Changed,
    /// Borders, rules, scroll bars.
    Line,
    /// The ground of the screen.
    Back,
    /// The ground of what is raised: dialogs, help.
    Panel,
    /// The letters that a filter found.
    Match,
    /// An address.
    Link,
    /// The mark of a walkthrough's caption.
    Caption,
    /// A walkthrough's caption: text and its ground.
    OnCaption,
    /// A key of a document.
    CodeKey,
    /// A string of a document.
    CodeString,
    /// A number, `true`, `null` of a document.
    CodeNumber,
    /// Braces, colons, commas of a document.
    CodePunctuation,
    /// A comment of a document.
    CodeComment,
}

/// How many roles there are.
pub(super) const COUNT: usize = 29;

/// Role, its name in theme files, and where its look comes from when the theme says nothing.
const ROWS: [(Role, &str, Option<Role>); COUNT] = [
    (Role::Text, "text", None),
    (Role::Muted, "muted", Some(Role::Text)),
    (Role::Label, "label", Some(Role::Text)),
    (Role::Value, "value", Some(Role::Text)),
    (Role::Title, "title", Some(Role::Accent)),
    (Role::Accent, "accent", Some(Role::Text)),
    (Role::Focus, "focus", Some(Role::Accent)),
    (Role::OnFocus, "on-focus", None),
    (Role::Key, "key", Some(Role::Accent)),
    (Role::KeyText, "key-text", Some(Role::Muted)),
    (Role::Ok, "ok", Some(Role::Text)),
    (Role::Warn, "warn", Some(Role::Text)),
    (Role::Danger, "danger", Some(Role::Warn)),
    (Role::Info, "info", Some(Role::Accent)),
    (Role::Add, "add", Some(Role::Ok)),
    (Role::Remove, "remove", Some(Role::Danger)),
    (Role::Changed, "changed", Some(Role::Warn)),
    (Role::Line, "line", Some(Role::Muted)),
    (Role::Back, "back", None),
    (Role::Panel, "panel", Some(Role::Back)),
    (Role::Match, "match", None),
    (Role::Link, "link", Some(Role::Info)),
    (Role::Caption, "caption", Some(Role::Accent)),
    (Role::OnCaption, "on-caption", Some(Role::OnFocus)),
    (Role::CodeKey, "code-key", Some(Role::Label)),
    (Role::CodeString, "code-string", Some(Role::Value)),
    (Role::CodeNumber, "code-number", Some(Role::CodeString)),
    (Role::CodePunctuation, "code-punctuation", Some(Role::Muted)),
    (Role::CodeComment, "code-comment", Some(Role::Muted)),
];

impl Role {
    /// Every role, in the order of their declaration.
    pub const ALL: [Self; COUNT] = {
        let mut all = [Self::Text; COUNT];
        let mut at = 0;
        while at < COUNT {
            all[at] = ROWS[at].0;
            at += 1;
        }
        all
    };

    /// The name in theme files, `on-focus`.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].1
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The role whose look this one takes when the theme says nothing; following it ends.
    pub fn fallback(self) -> Option<Self> {
        ROWS[self as usize].2
    }

    /// Whether it is a ground, on which others stand.
    pub fn is_ground(self) -> bool {
        matches!(self, Self::Back | Self::Panel)
    }

    /// The least contrast with its ground: 4.5 for text, 3 for lines and marks (WCAG 1.4.3, 1.4.11).
    pub fn least_contrast(self) -> Option<f64> {
        match self {
            Self::Back | Self::Panel => None,
            Self::Line | Self::Focus | Self::Caption => Some(3.0),
            _ => Some(4.5),
        }
    }

    /// What shows it when a theme gives neither the role nor its fallbacks a look.
    pub(super) fn plain(self) -> Modifier {
        match self {
            Self::OnFocus => Modifier::REVERSED,
            Self::Match => Modifier::UNDERLINED,
            _ => Modifier::empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_stands_at_its_place_has_a_name_of_its_own_and_a_fallback_that_ends() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, at, "{role:?}");
            assert_eq!(Role::named(role.name()), Some(role));
            assert!(role.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", role.name());
            let steps = std::iter::successors(Some(role), |role| role.fallback()).take(COUNT + 1).count();
            assert!(steps <= COUNT, "{role:?} falls back to itself");
        }
    }
}
