//! IAM's simulator: what a principal may do, asked at once.

use super::call::Call;
use super::config::Clients;
use super::iam;
use super::retry::Mode;
use crate::domain::ArnParts;
use crate::ports::{Answer, Asked, Simulated, Trouble, TroubleKind, Verdict};
use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType as Decision};
use std::collections::BTreeSet;

const CALL: &str = "iam:SimulatePrincipalPolicy";

/// iam:SimulatePrincipalPolicy.
pub(super) async fn simulate(clients: &Clients, principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>> {
    let principal = &policy_source(clients, principal).await?;
    let call = &Call::read(CALL, principal);
    let once = |all: BTreeSet<&String>| Some(all.into_iter().cloned().collect::<Vec<_>>());
    let actions = &once(asked.iter().flat_map(|asked| &asked.actions).collect());
    let resources = &once(asked.iter().flat_map(|asked| &asked.resources).collect());
    let client = &clients.iam(Mode::Read);
    let said = call
        .pages(|marker| async move {
            let request = client.simulate_principal_policy().policy_source_arn(principal).max_items(1000);
            let request = request.set_action_names(actions.clone()).set_resource_arns(resources.clone());
            let page = request.set_marker(marker).send().await.map_err(|error| call.failed(error))?;
            let items = page.evaluation_results().iter().flat_map(results).collect();
            Ok((items, call.marker(page.is_truncated(), page.marker())?))
        })
        .await?;
    Ok(asked.iter().flat_map(|asked| answers(asked, &said)).collect())
}

/// One result of the simulator: action, resource, verdict, keys it had no value for.
type Said = (String, String, Verdict, Vec<String>);

/// A result, by resource where the simulator tells them apart.
fn results(found: &EvaluationResult) -> Vec<Said> {
    let action = found.eval_action_name();
    let whole = || {
        let (on, missing) = (found.eval_resource_name().unwrap_or("*"), found.missing_context_values());
        vec![(action.to_owned(), on.to_owned(), verdict(found.eval_decision()), missing.to_vec())]
    };
    let each = found.resource_specific_results().iter().map(|one| {
        let (on, missing) = (one.eval_resource_name(), one.missing_context_values());
        (action.to_owned(), on.to_owned(), verdict(one.eval_resource_decision()), missing.to_vec())
    });
    if found.resource_specific_results().is_empty() { whole() } else { each.collect() }
}

fn verdict(decision: &Decision) -> Verdict {
    match decision {
        Decision::Allowed => Verdict::Allowed,
        Decision::ImplicitDeny => Verdict::NotAllowed,
        Decision::ExplicitDeny => Verdict::Denied,
        _ => Verdict::Unknown,
    }
}

/// What was said of what was asked, in its order.
fn answers(asked: &Asked, said: &[Said]) -> Vec<Simulated> {
    let any = ["*".to_owned()];
    let resources: &[String] = if asked.resources.is_empty() { &any } else { &asked.resources };
    let of = |action: &String, resource: &String| {
        let same = |one: &&Said| one.0.eq_ignore_ascii_case(action) && one.1 == *resource;
        let found = said.iter().find(same);
        let (verdict, missing) = found.map_or((Verdict::Unknown, Vec::new()), |found| (found.2, found.3.clone()));
        Simulated { action: action.clone(), resource: resource.clone(), verdict, missing }
    };
    asked.actions.iter().flat_map(|action| resources.iter().map(move |resource| of(action, resource))).collect()
}

/// The user or role whose policies count: a session of an assumed role stands for the role, whose path only
/// iam:GetRole tells.
async fn policy_source(clients: &Clients, principal: &str) -> Answer<String> {
    let refused = |why: &str| {
        Err(Trouble::new(TroubleKind::Invalid, "IAM cannot simulate this caller").why(why).at(CALL, principal))
    };
    let Ok(arn) = ArnParts::parse(principal) else { return refused("it is no ARN") };
    let mut parts = arn.resource.split('/');
    match (arn.service, parts.next(), parts.next()) {
        ("iam", Some("user" | "role"), Some(_)) => Ok(principal.to_owned()),
        ("sts", Some("assumed-role"), Some(name)) => match iam::role(clients, name).await? {
            Some(role) => Ok(role.arn),
            None => refused("the role of its session is not in this account"),
        },
        ("iam", Some("root"), _) => refused("the account's root may do everything that no organization forbids"),
        _ => refused("it is neither a user nor a role"),
    }
}
