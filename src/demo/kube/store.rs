//! The objects of one API server.

use super::owners::{self, Leaves};
use crate::demo::clock::stamp;
use crate::domain::strategic;
use crate::ports::{Answer, Kind, Object, Trouble, TroubleKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Objects by kind and `NAMESPACE/NAME`, with one version for all, as etcd has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::demo) struct Store {
    /// What uids are made of.
    seed: String,
    now: Timestamp,
    version: u64,
    objects: BTreeMap<String, BTreeMap<String, Object>>,
    /// The fields that lifeboat applied, by `KIND/NAMESPACE/NAME`.
    applied: BTreeMap<String, Leaves>,
    /// The fields that lifeboat created or patched: no conflict either, but kept when they are applied no more.
    written: BTreeMap<String, Leaves>,
}

/// A field of an object's metadata as text, or empty.
pub(in crate::demo) fn meta<'a>(object: &'a Object, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// The key of an object within its kind.
fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

impl Store {
    pub fn new(seed: &str, now: Timestamp) -> Self {
        Self { seed: seed.to_owned(), now, version: 1000, ..Self::default() }
    }

    /// How far the store has come; grows with each change.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Whether the kind's type is there: custom kinds are served once their CRD is.
    pub fn serves(&self, kind: Kind) -> bool {
        !kind.is_custom() || self.get(Kind::CustomResourceDefinition, "", &kind.resource()).is_some()
    }

    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        self.objects.get(&kind.resource())?.get(&key(namespace, name))
    }

    /// All objects of a kind in a namespace (empty: in all).
    pub fn list<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Object> {
        let all = self.objects.get(&kind.resource()).into_iter().flat_map(BTreeMap::values);
        all.filter(move |object| namespace.is_empty() || meta(object, "namespace") == namespace)
    }

    /// The names of a kind's objects in a namespace, to walk over while they change.
    pub fn names(&self, kind: Kind, namespace: &str) -> Vec<(String, String)> {
        self.list(kind, namespace).map(|o| (meta(o, "namespace").to_owned(), meta(o, "name").to_owned())).collect()
    }

    /// Creates; answers the object with what the server adds.
    pub fn create(&mut self, kind: Kind, object: &Object) -> Answer<Object> {
        let mut object = object.clone();
        self.check(kind, &mut object, "create")?;
        let (namespace, name) = (meta(&object, "namespace").to_owned(), meta(&object, "name").to_owned());
        let what = key(&namespace, &name);
        if self.get(kind, &namespace, &name).is_some() {
            let text = format!("{} \"{name}\" already exists", kind.resource());
            return Err(refused(TroubleKind::Exists, "AlreadyExists", "create", kind, &what, &text));
        }
        let uid = self.uid();
        object["metadata"]["uid"] = json!(uid);
        object["metadata"]["creationTimestamp"] = json!(stamp(self.now));
        if object.get("spec").is_some() {
            object["metadata"]["generation"] = json!(1);
        }
        Ok(self.write(kind, object))
    }

    /// As [`Store::create`], by lifeboat.
    pub fn create_ours(&mut self, kind: Kind, object: &Object) -> Answer<Object> {
        let made = self.create(kind, object)?;
        let owner = owner_key(kind, meta(&made, "namespace"), meta(&made, "name"));
        self.written.insert(owner, owners::leaves(&made));
        Ok(made)
    }

    /// Replaces an object that is there with what `change` makes of it. Nothing happens when that is
    /// the same or the object is not there; the generation grows with the spec.
    pub fn update(&mut self, kind: Kind, namespace: &str, name: &str, change: impl FnOnce(&mut Object)) {
        let Some(old) = self.get(kind, namespace, name) else { return };
        let mut new = old.clone();
        change(&mut new);
        for field in ["uid", "creationTimestamp", "name", "namespace", "resourceVersion", "generation"] {
            match old["metadata"].get(field) {
                Some(value) => new["metadata"][field] = value.clone(),
                None => {
                    new["metadata"].as_object_mut().and_then(|metadata| metadata.remove(field));
                }
            }
        }
        if new == *old {
            return;
        }
        if new.get("spec") != old.get("spec") {
            let generation = old["metadata"]["generation"].as_i64().unwrap_or(1);
            new["metadata"]["generation"] = json!(generation + 1);
        }
        let now = owners::leaves(&new);
        for owned in [&mut self.applied, &mut self.written] {
            if let Some(leaves) = owned.get_mut(&owner_key(kind, namespace, name)) {
                leaves.retain(|path, value| now.get(path) == Some(value));
            }
        }
        self.write(kind, new);
    }

    /// Server-side apply as lifeboat.
    pub fn apply(&mut self, kind: Kind, object: &Object) -> Answer<Object> {
        let mut wanted = object.clone();
        self.check(kind, &mut wanted, "apply")?;
        let (namespace, name) = (meta(&wanted, "namespace").to_owned(), meta(&wanted, "name").to_owned());
        let owner = owner_key(kind, &namespace, &name);
        let leaves = owners::leaves(&wanted);
        let Some(old) = self.get(kind, &namespace, &name) else {
            let made = self.create(kind, &wanted)?;
            self.applied.insert(owner, leaves);
            return Ok(made);
        };
        let ours = self.applied.get(&owner).cloned().unwrap_or_default();
        let mut free = self.written.get(&owner).cloned().unwrap_or_default();
        free.extend(ours.clone());
        if let Some(path) = owners::conflict(old, &leaves, &free) {
            let text = format!("Apply failed with 1 conflict: conflict with another manager: {path}");
            return Err(refused(TroubleKind::Busy, "Conflict", "apply", kind, &key(&namespace, &name), &text));
        }
        let merged = owners::merged(old, &wanted, &leaves, &ours);
        self.update(kind, &namespace, &name, |object| *object = merged);
        self.applied.insert(owner, leaves);
        self.get(kind, &namespace, &name).cloned().ok_or_else(|| not_found("apply", kind, &namespace, &name))
    }

    /// A JSON merge patch (RFC 7386).
    pub fn patch(&mut self, kind: Kind, namespace: &str, name: &str, merge: &Value) -> Answer<Object> {
        if self.get(kind, namespace, name).is_none() {
            return Err(not_found("patch", kind, namespace, name));
        }
        self.update(kind, namespace, name, |object| owners::merge_patch(object, merge));
        let leaves = owners::leaves(merge).into_iter().filter(|(_, value)| !value.is_null());
        self.written.entry(owner_key(kind, namespace, name)).or_default().extend(leaves);
        self.get(kind, namespace, name).cloned().ok_or_else(|| not_found("patch", kind, namespace, name))
    }

    /// A strategic merge patch, which a custom type does not take.
    pub fn strategic(&mut self, kind: Kind, namespace: &str, name: &str, patch: &Value) -> Answer<Object> {
        if kind.is_custom() {
            let text = "the body of the request was in an unknown format - accepted media types include: \
                        application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
            let what = key(namespace, name);
            return Err(refused(TroubleKind::Invalid, "UnsupportedMediaType", "patch", kind, &what, text));
        }
        if self.get(kind, namespace, name).is_none() {
            return Err(not_found("patch", kind, namespace, name));
        }
        self.update(kind, namespace, name, |object| *object = strategic::patched(object, patch));
        self.get(kind, namespace, name).cloned().ok_or_else(|| not_found("patch", kind, namespace, name))
    }

    /// Deletes, only with that uid unless it is empty. A namespace takes what is in it along; what has a
    /// finalizer is only marked.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str, uid: &str) {
        let Some(found) = self.get(kind, namespace, name) else { return };
        if !uid.is_empty() && meta(found, "uid") != uid {
            // The one that was meant is gone already.
            return;
        }
        if found["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty()) {
            // Who holds it has work to do first, and removes it then.
            let now = stamp(self.now);
            self.update(kind, namespace, name, |object| {
                if object["metadata"]["deletionTimestamp"].is_null() {
                    object["metadata"]["deletionTimestamp"] = json!(now);
                }
            });
            return;
        }
        self.remove(kind, namespace, name);
        if kind == Kind::Namespace {
            for objects in self.objects.values_mut() {
                objects.retain(|_, object| meta(object, "namespace") != name);
            }
            let inside = format!("/{name}/");
            self.applied.retain(|owner, _| !owner.contains(&inside));
            self.written.retain(|owner, _| !owner.contains(&inside));
        }
    }

    /// Removes one object.
    pub fn remove(&mut self, kind: Kind, namespace: &str, name: &str) {
        self.version += 1;
        self.applied.remove(&owner_key(kind, namespace, name));
        self.written.remove(&owner_key(kind, namespace, name));
        if let Some(objects) = self.objects.get_mut(&kind.resource()) {
            objects.remove(&key(namespace, name));
        }
    }

    /// A fresh uid.
    pub fn uid(&mut self) -> String {
        self.version += 1;
        crate::demo::aws::uuid(&crate::demo::digest(&format!("{}/{}", self.seed, self.version)))
    }

    fn write(&mut self, kind: Kind, mut object: Object) -> Object {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let what = key(meta(&object, "namespace"), meta(&object, "name"));
        self.objects.entry(kind.resource()).or_default().insert(what, object.clone());
        object
    }

    /// What every write needs: a served type, a name, a namespace that is there.
    fn check(&self, kind: Kind, object: &mut Object, verb: &str) -> Answer<()> {
        let (_, _, name, _, namespaced) = kind.address();
        let what = key(meta(object, "namespace"), meta(object, "name"));
        if !object["metadata"].is_object() || meta(object, "name").is_empty() {
            let text =
                format!("{name} \"\" is invalid: metadata.name: Required value: name or generateName is required");
            return Err(refused(TroubleKind::Invalid, "Invalid", verb, kind, &what, &text));
        }
        if !self.serves(kind) {
            let text = "the server could not find the requested resource";
            return Err(refused(TroubleKind::NotFound, "NotFound", verb, kind, &what, text));
        }
        let namespace = meta(object, "namespace").to_owned();
        if namespaced && self.get(Kind::Namespace, "", &namespace).is_none() {
            let text = format!("namespaces \"{namespace}\" not found");
            return Err(refused(TroubleKind::NotFound, "NotFound", verb, kind, &what, &text));
        }
        object["apiVersion"] = json!(kind.api_version());
        object["kind"] = json!(name);
        if kind == Kind::Secret {
            super::secrets::fold_string_data(object);
        }
        Ok(())
    }
}

fn owner_key(kind: Kind, namespace: &str, name: &str) -> String {
    format!("{}/{namespace}/{name}", kind.resource())
}

fn not_found(verb: &str, kind: Kind, namespace: &str, name: &str) -> Trouble {
    let text = format!("{} \"{name}\" not found", kind.resource());
    refused(TroubleKind::NotFound, "NotFound", verb, kind, &key(namespace, name), &text)
}

fn refused(class: TroubleKind, code: &str, verb: &str, kind: Kind, what: &str, text: &str) -> Trouble {
    let what = what.trim_start_matches('/');
    let name = kind.name();
    let happened = match class {
        TroubleKind::NotFound => format!("{name} {what} is not there"),
        TroubleKind::Exists => format!("{name} {what} exists already"),
        TroubleKind::Busy => format!("{name} {what} was changed by somebody else"),
        _ => format!("the API server refuses {name} {what}"),
    };
    Trouble::new(class, happened).why(text).code(code).at(format!("kubernetes: {verb} {name}"), what)
}
