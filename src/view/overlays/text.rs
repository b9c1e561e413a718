//! A line to be typed, and a text to be read.
//!
//! Prompt: what is asked, the text with its cursor, its problem or an example below. Reader: the lines from the
//! scroll on, with the place at the right of the last row.

use crate::app::{Area, PromptKind};
use crate::domain::Shown;
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, nth, piece};
use crate::view::text::{width, wrap};
use tui_input::Input;

/// A line to be typed.
pub fn prompt(ink: &mut Ink<'_>, area: Area, border: Role, (kind, input, problem): (PromptKind, &Input, &Shown)) {
    let (title, label, hint) = match kind {
        PromptKind::SaveTo => {
            ("Save all documents", "Folder", "made if it is not there; files that differ are asked about")
        }
        PromptKind::ByHand => ("Name a cluster", "REGION/NAME", "such as us-east-1/prod"),
        PromptKind::Context(_) => {
            ("Reach the cluster by a kubeconfig context", "Context", "empty: lifeboat makes an EKS token itself")
        }
        PromptKind::LogFilter => ("Filter the log", "Lines with", "upper and lower case are alike; empty: all lines"),
    };
    let inner = super::frame(ink, area, title, border).inner(1, 1);
    let used = ink.line(inner, &[piece(Role::Label, format!("{label}  "))]);
    ink.input(inner.left(used).1, input);
    let below = inner.top(1).1;
    if problem.is_empty() {
        ink.text(below, Role::Muted, hint);
    } else {
        let sign = ink.glyphs().state(State::Failed);
        ink.text(below, Role::Danger, &format!("{sign} {problem}"));
    }
}

/// A text to be read.
pub fn reader(ink: &mut Ink<'_>, area: Area, border: Role, (title, lines, scroll): (&Shown, &[Shown], usize)) {
    let inner = super::frame(ink, area, title.as_str(), border);
    let height = usize::from(inner.h);
    let first = scroll.min(lines.len().saturating_sub(1));
    let columns = usize::from(inner.w.saturating_sub(4)).max(1);
    // Nothing is cut: a line that is too long goes on below.
    let rows = lines.iter().skip(first).flat_map(|line| match line.as_str() {
        line if width(line) <= columns => vec![line.to_owned()],
        line => wrap(line, columns),
    });
    for (row, line) in rows.take(height).enumerate() {
        ink.line(nth(inner, row).inner(2, 0), &[piece(Role::Text, line)]);
    }
    ink.scrollbar(inner, first, height, lines.len());
}
