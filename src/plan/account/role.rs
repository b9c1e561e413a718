//! The role: made in one call, or its trust merged by Sid so that foreign statements stay byte for byte.

use super::trust;
use crate::domain::Identity;
use crate::plan::scope::{Scope, problem};
use crate::plan::statements;
use crate::plan::{Change, ChangeKind, Draft, Op, RoleFacts, document};
use crate::ports::Tags;
use serde_json::{Value, json};

/// Plans `role` with its trust policy, once for each role: restore clusters have one each, or share the first.
pub fn roles(scopes: &[Scope<'_>], draft: &mut Draft) {
    let owners = scopes.iter().filter(|scope| scope.is_first() || !scope.answers.role.shared);
    for owner in owners {
        let members: Vec<&Scope<'_>> =
            scopes.iter().filter(|scope| scope.at == owner.at || scope.names.role == owner.names.role).collect();
        role(owner, &members, draft);
        super::permissions(owner, draft);
    }
}

/// A role with a trust statement for each member.
fn role(scope: &Scope<'_>, members: &[&Scope<'_>], draft: &mut Draft) {
    if !matches_name(scope, draft) {
        return;
    }
    let names = &scope.names;
    let statements: Vec<Value> = members.iter().map(|member| trust::statement(member)).collect();
    let current = scope.site.role.as_ref();
    let trust = match statements::merged(current.map(|role| role.role.trust.as_str()), &statements) {
        Ok(trust) => trust,
        Err(reason) => {
            let what = format!("the trust policy of {} cannot be read", names.role);
            draft.problems.0.push(problem("role.name", &what, reason.what.as_str(), "Choose another role"));
            return;
        }
    };
    if !trust::fits(scope, draft, &trust) {
        return;
    }
    let path = format!("iam/{}/trust.json", names.role);
    draft.document(&path, trust.clone());
    let description = description(scope);
    let boundary = scope.answers.role.boundary.as_ref().map(ToString::to_string).unwrap_or_default();
    let change = scope
        .change("role", ChangeKind::Iam, format!("role {}", names.role_arn))
        .why(match names.identity {
            Identity::Irsa => {
                "the service account's token is exchanged for this role; its trust names issuer, audience and subject"
            }
            Identity::PodIdentity => {
                "EKS assumes this role for the service account's pods; its trust names account, cluster, namespace and service account"
            }
        })
        .undo("deleted if it is the one this run made; a merged trust statement is taken out again")
        .document(path)
        .desired(json!({
            "name": names.role, "path": scope.answers.role.path.as_str(), "statement": one_or_all(&statements),
            "description": description, "boundary": boundary, "tags": scope.answers.tags,
        }));
    draft.push(match current {
        None => change.create(vec![Op::CreateRole {
            name: names.role.clone(),
            path: scope.answers.role.path.as_str().to_owned(),
            trust,
            description,
            boundary,
            tags: scope.tags.clone(),
        }]),
        Some(current) => existing(scope, change, current, &statements, trust, &description, &boundary),
    });
}

#[allow(clippy::too_many_arguments)]
fn existing(
    scope: &Scope<'_>,
    change: Change,
    current: &RoleFacts,
    statements: &[Value],
    trust: String,
    description: &str,
    boundary: &str,
) -> Change {
    let role = &current.role;
    let name = role.name.clone();
    let mut ops = Vec::new();
    let mut diff = Vec::new();
    if !statements::holds(Some(&role.trust), statements) {
        diff.extend(document::json_diff(&role.trust, &trust));
        ops.push(Op::PutTrust { role: name.clone(), document: trust, previous: role.trust.clone() });
    }
    let ours = role.tags.get("managed-by").is_some_and(|by| by == "lifeboat");
    if ours && role.description != description {
        diff.extend([format!("-description {}", role.description), format!("+description {description}")]);
        ops.push(Op::DescribeRole {
            role: name.clone(),
            description: description.to_owned(),
            previous: role.description.clone(),
        });
    }
    if !boundary.is_empty() && role.boundary != boundary {
        diff.extend([format!("-boundary {}", role.boundary), format!("+boundary {boundary}")]);
        ops.push(Op::PutBoundary {
            role: name.clone(),
            boundary: boundary.to_owned(),
            previous: role.boundary.clone(),
        });
    }
    let wanted: Tags = scope.answers.tags.clone();
    let changed: Tags = wanted.into_iter().filter(|(key, value)| role.tags.get(key) != Some(value)).collect();
    if ours && !changed.is_empty() {
        diff.extend(changed.iter().map(|(key, value)| format!("+tag {key}={value}")));
        let previous = role.tags.iter().filter(|(key, _)| changed.contains_key(*key));
        let previous = previous.map(|(key, value)| (key.clone(), value.clone())).collect();
        ops.push(Op::TagRole { role: name, tags: changed, previous });
    }
    let change = change.update(ops, diff);
    if ours {
        return change;
    }
    let consent = scope.consent(&change);
    let maker = role.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    let maker = if maker.is_empty() { "it carries no tags".to_owned() } else { format!("its tags: {maker}") };
    change.foreign(consent, &format!("the role exists and lifeboat did not make it ({maker})"))
}

/// One statement as it is, several as a list: what one cluster desires reads the same beside others.
fn one_or_all(statements: &[Value]) -> Value {
    match statements {
        [one] => one.clone(),
        all => json!(all),
    }
}

fn description(scope: &Scope<'_>) -> String {
    if scope.answers.role.description.is_empty() {
        let (names, tool) = (&scope.names, scope.answers.tool.title());
        let verb = if scope.is_first() { "reaches" } else { "reads" };
        format!("{tool} in {} ({}) {verb} s3://{}", names.cluster, names.region, names.bucket)
    } else {
        scope.answers.role.description.clone()
    }
}

/// N16: IAM's role names are unique without case, so another spelling is another role's name.
fn matches_name(scope: &Scope<'_>, draft: &mut Draft) -> bool {
    let Some(current) = &scope.site.role else { return true };
    let (asked, there) = (&scope.names.role, &current.role.name);
    if asked != there {
        draft.problems.0.push(problem(
            "role.name",
            &format!("the role {asked} collides with the existing {there}"),
            "IAM's role names are unique without regard to case",
            &format!("Write {there} to use that role, or choose another name"),
        ));
        return false;
    }
    let path = scope.answers.role.path.as_str();
    if path != "/" && path != current.role.path {
        draft.problems.0.push(problem(
            "role.path",
            &format!("the role {there} has the path {}, not {path}", current.role.path),
            "IAM cannot change a role's path",
            "Leave role.path out, or choose another role.name",
        ));
        return false;
    }
    true
}
