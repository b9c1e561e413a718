//! What a bucket's policy and lifecycle do that is not ours: who else may write, and what ages away.

use crate::domain::policy::{
    Action, Document, Effect, Principal, Principals, Resource, Statement, matches_arn, matches_folded,
};
use serde_json::Value;

/// The actions by which somebody else can change or destroy backups.
const WRITES: [&str; 5] =
    ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:BypassGovernanceRetention"];

/// Condition keys that take the public out of a statement for everybody, when one of them has a fixed value
/// (S3's own meaning of "public").
const NARROWING: [&str; 15] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// The statements that open the bucket to everybody, by Sid or place.
pub fn public(policy: &Document) -> Vec<String> {
    let open =
        |statement: &Statement| statement.effect == Effect::Allow && is_anyone(statement) && !narrowed(statement);
    let statements = policy.statements.iter().enumerate();
    statements.filter(|(_, statement)| open(statement)).map(|(at, statement)| named(statement, at)).collect()
}

/// Who may write or delete under a prefix by the bucket's policy, beside the role of ours; `objects` is
/// `arn:PARTITION:s3:::BUCKET/PREFIX/`.
pub fn writers(policy: &Document, objects: &str, role: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for statement in &policy.statements {
        if statement.effect != Effect::Allow || !writes(&statement.actions) || !touches(statement, objects) {
            continue;
        }
        for whom in whom(statement) {
            if whom != role && !out.contains(&whom) {
                out.push(whom);
            }
        }
    }
    out
}

/// Whether plain http is refused for the whole bucket by a statement of whichever Sid.
pub fn refuses_http(policy: &Document, bucket: &str) -> bool {
    policy.statements.iter().any(|statement| {
        let all = |pattern: &String| pattern == "*" || pattern == "s3:*";
        let actions = matches!(&statement.actions, Action::These(list) if list.iter().any(all));
        let on = |arn: &str| matches!(&statement.resources, Some(Resource::These(list)) if list.iter().any(|pattern| matches_arn(pattern, arn)));
        let [only] = statement.conditions.as_slice() else { return false };
        statement.effect == Effect::Deny
            && matches!(&statement.principals, Some(Principals::These(list)) if list.contains(&Principal::Anyone))
            && actions
            && on(bucket)
            && on(&format!("{bucket}/any/object"))
            && only.operator == "Bool"
            && only.key.eq_ignore_ascii_case("aws:SecureTransport")
            && only.values.iter().all(|value| value.eq_ignore_ascii_case("false"))
    })
}

/// The rules of a lifecycle, ours left out, that delete current objects under a prefix, or put them where they can
/// no longer be read at once; each with what it does.
pub fn eaters(lifecycle: &Value, prefix: &str, ours: &str) -> Vec<String> {
    let rules = lifecycle["Rules"].as_array().into_iter().flatten().enumerate();
    let found = rules.filter_map(|(at, rule)| {
        if rule["Status"] != "Enabled" || rule["ID"] == ours || !overlaps(rule, prefix) {
            return None;
        }
        let does = does(rule)?;
        let name = rule["ID"].as_str().filter(|id| !id.is_empty());
        Some(format!("{} {does}", name.map_or_else(|| format!("rule {}", at + 1), |id| format!("\"{id}\""))))
    });
    found.collect()
}

/// What a rule does to current objects, if anything that hurts.
fn does(rule: &Value) -> Option<String> {
    let when = |value: &Value| match (&value["Days"], value["Date"].as_str()) {
        (Value::Number(days), _) => format!("after {days} days"),
        (_, Some(date)) => format!("on {date}"),
        _ => "at once".to_owned(),
    };
    let expiration = &rule["Expiration"];
    if !expiration["Days"].is_null() || !expiration["Date"].is_null() {
        return Some(format!("deletes current objects {}", when(expiration)));
    }
    let frozen = |value: &&Value| matches!(value["StorageClass"].as_str(), Some("GLACIER" | "DEEP_ARCHIVE"));
    let transition = rule["Transitions"].as_array().into_iter().flatten().find(frozen)?;
    let class = transition["StorageClass"].as_str().unwrap_or_default();
    Some(format!("moves current objects to {class} {}, where no restore reads them", when(transition)))
}

/// Whether a rule's filter and a prefix have objects in common; a filter by tags or size may.
fn overlaps(rule: &Value, prefix: &str) -> bool {
    let filter = &rule["Filter"];
    let theirs = [&rule["Prefix"], &filter["Prefix"], &filter["And"]["Prefix"]];
    let theirs = theirs.into_iter().find_map(Value::as_str).unwrap_or_default();
    theirs.starts_with(prefix) || prefix.starts_with(theirs)
}

fn is_anyone(statement: &Statement) -> bool {
    match &statement.principals {
        Some(Principals::These(list)) => list.contains(&Principal::Anyone),
        Some(Principals::Not(_)) => true,
        None => false,
    }
}

/// Whether a condition leaves a fixed circle of callers.
fn narrowed(statement: &Statement) -> bool {
    statement.conditions.iter().any(|condition| {
        let operator = condition.operator.as_str();
        let fixed = |value: &String| !matches!(value.as_str(), "*" | "0.0.0.0/0" | "::/0");
        matches!(
            operator,
            "StringEquals" | "StringLike" | "StringEqualsIgnoreCase" | "ArnEquals" | "ArnLike" | "IpAddress"
        ) && NARROWING.contains(&condition.key.to_lowercase().as_str())
            && condition.values.iter().all(fixed)
    })
}

fn writes(actions: &Action) -> bool {
    let hit = |list: &[String], action: &str| list.iter().any(|pattern| matches_folded(pattern, action));
    match actions {
        Action::These(list) => WRITES.iter().any(|action| hit(list, action)),
        Action::Not(list) => WRITES.iter().any(|action| !hit(list, action)),
    }
}

/// Whether a statement is about objects under a prefix; where a pattern may reach there it counts.
fn touches(statement: &Statement, objects: &str) -> bool {
    let sample = format!("{objects}backups/one/velero-backup.json");
    let reaches = |pattern: &String| {
        let head = pattern.split(['*', '?', '$']).next().unwrap_or_default();
        let open = head.len() < pattern.len();
        pattern == "*"
            || head.starts_with(objects)
            || (open && objects.starts_with(head))
            || matches_arn(pattern, &sample)
    };
    match &statement.resources {
        Some(Resource::These(list)) => list.iter().any(reaches),
        Some(Resource::Not(list)) => !list.iter().any(|pattern| matches_arn(pattern, &sample)),
        None => false,
    }
}

fn whom(statement: &Statement) -> Vec<String> {
    let name = |principal: &Principal| match principal {
        Principal::Anyone if narrowed(statement) => "everybody that its condition lets in".to_owned(),
        Principal::Anyone => "everybody".to_owned(),
        Principal::Aws(text) | Principal::Federated(text) | Principal::Service(text) | Principal::Other(_, text) => {
            text.clone()
        }
    };
    match &statement.principals {
        Some(Principals::These(list)) => list.iter().map(name).collect(),
        Some(Principals::Not(_)) => vec!["everybody but those that a statement names".to_owned()],
        None => Vec::new(),
    }
}

fn named(statement: &Statement, at: usize) -> String {
    if statement.sid.is_empty() { format!("statement {}", at + 1) } else { format!("\"{}\"", statement.sid) }
}
