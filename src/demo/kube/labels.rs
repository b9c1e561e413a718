//! Label selectors: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas.

use crate::ports::Object;

/// Whether an object's labels fit a selector; an empty one fits all.
pub(super) fn fits(object: &Object, selector: &str) -> bool {
    let have = |key: &str| object["metadata"]["labels"][key.trim()].as_str();
    requirements(selector).iter().all(|one| requirement(one, have))
}

/// The parts between commas that are not in parentheses.
fn requirements(selector: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut inside = false;
    for c in selector.chars() {
        match c {
            ',' if !inside => parts.push(String::new()),
            _ => {
                inside = c == '(' || inside && c != ')';
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn requirement<'a>(one: &str, have: impl Fn(&str) -> Option<&'a str>) -> bool {
    let one = one.trim();
    if let Some((key, set)) = one.split_once(" notin ") {
        return have(key).is_none_or(|value| !among(set, value));
    }
    if let Some((key, set)) = one.split_once(" in ") {
        return have(key).is_some_and(|value| among(set, value));
    }
    if let Some((key, value)) = one.split_once("!=") {
        return have(key) != Some(value.trim());
    }
    if let Some((key, value)) = one.split_once('=') {
        return have(key) == Some(value.trim_start_matches('=').trim());
    }
    match one.strip_prefix('!') {
        Some(key) => have(key).is_none(),
        None => have(one).is_some(),
    }
}

fn among(set: &str, value: &str) -> bool {
    set.trim().trim_matches(['(', ')']).split(',').any(|one| one.trim() == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors() {
        let pod = json!({"metadata": {"labels": {"app": "velero", "tier": "x"}}});
        for (selector, fits_it) in [
            ("", true),
            ("app=velero", true),
            ("app==velero,tier", true),
            ("app!=velero", false),
            ("app in (a, velero),!none", true),
            ("app notin (velero)", false),
            ("none", false),
            ("none notin (x)", true),
        ] {
            assert_eq!(fits(&pod, selector), fits_it, "{selector}");
        }
    }
}
