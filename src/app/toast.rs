//! Short messages. Those that say that something went wrong stay until they are dismissed; all are kept in the
//! history.

use crate::domain::Shown;

/// How grave a message is; shown by a glyph and a word, not by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Info,
    Good,
    Warning,
    Error,
}

impl Level {
    /// The user's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "note",
            Self::Good => "done",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How grave.
    pub level: Level,
    /// What happened.
    pub text: Shown,
    /// Why and what to do; may be empty.
    pub more: Shown,
    /// When, milliseconds since 1970.
    pub at: i64,
}

/// How long a message that is no error is shown, milliseconds.
const SHOWN_FOR: i64 = 6_000;
/// The most that are shown at a time.
const MOST: usize = 3;
/// The most that are kept.
const KEPT: usize = 200;

/// The messages on the screen and those before.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    /// On the screen, the newest last.
    pub shown: Vec<Toast>,
    /// All, the newest last.
    pub history: Vec<Toast>,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, toast: Toast) {
        self.history.push(toast.clone());
        if self.history.len() > KEPT {
            self.history.remove(0);
        }
        self.shown.retain(|there| there.text != toast.text);
        self.shown.push(toast);
        while self.shown.len() > MOST {
            // An error leaves last.
            let goes = self.shown.iter().position(|there| there.level != Level::Error).unwrap_or(0);
            self.shown.remove(goes);
        }
    }

    /// Takes away what was shown long enough; errors stay.
    pub fn pass(&mut self, now: i64) {
        self.shown.retain(|toast| toast.level == Level::Error || now.saturating_sub(toast.at) < SHOWN_FOR);
    }

    /// Takes the newest one away; whether there was one.
    pub fn dismiss(&mut self) -> bool {
        self.shown.pop().is_some()
    }

    /// Whether one of them will leave by itself.
    pub fn passes(&self) -> bool {
        self.shown.iter().any(|toast| toast.level != Level::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toast(level: Level, text: &str, at: i64) -> Toast {
        Toast { level, text: Shown::new(text), more: Shown::default(), at }
    }

    #[test]
    fn tui_row_22_errors_stay_until_dismissed_and_all_are_in_the_history() {
        let mut toasts = Toasts::default();
        toasts.say(toast(Level::Error, "failed", 0));
        for n in 0..5 {
            toasts.say(toast(Level::Good, &format!("copied {n}"), 0));
        }
        assert_eq!(toasts.shown.len(), 3);
        toasts.pass(60_000);
        assert_eq!(toasts.shown.len(), 1);
        assert_eq!(toasts.shown[0].text.as_str(), "failed");
        assert!(toasts.dismiss() && !toasts.dismiss());
        assert_eq!(toasts.history.len(), 6);
    }
}
