//! The least permissions of a tool with the chosen features (security.md 1.4-1.6), out of
//! `assets/permissions/TOOL.json`.

use crate::domain::Tool;
use crate::domain::policy::{Document, INLINE_QUOTA, Member, compact_len, statements};
use crate::plan::scope::{KeyUse, Scope, problem};
use crate::plan::{Action, Change, ChangeKind, Consent, Draft, Op, document, rancher, spaces, velero};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static SETS: LazyLock<BTreeMap<Tool, Vec<Set>>> = LazyLock::new(|| {
    let of = |tool| match tool {
        Tool::Velero => include_str!("../../../assets/permissions/velero.json"),
        Tool::RancherBackup => include_str!("../../../assets/permissions/rancher-backup.json"),
        Tool::UpboundSpaces => include_str!("../../../assets/permissions/upbound-spaces.json"),
    };
    Tool::ALL.into_iter().map(|tool| (tool, serde_json::from_str(of(tool)).unwrap_or_default())).collect()
});

/// The statements of a tool, each with what asks for it.
fn sets(tool: Tool) -> &'static [Set] {
    SETS.get(&tool).map_or(&[], Vec::as_slice)
}

/// The actions of a tool's permissions document, each with the reason why it is there, in the document's order.
pub fn reasons(tool: Tool, document: &str) -> Vec<(String, String)> {
    let sets = sets(tool);
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut out = Vec::new();
    for statement in document["Statement"].as_array().into_iter().flatten() {
        let Some(set) = sets.iter().find(|set| statement["Sid"] == set.sid.as_str()) else { continue };
        out.extend(set.actions.iter().map(|(action, why)| (action.clone(), why.clone())));
    }
    out
}

/// A statement of the asset.
#[derive(Deserialize)]
struct Set {
    sid: String,
    /// The feature that needs it; empty: always; `kms`: a key encrypts the bucket.
    feature: String,
    /// The access mode that needs it, or `any`.
    access: String,
    /// Action to reason.
    actions: BTreeMap<String, String>,
    resources: Vec<String>,
    #[serde(default)]
    condition: Option<Value>,
}

/// Plans `permissions`: our inline policy of the role's name, or the managed policy that the answers name.
pub fn permissions(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = scope
        .change("permissions", ChangeKind::Iam, format!("permissions of {}", names.role))
        .why("exactly the calls that the chosen features make, on exactly this bucket, prefix and key")
        .undo("deleted, or what stood there before is put back")
        .needs(&["role", "kms-key"]);
    if let Some(arn) = &scope.answers.role.existing_policy {
        return attach(scope, draft, change, arn.as_str());
    }
    let document = document(scope, scope.key.as_ref().map_or("", |key| key.arn.as_str()));
    let desired = self::document(scope, scope.key.as_ref().map_or("", |key: &KeyUse| key.reference.as_str()));
    let text = document::json(&document);
    let path = format!("iam/{}/permissions.json", names.role);
    draft.document(&path, text.clone());
    let length = compact_len(&text);
    if length > INLINE_QUOTA {
        let what = format!("the permissions of {} would have {length} characters", names.role);
        let why = format!("IAM takes {INLINE_QUOTA} of a role's inline policies together, white space not counted");
        draft.problems.0.push(problem("role.name", &what, &why, "Choose fewer features, or role.existing_policy"));
        return;
    }
    let change = change.document(path).desired(desired);
    let current = scope.site.role.as_ref().and_then(|role| role.permissions.as_deref());
    let same = current.and_then(|text| serde_json::from_str::<Value>(text).ok()).is_some_and(|there| there == document);
    let op = Op::PutRolePolicy {
        role: names.role.clone(),
        policy: names.role.clone(),
        document: text.clone(),
        previous: current.map(str::to_owned),
    };
    draft.push(match current {
        _ if same => change,
        Some(_) if scope.consent(&change) != Consent::Adopt && !neighbours(scope).is_empty() => {
            let others = neighbours(scope).join(", ");
            change.asked(&format!(
                "the role serves another cluster too (trust statements {others}), which would lose what its own prefix needs; a role of its own (role.name) keeps both"
            ))
        }
        Some(current) => change.update(vec![op], document::json_diff(current, &text)),
        None => change.create(vec![op]),
    });
}

/// The Sids of lifeboat's own form in the role's trust that are about no cluster of these answers.
fn neighbours(scope: &Scope<'_>) -> Vec<String> {
    let Some(role) = &scope.site.role else { return Vec::new() };
    let trust = role.role.trust.as_str();
    let clusters = std::iter::once(&scope.facts.site).chain(&scope.facts.restores).map(|site| &site.cluster);
    let known: Vec<&str> = clusters
        .flat_map(|cluster| [Some(cluster.arn.as_str()), cluster.issuer.as_deref()])
        .flatten()
        .map(|name| name.trim_start_matches("https://"))
        .collect();
    let stranger = |member: &Member| {
        let ours = member.sid.strip_prefix("Lifeboat").is_some_and(|hex| hex.len() == 16);
        let text = trust.get(member.span.clone()).unwrap_or_default();
        ours && !known.iter().any(|name| text.contains(name))
    };
    let members = statements(trust).map(|found| found.members).unwrap_or_default();
    members.into_iter().filter(stranger).map(|member| member.sid).collect()
}

/// A managed policy of the answers: checked to allow what is needed, attached, never edited.
fn attach(scope: &Scope<'_>, draft: &mut Draft, change: Change, arn: &str) {
    let change = change.desired(json!({"policy": arn}));
    let Some(text) = &scope.facts.existing_policy else {
        let what = format!("there is no policy {arn}");
        draft.problems.0.push(problem("role.existing_policy", &what, "", "Check the ARN, or leave it out"));
        return;
    };
    let missing = missing(scope, text);
    if !missing.is_empty() {
        draft.problems.0.push(problem(
            "role.existing_policy",
            &format!("{arn} does not allow {}", missing.join(", ")),
            &format!(
                "{} calls them with the chosen features; lifeboat does not edit a policy that it did not make",
                scope.answers.tool.title()
            ),
            "Add them to the policy, or leave role.existing_policy out",
        ));
        return;
    }
    let wide = Document::parse(text).map(|policy| super::lint::wide(&policy)).unwrap_or_default();
    let left = !wide.is_empty() && scope.consent(&change) == Consent::Leave;
    let change = asked_if_wide(scope, change, &wide);
    let attached = scope.site.role.as_ref().is_some_and(|role| role.attached.iter().any(|there| there == arn));
    let op = Op::AttachPolicy { role: scope.names.role.clone(), arn: arn.to_owned() };
    let asked = change.action == Action::Conflict;
    draft.push(if attached || asked || left { change } else { change.create(vec![op]) });
}

/// E21: a policy that allows more than the tool needs is attached with consent only.
fn asked_if_wide(scope: &Scope<'_>, change: Change, wide: &[String]) -> Change {
    if wide.is_empty() || scope.consent(&change) != Consent::None {
        return change;
    }
    let whose = format!("the policy allows more than the tool needs: {}", wide.join("; "));
    change.asked(&whose)
}

/// The needed actions that a policy does not allow, by the names of its Allow statements on each resource.
fn missing(scope: &Scope<'_>, policy: &str) -> Vec<String> {
    let wanted = document(scope, scope.key.as_ref().map_or("", |key| key.arn.as_str()));
    let mut missing = Vec::new();
    for statement in wanted["Statement"].as_array().into_iter().flatten() {
        let carried = carried(&statement["Condition"]);
        for action in strings(&statement["Action"]) {
            for resource in strings(&statement["Resource"]) {
                let resource = resource.replace('*', "lifeboat");
                if !crate::plan::statements::allows(policy, &action, &resource, &scope.names.account, &carried) {
                    missing.push(format!("{action} on {resource}"));
                }
            }
        }
    }
    missing
}

/// What the requests of one of our statements carry: that which its own conditions ask for.
fn carried(condition: &Value) -> Vec<(String, String)> {
    let operators = condition.as_object().into_iter().flatten();
    let keys = operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| (operator, key, strings(values)))
    });
    // `Null: false` asks for the key, whatever its value.
    let value = |operator: &str, values: Vec<String>| match operator {
        "Null" => Some("lifeboat".to_owned()),
        _ => values.into_iter().next(),
    };
    keys.filter_map(|(operator, key, values)| Some((key.clone(), value(operator, values)?))).collect()
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// The permissions document, with `key` standing for the key's ARN.
fn document(scope: &Scope<'_>, key: &str) -> Value {
    let statements: Vec<Value> = sets(scope.answers.tool)
        .iter()
        .filter(|set| wanted(scope, set))
        .map(|set| statement(scope, set, key))
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn wanted(scope: &Scope<'_>, set: &Set) -> bool {
    let access = if scope.names.writes { "ReadWrite" } else { "ReadOnly" };
    if set.access != "any" && set.access != access {
        return false;
    }
    match set.feature.as_str() {
        "" => true,
        "kms" => scope.key.is_some(),
        feature => match scope.answers.tool {
            Tool::Velero => velero::has_feature(scope, feature),
            Tool::RancherBackup => rancher::has_feature(scope, feature),
            Tool::UpboundSpaces => spaces::has_feature(scope, feature),
        },
    }
}

fn statement(scope: &Scope<'_>, set: &Set, key: &str) -> Value {
    let mut out = Map::new();
    out.insert("Sid".to_owned(), json!(set.sid));
    out.insert("Effect".to_owned(), json!("Allow"));
    out.insert("Action".to_owned(), one_or_list(set.actions.keys().cloned().collect()));
    let resources = set.resources.iter().map(|resource| fill(scope, resource, key)).collect();
    out.insert("Resource".to_owned(), one_or_list(resources));
    if let Some(condition) = &set.condition {
        out.insert("Condition".to_owned(), fill_value(scope, condition, key));
    }
    Value::Object(out)
}

fn one_or_list(mut list: Vec<String>) -> Value {
    if list.len() == 1 { json!(list.remove(0)) } else { json!(list) }
}

fn fill_value(scope: &Scope<'_>, value: &Value, key: &str) -> Value {
    match value {
        Value::String(text) => json!(fill(scope, text, key)),
        Value::Array(list) => Value::Array(list.iter().map(|value| fill_value(scope, value, key)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), fill_value(scope, value, key))).collect())
        }
        other => other.clone(),
    }
}

/// The asset's references: names that hold no `{`, so one pass is enough.
fn fill(scope: &Scope<'_>, text: &str, key: &str) -> String {
    let names = &scope.names;
    let bucket = format!("arn:{}:s3:::{}", names.partition, names.bucket);
    text.replace("{bucket}", &bucket)
        .replace("{objects}", &format!("{bucket}/{}", names.prefix))
        .replace("{key}", key)
        .replace("{account}", &names.account)
        .replace("{region}", &names.bucket_region)
        .replace("{volume-region}", scope.volume_region())
        .replace("{partition}", &names.partition)
        .replace("{suffix}", scope.partition.dns_suffix())
}
