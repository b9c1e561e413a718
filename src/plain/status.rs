//! A set-up's status as sentences.

use crate::domain::status::ClusterStatus;
use std::fmt::Write;

/// Locations, identity, pods, schedules and the newest backups.
pub fn status(status: &ClusterStatus) -> String {
    let health = if status.healthy { "healthy" } else { "NOT healthy" };
    let mut out = format!("{} on {}, namespace {}: {health}\n", status.tool, status.cluster, status.namespace);
    if status.pods.is_empty() && status.locations.is_empty() {
        let _ = writeln!(out, "{} is not installed there, or in another namespace (--namespace)", status.tool);
        return out;
    }
    let none = || "none".to_owned();
    let _ = writeln!(
        out,
        "identity   expected {}, actual {}",
        status.identity.expected.clone().unwrap_or_else(none),
        status.identity.actual.clone().unwrap_or_else(|| "not observable".to_owned())
    );
    for it in &status.locations {
        let _ = writeln!(
            out,
            "location   {} {} s3://{}/{} {}{}, validated {}",
            it.name,
            it.phase.as_deref().unwrap_or("not validated yet"),
            it.bucket,
            it.prefix,
            it.access_mode,
            if it.default { ", default" } else { "" },
            it.last_validated.as_deref().unwrap_or("never")
        );
        if !it.message.is_empty() {
            let _ = writeln!(out, "           {}", it.message);
        }
    }
    for it in &status.pods {
        let ready = if it.ready { "ready" } else { "not ready" };
        let line = format!("pod        {} {} {ready}, {} restarts {}", it.name, it.phase, it.restarts, it.reason);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for it in &status.schedules {
        let _ = writeln!(out, "schedule   {} {}, last {}", it.name, it.schedule, it.last.as_deref().unwrap_or("never"));
    }
    for it in status.backups.iter().take(10) {
        let _ = writeln!(
            out,
            "backup     {} {} {} errors, {} warnings",
            it.name,
            it.phase.as_deref().unwrap_or("New"),
            it.errors,
            it.warnings
        );
    }
    out
}
