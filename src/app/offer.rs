//! Values that are offered for a field, in a list of their own.

use super::form;
use super::lore::Lore;
use super::model::Model;
use super::overlay::{Offered, Overlay};
use super::pick::Pick;
use crate::domain::Shown;
use crate::domain::discovery::{FoundBucket, FoundKey, KeyState, PlaneSeen, SpaceSeen};
use crate::wizard::{Field, FieldKind, Offers};

/// Opens the list of what is offered.
pub fn open(model: &mut Model, field: &'static Field) {
    let Some(title) = field.offers.map(title) else { return };
    let items = offered(model, field);
    let mut pick = Pick::default();
    pick.set(items.iter().map(text));
    model.overlays.push(Overlay::Picker { path: field.path.clone(), title: Shown::new(title), items, pick });
}

/// More is known: the list that is open is made anew, its filter and cursor stay.
pub fn refresh(model: &mut Model) {
    let Some(Overlay::Picker { path, .. }) = model.overlays.last() else { return };
    let Some(field) = crate::wizard::field(path) else { return };
    let new = offered(model, field);
    if let Some(Overlay::Picker { items, pick, .. }) = model.overlays.last_mut() {
        pick.set(new.iter().map(text));
        *items = new;
    }
}

fn title(offers: Offers) -> &'static str {
    match offers {
        Offers::Buckets => "Buckets",
        Offers::Keys => "Keys",
        Offers::Groups => "Groups",
        Offers::Planes => "Control planes",
    }
}

/// The text that the filter looks at and marks: the value, two spaces, what is known of it.
fn text(item: &Offered) -> String {
    format!("{}  {}", Shown::new(&item.value), item.about)
}

/// What is offered for a field now.
fn offered(model: &Model, field: &Field) -> Vec<Offered> {
    match field.offers {
        Some(Offers::Buckets) => {
            let list = model.buckets.here().map(Vec::as_slice).unwrap_or_default();
            list.iter().map(bucket).collect()
        }
        Some(Offers::Keys) => {
            let list = model.keys.1.here().map(Vec::as_slice).unwrap_or_default();
            keys(list, &model.lore)
        }
        Some(list) => model.lore.space.load.here().map(|space| of_space(space, list)).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// The groups or control planes of a Space.
pub fn of_space(space: &SpaceSeen, list: Offers) -> Vec<Offered> {
    let item = |value: &str, about: &str| Offered { value: value.to_owned(), about: Shown::new(about), cannot: false };
    if list == Offers::Groups {
        return space.groups().into_iter().map(|group| item(&group, "")).collect();
    }
    let plane = |plane: &PlaneSeen| {
        let about = plane.host.as_deref().map_or_else(|| "not provisioned yet".to_owned(), |host| format!("in {host}"));
        item(&plane.name, &about)
    };
    space.planes.iter().map(plane).collect()
}

fn bucket(found: &FoundBucket) -> Offered {
    Offered { value: found.name.clone(), about: Shown::new(&found.region), cannot: false }
}

/// A new key and those that are there, each with how it is where that is known.
pub fn keys(list: &[FoundKey], lore: &Lore) -> Vec<Offered> {
    let new = Offered { value: "new".to_owned(), about: Shown::new("a key made by lifeboat"), cannot: false };
    let key = |key: &FoundKey| {
        let (about, cannot) = match lore.keys.get(&key.id) {
            None => (key.id.clone(), false),
            Some(KeyState::Good) => (format!("{}  enabled", key.id), false),
            Some(KeyState::Bad(why)) => (format!("{}  {why}: cannot be used", key.id), true),
            Some(KeyState::Unknown(_)) => (format!("{}  state unknown", key.id), false),
        };
        Offered { value: key.alias.clone(), about: Shown::new(&about), cannot }
    };
    std::iter::once(new).chain(list.iter().map(key)).collect()
}

/// Takes a value that was chosen from the list into its field.
pub fn take(model: &mut Model, path: &str, value: &str, out: &mut Vec<super::Effect>) {
    // Of a list one value more is taken, or taken out.
    if crate::wizard::field(path).is_some_and(|field| field.kind == FieldKind::List) {
        model.draft.toggle(path, value);
    } else {
        model.draft.set(path, value);
    }
    model.checks.remove(path);
    let stops = form::stops(model, model.step());
    let of = |stop: &form::Stop| matches!(stop, form::Stop::Text(field) if field.path == path);
    if let Some(place) = stops.iter().position(of) {
        model.form.at = place;
        model.form.input = tui_input::Input::new(model.draft.text(path).to_owned());
        form::leave_field(model, out);
    }
}
