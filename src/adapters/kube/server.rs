//! The calls on one API server.

use super::path;
use super::status::{OWN_CONFLICT, is_other_uid};
use super::transport::{Call, Transport};
use super::{follow, logs, watch};
use crate::ports::{Answer, Kind, Kube, Lines, Object, Trouble, TroubleKind, Watch};
use async_trait::async_trait;
use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Who owns the fields that lifeboat sets.
pub(super) const MANAGER: &str = "lifeboat";
/// The content type of server-side apply, which takes JSON too.
const APPLY: &str = "application/apply-patch+yaml";
/// How many pages are followed at most.
const PAGES: usize = 1000;
/// How often a list is begun anew because its continue token went stale.
const RESTARTS: usize = 3;

/// One API server; clones share its connections.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) transport: Arc<Transport>,
}

impl Server {
    pub(super) fn new(transport: Transport) -> Self {
        Self { transport: Arc::new(transport) }
    }

    /// All pages of a list; the items and the list's resourceVersion.
    pub(super) async fn pages(&self, kind: Kind, namespace: &str, query: &str) -> Answer<(Vec<Object>, String)> {
        self.pages_until(kind, namespace, query, usize::MAX).await
    }

    /// As [`Self::pages`]; no further page is asked for once there are more than `most` items.
    pub(super) async fn pages_until(
        &self,
        kind: Kind,
        namespace: &str,
        query: &str,
        most: usize,
    ) -> Answer<(Vec<Object>, String)> {
        let mut begun = 0;
        loop {
            match self.pages_once(kind, namespace, query, most).await {
                // 410: the token of the next page is older than what etcd keeps.
                Err(trouble) if is_stale(&trouble) && begun < RESTARTS => begun += 1,
                done => return done,
            }
        }
    }

    async fn pages_once(&self, kind: Kind, namespace: &str, query: &str, most: usize) -> Answer<(Vec<Object>, String)> {
        // Secrets and ConfigMaps hold up to 1 MiB each.
        let limit = if matches!(kind, Kind::Secret | Kind::ConfigMap) { 50 } else { 500 };
        let root = path::collection(kind, namespace)?;
        let (mut items, mut next, mut seen) = (Vec::new(), String::new(), HashSet::new());
        loop {
            let page = if next.is_empty() { String::new() } else { format!("&continue={}", path::encoded(&next)) };
            let call = Call::read("list", Some(kind), format!("{root}?limit={limit}{query}{page}")).on(namespace, "");
            let answer = self.transport.json(&call).await?;
            match answer.get("items") {
                Some(Value::Array(list)) => items.extend(list.iter().map(|item| typed(kind, item.clone()))),
                // Go writes an empty list as null.
                None | Some(Value::Null) => {}
                Some(_) => return Err(odd(kind, "the items of a list are no list")),
            }
            let meta =
                |key: &str| answer.pointer(&format!("/metadata/{key}")).and_then(Value::as_str).unwrap_or_default();
            meta("continue").clone_into(&mut next);
            if next.is_empty() || items.len() > most {
                return Ok((items, meta("resourceVersion").to_owned()));
            }
            if seen.len() >= PAGES || !seen.insert(next.clone()) {
                return Err(odd(kind, "a list never ends: the same page was answered again, or more than 1000 pages"));
            }
        }
    }

    async fn write(&self, mut call: Call, kind: Kind, content: &'static str) -> Answer<Object> {
        call.content = content;
        self.transport.json(&call).await.map(|object| typed(kind, object))
    }
}

fn is_stale(trouble: &Trouble) -> bool {
    trouble.kind == TroubleKind::Busy && matches!(trouble.code.as_str(), "Expired" | "Gone" | "410")
}

fn odd(kind: Kind, why: &str) -> Trouble {
    Trouble::new(TroubleKind::Unreadable, format!("the API server's list of {} cannot be understood", kind.address().3))
        .why(why)
        .at(format!("kubernetes: list {}", kind.name()), "")
}

/// An object with its apiVersion and kind, which the items of a list lack.
fn typed(kind: Kind, object: Object) -> Object {
    match object {
        Value::Object(mut fields) => {
            fields.entry("apiVersion").or_insert_with(|| kind.api_version().into());
            fields.entry("kind").or_insert_with(|| kind.name().into());
            Value::Object(fields)
        }
        other => other,
    }
}

/// The object to send, with its namespace and name.
fn outgoing(kind: Kind, object: &Object) -> Answer<(Object, String, String)> {
    let mut object = typed(kind, object.clone());
    let text =
        |key: &str| object.pointer(&format!("/metadata/{key}")).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (namespace, name) = (text("namespace"), text("name"));
    if name.is_empty() {
        return Err(Trouble::new(TroubleKind::Invalid, format!("a {} without a name cannot be written", kind.name())));
    }
    // Server-side apply refuses an object that carries its own bookkeeping.
    if let Some(meta) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        meta.shift_remove("managedFields");
    }
    Ok((object, namespace, name))
}

/// `None` for what is not there.
pub(super) fn absent<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.kind == TroubleKind::NotFound => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

#[async_trait]
impl Kube for Server {
    async fn version(&self) -> Answer<String> {
        let answer = self.transport.json(&Call::read("get", None, "/version".to_owned())).await?;
        answer.get("gitVersion").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            Trouble::new(TroubleKind::Unreadable, "the API server does not say its version")
                .at("kubernetes: get", "/version")
        })
    }

    async fn serves(&self, kind: Kind) -> Answer<bool> {
        let call = Call::read("get", None, path::group_version(kind));
        let Some(answer) = absent(self.transport.json(&call).await)? else { return Ok(false) };
        let list = answer.get("resources").and_then(Value::as_array);
        Ok(list
            .is_some_and(|list| list.iter().any(|r| r.get("name").and_then(Value::as_str) == Some(kind.address().3))))
    }

    async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Answer<Option<Object>> {
        let call = Call::read("get", Some(kind), path::object(kind, namespace, name)?).on(namespace, name);
        Ok(absent(self.transport.json(&call).await)?.map(|object| typed(kind, object)))
    }

    async fn list(&self, kind: Kind, namespace: &str, labels: &str) -> Answer<Vec<Object>> {
        let query = if labels.is_empty() { String::new() } else { format!("&labelSelector={}", path::encoded(labels)) };
        Ok(absent(self.pages(kind, namespace, &query).await)?.map(|(items, _)| items).unwrap_or_default())
    }

    async fn create(&self, kind: Kind, object: &Object) -> Answer<Object> {
        let (object, namespace, name) = outgoing(kind, object)?;
        path::object(kind, &namespace, &name)?;
        let path = format!("{}?fieldManager={MANAGER}", path::collection(kind, &namespace)?);
        let call = Call::write(Method::POST, "create", kind, path, &object).on(&namespace, &name);
        self.write(call, kind, "application/json").await
    }

    async fn apply(&self, kind: Kind, object: &Object) -> Answer<Object> {
        let (object, namespace, name) = outgoing(kind, object)?;
        let path = format!("{}?fieldManager={MANAGER}", path::object(kind, &namespace, &name)?);
        let call = |force: bool| {
            let path = format!("{path}&force={force}");
            Call::write(Method::PATCH, "patch", kind, path, &object).on(&namespace, &name)
        };
        match self.write(call(false), kind, APPLY).await {
            // What lifeboat created or patched counts as another manager's than what it applied.
            Err(trouble) if trouble.code == OWN_CONFLICT => self.write(call(true), kind, APPLY).await,
            answer => answer,
        }
    }

    async fn patch(&self, kind: Kind, namespace: &str, name: &str, merge: &Value) -> Answer<Object> {
        let path = format!("{}?fieldManager={MANAGER}", path::object(kind, namespace, name)?);
        let call = Call::write(Method::PATCH, "patch", kind, path, merge).on(namespace, name);
        self.write(call, kind, "application/merge-patch+json").await
    }

    async fn strategic(&self, kind: Kind, namespace: &str, name: &str, merge: &Value) -> Answer<Object> {
        let path = format!("{}?fieldManager={MANAGER}", path::object(kind, namespace, name)?);
        let call = Call::write(Method::PATCH, "patch", kind, path, merge).on(namespace, name);
        self.write(call, kind, "application/strategic-merge-patch+json").await
    }

    async fn delete(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Answer<()> {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        if let (false, Some(options)) = (uid.is_empty(), options.as_object_mut()) {
            options.insert("preconditions".to_owned(), json!({"uid": uid}));
        }
        let path = path::object(kind, namespace, name)?;
        let call = Call::write(Method::DELETE, "delete", kind, path, &options).on(namespace, name);
        match self.transport.json(&call).await {
            Err(trouble) if trouble.kind != TroubleKind::NotFound && !is_other_uid(&trouble) => Err(trouble),
            // Another object of that name: the one that was meant is gone.
            _ => Ok(()),
        }
    }

    async fn changed(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        seen: &str,
        time: Duration,
    ) -> Answer<Option<Object>> {
        watch::changed(self, kind, namespace, name, seen, time).await
    }

    async fn watch(&self, kind: Kind, namespace: &str) -> Answer<Watch> {
        follow::watch(self.clone(), kind, namespace)
    }

    async fn logs(&self, namespace: &str, pod: &str, container: &str, tail: i64) -> Answer<Lines> {
        logs::logs(self, namespace, pod, container, tail).await
    }

    async fn may(&self, verb: &str, kind: Kind, namespace: &str) -> Answer<bool> {
        let (group, _, _, resource, namespaced) = kind.address();
        let namespace = if namespaced { namespace } else { "" };
        let asked = json!({"verb": verb, "group": group, "resource": resource, "namespace": namespace});
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked}});
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned();
        // Told as the review that it is, which is none of the kinds.
        let mut call = Call::write(Method::POST, "create", kind, path, &review).on(namespace, &kind.resource());
        (call.kind, call.part) = (None, "SelfSubjectAccessReview");
        let answer = self.transport.json(&call).await?;
        answer.pointer("/status/allowed").and_then(Value::as_bool).ok_or_else(|| {
            Trouble::new(TroubleKind::Unreadable, "the API server does not say whether it is allowed")
                .at("kubernetes: create SelfSubjectAccessReview", format!("{verb} {}", kind.resource()))
        })
    }

    async fn token(&self, namespace: &str, account: &str, audience: &str, seconds: i64) -> Answer<SecretString> {
        let mut spec = json!({"expirationSeconds": seconds});
        if let (false, Some(spec)) = (audience.is_empty(), spec.as_object_mut()) {
            spec.insert("audiences".to_owned(), json!([audience]));
        }
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
        let path = format!("{}/token", path::object(Kind::ServiceAccount, namespace, account)?);
        let mut call = Call::write(Method::POST, "create", Kind::ServiceAccount, path, &request).on(namespace, account);
        call.part = "token";
        let answer = self.transport.json(&call).await?;
        let token = answer.pointer("/status/token").and_then(Value::as_str).filter(|token| !token.is_empty());
        token.map(SecretString::from).ok_or_else(|| {
            Trouble::new(TroubleKind::Unreadable, "the API server's answer holds no token")
                .at("kubernetes: create ServiceAccount/token", format!("{namespace}/{account}"))
        })
    }
}
