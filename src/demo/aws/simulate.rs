//! IAM's simulator: the demo's own caller may do everything, a role what its policies say.

use super::sts::{Principal, of_role};
use super::wrong::{no_entity, wrong};
use crate::demo::state::Account;
use crate::domain::policy::{Caller, Context, Decision, Document, Evidence, Request, evaluate};
use crate::ports::{Answer, Asked, Simulated, TroubleKind, Verdict};

const CALL: &str = "iam:SimulatePrincipalPolicy";

pub(super) fn simulate(account: &Account, principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>> {
    if principal.ends_with(":root") {
        let text = "Invalid Entity Arn: must be a user, group or role";
        return Err(wrong(TroubleKind::Invalid, "InvalidInput", CALL, principal, text));
    }
    let all = principal == account.caller;
    let name = principal.split('/').nth(1).unwrap_or_default();
    let assumed = |arn: &str| principal.contains(":assumed-role/") && arn.ends_with(&format!("/{name}"));
    let role = account.roles.values().find(|role| role.arn == principal || assumed(&role.arn));
    let who = role.map(|role| of_role(account, role, &role.arn));
    if !all && who.is_none() {
        return Err(no_entity(CALL, "role", principal));
    }
    let any = ["*".to_owned()];
    let mut out = Vec::new();
    for one in asked {
        let resources: &[String] = if one.resources.is_empty() { &any } else { &one.resources };
        for (action, resource) in one.actions.iter().flat_map(|a| resources.iter().map(move |r| (a, r))) {
            let verdict = who.as_ref().map_or(Verdict::Allowed, |who| verdict(account, who, action, resource));
            out.push(Simulated { action: action.clone(), resource: resource.clone(), verdict, missing: Vec::new() });
        }
    }
    Ok(out)
}

fn verdict(account: &Account, who: &Principal, action: &str, resource: &str) -> Verdict {
    let caller = Caller::Identity { arn: who.entity.clone(), session: who.arn.clone(), account: account.id.clone() };
    let context = Context::new().with("aws:PrincipalArn", &who.entity).with("aws:PrincipalAccount", &account.id);
    let request = Request { caller, action: action.to_owned(), resource: resource.to_owned(), context };
    let evidence = Evidence {
        identity: who.policies.iter().filter_map(|policy| Document::parse(policy).ok()).collect(),
        boundary: who.boundary.as_ref().map(|text| Document::parse(text).unwrap_or_default()),
        resource: None,
    };
    match evaluate(&request, &evidence) {
        Decision::Denied { explicit: true, .. } => Verdict::Denied,
        Decision::Denied { .. } => Verdict::NotAllowed,
        Decision::Allowed => Verdict::Allowed,
    }
}
