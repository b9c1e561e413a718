//! The Kubernetes and helm adapters against a canned API server and a made-up helm, all on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod account;
mod answers;
mod canned;
mod following;
mod helm;
mod logs;
mod reaching;
mod waiting;

use account::Tokens;
use canned::{Api, Canned};
use lifeboat::adapters::kube::{EksClusters, KubeOptions};
use lifeboat::ports::{ClusterAccess, Clusters, Kube};
use std::sync::Arc;

/// The access to a canned server as EKS would describe it.
fn access(url: &str) -> ClusterAccess {
    ClusterAccess { name: "prod".into(), region: "us-east-1".into(), endpoint: url.into(), ..ClusterAccess::default() }
}

/// A server with prepared answers and a client of it.
async fn connected(answers: Vec<Canned>) -> (Api, Arc<dyn Kube>) {
    let api = Api::start(answers).await;
    let kube = client(&api.url).await;
    (api, kube)
}

async fn client(url: &str) -> Arc<dyn Kube> {
    let clusters = EksClusters::new(Arc::new(Tokens::new()), KubeOptions::default());
    clusters.connect(&access(url)).await.unwrap()
}
