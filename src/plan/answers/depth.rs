//! What an answers file may weigh before a parser sees it (E20).

use super::Problem;

/// The most bytes.
const MOST: usize = 1024 * 1024;
/// The most levels of brackets or dotted keys.
const DEEPEST: usize = 64;

/// Refuses a file that is too long or nested too deeply, so that no parser's stack can overflow.
pub fn weigh(text: &str) -> Result<(), Problem> {
    if text.len() > MOST {
        let what = format!("the answers file has {} bytes", text.len());
        return Err(Problem::new("", what, "at most 1 MiB is read", "Check that this is the file you mean"));
    }
    match too_deep(text) {
        Some(line) => {
            let why = format!("at most {DEEPEST} levels are read");
            let problem = Problem::new("", "the answers file is nested too deeply", why, "Take the brackets out");
            Err(problem.at(Some(line)))
        }
        None => Ok(()),
    }
}

/// Where a scan for brackets and dots stands.
enum State {
    Plain,
    Comment,
    /// In a string: its quote, and whether it is a long one.
    Text(char, bool),
}

/// The line at which brackets or dots go too deep. Strings and comments are skipped as TOML reads them;
/// an unclosed string ends the scan's concern with its rest, as it does the parser's.
fn too_deep(text: &str) -> Option<usize> {
    let (mut state, mut depth, mut dots, mut line) = (State::Plain, 0_usize, 0_usize, 1);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut step = c.len_utf8();
        match state {
            State::Plain => match c {
                '#' => state = State::Comment,
                '"' | '\'' => {
                    let long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
                    step = if long { 3 } else { 1 };
                    state = State::Text(c, long);
                }
                '[' | '{' => (depth, dots) = (depth + 1, 0),
                ']' | '}' => depth = depth.saturating_sub(1),
                '.' => dots += 1,
                '=' | ',' | '\n' => dots = 0,
                _ => {}
            },
            State::Comment if c == '\n' => (state, dots) = (State::Plain, 0),
            State::Text('"', _) if c == '\\' => step += rest.chars().nth(1).map_or(0, char::len_utf8),
            State::Text(quote, true) if c == quote => {
                if rest.chars().take(3).filter(|c| *c == quote).count() == 3 {
                    step = 3;
                    state = State::Plain;
                }
            }
            State::Text(quote, false) if c == quote || c == '\n' => state = State::Plain,
            State::Comment | State::Text(..) => {}
        }
        if depth > DEEPEST || dots > DEEPEST {
            return Some(line);
        }
        line += usize::from(c == '\n');
        rest = rest.get(step..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e20_ten_thousand_brackets_are_refused_before_parsing() {
        for open in ["[", "{", "a.", "a = [", "a={a="] {
            assert!(weigh(&open.repeat(10_000)).is_err(), "{open}");
        }
        assert!(weigh(&format!("a = {}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert_eq!(weigh(&format!("\n\na = {}", "[".repeat(65))).err().and_then(|problem| problem.line), Some(3));
    }

    #[test]
    fn e20_brackets_in_strings_and_comments_do_not_count() {
        let many = "[".repeat(100);
        for text in [format!("# {many}\n"), format!("a = \"{many}\\\"{many}\""), format!("a = '''\n{many}'''")] {
            assert!(weigh(&text).is_ok(), "{text}");
        }
        assert!(weigh(&format!("a = \"x\"\nb = {many}")).is_err());
    }

    #[test]
    fn e20_a_megabyte_is_the_most() {
        assert!(weigh(&"#".repeat(MOST)).is_ok());
        assert!(weigh(&"#".repeat(MOST + 1)).is_err());
    }
}
