//! From the draft to a plan: the facts are read once, and every consent makes the plan anew from them.

use super::review::{Pane, ReviewScreen, Seen};
use crate::app::effect::{Effect, Task};
use crate::app::message::Gathered;
use crate::app::model::{Check, Load, Model, Owner};
use crate::app::toast::Level;
use crate::app::{confirm, fold};
use crate::domain::Shown;
use crate::domain::text::quoted;
use crate::plan::answers::{Answers, Problem, Problems};
use crate::plan::{Action, Change, Prove};
use crate::ports::Answer;
use crate::wizard::{Draft, StepId};
use std::sync::Arc;

/// The answers without what Review itself answers: facts depend on these only.
fn basis(draft: &Draft) -> Draft {
    let mut basis = draft.clone();
    for path in ["consent.adopt", "consent.leave", "consent.saved", "consent.shared_prefix", "values"] {
        basis.set(path, "");
    }
    basis
}

/// Reads the facts, unless those at hand are of the same answers; then plans.
pub fn enter_review(model: &mut Model, out: &mut Vec<Effect>) {
    let basis = basis(&model.draft);
    let answers = match basis.answers() {
        Ok(answers) => answers,
        Err(problems) => {
            model.review = ReviewScreen::default();
            model.review.show(Err(problems));
            return;
        }
    };
    let of = answers.to_toml();
    if model.review.of == of && matches!(model.review.gathered, Load::Here(_)) && !model.review.go_on {
        return replan(model, out);
    }
    model.review = ReviewScreen {
        of,
        gathered: Load::Loading(model.now),
        prove: model.review.prove,
        go_on: model.review.go_on,
        cursor: model.review.cursor,
        turned: std::mem::take(&mut model.review.turned),
        ..ReviewScreen::default()
    };
    let ticket = model.ticket(Owner::Screen(StepId::Review));
    out.push(Effect::Start(ticket, Box::new(Task::Gather(Box::new(answers)))));
}

/// The facts are there.
pub fn gathered(model: &mut Model, gathered: Gathered, out: &mut Vec<Effect>) {
    if let Err(trouble) = &gathered.facts {
        model.review.go_on = false;
        // E05: what a kubeconfig wants to run is asked about where it is first met.
        if !trouble.consent.is_empty() {
            let question = confirm::run_plugin(trouble);
            crate::app::act::ask(model, question);
        }
        model.review.gathered = Load::Failed(Box::new(trouble.clone()));
    } else {
        model.review.gathered = Load::Here(Arc::new(gathered));
        replan(model, out);
        to_conflict(model);
    }
}

/// Puts the cursor on the first change that waits for consent: what the user has to answer.
pub fn to_conflict(model: &mut Model) {
    let waits = |change: &Change| change.action == Action::Conflict;
    let place = model.review.plan().and_then(|plan| plan.changes.iter().position(waits));
    let place = place.and_then(|at| fold::row_of(&model.review.rows(), at));
    let answered = model.review.change().is_some_and(waits);
    if let (Some(place), false) = (place, answered) {
        put_cursor(model, place);
    }
}

/// The answers as they are applied: what the values file or the editor said, and the consent.
pub fn answers(model: &Model) -> Option<Result<Answers, Problems>> {
    let gathered = model.review.gathered.here()?;
    Some(match &gathered.answers {
        Ok(answers) => consented(answers.clone(), &model.draft, &model.setup.answers_folder),
        Err(problems) => Err(problems.clone()),
    })
}

/// Answers with what Review itself answers: the consent, and values that were edited there, which are kept beside
/// the answers file in `folder`.
///
/// # Errors
/// The edited values are no map in YAML.
pub fn consented(mut answers: Answers, draft: &Draft, folder: &str) -> Result<Answers, Problems> {
    answers.consent.adopt = draft.list("consent.adopt");
    answers.consent.leave = draft.list("consent.leave");
    answers.consent.saved = draft.list("consent.saved");
    answers.consent.shared_prefix = draft.text("consent.shared_prefix") == "true";
    let own = draft.text("values");
    if !own.is_empty() {
        answers.user_values = Some(values(own).map_err(|problem| Problems(vec![problem]))?);
        answers.install.values = format!("{folder}/{}-values.yaml", file_stem(draft));
    }
    Ok(answers)
}

/// The name of the answers file of a draft, without its ending: `velero-us-east-1-prod`.
fn file_stem(draft: &Draft) -> String {
    format!("{}-{}-{}", draft.value("tool"), draft.text("cluster.region"), draft.text("cluster.name"))
}

/// What is kept in the answers' folder when a draft is applied, each by its name: the answers file, and the values
/// that were edited in Review.
pub fn answers_files(answers: &Answers, draft: &Draft) -> Vec<(String, String)> {
    let stem = file_stem(draft);
    let mut files = vec![(format!("{stem}.toml"), answers.to_toml())];
    let own = draft.text("values");
    if !own.is_empty() {
        files.push((format!("{stem}-values.yaml"), own.to_owned()));
    }
    files
}

fn values(text: &str) -> Result<serde_json::Value, Problem> {
    let problem = |what: &str, why: &str| Problem::new("install.values", what, why, "Press e to mend them");
    let read: serde_json::Value =
        serde_yaml::from_str(text).map_err(|error| problem("the values are not YAML", &error.to_string()))?;
    match read {
        serde_json::Value::Null => Ok(serde_json::json!({})),
        map @ serde_json::Value::Object(_) => Ok(map),
        _ => Err(problem("the values are no map", "helm takes a map")),
    }
}

/// Makes the plan anew of the facts at hand.
pub fn replan(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(answers) = answers(model) else { return };
    let Some(gathered) = model.review.gathered.here().cloned() else { return };
    let Ok(facts) = &gathered.facts else { return };
    let plan = answers.and_then(|answers| crate::plan::plan(&answers, facts, model.review.prove));
    if let Err(problems) = &plan {
        for problem in &problems.0 {
            let text = format!("{}: {}. {}", problem.what, problem.why, problem.todo);
            let value = model.draft.value(&problem.field);
            model.checks.insert(problem.field.clone(), (value, Check::Bad(Shown::new(&text))));
        }
    }
    let ready = plan.as_ref().is_ok_and(|plan| plan.conflicts().is_empty());
    let on = model.review.change().map(|change| change.id.clone());
    model.review.show(plan);
    keep_cursor(model, on.as_deref());
    // What was asked was asked of another plan.
    model.review.preflight = Load::Idle;
    if std::mem::take(&mut model.review.go_on) {
        if ready {
            begin(model, out);
        } else {
            model.say(Level::Warning, "The plan needs a look before it can go on.");
        }
    }
}

/// The cursor stays on its change where that is still in sight: a conflict that was answered may be folded now.
fn keep_cursor(model: &mut Model, on: Option<&str>) {
    let rows = model.review.rows();
    let at = on.and_then(|id| model.review.plan()?.changes.iter().position(|change| change.id == id));
    let row = at.and_then(|at| fold::row_of(&rows, at)).unwrap_or(model.review.cursor);
    model.review.cursor = row.min(rows.len().saturating_sub(1));
}

/// Puts a change's id into a list of the consent or takes it out; it leaves the other list.
pub fn consent(model: &mut Model, list: &str, id: &str) {
    model.draft.consent(list, id);
    // What was said of conflicts that wait is old.
    model.toasts.shown.retain(|toast| toast.level != Level::Warning);
    replan(model, &mut Vec::new());
}

/// The change that makes a secret which backups cannot be read without.
pub const SECRET: &str = "encryption-secret";

/// Says that it is saved elsewhere, or takes that back; after a run the plan is looked at once more, since it may be
/// verified now.
pub fn say_saved(model: &mut Model, out: &mut Vec<Effect>) {
    model.draft.toggle("consent.saved", SECRET);
    if model.step() == StepId::Apply && !model.setup.read_only {
        return again(model, Prove::Needed, out);
    }
    replan(model, &mut Vec::new());
}

/// Begins the run of the plan that is there.
pub fn begin(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(Ok(answers)) = answers(model) else { return };
    let Some(plan) = model.review.plan().cloned() else { return };
    let key = model.review.gathered.here().and_then(|gathered| {
        let facts = gathered.facts.as_ref().ok()?;
        facts.key.as_ref().map(|key| (key.key.arn.clone(), key.key.id.clone()))
    });
    let prove = std::mem::take(&mut model.review.prove);
    // What was said of the run before does not hold for this one.
    model.toasts.shown.clear();
    out.push(Effect::Answers(answers_files(&answers, &model.draft)));
    crate::app::walk::go(model, StepId::Apply, out);
    // The facts will be others afterwards.
    model.review.of.clear();
    let ticket = model.ticket(Owner::Run);
    model.run = super::RunScreen::begin(&plan, ticket, model.now);
    let (answers, plan) = (Box::new(answers), Box::new(plan));
    out.push(Effect::Start(ticket, Box::new(Task::Apply { answers, plan, prove, key })));
}

/// Plans again and goes on at once, where nothing is to be asked.
pub fn again(model: &mut Model, prove: Prove, out: &mut Vec<Effect>) {
    model.review.prove = prove;
    model.review.go_on = true;
    crate::app::walk::go(model, StepId::Review, out);
}

/// All documents into a folder, with the answers.
pub fn save(model: &mut Model, folder: &str, over: bool, out: &mut Vec<Effect>) {
    let Some(plan) = model.review.plan() else { return };
    let mut files: Vec<(String, String)> =
        plan.documents().map(|document| (document.path.clone(), document.text.clone())).collect();
    if let Some(Ok(answers)) = answers(model) {
        files.push(("answers.toml".to_owned(), answers.to_toml()));
    }
    let ticket = model.ticket(Owner::Screen(StepId::Review));
    out.push(Effect::Save { ticket, folder: folder.to_owned(), files, over });
}

/// Opens the user's own values in the editor.
pub fn edit_values(model: &mut Model, out: &mut Vec<Effect>) {
    let own = model.draft.text("values").to_owned();
    let text = if own.is_empty() {
        let given = answers(model).and_then(Result::ok).and_then(|answers| answers.user_values);
        given.and_then(|values| serde_yaml::to_string(&values).ok()).unwrap_or_else(|| {
            "# Your own Helm values; lifeboat merges its values over them.\n# resources:\n#   requests:\n#     memory: 256Mi\n"
                .to_owned()
        })
    } else {
        own
    };
    let ticket = model.ticket(Owner::Screen(StepId::Review));
    out.push(Effect::Edit(ticket, "values.yaml".to_owned(), text));
}

/// The values come back from the editor; wrong ones are kept, and said where they can be mended.
pub fn edited(model: &mut Model, answer: Answer<Option<String>>, out: &mut Vec<Effect>) {
    match answer {
        Err(trouble) => model.trouble(&trouble),
        Ok(None) => model.say(Level::Info, "The values are as they were."),
        Ok(Some(text)) => {
            model.draft.set("values", &text);
            replan(model, out);
            let refused: Option<Problem> = match model.review.plan.as_deref() {
                Some(Err(problems)) => problems.0.iter().find(|it| it.field == "install.values").cloned(),
                _ => None,
            };
            match refused {
                Some(problem) => model.trouble(&problem.trouble()),
                None => model.say(Level::Good, "The plan is made with your values."),
            }
        }
    }
}

/// The lines that are printed after the end: what was done, and the command that repeats it.
pub fn farewell(model: &Model) -> Vec<Shown> {
    let mut lines = Vec::new();
    if let Some(finish) = &model.run.finish {
        lines.push(Shown::new(&super::run::ended(finish)));
    }
    if model.run.ticket.is_some() && !model.run.undoing {
        lines.push(Shown::new(&format!("The same again: {}", repeat(model))));
    }
    if model.run.runs() {
        lines.push(Shown::new("A run was left in the middle; its journal knows how far it came: lifeboat runs"));
    }
    lines
}

/// The command that does the same again.
pub fn repeat(model: &Model) -> String {
    repeat_with(&model.draft, &model.setup.answers_folder, &model.setup.options)
}

/// The command that applies a draft again, whose answers file is in `folder`; `options` are shell words.
pub fn repeat_with(draft: &Draft, folder: &str, options: &[String]) -> String {
    let options: String = options.iter().flat_map(|option| [" ", option.as_str()]).collect();
    format!("lifeboat apply --answers {}{options}", quoted(&format!("{folder}/{}.toml", file_stem(draft))))
}

/// What is seen of a change, in its turn.
pub fn see(model: &mut Model, seen: Seen) {
    model.review.seen = seen;
    model.review.scroll = 0;
    model.review.shift = 0;
    model.review.document = 0;
}

/// Puts the cursor on a change.
pub fn put_cursor(model: &mut Model, place: usize) {
    let last = model.review.rows().len().saturating_sub(1);
    let place = place.min(last);
    if model.review.cursor != place {
        model.review.cursor = place;
        model.review.document = 0;
        model.review.scroll = 0;
        model.review.shift = 0;
    }
    model.review.pane = Pane::Changes;
}
