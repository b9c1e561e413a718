//! What each command does.

use super::command::{Command, available};
use super::effect::{Effect, Task};
use super::form;
use super::keymap::{commands, contexts};
use super::model::{Load, Model, Owner};
use super::overlay::{Confirm, MenuKind, Overlay, PromptKind};
use super::pick::Pick;
use super::screens::{self, Welcome};
use super::{confirm, walk};
use crate::domain::Shown;
use crate::wizard::StepId;
use tui_input::Input;

/// Does a command that can be done now.
pub fn act(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    match command {
        Command::Choose => choose(model, out),
        Command::Forward => form::forward(model, out),
        Command::PickOption => form::pick(model, out),
        Command::Next => walk::next(model, out),
        Command::Back => walk::back(model, out),
        Command::Close => drop(model.overlays.pop()),
        Command::Up => step(model, -1, out),
        Command::Down => step(model, 1, out),
        Command::PageUp => step(model, -page(model), out),
        Command::PageDown => step(model, page(model), out),
        Command::First => step(model, isize::MIN / 2, out),
        Command::Last => step(model, isize::MAX / 2, out),
        Command::NextField => field(model, true, out),
        Command::PreviousField => field(model, false, out),
        Command::Help => menu(model, MenuKind::Help),
        Command::Palette => menu(model, MenuKind::Palette),
        Command::Dismiss => {
            model.toasts.dismiss();
        }
        Command::History => history(model),
        Command::Theme => out.push(Effect::Theme),
        Command::Redraw => out.push(Effect::Redraw),
        Command::Suspend => out.push(Effect::Suspend),
        Command::Quit => leave(model, out),
        // What was typed last time is not lost by a first letter of today.
        Command::SetUp if matches!(model.setup.draft, Some(Ok(_))) => ask(model, confirm::start_anew()),
        Command::SetUp | Command::Watch => {
            model.cluster.only_watch = command == Command::Watch;
            walk::go(model, StepId::Cluster, out);
        }
        Command::Resume => resume(model, out),
        Command::StartAnew => ask(model, confirm::start_anew()),
        Command::LookAround => {
            model.look_around = true;
            quit(model, 0, out);
        }
        Command::ByHand => prompt(model, PromptKind::ByHand, ""),
        Command::Context => {
            let of = model.cluster.under().and_then(|row| model.draft.restores_to(&row.found.region, &row.found.name));
            let context = model.draft.text(&context_path(of)).to_owned();
            prompt(model, PromptKind::Context(of), &context);
        }
        Command::Restore => screens::mark_restore(model),
        Command::Saved if model.draft.list("consent.saved").contains(screens::SECRET) => screens::say_saved(model, out),
        Command::Saved => ask(model, confirm::saved()),
        Command::Needs => screens::open_needs(model, out),
        Command::Fold if model.step() == StepId::Apply => screens::fold_run(model),
        Command::Fold => screens::fold_review(model),
        Command::Filter => {
            let filter = model.live.filter.clone();
            prompt(model, PromptKind::LogFilter, &filter);
        }
        Command::Save => {
            let folder = format!("lifeboat-{}", model.draft.text("cluster.name"));
            prompt(model, PromptKind::SaveTo, &folder);
        }
        Command::Refresh => refresh(model, out),
        Command::Copy => screens::copy(model, out),
        Command::Read => screens::read(model, out),
        Command::Adopt | Command::Leave if model.step().is_form() => {
            let list = if command == Command::Adopt { "consent.adopt" } else { "consent.leave" };
            if let Some(form::Stop::Audit(at)) = form::Form::stop(model) {
                super::audit::consent(model, at, list);
            }
        }
        Command::Apply
        | Command::See
        | Command::NextDocument
        | Command::Adopt
        | Command::Leave
        | Command::Edit
        | Command::Commands
        | Command::ScrollLeft
        | Command::ScrollRight
        | Command::ToChanges
        | Command::ToDocument => screens::review(model, command, out),
        Command::Stop | Command::Retry | Command::Skip | Command::Undo | Command::GoLive | Command::Details => {
            screens::run(model, command, out);
        }
        Command::Test | Command::NextTab | Command::PreviousTab | Command::Follow => {
            screens::live(model, command, out);
        }
        jump => {
            if let Some(target) = jump.target() {
                walk::jump(model, target, out);
            }
        }
    }
}

/// Puts a question over the screen.
pub fn ask(model: &mut Model, question: Confirm) {
    model.overlays.push(Overlay::Confirm(question));
}

/// Where a cluster's context is kept: of one to restore to by its number, else of the one that is backed up.
fn context_path(of: Option<usize>) -> String {
    of.map_or_else(|| "cluster.context".to_owned(), |at| crate::wizard::restore::path(at, "context"))
}

fn prompt(model: &mut Model, kind: PromptKind, text: &str) {
    let input = Input::new(text.to_owned());
    model.overlays.push(Overlay::Prompt { kind, input, problem: Shown::default() });
}

/// The rows of a page.
fn page(model: &Model) -> isize {
    let height = super::layout::list_area(model).h.saturating_sub(1).max(1);
    isize::try_from(height).unwrap_or(1)
}

/// Moves whatever has the focus by so many rows.
fn step(model: &mut Model, by: isize, out: &mut Vec<Effect>) {
    if let Some(overlay) = model.overlays.last_mut() {
        match overlay {
            Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. } => pick.step(by),
            Overlay::Reader { scroll, lines, .. } => {
                *scroll = scroll.saturating_add_signed(by).min(lines.len().saturating_sub(1));
            }
            Overlay::Confirm(confirm) => confirm.on_yes = false,
            Overlay::Prompt { .. } => {}
        }
        return;
    }
    match model.step() {
        StepId::Welcome => {
            let last = Welcome::offers(model).len().saturating_sub(1);
            model.welcome = model.welcome.saturating_add_signed(by).min(last);
        }
        StepId::Cluster => {
            model.cluster.pick.step(by);
            screens::describe_visible(model, out);
        }
        StepId::Review => screens::step_review(model, by),
        StepId::Apply => {
            let last = model.run.rows().len().saturating_sub(1);
            model.run.cursor = Some(model.run.focus().saturating_add_signed(by).min(last));
        }
        StepId::Live => screens::step_live(model, by),
        _ => form::step_focus(model, by, out),
    }
}

fn field(model: &mut Model, forward: bool, out: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(confirm)) => confirm.on_yes = !confirm.on_yes,
        Some(_) => {}
        None => form::step_field(model, forward, out),
    }
}

/// Enter: of a menu, a list, a prompt, a question, or of the screen.
fn choose(model: &mut Model, out: &mut Vec<Effect>) {
    match model.overlays.pop() {
        Some(Overlay::Menu { commands, pick, .. }) => {
            if let Some(command) = pick.chosen().and_then(|item| commands.get(item)) {
                super::update::try_act(model, *command, out);
            }
        }
        Some(Overlay::Picker { path, items, pick, .. }) if path == screens::WATCHED => {
            if let Some(item) = pick.chosen().and_then(|item| items.get(item)) {
                screens::watch_tool(model, &item.value, out);
            }
        }
        Some(Overlay::Picker { path, items, pick, .. }) => {
            if let Some(item) = pick.chosen().and_then(|item| items.get(item)) {
                super::offer::take(model, &path, &item.value, out);
            }
        }
        Some(Overlay::Prompt { kind, input, .. }) => prompted(model, kind, input, out),
        Some(Overlay::Confirm(question)) => confirm::answer(model, question, out),
        Some(reader @ Overlay::Reader { .. }) => model.overlays.push(reader),
        None => match model.step() {
            StepId::Welcome => {
                let offers = Welcome::offers(model);
                if let Some(offer) = offers.get(model.welcome) {
                    super::update::try_act(model, offer.command, out);
                }
            }
            StepId::Cluster => screens::choose_cluster(model, out),
            _ => {}
        },
    }
}

/// A prompt was answered; what cannot be used stays with its problem.
fn prompted(model: &mut Model, kind: PromptKind, input: Input, out: &mut Vec<Effect>) {
    let text = input.value().trim().to_owned();
    let problem = match kind {
        PromptKind::LogFilter => {
            model.live.filter = text;
            return;
        }
        PromptKind::SaveTo if text.is_empty() => "name a folder, for example lifeboat-prod".to_owned(),
        PromptKind::SaveTo => return screens::save(model, &text, false, out),
        PromptKind::Context(of) => {
            model.draft.set(&context_path(of), &text);
            let said =
                if text.is_empty() { "lifeboat makes an EKS token itself" } else { "it is reached by that context" };
            let name = of.map_or("The cluster", |at| model.draft.restore_name(at).0);
            let said = format!("{}: {said}.", Shown::new(name));
            return model.say(super::Level::Info, said);
        }
        PromptKind::ByHand => match screens::by_hand(model, &text, out) {
            Ok(()) => return,
            Err(problem) => problem,
        },
    };
    model.overlays.push(Overlay::Prompt { kind, input, problem: Shown::new(&problem) });
}

/// The help or the palette: commands that belong here first, those that cannot be done now with the reason.
fn menu(model: &mut Model, kind: MenuKind) {
    let here = contexts(model);
    let in_place = |command: Command| {
        commands().iter().any(|info| info.command == command && info.keys.iter().any(|(there, _)| here.contains(there)))
    };
    let mut all: Vec<Command> =
        Command::ALL.into_iter().filter(|it| !matches!(it, Command::Choose | Command::Close)).collect();
    all.sort_by_key(|command| {
        let usable = available(model, *command).is_ok();
        let place = commands().iter().position(|info| info.command == *command);
        (!in_place(*command), !usable, group_place(*command), place)
    });
    if kind == MenuKind::Help {
        all.retain(|command| in_place(*command));
    }
    let mut pick = Pick::default();
    let text = |command: &Command| super::info(*command).map_or(String::new(), |info| info.title.clone());
    pick.set(all.iter().map(text));
    model.overlays.push(Overlay::Menu { kind, commands: all, pick });
}

/// The place of a command's group: what belongs to a step before what belongs anywhere, each group in one piece.
fn group_place(command: Command) -> usize {
    let Some(info) = super::info(command) else { return usize::MAX };
    match info.group.as_str() {
        "Here" => commands().len(),
        "Steps" => commands().len() + 1,
        "Program" => commands().len() + 2,
        group => commands().iter().position(|info| info.group == group).unwrap_or_default(),
    }
}

fn history(model: &mut Model) {
    let mut lines = Vec::new();
    for toast in model.toasts.history.iter().rev() {
        lines.push(Shown::new(&format!("{}: {}", toast.level.word(), toast.text)));
        if !toast.more.is_empty() {
            lines.push(Shown::new(&format!("    {}", toast.more)));
        }
    }
    model.overlays.push(Overlay::Reader { title: Shown::new("Messages"), lines, scroll: 0 });
}

/// Goes on with the draft that was kept: at the step it was left at, or the furthest that still makes sense.
fn resume(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(Ok(draft)) = model.setup.draft.take() else { return };
    model.draft = draft;
    model.cluster.only_watch = false;
    let at = match model.draft.at {
        StepId::Welcome => StepId::Cluster,
        // A run and a watch do not outlive the program.
        StepId::Apply | StepId::Live => StepId::Review,
        at => at,
    };
    model.draft.visited.retain(|step| !matches!(step, StepId::Apply | StepId::Live));
    walk::go(model, at, out);
    model.say(super::Level::Info, "The draft is back as it was left.");
}

/// Asks who lifeboat is, and what the machine has.
pub fn look(model: &mut Model, out: &mut Vec<Effect>) {
    model.surroundings = Load::Loading(model.now);
    model.machine = Load::Loading(model.now);
    let ticket = model.ticket(Owner::Program);
    out.push(Effect::Start(ticket, Box::new(Task::Look)));
}

fn refresh(model: &mut Model, out: &mut Vec<Effect>) {
    match model.step() {
        StepId::Welcome => {
            look(model, out);
        }
        StepId::Cluster => {
            walk::cancel(model, out);
            model.cluster.forget();
            screens::enter_cluster(model, out);
        }
        StepId::Review => {
            walk::cancel(model, out);
            model.review.of.clear();
            screens::enter_review(model, out);
        }
        StepId::Live => match model.live.ticket {
            Some(ticket) => out.push(Effect::Again(ticket)),
            None => screens::enter_live(model, out),
        },
        _ => {}
    }
}

/// Quit: while a run goes on it is asked about first.
fn leave(model: &mut Model, out: &mut Vec<Effect>) {
    if model.run.runs() {
        return ask(model, confirm::quit());
    }
    let code = model.run.finish.as_ref().map_or(0, |finish| finish.exit);
    quit(model, code, out);
}

/// Asks the run to stop; the program ends as soon as it has.
pub fn stop_and_quit(model: &mut Model, out: &mut Vec<Effect>) {
    model.quit_after_run = true;
    act(model, Command::Stop, out);
}

/// Ends the program, the draft kept, with the words that stay in the terminal.
pub fn quit(model: &mut Model, code: u8, out: &mut Vec<Effect>) {
    model.farewell = screens::farewell(model);
    if model.keeps() {
        out.push(Effect::Keep(model.draft.to_file()));
    }
    model.quit = Some(code);
    out.push(Effect::Quit(code));
}
