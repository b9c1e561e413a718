//! B3: pairs of actions and resources against the table of resource types. Stricter than parliament and
//! cloudsplaining, which do not see dead pairs (security.md 3.2).

use super::grid::grid;
use super::{MIXED, README, README_ANY_KEY, none};
use lifeboat::domain::policy::{Action, Document, Effect, Resource, Statement};
use rstest::rstest;
use serde::Deserialize;
use std::collections::BTreeMap;

const INSTANCES: &str = include_str!("twins/instances-too.json");
const GRANTS: &str = include_str!("twins/key-grants.json");

/// What is wrong with a pair or a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `*` where a resource type exists.
    Star,
    /// The action is never asked on such a resource.
    Dead,
    /// A wildcard in the action.
    Wildcard,
    /// Permissions or tags are managed without a condition.
    Unconditioned,
    /// The table does not have the action.
    Unknown,
    /// `NotAction` or `NotResource`: allows what nobody listed.
    Negated,
}

/// A finding: its kind, the action, the resource.
pub type Finding = (Kind, String, String);

#[derive(Deserialize)]
struct Table {
    types: BTreeMap<String, String>,
    actions: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    level: String,
    on: Vec<String>,
}

/// Lints a permissions document.
pub fn lint(text: &str) -> Vec<Finding> {
    let table: Table = toml::from_str(include_str!("resource-types.toml")).unwrap();
    let document = Document::parse(text).unwrap();
    document.statements.iter().filter(|one| one.effect == Effect::Allow).flat_map(|one| table.statement(one)).collect()
}

/// The findings by kind.
fn counts(findings: &[Finding]) -> BTreeMap<Kind, usize> {
    findings.iter().fold(BTreeMap::new(), |mut counts, (kind, _, _)| {
        *counts.entry(*kind).or_default() += 1;
        counts
    })
}

impl Table {
    fn statement(&self, statement: &Statement) -> Vec<Finding> {
        let (Action::These(actions), Some(Resource::These(resources))) = (&statement.actions, &statement.resources)
        else {
            return vec![(Kind::Negated, format!("{:?}", statement.actions), format!("{:?}", statement.resources))];
        };
        let mut out = Vec::new();
        for action in actions {
            if action.contains(['*', '?']) {
                out.push((Kind::Wildcard, action.clone(), String::new()));
                continue;
            }
            let Some(entry) = self.actions.get(action) else {
                out.push((Kind::Unknown, action.clone(), String::new()));
                continue;
            };
            let manages = matches!(entry.level.as_str(), "Permissions management" | "Tagging");
            if manages && statement.conditions.is_empty() {
                out.push((Kind::Unconditioned, action.clone(), String::new()));
            }
            let pairs = resources.iter().filter_map(|resource| Some((self.pair(entry, resource)?, resource)));
            out.extend(pairs.map(|(kind, resource)| (kind, action.clone(), resource.clone())));
        }
        out
    }

    fn pair(&self, entry: &Entry, resource: &str) -> Option<Kind> {
        if resource == "*" {
            return (!entry.on.is_empty()).then_some(Kind::Star);
        }
        let live = entry.on.iter().any(|name| is_of(&self.types[name], resource));
        (!live).then_some(Kind::Dead)
    }
}

/// Whether a resource, wildcards and all, is of a type: part by part, `{}` standing for anything but nothing,
/// `{name}` for a name without `/`, `{path}` for the rest.
fn is_of(shape: &str, resource: &str) -> bool {
    let (shape, resource): (Vec<&str>, Vec<&str>) = (shape.splitn(6, ':').collect(), resource.splitn(6, ':').collect());
    if shape.len() != 6 || resource.len() != 6 {
        return false;
    }
    let fields = shape.iter().zip(&resource).take(5).all(|(shape, part)| match *shape {
        "{}" => !part.is_empty(),
        "" => part.is_empty() || *part == "*",
        exact => exact == *part,
    });
    let (head, tail) = shape[5].split_once('/').unwrap_or((shape[5], ""));
    let (first, rest) = resource[5].split_once('/').unwrap_or((resource[5], ""));
    let head = if head == "{name}" { !first.is_empty() } else { head == first };
    let tail = match tail {
        "" => rest.is_empty() && !resource[5].contains('/'),
        "{name}" => !rest.is_empty() && !rest.contains('/'),
        _ => !rest.is_empty(),
    };
    fields && head && tail
}

#[test]
fn b3_no_star_dead_pair_wildcard_or_unconditioned_management() {
    let grid = grid();
    let found = grid.iter().flat_map(|made| {
        lint(made.permissions()).into_iter().map(|finding| format!("{}: {finding:?}", made.case.name()))
    });
    none("findings of the strict lint", &found.collect::<Vec<_>>(), grid.len());
}

/// The numbers are those of security.md 3.1 (S1, S1 with its key, S2, blueprints; the last is like TP).
#[rstest]
#[case(README, &[(Kind::Star, 4), (Kind::Unconditioned, 1)])]
#[case(README_ANY_KEY, &[(Kind::Star, 6), (Kind::Unconditioned, 1)])]
#[case(MIXED, &[(Kind::Dead, 4)])]
#[case(INSTANCES, &[(Kind::Dead, 4)])]
#[case(GRANTS, &[(Kind::Dead, 1), (Kind::Wildcard, 2), (Kind::Unconditioned, 3)])]
fn b3_the_lint_finds_what_is_wrong_with_other_peoples_documents(
    #[case] text: &str,
    #[case] expected: &[(Kind, usize)],
) {
    let findings = lint(text);
    assert_eq!(counts(&findings), expected.iter().copied().collect(), "{findings:?}");
}

#[rstest]
#[case(r#"{"Action":"s3:Nonsense","Resource":"arn:aws:s3:::b"}"#, Kind::Unknown)]
#[case(r#"{"Action":"*","Resource":"*"}"#, Kind::Wildcard)]
#[case(r#"{"NotAction":"s3:GetObject","Resource":"*"}"#, Kind::Negated)]
#[case(r#"{"Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/*"}"#, Kind::Negated)]
#[case(r#"{"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/"}"#, Kind::Dead)]
#[case(r#"{"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1::b/*"}"#, Kind::Dead)]
#[case(r#"{"Action":"kms:Decrypt","Resource":"arn:aws:kms:us-east-1:111122223333:alias/backups"}"#, Kind::Dead)]
#[case(r#"{"Action":"ec2:DeleteSnapshot","Resource":"arn:aws:ec2:us-east-1:111122223333:snapshot/*"}"#, Kind::Dead)]
#[case(r#"{"Action":"ec2:DescribeVolumes","Resource":"arn:aws:ec2:us-east-1:111122223333:volume/*"}"#, Kind::Dead)]
#[case(r#"{"Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::b/*"}"#, Kind::Unconditioned)]
fn b3_the_lint_finds_one_fault(#[case] statement: &str, #[case] expected: Kind) {
    let text = format!(r#"{{"Statement":{{"Effect":"Allow",{}}}"#, &statement[1..]);
    let kinds: Vec<Kind> = lint(&text).into_iter().map(|(kind, _, _)| kind).collect();
    assert_eq!(kinds, [expected], "{text}");
}
