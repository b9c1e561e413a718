//! The terminal's background, asked for after the first frame (OSC 11). The answer comes between the keys, as
//! `ESC ]` and the characters of a colour, which crossterm takes for keys: it is picked out of them, and whatever is
//! no answer is given back as the keys that it was.

use crate::app::{Code, Key, Msg};
use std::time::{Duration, Instant};

/// The question.
pub const ASK: &[u8] = b"\x1b]11;?\x1b\\";
/// How long an answer is waited for: a slow line's round trip.
const PATIENCE: Duration = Duration::from_secs(2);
/// How every answer begins, and the longest there is.
const BEGIN: &str = "11;rgb";
const LONGEST: usize = 40;

/// Waits for the answer.
pub struct Background {
    until: Option<Instant>,
    /// What may be the answer, from its `Alt-]` on; `None` outside of one.
    held: Option<Vec<Key>>,
}

impl Background {
    /// Waits from now on, if it was asked at all.
    pub fn new(asked: bool) -> Self {
        Self { until: asked.then(|| Instant::now() + PATIENCE), held: None }
    }

    /// Takes a message; answers what is left of it, and whether the background turned out to be dark.
    pub fn take(&mut self, msg: Msg) -> (Vec<Msg>, Option<bool>) {
        let Msg::Key(key) = msg else { return (vec![msg], None) };
        if self.until.is_none_or(|until| Instant::now() > until) {
            self.until = None;
            let mut keys = self.give_back();
            keys.push(Msg::Key(key));
            return (keys, None);
        }
        let Some(mut held) = self.held.take() else {
            if key == alt(']') {
                self.held = Some(vec![key]);
                return (Vec::new(), None);
            }
            return (vec![Msg::Key(key)], None);
        };
        let text: String = held.iter().skip(1).filter_map(|key| key.types()).collect();
        if key == alt('\\') || key == (Key { code: Code::Char('g'), ctrl: true, alt: false }) {
            self.until = None;
            return (Vec::new(), dark(&text));
        }
        held.push(key);
        self.held = Some(held);
        let text: String = text.chars().chain(key.types()).collect();
        let may_be = BEGIN.starts_with(text.as_str()) || text.starts_with(BEGIN);
        if key.types().is_none() || !may_be || text.len() > LONGEST {
            return (self.give_back(), None);
        }
        (Vec::new(), None)
    }

    fn give_back(&mut self) -> Vec<Msg> {
        self.held.take().unwrap_or_default().into_iter().map(Msg::Key).collect()
    }
}

fn alt(c: char) -> Key {
    Key { code: Code::Char(c), ctrl: false, alt: true }
}

/// Whether `11;rgb:1e1e/1e1e/2e2e` is nearer to black than to white, by what the eye makes of it.
fn dark(text: &str) -> Option<bool> {
    let parts = text.strip_prefix("11;rgb")?.trim_start_matches('a').strip_prefix(':')?;
    let mut light = 0.0;
    let mut parts = parts.split('/');
    for weight in [0.299, 0.587, 0.114] {
        let part = parts.next().filter(|part| (1..=4).contains(&part.len()))?;
        let most = 16_u32.pow(u32::try_from(part.len()).ok()?) - 1;
        light += weight * f64::from(u32::from_str_radix(part, 16).ok()?) / f64::from(most);
    }
    Some(light < 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds keys; what comes through, and what was learnt.
    fn fed(background: &mut Background, keys: impl IntoIterator<Item = Key>) -> (String, Option<bool>) {
        let (mut through, mut learnt) = (String::new(), None);
        for key in keys {
            let (left, dark) = background.take(Msg::Key(key));
            learnt = learnt.or(dark);
            for msg in left {
                if let Msg::Key(key) = msg {
                    through.push_str(&key.to_string());
                }
            }
        }
        (through, learnt)
    }

    fn answer(colour: &str) -> Vec<Key> {
        [alt(']')].into_iter().chain(format!("11;{colour}").chars().map(Key::char)).chain([alt('\\')]).collect()
    }

    #[test]
    fn tui_row_34_the_answer_is_picked_out_of_the_keys() {
        for (colour, dark) in
            [("rgb:1e1e/1e1e/2e2e", true), ("rgb:ff/ff/ff", false), ("rgba:fdfd/f6f6/e3e3/ffff", false)]
        {
            let keys = [Key::char('a')].into_iter().chain(answer(colour)).chain([Key::char('b')]);
            assert_eq!(fed(&mut Background::new(true), keys), ("ab".to_owned(), Some(dark)), "{colour}");
        }
    }

    #[test]
    fn what_is_no_answer_is_typed() {
        let typed = [alt(']'), Key::char('1'), Key::char('x'), Key::plain(Code::Enter)];
        assert_eq!(fed(&mut Background::new(true), typed), ("alt-]1xenter".to_owned(), None));
        let not_asked = fed(&mut Background::new(false), answer("rgb:ff/ff/ff"));
        assert_eq!(not_asked, ("alt-]11;rgb:ff/ff/ffalt-\\".to_owned(), None));
        let nonsense = fed(&mut Background::new(true), answer("rgb:zz/ff/ff"));
        assert_eq!(nonsense, (String::new(), None));
    }
}
