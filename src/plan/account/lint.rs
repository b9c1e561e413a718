//! What is too wide in a policy that somebody else wrote (bar B3 of security.md, E21).

use crate::domain::policy::{Action, Document, Effect, Resource, Statement};

/// Actions that take no resource, so that `*` is all that can stand there.
const WITHOUT_RESOURCE: [&str; 4] = ["ec2:Describe", "s3:ListAllMyBuckets", "sts:GetCallerIdentity", "kms:List"];

/// A sentence each, in the document's order.
pub fn wide(policy: &Document) -> Vec<String> {
    let allows = policy.statements.iter().enumerate().filter(|(_, statement)| statement.effect == Effect::Allow);
    allows.flat_map(|(at, statement)| of(statement, &named(statement, at))).collect()
}

fn of(statement: &Statement, name: &str) -> Vec<String> {
    let mut out = Vec::new();
    let actions = match &statement.actions {
        Action::Not(list) => {
            out.push(format!("{name} allows all but {} (NotAction)", list.join(", ")));
            &[][..]
        }
        Action::These(list) => list,
    };
    let wild: Vec<&str> = actions.iter().map(String::as_str).filter(|action| action.contains(['*', '?'])).collect();
    if !wild.is_empty() {
        out.push(format!("{name} allows actions by a pattern: {}", wild.join(", ")));
    }
    match &statement.resources {
        Some(Resource::Not(list)) => out.push(format!("{name} is about all but {} (NotResource)", list.join(", "))),
        Some(Resource::These(list)) if list.iter().any(|resource| resource == "*") => {
            let on_all: Vec<&str> = actions.iter().map(String::as_str).filter(|action| !bare(action)).collect();
            if !on_all.is_empty() {
                out.push(format!("{name} allows on every resource (\"*\"): {}", on_all.join(", ")));
            }
        }
        _ => {}
    }
    out
}

fn bare(action: &str) -> bool {
    WITHOUT_RESOURCE.iter().any(|start| action.starts_with(start))
}

fn named(statement: &Statement, at: usize) -> String {
    if statement.sid.is_empty() { format!("statement {}", at + 1) } else { format!("\"{}\"", statement.sid) }
}
