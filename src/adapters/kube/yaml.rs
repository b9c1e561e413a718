//! Foreign YAML with every limit on: size, depth, aliases, duplicate keys.

use serde_json::Value;
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

/// What is wrong with a text, with the line and column where known. Never quotes the text: it may hold secrets.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = decode(bytes)?;
    if let Some((line, column)) = position(&text, '\0') {
        return Err(format!("line {line}, column {column}: a NUL character; this is not a text file"));
    }
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: 64,
            max_aliases: 256,
            max_anchors: 256,
            max_events: 400_000,
            max_nodes: 200_000,
            max_documents: 1,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        // Refusing one would quote it, and it may be a part of a secret.
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(&text, options).map_err(|error| {
        let reason = error.without_snippet().render_with_formatter(&serde_yaml::DefaultMessageFormatter);
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        match error.location() {
            Some(at) if at.line() > 0 && !reason.contains("line ") => {
                format!("line {}, column {}: {reason}", at.line(), at.column())
            }
            _ => reason,
        }
    })
}

/// UTF-8 with or without a mark, or UTF-16 with one, as YAML 1.2 (5.2) asks.
fn decode(bytes: &[u8]) -> Result<String, String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let rest = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            std::str::from_utf8(rest).map(str::to_owned).map_err(|error| {
                let good = rest.get(..error.valid_up_to()).unwrap_or_default();
                let line = 1 + good.split(|b| *b == b'\n').count().saturating_sub(1);
                let column =
                    1 + good.rsplit(|b| *b == b'\n').next().map_or(0, |l| String::from_utf8_lossy(l).chars().count());
                format!("line {line}, column {column}: bytes that are not UTF-8")
            })
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("UTF-16 text of an odd number of bytes: the file is cut".to_owned());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| "UTF-16 text with a broken surrogate pair".to_owned())
}

fn position(text: &str, wanted: char) -> Option<(usize, usize)> {
    text.lines()
        .enumerate()
        .find_map(|(line, content)| content.chars().position(|c| c == wanted).map(|column| (line + 1, column + 1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn error(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err()
    }

    #[test]
    fn e03_not_yaml_and_tabs_are_named_with_line_and_column() {
        assert!(error(b"a: b\nc: [1, 2\nd: }").contains("line "), "{}", error(b"a: b\nc: [1, 2\nd: }"));
        let tabs = error(b"a:\n\t- b: 1\n");
        assert!(tabs.contains("line 2"), "{tabs}");
    }

    #[test]
    fn e03_marks_and_utf16_are_read() {
        let expected = serde_json::json!({"a": "b"});
        assert_eq!(parse(b"\xef\xbb\xbfa: b\n").unwrap(), expected);
        let wide = |big: bool| {
            let mut bytes = if big { vec![0xfe, 0xff] } else { vec![0xff, 0xfe] };
            for unit in "a: b\n".encode_utf16() {
                bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            }
            bytes
        };
        assert_eq!(parse(&wide(true)).unwrap(), expected);
        assert_eq!(parse(&wide(false)).unwrap(), expected);
        assert!(error(&wide(true)[..5]).contains("odd"));
        assert!(error(&[0xfe, 0xff, 0xd8, 0x00]).contains("surrogate"));
    }

    #[test]
    fn e03_nul_and_bytes_that_are_not_utf8_are_placed() {
        assert!(error(b"a: b\nc: \0d\n").starts_with("line 2, column 4"), "{}", error(b"a: b\nc: \0d\n"));
        let text = error("ä: b\n\u{e4}\u{e4}".as_bytes().get(..9).unwrap());
        assert!(text.starts_with("line 2, column 2"), "{text}");
    }

    #[test]
    fn e03_a_yaml_bomb_is_cut_off() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let refs = vec![format!("*a{}", i - 1); 9].join(", ");
            bomb = format!("{bomb}a{i}: &a{i} [{refs}]\n");
        }
        assert!(parse(bomb.as_bytes()).is_err());
        assert!(parse(b"a: &a [*a, *a]\n").is_err());
        assert!(parse("[".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn e03_duplicate_keys_are_named() {
        let text = error(b"a: 1\nb: 2\na: hunter2\n");
        assert!(text.contains("line 3") && text.contains('a'), "{text}");
    }

    #[test]
    fn numbers_without_end_are_no_error_that_would_quote_them() {
        assert_eq!(parse(b"token: 1e999\n").unwrap(), serde_json::json!({"token": ".inf"}));
    }

    #[test]
    fn errors_never_quote_the_files_content() {
        for text in [
            "token: hunter2\n  x: y: z",
            "users: [hunter2",
            "token: *hunter2\n",
            "token: !hunter2 &hunter2 *hunter2\n",
            "token: \"hunter2\\q\"\n",
            "token: @hunter2\n",
            "token: %hunter2\n%hunter2",
            "token: `hunter2\n",
            "token: !!int hunter2\n",
            "token: !!float hunter2\n",
            "token: 1\nb: hunter2: c",
            "? {hunter2: 1}\n: 2\n",
        ] {
            let problem = error(text.as_bytes());
            assert!(!problem.contains("hunter2"), "{text}: {problem}");
        }
    }
}
