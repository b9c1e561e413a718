//! What facts choose: the identity of a draft in which the user chose none, and what they rule out.

use super::form::Form;
use super::lore::{Lore, advice_of};
use super::model::Model;
use super::remark::{Remark, advice, care};
use crate::domain::Identity;
use crate::domain::recommend::{AdviceOf, Recommendation};
use crate::plan::answers::Problem;
use crate::wizard::{self, Advice, Draft, Field, StepId, restore};

/// The field that facts choose in.
const PATH: &str = "identity";

/// The clusters that a draft sets up, the one that is backed up first, as the advice is asked of them.
pub fn asked(draft: &Draft) -> Vec<AdviceOf> {
    let text = |path: &str| draft.text(path).to_owned();
    let tool = super::lore::tool_of(draft);
    let of = |[region, name, context, namespace, account]: [String; 5]| AdviceOf {
        region,
        name,
        context,
        tool,
        namespace,
        account,
        clusters: super::lore::shared(draft),
    };
    let first = of([
        text("cluster.region"),
        text("cluster.name"),
        text("cluster.context"),
        draft.value("install.namespace"),
        draft.value("install.service_account"),
    ]);
    let other = |at: usize| {
        let [region, name, context] = ["region", "name", "context"].map(|key| text(&restore::path(at, key)));
        let [namespace, account] = ["namespace", "service_account"].map(|key| draft.value(&restore::path(at, key)));
        of([region, name, context, namespace, account])
    };
    std::iter::once(first).chain((0..draft.restores()).map(other)).collect()
}

/// What facts say of the draft's clusters, once they are there.
fn found<'a>(draft: &Draft, lore: &'a Lore) -> Option<&'a Recommendation> {
    lore.advice.load.here().filter(|_| lore.advice.name == advice_of(draft))
}

/// Takes what facts recommend into the draft; it holds while the user chooses nothing.
pub fn decide(draft: &mut Draft, lore: &Lore) {
    let choice = found(draft, lore).and_then(Recommendation::choice);
    if let Some(choice) = choice.filter(|_| draft.text(PATH).is_empty()) {
        draft.advise(PATH, choice.as_str());
    }
}

/// The facts have come: they choose, unless the user is at the question already, where nothing moves by itself.
pub fn arrived(model: &mut Model) {
    let here = model.step() == StepId::Identity;
    if here && model.form.moved {
        return;
    }
    decide(&mut model.draft, &model.lore);
    if here {
        // The cursor stands on what is chosen.
        model.form = Form::enter(model, StepId::Identity);
    }
}

/// The step is gone on with: what stood there while the user looked at it is chosen, and facts that come later are
/// too late.
pub fn accept(model: &mut Model) {
    for field in wizard::fields(&model.draft, model.step()) {
        if model.form.moved && field.advice.is_some() && model.draft.said(&field.path).is_empty() {
            let value = model.draft.value(&field.path);
            model.draft.set(&field.path, &value);
        }
    }
}

/// Why an option cannot be: its reason, with the words of its field. `None` where it can, or where that is not known.
pub fn barred(draft: &Draft, lore: &Lore, field: &Field, value: &str) -> Option<(String, String)> {
    let words = field.advice.as_ref().filter(|_| field.path == PATH)?;
    let why = found(draft, lore)?.barred(Identity::parse(value).ok()?)?;
    Some((Advice::say(&words.cannot, &title(field, value), ""), why.to_string()))
}

/// Why facts rule an option out, for its row.
pub fn option_barred(model: &Model, field: &Field, value: &str) -> Option<String> {
    barred(&model.draft, &model.lore, field, value).map(|(_, why)| why)
}

/// The problem of a field whose value facts rule out.
pub fn problem(draft: &Draft, lore: &Lore, field: &Field) -> Option<Problem> {
    let words = field.advice.as_ref()?;
    let (what, why) = barred(draft, lore, field, &draft.value(&field.path))?;
    let other = field.options.iter().find(|option| barred(draft, lore, field, &option.value).is_none());
    let todo = other.map_or_else(|| words.none.clone(), |option| Advice::say(&words.todo, &option.title, ""));
    Some(Problem::new(field.path.as_str(), what, why, todo))
}

fn title(field: &Field, value: &str) -> String {
    field.options.iter().find(|option| option.value == value).map(|option| option.title.clone()).unwrap_or_default()
}

/// What is said of the choice at its field: what facts chose or recommend, what is to be looked at, what cannot be.
pub fn remarks(draft: &Draft, lore: &Lore, field: &Field) -> Option<Vec<Remark>> {
    let (Some(found), Some(words)) = (found(draft, lore), &field.advice) else { return None };
    let mut out = Vec::new();
    if let Some(choice) = found.choice() {
        let sentence = if draft.advised(PATH) == choice.as_str() { &words.chosen } else { &words.recommended };
        let why: Vec<&str> = found.reasons.iter().map(crate::domain::Shown::as_str).collect();
        out.push(advice(Advice::say(sentence, &title(field, choice.as_str()), &why.join("; "))));
        out.extend(found.notes.iter().map(care));
    }
    let cannot = found.cannot.iter();
    let told = cannot.map(|(which, why)| (Advice::say(&words.cannot, &title(field, which.as_str()), ""), why));
    out.extend(told.map(|(what, why)| care(format!("{what}: {why}"))));
    Some(out)
}
