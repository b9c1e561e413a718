//! Waiting, in words and with seconds: for IAM to settle (security.md 1.9), for an object to reach a state.

use super::{Context, State};
use crate::ports::{Answer, Kind, Object, Trouble, TroubleKind};
use std::time::Duration;

/// The longest wait for consistency (security.md 1.9).
const PATIENCE: i64 = 120;

/// `AccessDenied` is retried only so long after our own IAM change.
pub const IAM_GRACE: i64 = 60;

/// Calls until it is answered, as long as `retry` says that the trouble is one of consistency.
pub async fn patiently<T, F>(
    context: &Context,
    change: &str,
    retry: impl Fn(&Trouble) -> bool,
    mut call: F,
) -> Answer<T>
where
    F: AsyncFnMut() -> Answer<T>,
{
    let started = context.world.host.now();
    let mut pause = Duration::from_millis(250);
    loop {
        let trouble = match call().await {
            Ok(answer) => return Ok(answer),
            Err(trouble) => trouble,
        };
        let waited = context.world.host.now().as_second().saturating_sub(started.as_second());
        let fresh = context.since_iam().is_some_and(|seconds| seconds < IAM_GRACE);
        let may = match trouble.kind {
            TroubleKind::Denied | TroubleKind::Broken => fresh && retry(&trouble),
            TroubleKind::Busy => true,
            _ => retry(&trouble),
        };
        if !may || waited >= PATIENCE {
            return Err(trouble);
        }
        context.go_on()?;
        let whom = if trouble.kind == TroubleKind::Busy { "the other change" } else { waits_for(&trouble) };
        context.say(change, State::Waiting, format!("waiting for {whom} ({waited} s)"));
        context.world.host.sleep(pause).await;
        pause = (pause * 8 / 5).min(Duration::from_secs(3));
    }
}

fn waits_for(trouble: &Trouble) -> &'static str {
    if trouble.call.starts_with("s3:") && trouble.kind == TroubleKind::NotFound {
        "S3"
    } else if trouble.call.starts_with("kms:") {
        "KMS"
    } else {
        "IAM"
    }
}

/// What a look at an object decides.
pub enum Look<T> {
    /// It is as waited for.
    Ready(T),
    /// Not yet; what it says meanwhile.
    Not(String),
    /// It never will be.
    Never(Trouble),
}

/// Waits until an object is as `look` says, at most `seconds`, saying what it says meanwhile.
pub async fn until<T>(
    context: &Context,
    change: &str,
    object: (Kind, &str, &str),
    seconds: i64,
    look: impl Fn(Option<&Object>) -> Look<T>,
) -> Answer<T> {
    let (kind, namespace, name) = object;
    let started = context.world.host.now();
    let mut said = String::new();
    let mut said_at = 0;
    let mut current = context.kube.get(kind, namespace, name).await?;
    loop {
        let words = match look(current.as_ref()) {
            Look::Ready(answer) => return Ok(answer),
            Look::Never(trouble) => return Err(trouble),
            Look::Not(words) => words,
        };
        let waited = context.world.host.now().as_second().saturating_sub(started.as_second());
        if words != said || waited - said_at >= 5 {
            context.say(change, State::Waiting, format!("{words} ({waited} s)"));
            said.clone_from(&words);
            said_at = waited;
        }
        if waited >= seconds {
            return Err(Trouble::new(
                TroubleKind::Deadline,
                format!("{} {name} did not get there in {seconds} s", kind.name()),
            )
            .why(words)
            .at("kubernetes", format!("{namespace}/{name}")));
        }
        context.go_on()?;
        let seen =
            current.as_ref().and_then(|object| object["metadata"]["resourceVersion"].as_str().map(str::to_owned));
        let wait = Duration::from_secs(1);
        current = context.kube.changed(kind, namespace, name, seen.as_deref().unwrap_or(""), wait).await?;
    }
}

/// Waits until an object is gone.
pub async fn until_gone(context: &Context, change: &str, object: (Kind, &str, &str), seconds: i64) -> Answer<()> {
    let name = format!("{} {}", object.0.name(), object.2);
    until(context, change, object, seconds, |there| match there {
        None => Look::Ready(()),
        Some(_) => Look::Not(format!("waiting for {name} to go")),
    })
    .await
}
