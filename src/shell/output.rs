//! The only place of the shell that prints. A reader that went away is no trouble.

use crate::domain::Shown;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the reader of standard output went away.
static GONE: AtomicBool = AtomicBool::new(false);

/// Lines that a person reads to standard output: each is made safe once more, whatever it was put together from.
pub fn say(text: &str) {
    raw(&(safe(text) + "\n"));
}

/// A JSON document in one line to standard output. Characters that a terminal would obey or hide are written as
/// `\u` escapes: the same document to a parser.
pub fn json(document: &impl serde::Serialize) {
    let text = serde_json::to_string(document).unwrap_or_default();
    raw(&(escaped(&text) + "\n"));
}

/// Text as it is to standard output: only what this program wrote itself.
pub fn raw(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        GONE.store(true, Ordering::Relaxed);
    }
}

/// Whether nobody reads standard output any more, so that showing more is in vain.
pub fn gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

/// Lines to standard error, each made safe.
pub fn warn(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "{}", safe(text));
}

/// Asks on standard error and reads a line from standard input; `None` at its end.
pub fn ask(question: &str) -> Option<String> {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{} ", safe(question)).and_then(|()| err.flush());
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim().to_owned()),
    }
}

/// The text with each line made safe; its own line ends stay.
pub fn safe(text: &str) -> String {
    text.split('\n').map(|line| Shown::new(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// JSON with everything that [`Shown`] would make visible as `\u` escapes. Outside of strings JSON holds none.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let plain = matches!(c, ' '..='~') || Shown::new(c.encode_utf8(&mut [0; 4])).as_str().chars().eq([c]);
        if plain {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn b12_json_keeps_its_meaning_and_holds_nothing_that_a_terminal_obeys() {
        let text = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{e0041}é名\u{7f}";
        let json = escaped(&serde_json::to_string(text).unwrap());
        assert!(json.chars().all(|c| !c.is_control() && !matches!(c, '\u{202e}' | '\u{e0041}')), "{json}");
        assert!(json.contains("é名"), "what is harmless stays: {json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn b12_lines_stay_lines_and_are_safe() {
        assert_eq!(safe("a\u{1b}[2J\nb\u{202e}"), "a^[[2J\nb<U+202E>");
    }
}
