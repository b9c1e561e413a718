//! Answers that the account or the cluster refutes: nothing is sent, the field and the way out are named.

use crate::world::{OURS, answers, bucket, facts, key, plan, problems, provider, role};
use lifeboat::domain::{KmsKeyRef, Region, RoleName};
use lifeboat::plan::Action;
use lifeboat::plan::answers::{EncryptionKind, Problems};
use lifeboat::ports::{BucketHead, Setting};

#[track_caller]
fn names(problems: &Problems, field: &str, words: &[&str]) {
    let problem = problems.0.iter().find(|problem| problem.field == field);
    let problem = problem.unwrap_or_else(|| panic!("no problem at {field}: {problems}"));
    let text = format!("{} {} {}", problem.what, problem.why, problem.todo);
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn n10_a_bucket_of_another_account_is_refused_and_never_written_to() {
    let mut facts = facts();
    facts.bucket.head = BucketHead::Foreign;
    names(&problems(&answers(), &facts), "bucket.name", &["not yours", "account_regional", "-an"]);
}

#[test]
fn n11_a_bucket_in_another_region_is_used_there_and_its_cost_is_said() {
    let mut facts = facts();
    facts.bucket = bucket("eu-central-1", &[OURS]);
    let plan = plan(&answers(), &facts);
    assert_eq!(plan.names.bucket_region, "eu-central-1");
    assert!(crate::world::document(&plan, "values.yaml").contains("region: eu-central-1"));
    assert!(plan.notes.iter().any(|note| note.contains("costs money")), "{:?}", plan.notes);
}

#[test]
fn n13_the_permissions_end_the_prefix_with_a_slash() {
    let plan = plan(&answers(), &facts());
    let permissions = crate::world::document(&plan, "permissions.json");
    assert!(permissions.contains("arn:aws:s3:::acme-backups/velero/us-east-1/prod/*"), "{permissions}");
    assert!(!permissions.contains("prod*"), "{permissions}");
}

#[test]
fn n16_a_role_name_that_differs_only_in_case_collides() {
    let mut answers = answers();
    answers.role.name = Some(RoleName::parse("velero").unwrap());
    let mut facts = facts();
    facts.site.role = Some(role("Velero", "{}", &[]));
    names(&problems(&answers, &facts), "role.name", &["collides", "Velero", "case"]);
}

#[test]
fn n17_a_role_that_somebody_else_made_waits_for_consent_and_tells_its_tags() {
    let mut facts = facts();
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    facts.site.role = Some(role("lifeboat-velero-us-east-1-prod", trust, &[("team", "other")]));
    let mut answers = answers();
    let asked = plan(&answers, &facts);
    let change = asked.change("role").unwrap();
    assert_eq!(change.action, Action::Conflict);
    assert!(change.ops.is_empty() && change.why.contains("team=other"), "{}", change.why);
    answers.consent.adopt.insert("role".to_owned());
    let adopted = plan(&answers, &facts);
    let change = adopted.change("role").unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(change.ops.len(), 1, "only the trust is touched: {:?}", change.ops);
}

#[test]
fn n29_a_region_of_another_partition_stops_before_any_change() {
    let mut answers = answers();
    answers.cluster.region = Region::parse("us-gov-west-1").unwrap();
    names(&problems(&answers, &facts()), "cluster.region", &["us-gov-west-1", "partition", "arn:aws:iam"]);
}

#[test]
fn n37_an_issuer_is_trusted_in_the_case_in_which_eks_names_it() {
    let (upper, lower) = ("0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdef");
    let trust = |id: &str| {
        let mut facts = facts();
        facts.site.cluster.issuer = Some(format!("https://oidc.eks.us-east-1.amazonaws.com/id/{id}"));
        crate::world::document(&plan(&answers(), &facts), "trust.json").to_owned()
    };
    assert!(trust(lower).contains(lower) && !trust(lower).contains(upper));
    assert!(trust(upper).contains(upper) && !trust(upper).contains(lower));
}

#[test]
fn n32_an_issuer_with_a_port_is_refused() {
    let mut facts = facts();
    facts.site.cluster.issuer = Some("https://oidc.example.com:8443/id/x".to_owned());
    assert!(!problems(&answers(), &facts).0.is_empty());
}

#[test]
fn a17_a_cluster_that_is_not_active_is_refused_with_its_state_and_issues() {
    for state in ["CREATING", "DELETING", "FAILED", "PENDING", "SOMETHING_NEW"] {
        let mut facts = facts();
        facts.site.cluster.status = state.to_owned();
        facts.site.cluster.issues = vec!["AccessDenied: the cluster's role is gone".to_owned()];
        names(&problems(&answers(), &facts), "cluster.name", &[state, "role is gone"]);
    }
    let mut updating = facts();
    updating.site.cluster.status = "UPDATING".to_owned();
    plan(&answers(), &updating);
}

#[test]
fn a17_a_cluster_without_an_issuer_cannot_have_irsa() {
    let mut facts = facts();
    facts.site.cluster.issuer = None;
    names(&problems(&answers(), &facts), "identity", &["no OIDC issuer"]);
}

#[test]
fn velero_f32_a_prefix_with_foreign_folders_is_refused() {
    let mut facts = facts();
    facts.bucket = bucket("us-east-1", &[OURS]);
    facts.bucket.top_level = vec!["backups/".to_owned(), "invoices/".to_owned(), "note.txt".to_owned()];
    names(&problems(&answers(), &facts), "bucket.prefix", &["invoices/", "velero-F32"]);
}

#[test]
fn a_bucket_that_should_exist_and_does_not_is_refused() {
    let mut answers = answers();
    answers.bucket.create = false;
    names(&problems(&answers, &facts()), "bucket.name", &["there is no bucket", "bucket.create"]);
}

#[test]
fn a07_a_bucket_that_somebody_of_the_account_made_waits_for_consent() {
    let mut facts = facts();
    facts.bucket = bucket("us-east-1", &[(Setting::Tagging, r#"{"TagSet":[]}"#)]);
    let plan = plan(&answers(), &facts);
    assert_eq!(plan.change("bucket").unwrap().action, Action::Conflict);
    for id in ["bucket-tls", "bucket-versioning", "bucket-lifecycle"] {
        assert_eq!(plan.change(id).unwrap().action, Action::Conflict, "{id}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_its_state() {
    let mut answers = answers();
    answers.encryption.kind = EncryptionKind::Kms;
    answers.encryption.key = Some(KmsKeyRef::parse("alias/retired").unwrap());
    let mut facts = facts();
    names(&problems(&answers, &facts), "encryption.key", &["there is no key", "region"]);
    facts.key = Some(key("Disabled"));
    names(&problems(&answers, &facts), "encryption.key", &["Disabled"]);
}

#[test]
fn a_provider_without_the_audience_gets_it_and_one_with_it_is_kept() {
    let mut facts = facts();
    facts.site.provider = Some(provider(&["sigstore"]));
    assert_eq!(plan(&answers(), &facts).change("oidc-provider").unwrap().action, Action::Update);
    facts.site.provider = Some(provider(&["sigstore", "sts.amazonaws.com"]));
    assert_eq!(plan(&answers(), &facts).change("oidc-provider").unwrap().action, Action::Keep);
}

#[test]
fn a20_a_trust_policy_over_the_quota_is_refused_before_it_is_sent() {
    let statement = |n: usize| {
        format!(
            r#"{{"Sid":"Other{n}","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:role/{}"}},"Action":"sts:AssumeRole"}}"#,
            "x".repeat(50)
        )
    };
    let all: Vec<String> = (0..12).map(statement).collect();
    let trust = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, all.join(","));
    let mut facts = facts();
    facts.site.role = Some(role("lifeboat-velero-us-east-1-prod", &trust, &[("managed-by", "lifeboat")]));
    names(&problems(&answers(), &facts), "role.name", &["characters", "2048", "L-C07B4B0D"]);
}
