//! Signs: each state has a sign, a word and a role, so that colour never stands alone (tui.md 5, row 35),
//! and each sign a form in ASCII (row 36).

use crate::domain::run;
use crate::theme::Role;
use ratatui::symbols::border;

/// What a line's sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Done, healthy.
    Ok,
    /// At work.
    Running,
    /// Waits for something.
    Waiting,
    /// Did not work.
    Failed,
    /// Is as it should be and stays.
    Kept,
    /// Will be made.
    Create,
    /// Will be changed.
    Update,
    /// Is somebody else's.
    Conflict,
    /// Could not be found out.
    Unknown,
    /// Left out.
    Skipped,
    /// An earlier link broke.
    NotReached,
    /// Taken back.
    Undone,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::Running,
        Self::Waiting,
        Self::Failed,
        Self::Kept,
        Self::Create,
        Self::Update,
        Self::Conflict,
        Self::Unknown,
        Self::Skipped,
        Self::NotReached,
        Self::Undone,
    ];

    /// The word that stands beside the sign.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Kept => "kept",
            Self::Create => "create",
            Self::Update => "update",
            Self::Conflict => "conflict",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::NotReached => "not reached",
            Self::Undone => "undone",
        }
    }

    /// What it means, for the theme.
    pub fn role(self) -> Role {
        match self {
            Self::Ok => Role::Ok,
            Self::Running | Self::Waiting => Role::Info,
            Self::Failed => Role::Danger,
            Self::Create => Role::Add,
            Self::Update => Role::Changed,
            Self::Conflict | Self::Unknown => Role::Warn,
            Self::Undone => Role::Remove,
            Self::Kept | Self::Skipped | Self::NotReached => Role::Muted,
        }
    }

    /// The sign, and its form in ASCII; `Running` is drawn by `Glyphs::spinner`.
    fn signs(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("✓", "[ok]"),
            Self::Running => ("⠋", "[|]"),
            Self::Waiting => ("◌", "[.]"),
            Self::Failed => ("✗", "[x]"),
            Self::Kept => ("=", "[=]"),
            Self::Create => ("+", "[+]"),
            Self::Update => ("~", "[~]"),
            Self::Conflict => ("!", "[!]"),
            Self::Unknown => ("?", "[?]"),
            Self::Skipped => ("-", "[-]"),
            Self::NotReached => ("·", "[ ]"),
            Self::Undone => ("↶", "[<]"),
        }
    }
}

impl From<run::State> for State {
    fn from(state: run::State) -> Self {
        match state {
            run::State::Started => Self::Running,
            run::State::Waiting => Self::Waiting,
            run::State::Done => Self::Ok,
            run::State::Kept => Self::Kept,
            run::State::Skipped => Self::Skipped,
            run::State::Failed => Self::Failed,
            run::State::Unknown => Self::Unknown,
            run::State::Undone => Self::Undone,
        }
    }
}

/// The frames of what runs, one after the other.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_ASCII: [&str; 4] = ["[|]", "[/]", "[-]", "[\\]"];

/// Borders that any terminal draws.
const BORDER_ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The signs that screens draw with, in one of two alphabets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glyphs {
    ascii: bool,
}

/// Signs that have one form in each alphabet.
macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident $sign:literal $ascii:literal;)*) => {
        impl Glyphs {
            $($(#[$doc])* pub fn $name(self) -> &'static str { if self.ascii { $ascii } else { $sign } })*
        }
        #[cfg(test)]
        const SIGNS: &[fn(Glyphs) -> &'static str] = &[$(Glyphs::$name),*];
    };
}

signs! {
    /// The end of what was cut.
    more "…" "...";
    /// The bar before the selected line.
    bar "▌" ">";
    /// The scroll bar's moving part.
    thumb "█" "#";
    /// The scroll bar's ground.
    track "│" "|";
    /// The done part of a progress bar.
    full "█" "#";
    /// The rest of it.
    empty "░" ".";
    /// To the left.
    left "←" "<-";
    /// To the right.
    right "→" "->";
    /// Up.
    up "↑" "^";
    /// Down.
    down "↓" "v";
    /// Between two things of a line.
    dot "·" "-";
    /// A choice that is taken.
    chosen "◉" "(*)";
    /// A choice that is not.
    open "○" "( )";
    /// A box that is ticked.
    ticked "☑" "[x]";
    /// A box that is not.
    unticked "☐" "[ ]";
    /// The step one is at, and what is closed.
    here "▸" ">";
    /// What is open.
    unfolded "▾" "v";
    /// Where the next character goes.
    caret "▏" "|";
    /// A rule across.
    rule "─" "-";
    /// A note.
    note "•" "*";
}

impl Glyphs {
    /// The signs, in ASCII where `ascii` (`--ascii`, or a locale that is not UTF-8).
    pub fn new(ascii: bool) -> Self {
        Self { ascii }
    }

    /// The sign of a state.
    pub fn state(self, state: State) -> &'static str {
        let (sign, ascii) = state.signs();
        if self.ascii { ascii } else { sign }
    }

    /// The columns that signs of states stand in, so that words beside them are in line.
    pub fn state_columns(self) -> usize {
        if self.ascii { 4 } else { 1 }
    }

    /// The sign of what runs, by the count of frames since the start.
    pub fn spinner(self, frame: usize) -> &'static str {
        if self.ascii { SPINNER_ASCII[frame % SPINNER_ASCII.len()] } else { SPINNER[frame % SPINNER.len()] }
    }

    /// The signs of borders.
    pub fn border(self) -> border::Set<'static> {
        if self.ascii { BORDER_ASCII } else { border::PLAIN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::text::width;
    use std::collections::BTreeSet;

    #[test]
    fn row_35_every_state_has_a_sign_and_a_word_of_its_own_in_either_alphabet() {
        for ascii in [false, true] {
            let glyphs = Glyphs::new(ascii);
            let signs: BTreeSet<&str> = State::ALL.into_iter().map(|state| glyphs.state(state)).collect();
            assert_eq!(signs.len(), State::ALL.len(), "{signs:?}");
            for sign in signs {
                assert!((1..=glyphs.state_columns()).contains(&width(sign)), "{sign}");
            }
        }
        let words: BTreeSet<&str> = State::ALL.into_iter().map(State::word).collect();
        assert_eq!(words.len(), State::ALL.len());
    }

    #[test]
    fn row_36_in_ascii_every_sign_is_ascii() {
        let glyphs = Glyphs::new(true);
        let border = glyphs.border();
        let states = State::ALL.into_iter().map(|state| glyphs.state(state));
        let spinner = (0..40).map(|frame| glyphs.spinner(frame));
        let corners = [border.top_left, border.top_right, border.bottom_left, border.bottom_right];
        let sides = [border.vertical_left, border.vertical_right, border.horizontal_top, border.horizontal_bottom];
        let signs = SIGNS.iter().map(|sign| sign(glyphs));
        for sign in states.chain(spinner).chain(corners).chain(sides).chain(signs) {
            assert!(sign.is_ascii() && !sign.is_empty(), "{sign}");
        }
    }

    #[test]
    fn the_spinner_turns_and_keeps_its_width() {
        for glyphs in [Glyphs::new(false), Glyphs::new(true)] {
            assert_ne!(glyphs.spinner(0), glyphs.spinner(1));
            assert!((0..40).all(|frame| width(glyphs.spinner(frame)) == width(glyphs.spinner(0))));
            assert_eq!(glyphs.spinner(usize::MAX).is_ascii(), glyphs == Glyphs::new(true));
        }
    }

    #[test]
    fn every_state_of_a_run_has_its_sign() {
        assert_eq!(State::from(run::State::Done).word(), "ok");
        assert_eq!(State::from(run::State::Failed).role(), Role::Danger);
    }
}
