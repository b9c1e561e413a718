//! Questions before something happens: what will happen is said first, and Enter alone changes nothing.

use super::effect::Effect;
use super::model::Model;
use super::overlay::{Confirm, Overlay, Then};
use super::screens;
use crate::domain::{Shown, Tool};
use crate::plan::{Action, Change, Plan, Prove, Risk};
use tui_input::Input;

fn question(title: &str, yes: &str, lines: &[String], then: Then) -> Confirm {
    Confirm {
        title: Shown::new(title),
        lines: lines.iter().map(|line| Shown::new(line)).collect(),
        yes: Shown::new(yes),
        typed: String::new(),
        input: Input::default(),
        on_yes: false,
        then,
    }
}

/// Before the plan is applied.
pub fn apply(plan: &Plan) -> Confirm {
    let count = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let target = &plan.target;
    let mut lines = vec![
        format!("Account {}, cluster {} in {}.", target.account, target.cluster, target.region),
        format!(
            "{} to create, {} to update, {} kept.",
            count(Action::Create),
            count(Action::Update),
            count(Action::Keep)
        ),
    ];
    let high = |change: &&Change| change.risk == Risk::High && change.action != Action::Keep;
    for change in plan.changes.iter().filter(high) {
        lines.push(format!("High risk: {}.", change.title));
    }
    lines.push("It can be stopped at any time, and taken back afterwards.".to_owned());
    question("Apply this plan?", "Apply", &lines, Then::Apply)
}

/// What undo takes back; the changes follow.
pub const UNDONE: &str = "Only what this run made, and only while nobody changed it since:";

/// Before a run is taken back.
pub fn undo(model: &Model) -> Confirm {
    let mut lines = vec![UNDONE.to_owned()];
    for line in model.run.lines.iter().rev().filter(|line| screens::changed(line) && !line.undo.is_empty()) {
        lines.push(format!("  {}: {}", line.id, line.undo));
    }
    lines.truncate(14);
    question("Take the run back?", "Undo", &lines, Then::Undo)
}

/// Before a backup is made to prove the set-up; Velero's is restored, too.
pub fn test(tool: Tool, cluster: &str) -> Confirm {
    if tool != Tool::Velero {
        let lines = vec![
            format!(
                "On cluster {}, {} makes one Backup now, and lifeboat looks whether it is written to the bucket.",
                Shown::new(cluster),
                tool.title()
            ),
            "Then that Backup and what it wrote are removed. Nothing is restored, and nothing else is touched."
                .to_owned(),
        ];
        return question("Test a backup?", "Test", &lines, Then::Test);
    }
    let lines = vec![
        format!(
            "On cluster {}, lifeboat makes a namespace lifeboat-canary-... with one ConfigMap, backs it up, deletes \
             that namespace, restores it and compares.",
            Shown::new(cluster)
        ),
        "Then the backup is deleted: its Backup object, its files in the bucket and their versions. They cannot be \
         brought back. Nothing else is touched."
            .to_owned(),
    ];
    question("Test backup and restore?", "Test", &lines, Then::Test)
}

/// Before something that lifeboat did not make is taken over. A bucket and a role are named by typing.
pub fn adopt(plan: &Plan, change: &Change) -> Confirm {
    let mut lines = vec![change.title.clone(), format!("{}.", change.whose())];
    lines.extend(change.diff.iter().take(8).cloned());
    let mut question = question("Take over what exists?", "Adopt", &lines, Then::Adopt(change.id.clone()));
    question.typed = match change.id.as_str() {
        "bucket" => plan.names.bucket.clone(),
        "role" => plan.names.role.clone(),
        _ => String::new(),
    };
    question
}

/// Before files that differ are replaced.
pub fn save_over(folder: &str, lines: &[Shown]) -> Confirm {
    let mut question = question("Replace files that differ?", "Replace", &[], Then::SaveOver(folder.to_owned()));
    question.lines = lines.to_vec();
    question
}

/// Before a kubeconfig runs a program (security.md 6.4): the whole command is shown, and its name is typed.
pub fn run_plugin(trouble: &crate::ports::Trouble) -> Confirm {
    let lines = vec![
        format!("{}.", trouble.what),
        "It runs with your rights, each time that the cluster is asked. Without it, leave the context empty:"
            .to_owned(),
        "lifeboat then reaches the EKS cluster by a token of its own.".to_owned(),
    ];
    let question =
        question("Let the kubeconfig run this?", "Let it run", &lines, Then::RunPlugin(trouble.consent.clone()));
    let name = trouble.consent.rsplit('/').next().unwrap_or_default();
    Confirm { typed: name.to_owned(), ..question }
}

/// Before a secret counts as saved elsewhere.
pub fn saved() -> Confirm {
    let lines = vec![
        "The Secret that encrypts the backups is nowhere but in the cluster.".to_owned(),
        "When the cluster is lost and it with it, no backup can be read. Keep it where your other secrets are."
            .to_owned(),
    ];
    question("Is the encryption Secret saved elsewhere?", "It is saved", &lines, Then::Saved)
}

/// Before the draft is forgotten.
pub fn start_anew() -> Confirm {
    let lines = vec!["All answers of this draft are forgotten. Nothing in AWS or a cluster is touched.".to_owned()];
    question("Forget the draft?", "Forget", &lines, Then::StartAnew)
}

/// Before the program is left while a run goes on.
pub fn quit() -> Confirm {
    let lines = vec![
        "The run is asked to stop after the calls that are under way, then the program ends.".to_owned(),
        "What was made stays; lifeboat undo takes it back, a second apply goes on.".to_owned(),
    ];
    question("A run goes on. Stop it and quit?", "Stop and quit", &lines, Then::Quit)
}

/// Enter in a question: on Cancel nothing happens; on the button it does, if what had to be typed was typed.
pub fn answer(model: &mut Model, mut question: Confirm, out: &mut Vec<Effect>) {
    let typed = question.typed.is_empty() || question.input.value().trim() == question.typed;
    if !typed {
        model.say(super::Level::Warning, format!("Type {} first, or press Esc.", Shown::new(&question.typed)));
        question.on_yes = false;
        return model.overlays.push(Overlay::Confirm(question));
    }
    if !question.on_yes {
        // From the text, Enter goes to the buttons; from there it is Cancel.
        if !question.typed.is_empty() {
            question.on_yes = true;
            model.overlays.push(Overlay::Confirm(question));
        }
        return;
    }
    match question.then {
        Then::Apply => screens::begin(model, out),
        Then::Undo => screens::begin_undo(model, out),
        Then::Test => screens::again(model, Prove::Again, out),
        Then::Adopt(id) => screens::consent(model, "consent.adopt", &id),
        Then::RunPlugin(command) => {
            model.draft.toggle("consent.exec_plugins", &command);
            screens::enter_review(model, out);
        }
        Then::Saved => screens::say_saved(model, out),
        Then::SaveOver(folder) => screens::save(model, &folder, true, out),
        Then::StartAnew => {
            model.draft = crate::wizard::Draft::default();
            model.given = crate::wizard::Draft::default();
            model.setup.draft = None;
            model.checks.clear();
            model.review = super::ReviewScreen::default();
            model.cluster.pick.query = Input::default();
            model.cluster.pick.query_changed();
            out.push(Effect::Forget);
            model.cluster.only_watch = false;
            super::walk::go(model, crate::wizard::StepId::Cluster, out);
        }
        Then::Quit => {
            super::act::stop_and_quit(model, out);
        }
    }
}
