//! The right half of Review: one of four views of the change under the cursor.
//!
//! ```text
//!  Why   Document 1/2   Difference   Commands                     (the open one stands out; tab goes on)
//! why it is in the plan, what could be hurt, what undo does, what comes first, its documents;
//! for permissions each action with its reason
//!
//!  12  "Action": "s3:ListBucket",                                 (Document, Commands: numbered, coloured)
//! + added line, - removed line                                    (Difference)
//! ```

use super::review::{group_counts, state_of};
use crate::app::{Area, Group, Pane, ReviewScreen, Seen};
use crate::domain::policy::{TRUST_QUOTA, compact_len};
use crate::plan::{Action, Change, Document, Plan, Risk, reasons};
use crate::theme::Role;
use crate::view::ink::{Ink, Line, nth, piece, safe};
use crate::view::{Language, lexer};

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, area: Area, plan: &Plan) {
    let (tabs, rest) = area.top(1);
    let review = &ink.model.review;
    draw_tabs(ink, tabs);
    match review.seen {
        Seen::Document | Seen::Commands => match review.open_document() {
            Some(document) => text(ink, rest, document),
            None => none(ink, rest, "This change has no document."),
        },
        Seen::Diff => match review.change() {
            Some(change) if !change.diff.is_empty() => diff(ink, rest, change),
            _ => none(ink, rest, "Nothing that exists is altered by this change."),
        },
        Seen::Why => {
            let one = || review.change().map(|change| why(ink, plan, change));
            let lines = review.group().map(|group| together(ink, plan, &group)).or_else(one).unwrap_or_default();
            wrapped(ink, rest, &lines);
        }
    }
}

fn none(ink: &mut Ink<'_>, area: Area, text: &str) {
    ink.text(area, Role::Muted, text);
}

fn draw_tabs(ink: &mut Ink<'_>, area: Area) {
    let review = &ink.model.review;
    let documents = review.documents().len();
    let count = if documents > 1 && review.seen == Seen::Document {
        format!("Document {}/{documents}", review.document + 1)
    } else {
        "Document".to_owned()
    };
    let all = review.whole().len();
    // The other titles, their brackets and gaps take 38 columns.
    let whole = if all > 1 && review.seen == Seen::Commands && area.w >= 46 {
        format!("Commands {}/{all}", review.document + 1)
    } else {
        "Commands".to_owned()
    };
    let focus = review.pane == Pane::Document;
    let mut line: Line = Vec::new();
    for (seen, title) in [
        (Seen::Why, "Why".to_owned()),
        (Seen::Document, count),
        (Seen::Diff, "Difference".to_owned()),
        (Seen::Commands, whole),
    ] {
        let open = review.seen == seen;
        let role = match (open, focus) {
            (true, true) => Role::OnFocus,
            (true, false) => Role::Title,
            _ => Role::Muted,
        };
        // Brackets say which one is open where there are no colours.
        line.push((role, if open { format!("[{title}]") } else { format!(" {title} ") }));
        line.push(piece(Role::Muted, " "));
    }
    ink.line(area, &line);
}

/// A document from its scroll and shift on, with numbers.
fn text(ink: &mut Ink<'_>, area: Area, document: &Document) {
    let ReviewScreen { scroll, shift, .. } = ink.model.review;
    let (title, rest) = area.top(1);
    let path = ink.middle(&document.path, usize::from(area.w));
    ink.line(title, &[piece(Role::Link, path)]);
    let language = Language::of(&document.path);
    let lines: Vec<&str> = document.text.lines().collect();
    let height = usize::from(rest.h);
    // The last line stays in sight.
    let first = scroll.min(lines.len().saturating_sub(1));
    let digits = lines.len().to_string().len();
    let words = without_bar(rest, lines.len());
    for (row, (at, line)) in lines.iter().enumerate().skip(first).take(height).enumerate() {
        let line = safe(line);
        let mut out: Line = vec![piece(Role::Muted, format!("{:>digits$}  ", at + 1))];
        out.extend(shifted(language.spans(&line), shift));
        ink.line(nth(words, row), &out);
    }
    ink.scrollbar(rest, first, height.min(lines.len()), lines.len());
}

/// An area without the column of its scroll bar, where it has one.
fn without_bar(area: Area, lines: usize) -> Area {
    Area { w: area.w.saturating_sub(u16::from(lines > usize::from(area.h))), ..area }
}

/// Spans without their first columns.
fn shifted(spans: Vec<lexer::Span<'_>>, shift: usize) -> Line {
    let mut left = shift;
    let mut out: Line = Vec::new();
    for (role, text) in spans {
        let kept: String = text.chars().skip(left).collect();
        left = left.saturating_sub(text.chars().count());
        if !kept.is_empty() {
            out.push((role, kept));
        }
    }
    out
}

fn diff(ink: &mut Ink<'_>, area: Area, change: &Change) {
    let ReviewScreen { scroll, shift, .. } = ink.model.review;
    let first = scroll.min(change.diff.len().saturating_sub(1));
    let words = without_bar(area, change.diff.len());
    for (row, text) in change.diff.iter().skip(first).take(usize::from(area.h)).enumerate() {
        let text = safe(text);
        let line = shifted(vec![(lexer::diff(&text), &text)], shift);
        ink.line(nth(words, row), &line);
    }
    ink.scrollbar(area, first, usize::from(area.h), change.diff.len());
}

/// Why the change is in the plan, as paragraphs with their role.
fn why(ink: &Ink<'_>, plan: &Plan, change: &Change) -> Vec<(Role, String)> {
    let mut out = vec![(Role::Title, safe(&change.title))];
    let state = state_of(change.action);
    out.push((state.role(), format!("{} {}", ink.glyphs().state(state), change.action.word())));
    out.push((Role::Text, String::new()));
    if change.action == Action::Conflict {
        out.push((Role::Text, format!("Why: {}", safe(change.whose()))));
        let todo = "What to do: o adopts it (the change is made), x leaves it as it is; until then nothing is applied";
        out.push((Role::Value, todo.to_owned()));
    } else if !change.why.is_empty() {
        out.push((Role::Text, format!("Why: {}", safe(&change.why))));
    }
    out.push(match change.risk {
        Risk::None => (Role::Muted, "Risk: none, nothing that works now can be hurt".to_owned()),
        Risk::Low => (Role::Muted, "Risk: low, only what is ours".to_owned()),
        Risk::High => (Role::Danger, "Risk: high, others may rely on it".to_owned()),
    });
    if !change.undo.is_empty() {
        out.push((Role::Muted, format!("Undo: {}", safe(&change.undo))));
    }
    if let Some(meter) = meter(ink, plan, change) {
        out.push(meter);
    }
    let titles: Vec<String> =
        change.needs.iter().filter_map(|id| plan.change(id)).map(|change| safe(&change.title)).collect();
    match titles.as_slice() {
        [] => {}
        [one, two, three, rest @ ..] if rest.len() > 1 => {
            out.push((Role::Muted, format!("After: {one}, {two}, {three} and {} others", rest.len())));
        }
        all => out.push((Role::Muted, format!("After: {}", all.join(", ")))),
    }
    for path in &change.documents {
        out.push((Role::Link, safe(path)));
    }
    let of_change = |path: &str| path.ends_with("permissions.json") && change.documents.iter().any(|own| own == path);
    let policy = ink.model.review.documents().into_iter().find(|document| of_change(&document.path));
    if let Some(policy) = policy {
        out.push((Role::Text, String::new()));
        out.push((Role::Label, "Each action and its reason".to_owned()));
        out.extend(
            reasons(plan.names.tool, &policy.text)
                .into_iter()
                .map(|(action, why)| (Role::Text, safe(&format!("{action}: {why}")))),
        );
    }
    if !plan.notes.is_empty() {
        out.push((Role::Text, String::new()));
        out.push((Role::Label, "To know before applying".to_owned()));
        out.extend(plan.notes.iter().map(|note| (Role::Info, format!("{} {}", ink.glyphs().note(), safe(note)))));
    }
    out
}

/// How much of IAM's room a trust policy takes.
fn meter(ink: &Ink<'_>, plan: &Plan, change: &Change) -> Option<(Role, String)> {
    const BAR: usize = 20;
    let path = change.documents.iter().find(|path| path.ends_with("/trust.json"))?;
    let trust = plan.document(path)?;
    let size = compact_len(&trust.text);
    let full = (size * BAR / TRUST_QUOTA).min(BAR);
    let role = if size * 5 >= TRUST_QUOTA * 4 { Role::Warn } else { Role::Muted };
    let (done, rest) = (ink.glyphs().full().repeat(full), ink.glyphs().empty().repeat(BAR - full));
    Some((role, format!("Trust policy: {done}{rest} {size} of IAM's {TRUST_QUOTA} characters")))
}

/// What a group holds.
fn together(ink: &Ink<'_>, plan: &Plan, group: &Group) -> Vec<(Role, String)> {
    let mut out = vec![(Role::Title, safe(&group.title())), (Role::Text, group_counts(plan, group))];
    let todo = if group.open { "space closes it" } else { "space opens it" };
    out.extend([(Role::Value, todo.to_owned()), (Role::Text, String::new())]);
    for change in group.members.iter().filter_map(|at| plan.changes.get(*at)) {
        let state = state_of(change.action);
        out.push((state.role(), format!("{} {}", ink.glyphs().state(state), safe(&change.title))));
    }
    out
}

/// Paragraphs, broken at words, from the scroll on.
fn wrapped(ink: &mut Ink<'_>, area: Area, paragraphs: &[(Role, String)]) {
    let columns = usize::from(area.w).saturating_sub(1);
    let lines: Vec<(Role, String)> = paragraphs
        .iter()
        .flat_map(|(role, text)| crate::view::text::wrap(text, columns).into_iter().map(|line| (*role, line)))
        .collect();
    let height = usize::from(area.h);
    let first = ink.model.review.scroll.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(first).take(height).enumerate() {
        ink.line(nth(area, row), std::slice::from_ref(line));
    }
    ink.scrollbar(area, first, height, lines.len());
}
