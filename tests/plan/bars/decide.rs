//! Calls and probes of the tables, asked of a document as IAM would be.

use super::grid::{Case, Made};
use crate::world::ACCOUNT;
use lifeboat::domain::policy::{
    Caller, Context, Decision, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One authorisation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub action: String,
    on: String,
    #[serde(default)]
    with: BTreeMap<String, String>,
    #[serde(default)]
    without: Vec<String>,
    /// The account that owns the bucket; empty: the role's own.
    #[serde(default)]
    owner: String,
}

/// A call that Velero makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub name: String,
    #[serde(default)]
    feature: String,
    #[serde(default)]
    access: String,
    #[serde(default)]
    key: String,
    pub checks: Vec<Check>,
}

/// Something that nobody should do with the role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub name: String,
    pub attempts: Vec<Vec<Check>>,
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// An exception, with its reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub when: String,
    pub why: String,
}

#[derive(Deserialize)]
struct Calls {
    call: Vec<Call>,
}

#[derive(Deserialize)]
struct Probes {
    probe: Vec<Probe>,
}

pub fn calls() -> Vec<Call> {
    calls_of(include_str!("calls.toml"))
}

pub fn probes() -> Vec<Probe> {
    probes_of(include_str!("probes.toml"))
}

/// The calls of a table.
pub fn calls_of(table: &str) -> Vec<Call> {
    toml::from_str::<Calls>(table).unwrap().call
}

/// The probes of a table.
pub fn probes_of(table: &str) -> Vec<Probe> {
    toml::from_str::<Probes>(table).unwrap().probe
}

impl Call {
    pub fn is_needed(&self, case: &Case) -> bool {
        let access = match self.access.as_str() {
            "" => true,
            "ReadWrite" => case.writes,
            other => panic!("{}: access {other}", self.name),
        };
        let key = match self.key.as_str() {
            "" => true,
            "yes" => case.key,
            other => panic!("{}: key {other}", self.name),
        };
        access && key && (self.feature.is_empty() || case.has(&self.feature))
    }
}

impl Probe {
    pub fn is_accepted(&self, case: &Case) -> bool {
        let holds = |condition: &str| match condition {
            "root" => case.root,
            "writes" => case.writes,
            feature @ "ebs-snapshots" => case.has(feature),
            other => panic!("{}: {other}", self.name),
        };
        self.accepted.iter().any(|accepted| accepted.when.split(" and ").all(holds))
    }

    pub fn is_allowed(&self, world: &World<'_>, permissions: &Document) -> bool {
        self.attempts.iter().any(|checks| world.denied(permissions, checks).is_empty())
    }
}

/// The policies beside the role's own: the bucket's as planned, the keys' with the account's root.
pub struct World<'a> {
    case: &'a Case,
    bucket: Document,
    sniper: Document,
    keys: Document,
}

/// The key policy that AWS gives a key: identity policies decide.
pub fn root_delegation(case: &Case) -> String {
    case.fill(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:{partition}:iam::{account}:root"},"Action":"kms:*","Resource":"*"}]}"#,
    )
}

impl<'a> World<'a> {
    pub fn new(made: &'a Made) -> Self {
        // Whoever re-creates a bucket to catch backups lets everybody in.
        let sniper =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
        Self {
            case: &made.case,
            bucket: Document::parse(made.bucket_policy()).unwrap(),
            sniper: Document::parse(sniper).unwrap(),
            keys: Document::parse(&root_delegation(&made.case)).unwrap(),
        }
    }

    /// The same with another policy on every key.
    pub fn with_keys(mut self, policy: &str) -> Self {
        self.keys = Document::parse(policy).unwrap();
        self
    }

    /// The checks that are denied, in words; empty: the call is allowed.
    pub fn denied(&self, permissions: &Document, checks: &[Check]) -> Vec<String> {
        assert!(!checks.is_empty());
        let words = |check: &Check| match evaluate(&self.request(check), &self.evidence(permissions, check)) {
            Decision::Allowed => None,
            Decision::Denied { because, .. } => {
                Some(format!("{} on {}: {because}", check.action, self.case.fill(&check.on)))
            }
        };
        checks.iter().filter_map(words).collect()
    }

    /// Whether a check is denied when the request comes without TLS.
    pub fn denied_over_http(&self, permissions: &Document, check: &Check) -> bool {
        let mut request = self.request(check);
        request.context = request.context.with("aws:SecureTransport", "false");
        !evaluate(&request, &self.evidence(permissions, check)).is_allowed()
    }

    fn request(&self, check: &Check) -> Request {
        let resource = self.case.fill(&check.on);
        let owner = if check.owner.is_empty() { ACCOUNT } else { &check.owner };
        let mut keys = carried(self.case, &check.action, owner, &resource);
        keys.retain(|key, _| !check.without.contains(key));
        keys.extend(check.with.iter().map(|(key, value)| (key.clone(), self.case.fill(value))));
        let context = keys.into_iter().fold(Context::new(), |context, (key, value)| context.with(&key, value));
        let arn = self.case.fill("{role}");
        let session = format!("{}/velero", arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"));
        let caller = Caller::Identity { arn, session, account: ACCOUNT.to_owned() };
        Request { caller, action: check.action.clone(), resource, context }
    }

    fn evidence(&self, permissions: &Document, check: &Check) -> Evidence {
        let policy = |kind, account: &str, document: &Document| {
            Some(ResourcePolicy { kind, account: account.to_owned(), document: document.clone() })
        };
        let resource = match check.action.split(':').next() {
            Some("s3") if check.on == "*" => None,
            Some("s3") if check.owner.is_empty() => policy(ResourceKind::Bucket, ACCOUNT, &self.bucket),
            Some("s3") => policy(ResourceKind::Bucket, &check.owner, &self.sniper),
            Some("kms") => policy(ResourceKind::Key, ACCOUNT, &self.keys),
            _ => None,
        };
        Evidence { identity: vec![permissions.clone()], boundary: None, resource }
    }
}

/// The condition keys that every request to a service carries.
fn carried(case: &Case, action: &str, owner: &str, resource: &str) -> BTreeMap<String, String> {
    let mut keys = vec![("aws:SecureTransport", "true".to_owned()), ("aws:ResourceAccount", owner.to_owned())];
    match action.split(':').next() {
        Some("s3") => keys.extend([
            ("s3:ResourceAccount", owner.to_owned()),
            ("aws:RequestedRegion", case.bucket_region().to_owned()),
        ]),
        Some("kms") => keys.extend([
            ("kms:ViaService", format!("s3.{}.{}", case.bucket_region(), case.suffix())),
            ("kms:CallerAccount", ACCOUNT.to_owned()),
            ("kms:EncryptionContext:aws:s3:arn", case.fill("{bucket}")),
            ("aws:RequestedRegion", case.bucket_region().to_owned()),
        ]),
        Some("ec2") => keys.extend([
            ("aws:RequestedRegion", case.volume_region().to_owned()),
            ("ec2:Region", case.volume_region().to_owned()),
        ]),
        Some("iam" | "sts") => {}
        _ => panic!("{action} on {resource}: no service of the tables"),
    }
    keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
