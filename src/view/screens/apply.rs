//! Apply: the run, a line a change.
//!
//! ```text
//! Applying  7 of 18                                                     0:42
//! ██████████████░░░░░░░░░░░░░░░░░░░░░░░░  38%
//! ✓ ok       bucket acme-backups          arn:aws:s3:::acme-backups      1.2 s
//! ⠋ running  role lifeboat-velero-...     waiting for IAM (12 s)        12.0 s
//! ─────
//! what the line under the cursor says in full; after the end how it ended, what was proven and what was not,
//! what failed and why, and the keys that go on from there
//! ```
//!
//! Details: all that was said, the newest last, instead of the lines.

use crate::app::{
    Area, Command, Group, Layout, LineState, Row, RunLine, RunScreen, apply_foot, available, info, list_area, repeat,
    window,
};
use crate::domain::run::{Finish, Outcome, State as Run};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, columns, nth, piece, rect, safe};
use crate::view::text::{width, wrap};
use crate::view::time::{clock, elapsed};

/// Columns before a line that stands in a group.
const INSIDE: usize = 2;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    title(ink, layout.body);
    if ink.model.run.details {
        details(ink, list_area(ink.model));
    } else {
        lines(ink, list_area(ink.model));
    }
    let (foot, _) = layout.body.top(2).1.bottom(apply_foot(layout.body));
    ink.rule(foot);
    let paragraphs = said(ink);
    let mut rows = paragraphs.iter().flat_map(|(role, text)| {
        wrap(text, usize::from(foot.w)).into_iter().map(|line| vec![(*role, line)]).collect::<Vec<Line>>()
    });
    let room = usize::from(foot.h).saturating_sub(1);
    let mut shown: Vec<Line> = rows.by_ref().take(room).collect();
    if rows.next().is_some()
        && let Some(last) = shown.last_mut()
    {
        last.push(piece(Role::Muted, format!(" {}", ink.glyphs().more())));
    }
    drop(rows);
    ink.lines(foot.top(1).1, &shown);
}

fn title(ink: &mut Ink<'_>, body: Area) {
    let run = &ink.model.run;
    let (done, all) = run.progress();
    let what = if run.undoing { "Undoing" } else { "Applying" };
    let mut line: Line = match (&run.finish, &run.refused) {
        (Some(finish), _) => {
            let (state, word) = outcome(finish.outcome);
            ink.state(state, word).to_vec()
        }
        (None, Some(_)) => ink.state(State::Failed, "Could not begin").to_vec(),
        (None, None) if run.stopping => {
            vec![ink.spinner(), piece(Role::Warn, " Stopping after the calls that are running")]
        }
        (None, None) if run.runs() => vec![ink.spinner(), piece(Role::Title, format!(" {what}"))],
        (None, None) => vec![piece(Role::Muted, "Nothing was applied yet")],
    };
    if all > 0 {
        line.push(piece(Role::Muted, format!("  {done} of {all}")));
    }
    ink.line(nth(body, 0), &line);
    if run.runs() {
        let long = elapsed(ink.model.now.saturating_sub(run.began));
        ink.right(nth(body, 0), &[piece(Role::Muted, long)]);
    }
    if all > 0 {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        ink.paint.progress(ink.buffer, rect(nth(body, 1)), count(done), count(all));
    }
}

fn outcome(outcome: Outcome) -> (State, &'static str) {
    match outcome {
        Outcome::Verified => (State::Ok, "Verified"),
        Outcome::Applied => (State::Ok, "Applied"),
        Outcome::Stopped => (State::Skipped, "Stopped"),
        Outcome::Failed => (State::Failed, "Failed"),
        Outcome::Undone => (State::Undone, "Undone"),
    }
}

fn lines(ink: &mut Ink<'_>, area: Area) {
    let run = &ink.model.run;
    let (rows, focus) = (run.rows(), run.focus());
    let shown = window(rows.len(), focus, usize::from(area.h));
    let room = usize::from(area.w).saturating_sub(3);
    for (row, place) in shown.clone().enumerate() {
        let pieces = match rows.get(place) {
            Some(Row::One { at, inside }) => {
                let Some(line) = run.lines.get(*at) else { break };
                let edge = if *inside { INSIDE } else { 0 };
                let mut pieces = vec![piece(Role::Text, " ".repeat(edge))];
                pieces.extend(run_line(ink, line, room.saturating_sub(edge)));
                pieces
            }
            Some(Row::Group(group)) => group_line(ink, run, group, room),
            None => break,
        };
        ink.row(nth(area, row), &pieces, place == focus);
    }
    ink.scrollbar(area, shown.start, shown.len(), rows.len());
}

/// A group: how many of its changes are done, and how they are.
fn group_line(ink: &Ink<'_>, run: &RunScreen, group: &Group, room: usize) -> Line {
    let states = || group.members.iter().filter_map(|at| run.lines.get(*at)).map(|line| line.state);
    let count = |wanted: fn(Run) -> bool| {
        states().filter(|state| matches!(state, LineState::Is(state) if wanted(*state))).count()
    };
    let bad = count(|state| matches!(state, Run::Failed | Run::Unknown));
    let going = count(|state| matches!(state, Run::Started | Run::Waiting));
    let open = states().filter(|state| *state == LineState::Open).count();
    let done = group.members.len() - bad - going - open;
    let state = match (bad, going, open) {
        (1.., ..) => State::Failed,
        (0, 1.., _) => State::Running,
        (0, 0, 0) => State::Ok,
        _ => State::NotReached,
    };
    let sign = if group.open { ink.glyphs().unfolded() } else { ink.glyphs().here() };
    let [mark, word] = ink.state(state, &format!("{done} of {}", group.members.len()));
    let mut out: Line = vec![mark, (word.0, ink.pad(&word.1, 12))];
    let failed = if bad > 0 { format!("  {bad} failed") } else { String::new() };
    let left = room.saturating_sub(columns(&out) + failed.len());
    out.push(piece(Role::Title, ink.pad(&format!("{sign} {}", group.title()), left)));
    out.push(piece(Role::Danger, failed));
    out
}

fn run_line(ink: &Ink<'_>, line: &RunLine, room: usize) -> Line {
    let state = match line.state {
        LineState::Open => State::NotReached,
        LineState::Is(state) => state.into(),
    };
    let word = if line.state == LineState::Open { "to come" } else { state.word() };
    let [sign, word] = ink.state(state, word);
    let mut out: Line = vec![sign, (word.0, ink.pad(&word.1, 9))];
    let seconds = seconds(ink, line);
    let room = room.saturating_sub(columns(&out) + columns(std::slice::from_ref(&seconds)));
    // A message that says the title again says nothing.
    let message = if line.message == line.title { "" } else { line.message.as_str() };
    // Titles that stand beside messages are in one column; where there is no room for two, the title has all.
    let longest = ink.model.run.lines.iter().map(|line| width(line.title.as_str())).max().unwrap_or(0) + 2;
    let title = if message.is_empty() || room < 40 { room } else { longest.min(room * 2 / 3) };
    out.push(piece(Role::Text, ink.title(line.title.as_str(), title.saturating_sub(1))));
    out.push(piece(Role::Muted, " "));
    out.push(piece(Role::Muted, ink.pad(message, room.saturating_sub(title))));
    out.push(seconds);
    out
}

/// How long a line took or takes.
fn seconds(ink: &Ink<'_>, line: &RunLine) -> (Role, String) {
    let going = ink.model.run.runs() && matches!(line.state, LineState::Is(Run::Started | Run::Waiting));
    let since = if going { ink.model.now.saturating_sub(line.at).max(0) } else { 0 };
    // Milliseconds of a run are far from where a float loses them.
    #[allow(clippy::cast_precision_loss)]
    let seconds = line.seconds + since as f64 / 1_000.0;
    let text = if line.state == LineState::Open { String::new() } else { format!("{seconds:.1} s") };
    (Role::Muted, ink.pad_start(&text, 9))
}

/// All that was said, the newest last.
fn details(ink: &mut Ink<'_>, area: Area) {
    let said = &ink.model.run.said;
    let last = ink.model.run.cursor.map_or(said.len(), |cursor| (cursor + usize::from(area.h)).min(said.len()));
    let first = last.saturating_sub(usize::from(area.h));
    for (row, event) in said.get(first..last).unwrap_or_default().iter().enumerate() {
        let state = State::from(event.state);
        let [sign, word] = ink.state(state, state.word());
        let line = [
            piece(Role::Muted, format!("{} ", clock(&event.at))),
            sign,
            (word.0, ink.pad(&word.1, 9)),
            piece(Role::Text, ink.pad(&event.change, 22)),
            piece(Role::Muted, safe(&event.message)),
        ];
        ink.line(nth(area, row), &line);
    }
    if said.is_empty() {
        ink.line(area, &[piece(Role::Muted, "Nothing was said yet")]);
    }
}

/// What stands below the lines.
fn said(ink: &Ink<'_>) -> Vec<(Role, String)> {
    let run = &ink.model.run;
    if let Some(trouble) = &run.refused {
        return vec![
            (Role::Danger, format!("{}; nothing was changed", trouble.what)),
            (Role::Text, trouble.why.to_string()),
            (Role::Value, trouble.todo.to_string()),
            (Role::Key, offers(ink)),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    }
    match &run.finish {
        Some(finish) => ended(ink, run, finish),
        None => run.seen().map(|line| focused(run, line)).unwrap_or_default(),
    }
}

fn focused(run: &RunScreen, line: &RunLine) -> Vec<(Role, String)> {
    let mut out = vec![(Role::Title, line.title.to_string())];
    if !line.message.is_empty() && line.message != line.title {
        out.push((Role::Text, line.message.to_string()));
    }
    if run.stopping {
        out.push((
            Role::Warn,
            "Asked to stop: what runs ends by itself, nothing new is begun, what was done stays".to_owned(),
        ));
    } else if !line.undo.is_empty() && !run.undoing {
        out.push((Role::Muted, format!("Undo: {}", line.undo)));
    }
    out
}

fn ended(ink: &Ink<'_>, run: &RunScreen, finish: &Finish) -> Vec<(Role, String)> {
    let mut out = Vec::new();
    if let Some(failed) = run.failed() {
        out.push((Role::Danger, format!("{}: {}", failed.title, failed.message)));
    }
    out.push((Role::Text, sentence(run, finish)));
    let list = |words: &[String]| safe(&words.join(", "));
    if !finish.proven.is_empty() {
        out.push((Role::Ok, format!("{} Proven: {}", ink.glyphs().state(State::Ok), list(&finish.proven))));
    }
    if !finish.not_proven.is_empty() {
        out.push((
            Role::Warn,
            format!("{} Not proven: {}", ink.glyphs().state(State::Unknown), list(&finish.not_proven)),
        ));
    }
    let again = (Role::Muted, safe(&format!("The same again: {}", repeat(ink.model))));
    let offers = (Role::Key, offers(ink));
    // After a failure what can be done comes first.
    match (finish.exit == 0, run.undoing) {
        (_, true) => out.push(offers),
        (true, false) => out.extend([again, offers]),
        (false, false) => out.extend([offers, again]),
    }
    if !run.journal.is_empty() {
        out.push((Role::Muted, format!("What was done is in {}", run.journal)));
    }
    out.retain(|(_, text)| !text.is_empty());
    out
}

/// How it ended: what was and what was not done.
fn sentence(run: &RunScreen, finish: &Finish) -> String {
    let open = run.lines.iter().filter(|line| !line.begun()).count();
    let left = if open > 0 { format!(" {open} of {} were not begun.", run.lines.len()) } else { String::new() };
    match finish.outcome {
        Outcome::Verified if finish.proven.iter().any(|proof| proof == "restore") => {
            "A backup was made, its namespace deleted, restored and compared.".to_owned()
        }
        Outcome::Verified => "All that can be proven here was.".to_owned(),
        Outcome::Applied => "Applied, but not proven by a restore.".to_owned(),
        Outcome::Failed | Outcome::Stopped if run.undoing => {
            "Not all was taken back: what stays is named above.".to_owned()
        }
        Outcome::Stopped if finish.exit == 130 => "Stopped before anything was changed.".to_owned(),
        Outcome::Stopped => format!("Stopped. What was made stays.{left}"),
        Outcome::Failed if finish.exit == 1 => "Nothing was changed.".to_owned(),
        Outcome::Failed => format!("What was made stays.{left}"),
        Outcome::Undone => "Taken back. What is kept is named above.".to_owned(),
    }
}

/// The keys that go on from here.
fn offers(ink: &Ink<'_>) -> String {
    let offer = |command: Command| {
        available(ink.model, command).ok()?;
        let info = info(command)?;
        let (_, key) = info.keys.last().filter(|_| command == Command::GoLive).or(info.keys.first())?;
        Some(format!("{key} {}", info.title.to_lowercase()))
    };
    let commands = [Command::Retry, Command::Skip, Command::Undo, Command::GoLive];
    commands.into_iter().filter_map(offer).collect::<Vec<_>>().join(&format!(" {} ", ink.glyphs().dot()))
}
