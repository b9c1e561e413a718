//! What of the user's values ours overrule: each is named, none goes silently.

use super::paths::element;
use super::values::Setting;
use serde_json::Value;

/// A sentence for each value of the user's that one of ours contradicts, or that cannot stay beside it.
pub fn overruled(user: &Value, ours: &[Setting]) -> Vec<String> {
    let mut out = Vec::new();
    for (path, value) in ours {
        for note in at_path(user, path, value) {
            if !out.contains(&note) {
                out.push(note);
            }
        }
    }
    out
}

fn at_path(user: &Value, path: &[String], ours: &Value) -> Vec<String> {
    let mut at = user;
    let mut notes = Vec::new();
    for (depth, segment) in path.iter().enumerate() {
        let place = path.get(..depth).unwrap_or_default().join(".");
        let next = match (element(segment), at) {
            (_, Value::Null) => return notes,
            (Some(name), Value::Array(list)) => {
                if list.iter().any(|item| !item["name"].is_string()) {
                    notes.push(format!("values: an entry of your {place} has no name and is left out"));
                }
                list.iter().find(|item| item["name"] == name)
            }
            (Some(_), Value::String(_)) => {
                // Read as a list where it can be: see `paths::put`.
                notes.extend(super::paths::list_in(at).is_none().then(|| {
                    format!("values: {place} is set by lifeboat as a list, over your text, which cannot be read as one")
                }));
                return notes;
            }
            (None, Value::Object(map)) => map.get(segment),
            (wanted, _) => {
                let what = if wanted.is_some() { "a list" } else { "a map" };
                notes.push(format!("values: {place} is set by lifeboat as {what}, over your {}", short(at)));
                return notes;
            }
        };
        match next {
            Some(next) => at = next,
            None => return notes,
        }
    }
    differences(&path.join("."), at, ours, &mut notes);
    notes
}

/// The keys that both have with another value.
fn differences(place: &str, theirs: &Value, ours: &Value, notes: &mut Vec<String>) {
    if let (Value::Object(theirs), Value::Object(ours)) = (theirs, ours) {
        for (key, value) in theirs {
            if let Some(mine) = ours.get(key) {
                differences(&format!("{place}.{key}"), value, mine, notes);
            }
        }
    } else if theirs != ours {
        notes.push(format!("values: {place} is set by lifeboat, over your {}", short(theirs)));
    }
}

/// A value in a sentence: a long one by its kind.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match value {
        _ if text.chars().count() <= 120 => text,
        Value::Object(_) => "map".to_owned(),
        Value::Array(_) => "list".to_owned(),
        _ => "text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(user: &Value, path: &[&str], ours: Value) -> String {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        overruled(user, &[(path, ours)]).join("; ")
    }

    const PLUGIN: [&str; 2] = ["initContainers", "[name=aws]"];

    #[test]
    fn a_nested_key_that_differs_is_named_by_its_whole_path() {
        let user = json!({"initContainers": [{"name": "aws", "image": "own:1", "resources": {}}]});
        let ours = json!({"name": "aws", "image": "aws:2"});
        assert_eq!(
            said(&user, &PLUGIN, ours.clone()),
            "values: initContainers.[name=aws].image is set by lifeboat, over your \"own:1\""
        );
        let same = json!({"initContainers": [{"name": "aws", "image": "aws:2"}, {"name": "other", "image": "x"}]});
        assert_eq!(said(&same, &PLUGIN, ours), "");
    }

    #[test]
    fn a_value_of_another_kind_on_the_way_is_named() {
        let user = json!({"configuration": {"backupStorageLocation": {"bucket": "old"}}, "credentials": "x"});
        let place = ["configuration", "backupStorageLocation", "[name=default]"];
        assert!(said(&user, &place, json!({})).contains("as a list, over your {\"bucket\":\"old\"}"));
        assert!(
            said(&user, &["credentials", "useSecret"], json!(false))
                .contains("credentials is set by lifeboat as a map")
        );
        assert_eq!(said(&json!({"credentials": null}), &["credentials", "useSecret"], json!(false)), "");
    }

    #[test]
    fn entries_that_cannot_stay_are_named() {
        assert!(said(&json!({"initContainers": [{"image": "x"}]}), &PLUGIN, json!({})).contains("has no name"));
        let template = json!({"initContainers": "{{ .Values.own }}"});
        assert!(said(&template, &PLUGIN, json!({})).contains("over your text"));
        assert_eq!(said(&json!({"initContainers": "- {name: own, image: x}"}), &PLUGIN, json!({})), "");
    }
}
