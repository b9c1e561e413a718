//! The walk through the steps: what is left is cancelled, what is entered is looked up. Back never validates.

use super::command::can_jump;
use super::effect::{Effect, Task};
use super::form::Form;
use super::model::{Load, Model, Owner};
use super::screens;
use super::toast::Level;
use crate::wizard::{StepId, step};

/// The terminal's title.
pub fn title(model: &Model) -> String {
    let demo = if model.setup.demo.is_some() { " (demo)" } else { "" };
    format!("lifeboat{demo} - {}", step(model.step()).title)
}

/// Cancels the lookups of the screen that is shown; whether there were any.
pub fn cancel(model: &mut Model, out: &mut Vec<Effect>) -> bool {
    let here = Owner::Screen(model.step());
    let tickets: Vec<_> = model.tasks.iter().filter(|(_, owner)| **owner == here).map(|(ticket, _)| *ticket).collect();
    for ticket in &tickets {
        model.tasks.remove(ticket);
        out.push(Effect::Cancel(*ticket));
    }
    screens::cancelled(model);
    !tickets.is_empty()
}

/// Leaves the screen that is shown and enters another.
pub fn go(model: &mut Model, target: StepId, out: &mut Vec<Effect>) {
    cancel(model, out);
    model.overlays.clear();
    model.draft.at = target;
    model.draft.visited.insert(target);
    match target {
        StepId::Cluster => screens::enter_cluster(model, out),
        StepId::Review => screens::enter_review(model, out),
        StepId::Live => screens::enter_live(model, out),
        target if target.is_form() => {
            if target == StepId::Identity {
                super::advised::decide(&mut model.draft, &model.lore);
            }
            model.form = Form::enter(model, target);
            look_up(model, target, out);
            super::lore::look_up(model, target, out);
        }
        _ => {}
    }
}

/// What a form offers is asked for as it is entered.
fn look_up(model: &mut Model, target: StepId, out: &mut Vec<Effect>) {
    if target == StepId::Storage && !matches!(model.buckets, Load::Here(_)) {
        model.buckets = Load::Loading(model.now);
        let ticket = model.ticket(Owner::Screen(target));
        out.push(Effect::Start(ticket, Box::new(Task::Buckets)));
    }
    if target == StepId::Encryption {
        let buckets = model.buckets.here().map(Vec::as_slice).unwrap_or_default();
        let region = super::check::bucket_region(&model.draft, buckets);
        let known = model.keys.0 == region && matches!(model.keys.1, Load::Here(_));
        if !region.is_empty() && !known {
            model.keys = (region.clone(), Load::Loading(model.now));
            let ticket = model.ticket(Owner::Screen(target));
            out.push(Effect::Start(ticket, Box::new(Task::Keys(region))));
        }
    }
}

/// On to the next step, if nothing is wrong in this one; else the focus goes to what is wrong.
pub fn next(model: &mut Model, out: &mut Vec<Effect>) {
    let at = model.step();
    if at.is_form() {
        super::form::leave_field(model, out);
        if !super::form::all_right(model) {
            return;
        }
        super::advised::accept(model);
    }
    if let Some(next) = at.next() {
        go(model, next, out);
    }
}

/// Back, whatever was typed.
pub fn back(model: &mut Model, out: &mut Vec<Effect>) {
    let before = match model.step() {
        StepId::Live if model.run.ticket.is_none() => {
            Some(if model.cluster.only_watch { StepId::Cluster } else { StepId::Review })
        }
        at => at.before(),
    };
    if let Some(before) = before {
        go(model, before, out);
    }
}

/// Jumps to a visited step, or says why not.
pub fn jump(model: &mut Model, target: StepId, out: &mut Vec<Effect>) {
    if target == model.step() {
        return;
    }
    match can_jump(model, target) {
        Ok(()) => go(model, target, out),
        Err(reason) => model.say(Level::Warning, reason),
    }
}
