//! How long a document is, as IAM counts: without white space (security.md 1.1).

/// Characters that a role's trust policy may have by default (quota L-C07B4B0D raises it).
pub const TRUST_QUOTA: usize = 2048;
/// Characters that all inline policies of a role may have together.
pub const INLINE_QUOTA: usize = 10_240;
/// Characters that a managed policy may have.
pub const MANAGED_QUOTA: usize = 6144;
/// Bytes that a key policy may have.
pub const KEY_QUOTA: usize = 32_768;

/// The characters of a document that IAM counts: all but white space between JSON tokens. White space
/// inside strings counts.
pub fn compact_len(text: &str) -> usize {
    let (mut inside, mut escaped, mut count) = (false, false, 0);
    for c in text.chars() {
        if !inside && matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        count += 1;
        if escaped {
            escaped = false;
        } else if inside && c == '\\' {
            escaped = true;
        } else if c == '"' {
            inside = !inside;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a20_only_white_space_between_tokens_is_left_out() {
        assert_eq!(compact_len("{ \"a\" :\n\t\"b c\" }"), r#"{"a":"b c"}"#.len());
        assert_eq!(compact_len(r#"{"a":"\" x"}"#), r#"{"a":"\" x"}"#.len());
        assert_eq!(compact_len(""), 0);
    }

    #[test]
    fn a20_the_length_is_that_of_the_compact_form() {
        let pretty = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [ { \"Sid\": \"A B\" } ]\n}";
        let value: Result<serde_json::Value, _> = serde_json::from_str(pretty);
        assert_eq!(Some(compact_len(pretty)), value.ok().map(|value| value.to_string().len()));
    }
}
