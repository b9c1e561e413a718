//! EKS clusters, and tokens for their API servers.

use crate::demo::clock::later;
use crate::demo::state::State;
use crate::ports::Cluster;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

/// Stands for the CA: nothing is ever connected to.
const CA: &str = "-----BEGIN CERTIFICATE-----\nZGVtbw==\n-----END CERTIFICATE-----\n";

/// The region that the demo's profile names.
pub(super) const HOME: &str = "us-east-1";

pub(super) fn clusters(state: &State, region: &str) -> Vec<String> {
    let mut names: Vec<String> =
        state.clusters.values().filter(|c| c.region == region).map(|c| c.name.clone()).collect();
    if region == HOME {
        names.extend((1..=state.crowd).map(|number| format!("team-{number:05}")));
    }
    names
}

/// A cluster of the crowd: EKS knows it, and that is all.
fn of_the_crowd(state: &State, region: &str, name: &str) -> Option<Cluster> {
    let number: u32 = name.strip_prefix("team-")?.parse().ok()?;
    (region == HOME && (1..=state.crowd).contains(&number)).then(|| Cluster {
        name: name.to_owned(),
        arn: state.account.arn("eks", region, &format!("cluster/{name}")),
        status: "ACTIVE".to_owned(),
        version: "1.34".to_owned(),
        endpoint: format!("https://{name}.example.com"),
        ca: STANDARD.encode(CA),
        issuer: None,
        public: false,
        auto_mode: false,
        issues: Vec::new(),
    })
}

pub(super) fn cluster(state: &State, region: &str, name: &str) -> Option<Cluster> {
    let found = state.clusters.get(&State::key(region, name)).map(|c| Cluster {
        name: c.name.clone(),
        arn: c.arn.clone(),
        status: "ACTIVE".to_owned(),
        version: c.version.clone(),
        endpoint: c.endpoint.clone(),
        ca: STANDARD.encode(CA),
        issuer: Some(c.issuer.clone()),
        public: true,
        auto_mode: c.auto_mode,
        issues: Vec::new(),
    });
    found.or_else(|| of_the_crowd(state, region, name))
}

/// EKS accepts such a token for 14 minutes.
pub(super) fn token(state: &State, region: &str, name: &str) -> (SecretString, Timestamp) {
    let body = STANDARD.encode(format!("{region}/{name}"));
    (SecretString::from(format!("k8s-aws-v1.{body}")), later(state.now, SignedDuration::from_mins(14)))
}
