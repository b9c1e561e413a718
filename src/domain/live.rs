//! What Live shows: the status as it changes, events, and the identity chain link by link.

use super::Shown;
use super::status::ClusterStatus;
use serde_json::Value;

/// The most events that are shown.
pub const EVENTS: usize = 200;

/// The state of one link (contract, Status and doctor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// It was looked at and is as it should be.
    Ok,
    /// It is what stands in the way.
    Broken,
    /// It could not be looked at.
    Unknown,
    /// A link before it is broken.
    NotReached,
}

/// One link of the chain from the cluster to a backup.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The contract's word: `cluster`, `issuer`, `oidc-provider`, `trust`, `permissions`, `service-account`,
    /// `injected-pod`, `sts-identity`, `bucket`, `key`, `location`, `backup`.
    pub link: &'static str,
    /// How it is.
    pub state: LinkState,
    /// What was seen: an ARN, a phase, the sentence of a refusal.
    pub evidence: Shown,
}

/// A Kubernetes Event of the tool's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// Last seen, RFC 3339, or empty.
    pub at: Shown,
    /// `Normal` or `Warning`.
    pub kind: Shown,
    /// `FailedMount`, ...
    pub reason: Shown,
    /// `Pod/velero-6c...`.
    pub object: Shown,
    /// The message.
    pub message: Shown,
    /// How often.
    pub count: i64,
}

/// One thing that Live is told.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveNews {
    /// The whole status, after something in it changed.
    Status(Box<ClusterStatus>),
    /// The namespace's events, newest first, at most 200.
    Events(Vec<EventLine>),
    /// The identity chain, after it was walked.
    Chain(Vec<Link>),
    /// The watches broke at this moment; what is shown is from before. They are tried again.
    Stale(Shown),
    /// The watches stand again.
    Fresh,
}

/// The events of a namespace, newest first, at most [`EVENTS`], out of the objects as the API server gives them.
pub fn events(objects: &[Value]) -> Vec<EventLine> {
    let mut dated: Vec<(Option<jiff::Timestamp>, &Value)> =
        objects.iter().map(|object| (last_seen(object).and_then(|at| at.parse().ok()), object)).collect();
    // One that says no time is the oldest. The sort is stable, so that the list's own order decides ties.
    dated.sort_by(|(one, _), (other, _)| other.cmp(one));
    dated.into_iter().take(EVENTS).map(|(_, object)| event(object)).collect()
}

/// When an event was last seen: old and new reporters write different fields.
fn last_seen(object: &Value) -> Option<&str> {
    let fields = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp"];
    let all = fields.into_iter().chain(["/metadata/creationTimestamp"]);
    all.filter_map(|field| object.pointer(field).and_then(Value::as_str)).find(|text| !text.is_empty())
}

fn event(object: &Value) -> EventLine {
    let text = |field: &str| object.pointer(field).and_then(Value::as_str).unwrap_or_default();
    let word = |field: &str| Shown::bounded(text(field), 100);
    let about = match (text("/involvedObject/kind"), text("/involvedObject/name")) {
        ("", "") => String::new(),
        (kind, name) => format!("{kind}/{name}"),
    };
    let count = |field: &str| object.pointer(field).and_then(Value::as_i64).filter(|count| *count > 0);
    EventLine {
        at: Shown::bounded(last_seen(object).unwrap_or_default(), 40),
        kind: word("/type"),
        reason: word("/reason"),
        object: Shown::bounded(&about, 300),
        message: Shown::new(text("/message").trim()),
        count: count("/series/count").or_else(|| count("/count")).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(at: &str, reason: &str) -> Value {
        json!({"lastTimestamp": at, "reason": reason, "type": "Normal", "message": "m"})
    }

    #[test]
    fn events_come_newest_first_whatever_field_says_when() {
        let objects = [
            seen("2026-01-05T09:00:01Z", "second"),
            json!({"reason": "nowhen"}),
            json!({"eventTime": "2026-01-05T09:00:01.500000Z", "lastTimestamp": null, "reason": "third"}),
            json!({"series": {"lastObservedTime": "2026-01-05T09:00:02.000000Z", "count": 7},
                "eventTime": "2026-01-05T08:00:00.000000Z", "reason": "newest"}),
            json!({"metadata": {"creationTimestamp": "2026-01-05T09:00:00Z"}, "count": 3, "reason": "first"}),
        ];
        let lines = events(&objects);
        let told: Vec<_> = lines.iter().map(|line| (line.reason.as_str(), line.count)).collect();
        assert_eq!(told, [("newest", 7), ("third", 1), ("second", 1), ("first", 3), ("nowhen", 1)]);
        assert!(lines.last().is_some_and(|line| line.at.is_empty() && line.object.is_empty()));
    }

    #[test]
    fn a24_of_50000_events_the_newest_200_are_told() {
        let stamp = |n: i64| jiff::Timestamp::from_second(1_767_600_000 + n).map(|at| at.to_string());
        let objects: Vec<Value> =
            (0..50_000).filter_map(|n| stamp(n).ok().map(|at| seen(&at, &n.to_string()))).collect();
        let lines = events(&objects);
        assert_eq!((lines.len(), lines[0].reason.as_str(), lines[199].reason.as_str()), (EVENTS, "49999", "49800"));
    }

    #[test]
    fn a23_hostile_text_is_made_safe_and_bounded() {
        let hostile = format!("\u{1b}[31mred\u{1b}[0m\nnext\r\n\u{202e}{}", "x".repeat(20_000));
        let object = json!({"type": hostile, "reason": hostile, "message": hostile, "lastTimestamp": hostile,
            "involvedObject": {"kind": "Pod", "name": hostile}, "count": -1});
        let line = events(&[object]).remove(0);
        assert!(line.message.as_str().starts_with("^[[31mred^[[0m\u{23ce}next\u{23ce}<U+202E>xxx"), "{}", line.message);
        for (text, most) in
            [(&line.message, 4000), (&line.kind, 100), (&line.reason, 100), (&line.object, 300), (&line.at, 40)]
        {
            assert!(text.as_str().chars().count() <= most && text.as_str().ends_with('\u{2026}'), "{text}");
            assert!(!text.as_str().chars().any(char::is_control));
        }
        assert_eq!(line.count, 1);
    }
}
