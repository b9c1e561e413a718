//! A set-up's status as sentences.

use crate::domain::status::{ClusterStatus, Stored};
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
        if let Some(stored) = &it.stored {
            out.push_str(&file(stored));
        }
    }
    out
}

/// A backup's file and why it failed, each in a line of its own.
fn file(stored: &Stored) -> String {
    let mut out = String::new();
    if !stored.file.is_empty() {
        let place = if stored.storage_location.is_empty() { "nowhere" } else { &stored.storage_location };
        let present = match stored.present {
            Some(true) => ", in the bucket",
            Some(false) => ", NOT in the bucket",
            None => "",
        };
        let _ = writeln!(out, "           {} stored in {place}{present}", stored.file);
    }
    if !stored.message.is_empty() {
        let _ = writeln!(out, "           {}", stored.message);
    }
    out
}
