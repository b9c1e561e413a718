//! What a proof may leave beside its own objects, and what its log says of a failure.

use crate::engine::look::within;
use crate::engine::{Context, State};
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use futures::StreamExt as _;
use std::time::Duration;

/// Seconds until a volume is gone whose claim is.
const VOLUME: i64 = 120;

/// Lines of the server's log that are looked at, and how long they may take to come.
const LINES: i64 = 400;
const PATIENCE: Duration = Duration::from_secs(3);

/// Waits until the volumes of a namespace's claims are gone; they outlive the namespace a little.
pub(super) async fn volumes_gone(context: &Context, change: &str, namespace: &str) -> Answer<()> {
    let started = context.world.host.now();
    loop {
        // Who may not list volumes cannot look.
        let Ok(all) = context.kube.list(Kind::PersistentVolume, "", "").await else { return Ok(()) };
        let left: Vec<&str> = all
            .iter()
            .filter(|volume| volume["spec"]["claimRef"]["namespace"] == namespace)
            .filter_map(|volume| volume["metadata"]["name"].as_str())
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let waited = context.world.host.now().as_second().saturating_sub(started.as_second());
        let names = left.join(", ");
        if waited >= VOLUME {
            return Err(Trouble::new(TroubleKind::Deadline, format!("the volume {names} is still there"))
                .why("its claim is deleted, and its class says that it goes with it")
                .todo(format!("Look at it, then run: kubectl delete pv {names}")));
        }
        context.say(change, State::Waiting, format!("waiting for the volume {names} to go ({waited} s)"));
        context.world.host.sleep(Duration::from_secs(2)).await;
    }
}

/// The last error that the server logged of a backup or restore; a status that is `PartiallyFailed` gives no reason.
pub(super) async fn logged(context: &Context, namespace: &str, name: &str) -> Option<String> {
    let pods = context.kube.list(Kind::Pod, namespace, "name=velero").await.ok()?;
    let pod = pods.first()?["metadata"]["name"].as_str()?.to_owned();
    let mut lines = context.kube.logs(namespace, &pod, "velero", LINES).await.ok()?;
    let mut last = None;
    let read = async {
        // The log goes on for ever: what is there already comes at once.
        while let Some(Ok(line)) = lines.next().await {
            let line = line.to_string();
            if line.contains("level=error") && line.contains(name) {
                last = Some(line);
            }
        }
    };
    within(context.world.host.as_ref(), PATIENCE, read).await;
    let line = last?;
    let of = |key: &str| value(&line, key);
    of("error").or_else(|| of("msg")).or(Some(line.clone()))
}

/// The value of a key in a line of `key="value"` pairs.
fn value(line: &str, key: &str) -> Option<String> {
    let start = line.find(&format!(" {key}=\""))? + key.len() + 3;
    let rest = line.get(start..)?;
    let mut out = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(out),
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_value_of_a_log_line_is_read_with_its_quotes() {
        let line = r#"time="x" level=error msg="Error backing up item" backup=velero/b error="rpc error: \"a b\": 403" name=canary"#;
        assert_eq!(value(line, "error").as_deref(), Some("rpc error: \"a b\": 403"));
        assert_eq!(value(line, "msg").as_deref(), Some("Error backing up item"));
        assert_eq!(value(line, "none"), None);
        assert_eq!(value(r#" msg="torn"#, "msg"), None);
    }
}
