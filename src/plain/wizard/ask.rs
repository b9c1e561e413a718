//! Saying and asking: every line is made safe, and a few words mean the same everywhere.

use super::{Leave, Wizard};
use crate::domain::Shown;
use crate::plan::answers::Problem;
use crate::ports::Trouble;
use crate::wizard::{StepId, step};

/// The longest answer that is taken, characters; the same as of a line on the screen.
const LONGEST: usize = 4_096;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Enter alone: what holds is kept.
    Keep,
    /// `?`
    Help,
    /// `back`
    Back,
    /// `more`
    More,
    /// Anything else; after a `=` also one of those words, or nothing at all.
    Text(String),
}

/// What a line means; `None`: to quit.
pub fn meaning(line: &str) -> Option<Reply> {
    let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').take(LONGEST).collect();
    Some(match line.trim() {
        "" => Reply::Keep,
        "?" | "help" => Reply::Help,
        "back" => Reply::Back,
        "more" => Reply::More,
        "quit" | "exit" => return None,
        text => Reply::Text(text.strip_prefix('=').unwrap_or(text).trim().to_owned()),
    })
}

/// The sentences of a text, one each; line ends within are spaces.
pub fn sentences(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(". ") {
        let starts = text.get(at + 2..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase);
        if starts {
            out.push(text.get(from..=at).unwrap_or_default().to_owned());
            from = at + 2;
        }
    }
    out.push(text.get(from..).unwrap_or_default().to_owned());
    out.retain(|sentence| !sentence.is_empty());
    out
}

/// The text with a full stop at its end.
pub fn stopped(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '?', '!', ':']) { text.to_owned() } else { format!("{text}.") }
}

impl Wizard<'_> {
    /// Says one line, made safe: a line end in a name does not begin another.
    pub fn say(&mut self, text: impl AsRef<str>) {
        self.talk.say(Shown::new(text.as_ref()).as_str());
    }

    /// Says lines, each made safe.
    pub fn lines(&mut self, text: &str) {
        for line in text.trim_end().split('\n') {
            self.say(line);
        }
    }

    /// Says a text sentence by sentence.
    pub fn tell(&mut self, text: &str) {
        for sentence in sentences(text) {
            self.say(sentence);
        }
    }

    /// Asks, and takes the words that mean the same everywhere.
    pub fn ask(&mut self, question: &str) -> Result<Reply, Leave> {
        let line = self.talk.ask(Shown::new(question).as_str()).ok_or(Leave::End)?;
        meaning(&line).ok_or(Leave::Quit)
    }

    /// Asks a yes or no; Enter alone is `usual`.
    pub fn yes(&mut self, question: &str, usual: bool) -> Result<bool, Leave> {
        let hint = if usual { "[Y/n]" } else { "[y/N]" };
        loop {
            match self.ask(&format!("{question} {hint}"))? {
                Reply::Keep => return Ok(usual),
                Reply::Text(text) if matches!(text.to_lowercase().as_str(), "y" | "yes") => return Ok(true),
                Reply::Text(text) if matches!(text.to_lowercase().as_str(), "n" | "no") => return Ok(false),
                _ => self.say("Answer y or n."),
            }
        }
    }

    /// Whether this word was typed; Enter alone and anything else change nothing.
    pub fn typed(&mut self, question: &str, word: &str) -> Result<bool, Leave> {
        Ok(matches!(self.ask(question)?, Reply::Text(text) if text == word))
    }

    /// Says a problem at its field: what, why, what to do.
    pub fn problem(&mut self, problem: &Problem) {
        self.say(format!("Problem: {}", stopped(problem.what.as_str())));
        if !problem.why.is_empty() {
            self.say(format!("Why: {}", stopped(problem.why.as_str())));
        }
        if !problem.todo.is_empty() {
            self.say(format!("What to do: {}", stopped(problem.todo.as_str())));
        }
    }

    /// Says a trouble.
    pub fn trouble(&mut self, trouble: &Trouble) {
        self.lines(&crate::plain::trouble(trouble));
    }

    /// Names the step; its reason is told in short once.
    pub fn heading(&mut self, id: StepId) {
        let of = step(id);
        self.say("");
        self.say(format!("Step {} of {}: {}.", id.index() + 1, StepId::ALL.len(), of.title));
        if self.told.insert(id) {
            self.tell(of.told().next().unwrap_or_default());
        }
    }

    /// Tells the whole reason of a step, and the words that can be answered.
    pub fn help(&mut self, id: StepId, words: &[(&str, &str)]) {
        for paragraph in step(id).told() {
            self.tell(paragraph);
        }
        for (word, means) in words {
            self.say(format!("{word}: {means}."));
        }
        self.say("back: to the question or step before; nothing is lost.");
        self.say("quit: leave; the draft is kept.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_the_same_everywhere_and_can_be_meant_as_text() {
        assert_eq!(meaning(" \n"), Some(Reply::Keep));
        assert_eq!(meaning("?"), Some(Reply::Help));
        assert_eq!(meaning("back\r\n"), Some(Reply::Back));
        assert_eq!(meaning("quit"), None);
        assert_eq!(meaning("=back"), Some(Reply::Text("back".to_owned())));
        assert_eq!(meaning("="), Some(Reply::Text(String::new())));
        assert_eq!(meaning("a\u{1b}[2Jb"), Some(Reply::Text("a[2Jb".to_owned())));
    }

    #[test]
    fn tui_row_39_one_fact_a_line() {
        let text = "It makes lifeboat-canary-... with one thing,\nbacks it up. Then it is deleted.\nEnd";
        let told = ["It makes lifeboat-canary-... with one thing, backs it up.", "Then it is deleted.", "End"];
        assert_eq!(sentences(text), told);
    }
}
