//! Documents: what is previewed, saved and sent, printed in one way.

use serde::Serialize;
use serde_json::Value;

/// A document of the plan, by the path that `plan --out` writes it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Relative, `/`-separated (contract, Plan).
    pub path: String,
    /// Its text, ending in a line feed.
    pub text: String,
}

/// JSON with two spaces and a line feed at the end.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

/// YAML that both YAML 1.1 and 1.2 readers take alike (words such as `on` are quoted).
pub fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

/// The lines that differ between two texts, `-` and `+` first.
pub fn diff(before: &str, after: &str) -> Vec<String> {
    similar::TextDiff::from_lines(before, after)
        .iter_all_changes()
        .filter_map(|change| {
            let line = change.value().trim_end().to_owned();
            match change.tag() {
                similar::ChangeTag::Delete => Some(format!("-{line}")),
                similar::ChangeTag::Insert => Some(format!("+{line}")),
                similar::ChangeTag::Equal => None,
            }
        })
        .collect()
}

/// The lines that differ between two JSON texts, both printed in one way first.
pub fn json_diff(before: &str, after: &str) -> Vec<String> {
    let pretty =
        |text: &str| serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| json(&value));
    diff(&pretty(before), &pretty(after))
}
