//! `lifeboat` and `lifeboat demo` where there is no terminal to draw on, or sentences are wanted.

use super::cli::Global;
use super::plain_desk::PlainDesk;
use super::{commands, output, world};
use crate::plain::{Talk, wizard};
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal};

/// The longest line of an answer that is looked at, bytes (E26); the rest of the line is dropped.
const LONGEST: usize = 64 * 1024;

/// Opens the world and leads through the wizard.
pub fn run(global: &Global) -> u8 {
    let global = global.clone();
    commands::blocking(async move {
        let mut talk = Console::new(&global);
        let opened = match world::open(&global, &[]) {
            Ok(opened) => opened,
            Err(trouble) => return commands::refuse(&trouble, false),
        };
        let mut desk = PlainDesk::new(&global, opened);
        let code = Box::pin(wizard(&mut talk, &mut desk)).await;
        desk.save_world();
        code
    })
}

/// The conversation over standard input and output.
struct Console {
    ascii: bool,
    /// Whether the one who answers sees what he types; else each question ends its line.
    echo: bool,
}

impl Console {
    fn new(global: &Global) -> Self {
        Self { ascii: global.ascii || !utf8(), echo: std::io::stdin().is_terminal() }
    }

    /// The line in the characters that the terminal can show.
    fn shown(&self, line: &str) -> String {
        if self.ascii { ascii(line) } else { line.to_owned() }
    }
}

impl Talk for Console {
    fn say(&mut self, line: &str) {
        output::say(&self.shown(line));
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        if output::gone() {
            return None;
        }
        let end = if self.echo { " " } else { "\n" };
        output::raw(&(output::safe(&self.shown(question)) + end));
        read(&mut std::io::stdin().lock())
    }
}

/// A line of standard input without its end; `None` when there are no more.
fn read(from: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let mut any = false;
    loop {
        let part = match from.fill_buf() {
            Ok(part) => part,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return None,
        };
        if part.is_empty() {
            break;
        }
        any = true;
        let end = part.iter().position(|byte| *byte == b'\n');
        let take = end.unwrap_or(part.len());
        let room = LONGEST.saturating_sub(line.len()).min(take);
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        from.consume(end.map_or(take, |end| end + 1));
        if end.is_some() {
            break;
        }
    }
    any.then(|| String::from_utf8_lossy(&line).into_owned())
}

/// Whether the locale's characters are UTF-8; without a locale they are ASCII (POSIX).
fn utf8() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The text in ASCII: what has no form there is named by its code point.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => out.push(c),
            '\u{2026}' => out.push_str("..."),
            '\u{23ce}' => out.push_str("<LF>"),
            other => drop(write!(out, "<U+{:04X}>", u32::from(other))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn e26_a_line_of_any_length_is_one_answer() {
        let mut input = std::io::Cursor::new([vec![b'x'; 5 << 20], b"\nnext\r\n\nlast".to_vec()].concat());
        assert_eq!(read(&mut input).unwrap().len(), LONGEST);
        assert_eq!(read(&mut input).unwrap(), "next\r");
        assert_eq!(read(&mut input).unwrap(), "");
        assert_eq!(read(&mut input).unwrap(), "last", "the last line needs no end");
        assert_eq!(read(&mut input), None);
        assert_eq!(read(&mut std::io::Cursor::new(b"\xff\xfe\n")).unwrap(), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn e24_in_ascii_nothing_else_is_said() {
        assert_eq!(ascii("prod\u{2026} é 名 ok"), "prod... <U+00E9> <U+540D> ok");
    }
}
