//! A walkthrough: a script that presses the keys a user would, with a caption for each part. It goes by what is
//! on the screen, so that it shows the real program and cannot get ahead of it.

use super::key::{Code, Key};
use super::message::Msg;
use super::model::Caption;
use crate::domain::Shown;
use serde::Deserialize;

/// How long a caption stands before its keys are pressed, milliseconds.
const READ: i64 = 3_500;
/// How long lies between two keys, milliseconds.
const BETWEEN: i64 = 350;
/// How long lies between two typed letters, milliseconds.
const LETTER: i64 = 70;

/// A script (`assets/walkthroughs/NAME.toml`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Its title.
    pub title: String,
    /// One sentence.
    pub about: String,
    /// The demo world it plays in; started over for it.
    pub world: String,
    /// The name of the answers file that it ends with.
    pub answers: String,
    /// Its parts.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// A part: what is said, what has to be on the screen, and what is done then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What is said.
    pub caption: String,
    /// The text that has to be on the screen first.
    pub wait: String,
    /// The keys that are pressed, before what is typed.
    #[serde(default)]
    pub press: Vec<String>,
    /// What is typed.
    #[serde(default, rename = "type")]
    pub types: String,
}

/// The scripts: name and text.
const SCRIPTS: [(&str, &str); 1] = [("first-setup", include_str!("../../assets/walkthroughs/first-setup.toml"))];

/// The names of all scripts, with their titles and what they show.
pub fn scripts() -> Vec<(&'static str, Script)> {
    SCRIPTS.iter().filter_map(|(name, text)| Some((*name, toml::from_str(text).ok()?))).collect()
}

/// What a key of the user means to a walkthrough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steer {
    /// It was paused, or made a step.
    Taken,
    /// The user goes on by hand.
    TakeOver,
    /// The user has seen enough.
    Quit,
    /// Nothing.
    Nothing,
}

/// A walkthrough that goes on.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)]
pub struct Tour {
    script: Script,
    part: usize,
    /// Keys of the part that are still to be pressed.
    keys: Vec<Key>,
    /// When the next thing may happen, milliseconds since 1970.
    due: i64,
    /// Whether the part's text was seen, and its keys are being pressed.
    acting: bool,
    paused: bool,
    /// Set by "step": the next thing happens at once.
    step: bool,
    /// Without the time to read: for tests and pictures.
    hurry: bool,
    /// How many keys it has pressed.
    pressed: u64,
}

impl Tour {
    /// A walkthrough of a script, at its beginning.
    pub fn new(script: Script, hurry: bool) -> Self {
        Self { script, part: 0, keys: Vec::new(), due: 0, acting: false, paused: false, step: false, hurry, pressed: 0 }
    }

    /// The demo world it plays in.
    pub fn world(&self) -> &str {
        &self.script.world
    }

    /// The part that is shown, from 0, and how many there are.
    pub fn part(&self) -> (usize, usize) {
        (self.part, self.script.parts.len())
    }

    /// What has to be on the screen before it goes on.
    pub fn waits_for(&self) -> Option<&str> {
        self.script.parts.get(self.part).map(|part| part.wait.as_str())
    }

    /// Whether the last part's text was seen and nothing is left to press.
    pub fn over(&self) -> bool {
        self.part >= self.script.parts.len()
    }

    /// What is shown under the screen.
    pub fn caption(&self) -> Option<Caption> {
        let at = self.part.min(self.script.parts.len().checked_sub(1)?);
        let part = self.script.parts.get(at)?;
        Some(Caption {
            text: Shown::new(&part.caption),
            part: at + 1,
            parts: self.script.parts.len(),
            paused: self.paused,
        })
    }

    /// The next key, once what the part waits for is on the screen and there was time to read. At most one a call.
    pub fn next(&mut self, now: i64, screen: &str) -> Option<Msg> {
        if self.over() || (self.paused && !self.step) {
            return None;
        }
        if !self.acting {
            let part = self.script.parts.get(self.part)?;
            if !screen.contains(&part.wait) {
                return None;
            }
            self.acting = true;
            let typed = part.types.chars().map(Key::char);
            self.keys = part.press.iter().filter_map(|key| key.parse().ok()).chain(typed).rev().collect();
            self.due = now + if self.hurry { 0 } else { READ };
        }
        if now < self.due && !self.step {
            return None;
        }
        self.step = false;
        let Some(key) = self.keys.pop() else {
            self.part += 1;
            self.acting = false;
            return None;
        };
        let letter = matches!(key.code, Code::Char(_)) && !key.ctrl;
        let pause = if letter { LETTER } else { BETWEEN };
        self.due = now + if self.hurry { 0 } else { pause };
        if self.keys.is_empty() {
            self.part += 1;
            self.acting = false;
        }
        self.pressed += 1;
        Some(Msg::Key(key))
    }

    /// A key of the user while the walkthrough goes on.
    pub fn key(&mut self, key: Key) -> Steer {
        match (key.code, key.ctrl) {
            (Code::Char(' '), false) => self.paused = !self.paused,
            (Code::Right, _) => {
                self.paused = true;
                self.step = true;
            }
            (Code::Char('x') | Code::Esc, false) => return Steer::TakeOver,
            (Code::Char('q'), false) | (Code::Char('c'), true) => return Steer::Quit,
            _ => return Steer::Nothing,
        }
        Steer::Taken
    }

    /// How many keys it has pressed.
    pub fn pressed(&self) -> u64 {
        self.pressed
    }

    /// Milliseconds until something may happen by itself; `None` while it is paused or over.
    pub fn moves(&self) -> Option<u64> {
        (!self.paused && !self.over()).then_some(50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tour: &mut Tour, now: i64, screen: &str) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(Msg::Key(key)) = tour.next(now, screen) {
            out.push(key.to_string());
        }
        out
    }

    #[test]
    fn every_script_can_be_read_and_names_keys_and_a_world() {
        assert_eq!(scripts().len(), SCRIPTS.len());
        for (name, script) in scripts() {
            assert!(crate::app::tour::tests::worlds().contains(&script.world.as_str()), "{name}: {}", script.world);
            for part in &script.parts {
                assert!(!part.wait.is_empty() && part.caption.len() > 20, "{name}: {part:?}");
                for key in &part.press {
                    assert!(key.parse::<Key>().is_ok(), "{name}: {key}");
                }
            }
        }
    }

    fn worlds() -> Vec<&'static str> {
        vec!["default", "empty", "crowd", "nodes", "broken"]
    }

    fn two() -> Tour {
        let part = |wait: &str, press: &[&str], types: &str| Part {
            caption: "said".to_owned(),
            wait: wait.to_owned(),
            press: press.iter().map(|key| (*key).to_owned()).collect(),
            types: types.to_owned(),
        };
        let parts = vec![part("first", &["enter"], "ab"), part("second", &[], "")];
        let script = Script {
            title: String::new(),
            about: String::new(),
            world: "default".to_owned(),
            answers: String::new(),
            parts,
        };
        Tour::new(script, false)
    }

    #[test]
    fn tui_row_48_it_waits_for_the_screen_and_gives_time_to_read() {
        let mut tour = two();
        assert_eq!(keys(&mut tour, 0, "nothing yet"), [""; 0]);
        assert_eq!(keys(&mut tour, 0, "first"), [""; 0], "there is time to read");
        assert_eq!(keys(&mut tour, READ, "first"), ["enter"]);
        assert_eq!(keys(&mut tour, READ + BETWEEN, "first"), ["a"]);
        assert_eq!(keys(&mut tour, READ + BETWEEN + LETTER, "first"), ["b"]);
        assert_eq!(tour.waits_for(), Some("second"));
        let _ = keys(&mut tour, 90_000, "second");
        let _ = keys(&mut tour, 99_000, "second");
        assert!(tour.over() && tour.moves().is_none());
    }

    #[test]
    fn tui_row_48_it_can_be_paused_stepped_and_taken_over() {
        let mut tour = two();
        assert_eq!(tour.key(Key::char(' ')), Steer::Taken);
        assert_eq!(keys(&mut tour, READ * 9, "first"), [""; 0], "paused");
        assert!(tour.caption().is_some_and(|caption| caption.paused));
        assert_eq!(tour.key(Key::plain(Code::Right)), Steer::Taken);
        assert_eq!(keys(&mut tour, READ * 9, "first"), ["enter"], "one step");
        assert_eq!(tour.key(Key::char('x')), Steer::TakeOver);
        assert_eq!(tour.key(Key::char('z')), Steer::Nothing);
        assert_eq!(tour.pressed(), 1);
    }
}
