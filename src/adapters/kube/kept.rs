//! The objects of a watched list, and what events do to them (A24).

use super::watch::{name_of, version_of};
use crate::ports::{Object, WATCHED};
use serde_json::Value;
use std::collections::BTreeMap;

/// `(namespace, name)`.
type Key = (String, String);

/// The objects that are there, at most [`WATCHED`].
#[derive(Debug, Default)]
pub(super) struct Kept {
    objects: BTreeMap<Key, Object>,
    /// What was deleted since the list was read: an event from before does not bring it back.
    gone: BTreeMap<Key, u128>,
}

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    /// Nothing that is to be told.
    Nothing,
    /// The list is another.
    Changed,
    /// The list is another, and its oldest object had to go.
    Dropped,
}

impl Kept {
    /// All objects, by namespace and name.
    pub(super) fn all(&self) -> Vec<Object> {
        self.objects.values().cloned().collect()
    }

    /// Takes a list that was read; tells whether it is another one, and whether it was too long.
    pub(super) fn replace(&mut self, items: Vec<Object>) -> (bool, bool) {
        self.gone.clear();
        let mut fresh: BTreeMap<Key, Object> = items.into_iter().map(|item| (key(&item), item)).collect();
        let over = fresh.len().saturating_sub(WATCHED);
        if over > 0 {
            let mut by_age: Vec<(Option<u128>, Key)> =
                fresh.iter().map(|(key, object)| (number(object), key.clone())).collect();
            by_age.sort();
            for (_, key) in by_age.into_iter().take(over) {
                fresh.remove(&key);
            }
        }
        let changed = fresh != self.objects;
        self.objects = fresh;
        (changed, over > 0)
    }

    /// Takes an object that was added or changed.
    pub(super) fn put(&mut self, object: Object) -> Did {
        let key = key(&object);
        let (new, old) = (number(&object), self.objects.get(&key));
        let known = old.and_then(number).max(self.gone.get(&key).copied());
        // An event from before what is known, or of just that.
        if let (Some(new), Some(known)) = (new, known)
            && new <= known
        {
            return Did::Nothing;
        }
        self.gone.remove(&key);
        let is_new = old.is_none();
        self.objects.insert(key, object);
        if is_new && self.objects.len() > WATCHED {
            let oldest = self.objects.iter().min_by_key(|(_, object)| number(object)).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.objects.remove(&key));
            return Did::Dropped;
        }
        Did::Changed
    }

    /// Takes an object that was deleted.
    pub(super) fn remove(&mut self, object: &Object) -> Did {
        let key = key(object);
        let when = number(object);
        if let (Some(when), Some(known)) = (when, self.objects.get(&key).and_then(number))
            && when < known
        {
            // It was deleted and made anew.
            return Did::Nothing;
        }
        if let Some(when) = when {
            self.gone.insert(key.clone(), when);
            while self.gone.len() > WATCHED {
                self.gone.pop_first();
            }
        }
        if self.objects.remove(&key).is_some() { Did::Changed } else { Did::Nothing }
    }
}

fn key(object: &Object) -> Key {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    (namespace.to_owned(), name_of(object).to_owned())
}

/// The version as the number that it is since Kubernetes 1.35 promises it, and was before.
fn number(object: &Object) -> Option<u128> {
    version_of(object).parse().ok()
}

/// Whether a version is later than another; one that is no number is.
pub(super) fn later(version: &str, than: &str) -> bool {
    match (version.parse::<u128>(), than.parse::<u128>()) {
        (Ok(version), Ok(than)) => version > than,
        _ => !version.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(name: &str, version: u64) -> Object {
        json!({"metadata": {"namespace": "ns", "name": name, "resourceVersion": version.to_string()}})
    }

    fn names(kept: &Kept) -> Vec<String> {
        kept.all().iter().map(|object| format!("{}@{}", name_of(object), version_of(object))).collect()
    }

    #[test]
    fn a24_older_events_and_deletes_of_what_is_not_there_do_no_harm() {
        let mut kept = Kept::default();
        kept.replace(vec![object("a", 5), object("b", 6)]);
        assert_eq!(kept.put(object("a", 4)), Did::Nothing, "from before");
        assert_eq!(kept.put(object("a", 5)), Did::Nothing, "the same");
        assert_eq!(kept.remove(&object("x", 7)), Did::Nothing, "never there");
        assert_eq!(kept.put(object("x", 3)), Did::Nothing, "made before it was deleted");
        assert_eq!(kept.remove(&object("b", 4)), Did::Nothing, "made anew since");
        assert_eq!(names(&kept), ["a@5", "b@6"]);
        assert_eq!(kept.remove(&object("b", 8)), Did::Changed);
        assert_eq!(kept.put(object("b", 7)), Did::Nothing, "the last change before it was deleted");
        assert_eq!(kept.put(object("b", 9)), Did::Changed, "made anew");
        assert_eq!(kept.put(object("a", 10)), Did::Changed);
        assert_eq!(names(&kept), ["a@10", "b@9"]);
    }

    #[test]
    fn a_version_that_is_no_number_is_taken_as_it_comes() {
        let mut kept = Kept::default();
        let odd = |version: &str| json!({"metadata": {"name": "a", "resourceVersion": version}});
        assert_eq!(kept.put(odd("x")), Did::Changed);
        assert_eq!(kept.put(odd("w")), Did::Changed);
        assert_eq!(kept.remove(&odd("v")), Did::Changed);
        assert!(later("w", "x") && later("2", "1") && later("1", ""));
        assert!(!later("1", "1") && !later("9", "10") && !later("", "1"));
    }

    #[test]
    fn a24_of_too_many_the_newest_are_kept() {
        let mut kept = Kept::default();
        let many = |from: u64, count: u64| (from..from + count).map(|n| object(&format!("o{n:06}"), n)).collect();
        assert_eq!(kept.replace(many(1, 10_400)), (true, true));
        assert_eq!((kept.all().len(), version_of(&kept.all()[0]).to_owned()), (WATCHED, "401".to_owned()));
        assert_eq!(kept.put(object("one more", 20_000)), Did::Dropped);
        assert_eq!(kept.all().len(), WATCHED);
        assert!(!names(&kept).contains(&"o000401@401".to_owned()), "the oldest went");
        assert_eq!(kept.replace(many(1, 10)), (true, false));
        assert_eq!(kept.replace(many(1, 10)), (false, false));
    }
}
