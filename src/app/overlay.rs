//! What lies over a screen: menus of commands, questions, lists to choose from, texts to read.

use super::command::Command;
use super::pick::Pick;
use crate::domain::Shown;
use tui_input::Input;

/// What lies over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The help or the palette: commands, filtered by typing.
    Menu {
        /// Which of the two.
        kind: MenuKind,
        /// The commands, in the order of the texts in `pick`.
        commands: Vec<Command>,
        /// The list.
        pick: Pick,
    },
    /// A question before something happens.
    Confirm(Confirm),
    /// Values for a field.
    Picker {
        /// The field's path.
        path: String,
        /// What is chosen, for the title.
        title: Shown,
        /// What is offered, in the order of the texts in `pick`.
        items: Vec<Offered>,
        /// The list.
        pick: Pick,
    },
    /// One line of text that a command needs.
    Prompt {
        /// Which.
        kind: PromptKind,
        /// The text.
        input: Input,
        /// What is wrong with it; may be empty.
        problem: Shown,
    },
    /// A text to read.
    Reader {
        /// Its title.
        title: Shown,
        /// Its lines.
        lines: Vec<Shown>,
        /// The first line that is shown.
        scroll: usize,
    },
}

/// A value that is offered for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The value.
    pub value: String,
    /// What is known of it; may be empty.
    pub about: Shown,
    /// Whether it cannot be used, as `about` says.
    pub cannot: bool,
}

/// Which menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuKind {
    /// What the step asks and why, and the keys of the place one is in first.
    Help,
    /// All commands.
    Palette,
}

/// A question; the focus is on Cancel, and Enter there changes nothing.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// What is asked.
    pub title: Shown,
    /// What will happen, a line each.
    pub lines: Vec<Shown>,
    /// The word on the button.
    pub yes: Shown,
    /// What has to be typed first; empty: nothing.
    pub typed: String,
    /// What was typed.
    pub input: Input,
    /// Whether the focus is on the button that does it.
    pub on_yes: bool,
    /// What is done.
    pub then: Then,
}

/// What a question leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Apply the plan.
    Apply,
    /// Take the run back.
    Undo,
    /// Back up and restore a canary.
    Test,
    /// Adopt what exists for the change of this id.
    Adopt(String),
    /// Let a kubeconfig run this command.
    RunPlugin(String),
    /// The secret counts as saved elsewhere.
    Saved,
    /// Replace the files that differ.
    SaveOver(String),
    /// Forget the draft and start anew.
    StartAnew,
    /// Leave while a run goes on: it is asked to stop.
    Quit,
}

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// The folder that all documents are saved in.
    SaveTo,
    /// A cluster that was not found, `REGION/NAME`.
    ByHand,
    /// The kubeconfig context that the cluster is reached by, or one to restore to by its number.
    Context(Option<usize>),
    /// What log lines must hold.
    LogFilter,
}
