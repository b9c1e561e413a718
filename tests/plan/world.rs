//! Answers and facts by hand: an empty account with one cluster, and what can be put into it.

use lifeboat::domain::{BucketName, ClusterName, Identity, Region, Tool};
use lifeboat::plan::answers::{Answers, Problems};
use lifeboat::plan::{BucketFacts, Facts, KeyFacts, Plan, Prove, RoleFacts, SiteFacts};
use lifeboat::ports::{BucketHead, Caller, Cluster, Key, Provider, Role, Setting, Tags};

pub const ACCOUNT: &str = "111122223333";
pub const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

/// The least answers.
pub fn answers() -> Answers {
    Answers::new(
        Tool::Velero,
        Identity::Irsa,
        ClusterName::parse("prod").unwrap(),
        Region::parse("us-east-1").unwrap(),
        BucketName::parse("acme-backups").unwrap(),
    )
}

/// An account with a cluster and nothing else.
pub fn facts() -> Facts {
    Facts {
        caller: Caller {
            account: ACCOUNT.to_owned(),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/ada"),
            partition: "aws".to_owned(),
        },
        existing_policy: None,
        bucket: BucketFacts::bare(BucketHead::Absent),
        key: None,
        site: SiteFacts::bare(cluster("prod", "us-east-1")),
        restores: Vec::new(),
    }
}

/// A cluster of the account with an issuer of its own.
pub fn cluster(name: &str, region: &str) -> Cluster {
    let issuer =
        if name == "prod" { ISSUER.to_owned() } else { ISSUER.replace("us-east-1", region).replace("EXAMPLE", name) };
    Cluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:{region}:{ACCOUNT}:cluster/{name}"),
        status: "ACTIVE".to_owned(),
        version: "1.34".to_owned(),
        endpoint: format!("https://0123456789ABCDEF.gr7.{region}.eks.amazonaws.com"),
        ca: String::new(),
        issuer: Some(format!("https://{issuer}")),
        public: true,
        issues: Vec::new(),
    }
}

pub fn provider(audiences: &[&str]) -> Provider {
    Provider {
        arn: format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"),
        audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
        tags: Tags::new(),
    }
}

pub fn role(name: &str, trust: &str, tags: &[(&str, &str)]) -> RoleFacts {
    RoleFacts {
        role: Role {
            name: name.to_owned(),
            arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            id: "AROAEXAMPLE".to_owned(),
            path: "/".to_owned(),
            trust: trust.to_owned(),
            description: String::new(),
            boundary: String::new(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        },
        permissions: None,
        attached: Vec::new(),
    }
}

pub fn bucket(region: &str, settings: &[(Setting, &str)]) -> BucketFacts {
    BucketFacts {
        settings: settings.iter().map(|(setting, text)| (*setting, (*text).to_owned())).collect(),
        ..BucketFacts::bare(BucketHead::Ours(region.to_owned()))
    }
}

/// The tags that say that lifeboat made a bucket.
pub const OURS: (Setting, &str) = (Setting::Tagging, r#"{"TagSet":[{"Key":"managed-by","Value":"lifeboat"}]}"#);

pub fn key(state: &str) -> KeyFacts {
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    KeyFacts {
        key: Key {
            arn: format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}"),
            id: id.to_owned(),
            state: state.to_owned(),
            spec: "SYMMETRIC_DEFAULT".to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            manager: "CUSTOMER".to_owned(),
            origin: "AWS_KMS".to_owned(),
            created: 0,
        },
        policy: None,
        by_alias: false,
        rotation: None,
    }
}

/// The plan; panics with the problems.
pub fn plan(answers: &Answers, facts: &Facts) -> Plan {
    lifeboat::plan::plan(answers, facts, Prove::Needed).expect("the answers fit the facts")
}

/// The problems; panics when there are none.
pub fn problems(answers: &Answers, facts: &Facts) -> Problems {
    lifeboat::plan::plan(answers, facts, Prove::Needed).map(|plan| plan.to_json()).expect_err("the answers are refuted")
}

/// A document of a plan, by the end of its path.
pub fn document<'p>(plan: &'p Plan, end: &str) -> &'p str {
    let found = plan.documents().find(|document| document.path.ends_with(end));
    let paths = || plan.documents().map(|document| document.path.as_str()).collect::<Vec<_>>();
    found.map_or_else(|| panic!("no document {end} among {:?}", paths()), |document| document.text.as_str())
}
