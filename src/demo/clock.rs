//! The world's clock: every call takes a little, and nothing takes real time unless a pace is set.

use super::kube::controllers;
use super::state::State;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// When nothing is under way, time moves in steps of this size.
const IDLE: SignedDuration = SignedDuration::from_secs(5);
/// While pods start or backups run, it moves in steps of this size.
const BUSY: SignedDuration = SignedDuration::from_millis(200);

/// What a call takes: 40 to 120 ms, the same for every call of that name.
pub(super) fn latency(call: &str) -> Duration {
    let sum = call.bytes().fold(7_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b)));
    Duration::from_millis(40 + sum % 81)
}

/// A later time; the end of time when there is none.
pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A time in the form that Kubernetes writes: whole seconds.
pub(super) fn stamp(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// Moves on by at most `time`, one step, and lets the controllers work; answers how far it went.
pub(super) fn step(state: &mut State, time: Duration) -> Duration {
    let wanted = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    let size = if state.clusters.values().any(|c| !c.timers.is_empty()) { BUSY } else { IDLE };
    let by = wanted.min(size);
    set(state, later(state.now, by));
    let State { account, clusters, .. } = state;
    for cluster in clusters.values_mut() {
        controllers::run(cluster, account);
    }
    Duration::try_from(by).unwrap_or_default()
}

/// Sets the time everywhere.
pub(super) fn set(state: &mut State, now: Timestamp) {
    state.now = now;
    state.account.now = now;
    for cluster in state.clusters.values_mut() {
        cluster.now = now;
        cluster.store.set_now(now);
    }
}
