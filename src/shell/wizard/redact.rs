//! Words that may be secrets are left out of what is said of a panic (security.md 6.3).

/// The beginnings of access key ids, tokens and keys.
const STARTS: [&str; 5] = ["AKIA", "ASIA", "eyJ", "k8s-aws-v1.", "-----BEGIN"];
/// Names whose value is a secret.
const NAMES: [&str; 5] =
    ["aws_secret_access_key", "aws_session_token", "x-amz-signature", "x-amz-security-token", "password"];

/// The text with such words replaced; the first line of it, at most 500 characters.
pub fn redact(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().take(500).collect();
    let mut out = String::new();
    let mut word = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || "_-./+=%".contains(c) {
            word.push(c);
            continue;
        }
        out.push_str(if secret(&word, &out) { "[hidden]" } else { &word });
        word.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out
}

/// Whether a word is a secret, by itself or by the name before it.
fn secret(word: &str, before: &str) -> bool {
    let bare = word.rsplit('=').find(|part| !part.is_empty()).unwrap_or_default();
    let named = |text: &str| NAMES.iter().any(|name| text.to_ascii_lowercase().contains(name));
    let after_name = named(before.trim_end().rsplit([',', ';', ' ', '{', '(']).next().unwrap_or_default());
    STARTS.iter().any(|start| word.contains(start))
        || (named(word) && word.contains('='))
        || (after_name && !word.is_empty())
        || (bare.len() >= 40 && bare.chars().any(|c| c.is_ascii_digit()) && !bare.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn what_may_be_a_secret_is_not_said_of_a_panic() {
        for (text, secret) in [
            ("key AKIAIOSFODNN7EXAMPLE is wrong", "AKIA"),
            ("token=eyJhbGciOi.eyJ0 x", "eyJ"),
            ("aws_secret_access_key: wJalrXUtn x", "wJal"),
            ("aws_secret_access_key=wJalrXUtn", "wJal"),
            ("Secret { key: \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\" }", "wJal"),
            ("https://x/?X-Amz-Signature=abc&y=1", "abc"),
        ] {
            assert!(!redact(text).contains(secret), "{}", redact(text));
        }
        assert_eq!(redact("index out of bounds: the len is 3\nsecond line"), "index out of bounds: the len is 3");
    }
}
