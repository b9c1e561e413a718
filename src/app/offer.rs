//! Values that are offered for a field, in a list of their own.

use super::form;
use super::model::Model;
use super::overlay::Overlay;
use super::pick::Pick;
use crate::domain::Shown;
use crate::wizard::{Field, Offers};

/// Opens the list of what is offered.
pub fn open(model: &mut Model, field: &'static Field) {
    let (title, items): (&str, Vec<(String, String)>) = match field.offers {
        Some(Offers::Buckets) => ("Buckets", buckets(model)),
        Some(Offers::Keys) => ("Keys", keys(model)),
        None => return,
    };
    let mut pick = Pick::default();
    let (values, texts): (Vec<String>, Vec<String>) = items.into_iter().unzip();
    pick.set(texts);
    model.overlays.push(Overlay::Picker { path: field.path.clone(), title: Shown::new(title), values, pick });
}

fn buckets(model: &Model) -> Vec<(String, String)> {
    let list = model.buckets.here().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|it| (it.name.clone(), format!("{}  {}", Shown::new(&it.name), Shown::new(&it.region)))).collect()
}

fn keys(model: &Model) -> Vec<(String, String)> {
    let mut out = vec![("new".to_owned(), "new  a key made by lifeboat".to_owned())];
    let list = model.keys.1.here().map(Vec::as_slice).unwrap_or_default();
    out.extend(list.iter().map(|it| (it.alias.clone(), format!("{}  {}", Shown::new(&it.alias), Shown::new(&it.id)))));
    out
}

/// Takes a value that was chosen from the list into its field.
pub fn take(model: &mut Model, path: &str, value: &str, out: &mut Vec<super::Effect>) {
    model.draft.set(path, value);
    model.checks.remove(path);
    let stops = form::stops(model, model.step());
    let of = |stop: &form::Stop| matches!(stop, form::Stop::Text(field) if field.path == path);
    if let Some(place) = stops.iter().position(of) {
        model.form.at = place;
        model.form.input = tui_input::Input::new(value.to_owned());
        form::leave_field(model, out);
    }
}
