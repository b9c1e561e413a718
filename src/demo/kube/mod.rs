//! The clusters' API servers.

pub(super) mod controllers;
mod duration;
mod follow;
mod identity;
mod labels;
mod owners;
mod pods;
mod rancher;
mod secrets;
mod spaces;
mod store;
mod velero;
mod volumes;
mod webhook;

pub(super) use owners::overlay;
pub(super) use secrets::fold_string_data;
pub(super) use store::{Store, meta};

use super::World;
use super::aws::{Claims, token};
use super::state::{Cluster, State};
use crate::ports::{Answer, ClusterAccess, Clusters, Kind, Kube, Lines, Object, Trouble, TroubleKind, Watch};
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long a wait looks away between two looks.
const LOOK: Duration = Duration::from_millis(200);

#[async_trait]
impl Clusters for World {
    async fn connect(&self, access: &ClusterAccess) -> Answer<Arc<dyn Kube>> {
        Ok(Arc::new(Server { world: self.clone(), access: access.clone() }))
    }
}

/// One API server of the world.
#[derive(Clone)]
struct Server {
    world: World,
    access: ClusterAccess,
}

/// The cluster that an access means: by its context, which is its name or ARN, or by region and name.
pub(super) fn find<'a>(state: &'a mut State, access: &ClusterAccess, call: &str) -> Answer<&'a mut Cluster> {
    let meant = |c: &&mut Cluster| {
        if access.context.is_empty() {
            c.name == access.name && c.region == access.region
        } else {
            c.arn == access.context || c.name == access.context
        }
    };
    state.clusters.values_mut().find(meant).ok_or_else(|| {
        let name = if access.context.is_empty() { &access.name } else { &access.context };
        Trouble::new(TroubleKind::Network, format!("the API server of {name} cannot be reached"))
            .why("this demo world has no such cluster")
            .at(call, name)
    })
}

/// The kind of a world's object; one without an `apiVersion` is the first of its kind's name.
pub(super) fn kind_of(object: &Object) -> Option<Kind> {
    Kind::of(object).or_else(|| Kind::ALL.into_iter().find(|kind| object["kind"] == kind.name()))
}

/// A write, and what the server does at once with it: a new namespace gets its service account.
fn write(cluster: &mut Cluster, kind: Kind, work: impl FnOnce(&mut Store) -> Answer<Object>) -> Answer<Object> {
    let made = work(&mut cluster.store)?;
    if kind == Kind::Namespace {
        controllers::furnish(cluster, meta(&made, "name"));
    }
    Ok(made)
}

impl Server {
    async fn call<T: Send>(
        &self,
        verb: &str,
        kind: Kind,
        work: impl FnOnce(&mut Cluster) -> Answer<T> + Send,
    ) -> Answer<T> {
        let call = format!("kubernetes: {verb} {}", kind.name());
        self.world.call(&call, |state| work(find(state, &self.access, &call)?)).await
    }
}

#[async_trait]
impl Kube for Server {
    async fn version(&self) -> Answer<String> {
        const CALL: &str = "kubernetes: version";
        self.world.call(CALL, |state| Ok(format!("v{}.4-eks-1a2b3c4", find(state, &self.access, CALL)?.version))).await
    }

    async fn serves(&self, kind: Kind) -> Answer<bool> {
        self.call("discover", kind, |c| Ok(c.store.serves(kind))).await
    }

    async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Answer<Option<Object>> {
        self.call("get", kind, |c| Ok(c.store.get(kind, namespace, name).cloned())).await
    }

    async fn list(&self, kind: Kind, namespace: &str, labels: &str) -> Answer<Vec<Object>> {
        let fits = |o: &&Object| labels::fits(o, labels);
        self.call("list", kind, |c| Ok(c.store.list(kind, namespace).filter(fits).cloned().collect())).await
    }

    async fn create(&self, kind: Kind, object: &Object) -> Answer<Object> {
        self.call("create", kind, |c| {
            spaces::admit(kind, object, "create")?;
            write(c, kind, |store| store.create_ours(kind, object))
        })
        .await
    }

    async fn apply(&self, kind: Kind, object: &Object) -> Answer<Object> {
        self.call("apply", kind, |c| {
            spaces::admit(kind, object, "apply")?;
            write(c, kind, |store| store.apply(kind, object))
        })
        .await
    }

    async fn patch(&self, kind: Kind, namespace: &str, name: &str, merge: &Value) -> Answer<Object> {
        self.call("patch", kind, |c| c.store.patch(kind, namespace, name, merge)).await
    }

    async fn strategic(&self, kind: Kind, namespace: &str, name: &str, patch: &Value) -> Answer<Object> {
        self.call("patch", kind, |c| c.store.strategic(kind, namespace, name, patch)).await
    }

    async fn delete(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Answer<()> {
        self.call("delete", kind, |c| {
            c.store.delete(kind, namespace, name, uid);
            Ok(())
        })
        .await
    }

    async fn changed(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        seen: &str,
        time: Duration,
    ) -> Answer<Option<Object>> {
        let mut left = time;
        loop {
            let call = format!("kubernetes: watch {}", kind.name());
            let found = self.world.look(|state| {
                Ok::<_, Trouble>(find(state, &self.access, &call)?.store.get(kind, namespace, name).cloned())
            })?;
            let version = found.as_ref().map_or("", |object| meta(object, "resourceVersion"));
            if version != seen || left.is_zero() {
                self.world.keep();
                return Ok(found);
            }
            let look = LOOK.min(left);
            self.world.pass(look).await;
            left = left.saturating_sub(look);
        }
    }

    async fn watch(&self, kind: Kind, namespace: &str) -> Answer<Watch> {
        Ok(follow::watch(self.clone(), kind, namespace))
    }

    async fn logs(&self, namespace: &str, pod: &str, container: &str, tail: i64) -> Answer<Lines> {
        const CALL: &str = "kubernetes: get Pod/log";
        let log = |state: &mut State| follow::log(find(state, &self.access, CALL)?, namespace, pod, container);
        let lines = self.world.call(CALL, log).await?;
        Ok(follow::logs(self.clone(), [namespace, pod, container], lines, tail))
    }

    async fn may(&self, _verb: &str, kind: Kind, _namespace: &str) -> Answer<bool> {
        // The demo's own caller administers its clusters.
        self.call("review of", kind, |_| Ok(true)).await
    }

    async fn token(&self, namespace: &str, account: &str, audience: &str, seconds: i64) -> Answer<SecretString> {
        self.call("create token of", Kind::ServiceAccount, |c| {
            if c.store.get(Kind::ServiceAccount, namespace, account).is_none() {
                return Err(Trouble::new(TroubleKind::NotFound, format!("serviceaccounts \"{account}\" not found"))
                    .code("NotFound")
                    .at("kubernetes: create token of ServiceAccount", format!("{namespace}/{account}")));
            }
            if seconds < 600 {
                let text = "spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes";
                return Err(Trouble::new(TroubleKind::Invalid, text).code("Invalid"));
            }
            let iat = c.now.as_second();
            let sub = format!("system:serviceaccount:{namespace}:{account}");
            let audience = if audience.is_empty() { "https://kubernetes.default.svc" } else { audience };
            let (iss, aud) = (c.issuer.clone(), vec![audience.to_owned()]);
            Ok(token(&Claims { iss, sub, aud, iat, exp: iat.saturating_add(seconds) }))
        })
        .await
    }
}
