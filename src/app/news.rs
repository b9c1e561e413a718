//! What tasks report, taken in.

use super::effect::Effect;
use super::message::{News, Ticket};
use super::model::{Load, Model};
use super::{check, confirm, screens};
use crate::domain::Shown;

/// Takes a report of a task that is waited for.
pub fn take(model: &mut Model, news: News, out: &mut Vec<Effect>) {
    match news {
        News::Surroundings(answer) => model.surroundings = Load::of(answer),
        News::Machine(machine) => model.machine = Load::Here(machine),
        News::Discovery(step) => {
            model.cluster.take(step);
            screens::describe_visible(model, out);
        }
        News::Detail(found, answer) => {
            if let Some(row) = model.cluster.rows.iter_mut().find(|row| row.found == found) {
                row.detail = Load::of(answer);
            }
            screens::describe_visible(model, out);
        }
        News::Buckets(answer) => {
            model.buckets = Load::of(answer);
            super::offer::refresh(model);
        }
        News::Keys(answer) => {
            model.keys.1 = Load::of(answer);
            super::offer::refresh(model);
        }
        News::KeyStates(states) => {
            model.lore.keys.extend(states);
            super::offer::refresh(model);
        }
        News::Volumes(of, answer) if of == model.lore.volumes.name => model.lore.volumes.load = Load::of(answer),
        News::Advice(of, answer) if of == model.lore.advice.name => {
            model.lore.advice.load = Load::of(answer);
            super::advised::arrived(model);
        }
        News::Space(of, answer) if of == model.lore.space.name => {
            model.lore.space.load = Load::of(answer);
            super::offer::refresh(model);
        }
        News::Audit(of, answer) if of == model.lore.audit.name => model.lore.audit.load = Load::of(answer),
        // What was asked of another cluster or bucket says nothing of this one.
        News::Volumes(..) | News::Advice(..) | News::Space(..) | News::Audit(..) => {}
        News::Bucket(name, answer) => {
            check::bucket(model, &name, answer);
            super::audit::begin(model, out);
        }
        News::Key(asked, answer) => check::key(model, &asked, answer),
        News::Gathered(gathered) => screens::gathered(model, *gathered, out),
        News::Preflight(answer) => screens::preflight(model, answer),
        News::Begun(id, journal) => {
            model.run.id = Some(id);
            model.run.journal = Shown::new(&journal.to_string_lossy());
        }
        News::Event(event) => {
            let now = model.now;
            model.run.take(event, now);
        }
        News::Finished(finish) => screens::finished(model, finish, out),
        News::Refused(trouble) => screens::refused(model, trouble, out),
        News::Clock(clock) => model.live.clock = Some((clock, model.now)),
        News::Live(news) => screens::told(model, news, out),
        News::Log(line) => screens::log_line(model, line),
        News::Edited(answer) => screens::edited(model, answer, out),
        News::Done(Ok(what)) => model.say(super::Level::Good, what),
        News::Done(Err(trouble)) => model.trouble(&trouble),
        News::Differs(folder, lines) => {
            let question = confirm::save_over(&folder.to_string_lossy(), &lines);
            super::act::ask(model, question);
        }
    }
}

/// A task ended by itself.
pub fn ended(model: &mut Model, ticket: Ticket) {
    if model.cluster.ticket == Some(ticket) {
        model.cluster.ticket = None;
    }
    if model.live.log_ticket == Some(ticket) {
        model.live.log_ticket = None;
    }
}
