//! The machine: a message in, the model changed, effects out.

use super::act::{act, look, quit, stop_and_quit};
use super::effect::{Effect, Place};
use super::hit::{Hit, hit};
use super::key::{Code, Key, Mouse, MouseKind};
use super::keymap::{resolve, typing};
use super::message::{Msg, Ticket};
use super::model::Model;
use super::overlay::Overlay;
use super::screens::LiveScreen;
use super::tour::Steer;
use super::{Command, available};
use super::{edit, form, news, screens, walk};
use crate::wizard::StepId;

/// How long a first Ctrl-C waits for the second, milliseconds (tui.md row 18).
const TWICE: i64 = 2_000;

/// What the program asks for when it starts: who it is, and what the machine has.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let mut out = vec![Effect::Title(walk::title(model))];
    look(model, &mut out);
    out
}

/// As [`start`], at the watch of a set-up. A draft that `model` has is the one of its answers, and is not kept unless
/// something is typed.
pub fn start_live(model: &mut Model, place: Place) -> Vec<Effect> {
    model.given = model.draft.clone();
    model.live = LiveScreen::of(place);
    model.cluster.only_watch = true;
    model.draft.at = StepId::Live;
    model.draft.visited.insert(StepId::Live);
    let mut out = start(model);
    screens::enter_live(model, &mut out);
    out
}

/// Takes a message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let draft = model.draft.clone();
    let mut out = Vec::new();
    match msg {
        Msg::Now(now) => {
            model.now = now;
            model.toasts.pass(now);
            return out;
        }
        Msg::Resize(size) => {
            model.size = size;
            screens::describe_visible(model, &mut out);
        }
        Msg::Key(key) if model.tour.is_some() => steer(model, key, &mut out),
        Msg::Key(key) => on_key(model, key, &mut out),
        Msg::Seen(screen) => guide(model, &screen, &mut out),
        // A walkthrough is steered by keys alone.
        Msg::Paste(_) | Msg::Mouse(_) if model.tour.is_some() => {}
        Msg::Paste(text) => edit::paste(model, &text, &mut out),
        Msg::Mouse(mouse) => on_mouse(model, mouse, &mut out),
        Msg::News(ticket, news) => on_news(model, ticket, *news, &mut out),
        Msg::Ended(ticket) => {
            model.tasks.remove(&ticket);
            news::ended(model, ticket);
        }
        Msg::Resumed => out.push(Effect::Redraw),
        Msg::Broke(why) => {
            let text = format!("a part of lifeboat broke: {why}");
            model.say(super::Level::Error, text);
        }
        Msg::Terminate => terminate(model, &mut out),
    }
    if model.draft != draft && model.keeps() {
        out.push(Effect::Keep(model.draft.to_file()));
    }
    if model.draft.at != draft.at {
        out.push(Effect::Title(walk::title(model)));
    }
    out
}

/// Takes news in; those of a task that nobody waits for any more are dropped.
fn on_news(model: &mut Model, ticket: Ticket, news: super::News, out: &mut Vec<Effect>) {
    if model.tasks.contains_key(&ticket) {
        news::take(model, news, out);
    }
}

fn on_key(model: &mut Model, key: Key, out: &mut Vec<Effect>) {
    if (key == Key { code: Code::Char('c'), ctrl: true, alt: false }) {
        return interrupt(model, out);
    }
    match resolve(model, key) {
        Some(command) => try_act(model, command, out),
        None if typing(model) => edit::key(model, key, out),
        None => {}
    }
}

/// A key of the user while a walkthrough goes on.
fn steer(model: &mut Model, key: Key, out: &mut Vec<Effect>) {
    let Some(tour) = model.tour.as_mut() else { return };
    match tour.key(key) {
        Steer::Taken => model.caption = tour.caption(),
        Steer::TakeOver => {
            model.tour = None;
            model.caption = None;
            model.toasts.shown.clear();
            model.say(super::Level::Info, "It is yours now: go on by hand.");
        }
        Steer::Quit => quit(model, 0, out),
        Steer::Nothing => model.say(super::Level::Info, "A walkthrough goes on: space pauses it, x takes over."),
    }
}

/// What is on the screen while a walkthrough goes on: it presses its next key.
fn guide(model: &mut Model, screen: &str, out: &mut Vec<Effect>) {
    let now = model.now;
    let Some(tour) = model.tour.as_mut() else { return };
    let pressed = tour.next(now, screen);
    model.caption = tour.caption();
    if let Some(Msg::Key(key)) = pressed {
        on_key(model, key, out);
    }
}

/// Does a command, or says why it cannot be done now.
pub fn try_act(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    match available(model, command) {
        Ok(()) => act(model, command, out),
        Err(reason) => {
            model.say(super::Level::Warning, reason);
            if command == Command::Apply {
                screens::to_conflict(model);
            }
        }
    }
}

/// Ctrl-C: closes what is open, stops what runs, and a second one within two seconds quits.
fn interrupt(model: &mut Model, out: &mut Vec<Effect>) {
    let twice = model.interrupted.is_some_and(|at| model.now.saturating_sub(at) < TWICE);
    model.interrupted = Some(model.now);
    if twice {
        return quit(model, 130, out);
    }
    if model.run.runs() {
        return try_act(model, Command::Stop, out);
    }
    if model.overlays.pop().is_some() {
        return;
    }
    let lookups = walk::cancel(model, out);
    let what = if lookups { "The look was cancelled. " } else { "" };
    model.say(super::Level::Info, format!("{what}Press Ctrl-C again to quit; the draft is kept."));
}

/// A signal: a run is stopped first and its end awaited.
fn terminate(model: &mut Model, out: &mut Vec<Effect>) {
    if model.run.runs() {
        stop_and_quit(model, out);
    } else {
        quit(model, 130, out);
    }
}

fn on_mouse(model: &mut Model, mouse: Mouse, out: &mut Vec<Effect>) {
    let hit = hit(model, mouse.x, mouse.y);
    match mouse.kind {
        MouseKind::ScrollUp | MouseKind::ScrollDown => {
            if hit == Some(Hit::Document) {
                model.review.pane = super::Pane::Document;
            }
            let command = if mouse.kind == MouseKind::ScrollUp { Command::Up } else { Command::Down };
            for _ in 0..3 {
                try_act(model, command, out);
            }
        }
        MouseKind::Press => press(model, hit, out),
    }
}

fn press(model: &mut Model, hit: Option<Hit>, out: &mut Vec<Effect>) {
    match hit {
        Some(Hit::Command(command)) => try_act(model, command, out),
        Some(Hit::Step(step)) => walk::jump(model, step, out),
        Some(Hit::Document) => model.review.pane = super::Pane::Document,
        Some(Hit::Stop(place)) => {
            form::focus(model, place, out);
            if matches!(
                form::Form::stop(model),
                Some(form::Stop::Option(..) | form::Stop::Flag(_) | form::Stop::Audit(_))
            ) {
                try_act(model, Command::PickOption, out);
            } else if !matches!(form::Form::stop(model), Some(form::Stop::Text(_)) | None) {
                try_act(model, Command::Forward, out);
            }
        }
        Some(Hit::Row(place)) => row(model, place, out),
        Some(Hit::Over(place)) => over(model, place, out),
        Some(Hit::Outside) => {
            let question = matches!(model.overlays.last(), Some(Overlay::Confirm(_)));
            if !question {
                model.overlays.pop();
            }
        }
        None => {}
    }
}

/// A click on a row puts the cursor there; on the row of the cursor it chooses.
fn row(model: &mut Model, place: usize, out: &mut Vec<Effect>) {
    match model.step() {
        StepId::Welcome if model.welcome == place => try_act(model, Command::Choose, out),
        StepId::Welcome => model.welcome = place,
        StepId::Cluster if model.cluster.pick.cursor() == place => try_act(model, Command::Choose, out),
        StepId::Cluster => model.cluster.pick.place(place),
        StepId::Review if model.review.cursor == place && model.review.group().is_some() => {
            try_act(model, Command::Fold, out);
        }
        StepId::Review => screens::put_cursor(model, place),
        StepId::Apply => model.run.cursor = Some(place),
        StepId::Live => {
            model.live.cursors.insert(model.live.tab, place);
        }
        _ => {}
    }
}

fn over(model: &mut Model, place: usize, out: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. }) => {
            pick.place(place);
            try_act(model, Command::Choose, out);
        }
        Some(Overlay::Confirm(_)) if place == 0 => try_act(model, Command::Close, out),
        Some(Overlay::Confirm(confirm)) => {
            confirm.on_yes = true;
            try_act(model, Command::Choose, out);
        }
        _ => {}
    }
}
