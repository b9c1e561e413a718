//! What an operator needs for the very plan: each call of it is in one of the two halves, and nothing of what it
//! does not do.

use crate::bars::grid::grid;
use crate::told;
use crate::world::{answers, cluster, document, facts, plan};
use lifeboat::domain::{ClusterName, Identity, KmsKeyRef, Region, Tool};
use lifeboat::plan::answers::{Answers, EncryptionKind, RestoreClusterAnswer};
use lifeboat::plan::{Facts, Plan, SiteFacts, rights};
use serde_json::Value;
use std::collections::BTreeSet;

/// What each op asks for, by the name that it has in a journal: an IAM action, or `verb resource`.
const NEEDS: [(&str, &str); 34] = [
    ("create-provider", "iam:CreateOpenIDConnectProvider"),
    ("add-audience", "iam:AddClientIDToOpenIDConnectProvider"),
    ("create-bucket", "s3:CreateBucket"),
    ("create-key", "kms:CreateKey"),
    ("create-alias", "kms:CreateAlias"),
    ("rotate", "kms:EnableKeyRotation"),
    ("create-role", "iam:CreateRole"),
    ("put-trust", "iam:UpdateAssumeRolePolicy"),
    ("describe-role", "iam:UpdateRole"),
    ("put-boundary", "iam:PutRolePermissionsBoundary"),
    ("tag-role", "iam:TagRole"),
    ("put-role-policy", "iam:PutRolePolicy"),
    ("attach-policy", "iam:AttachRolePolicy"),
    ("password", "create secrets"),
    ("copy-password", "create secrets"),
    ("prove-token", "create serviceaccounts/token"),
    ("upgrade", "create deployments"),
    ("await-location", "get backupstoragelocations"),
    ("await-schedule", "get schedules"),
    ("await-healthy", "get deployments"),
    ("canary", "create backups"),
    ("record", "create configmaps"),
    ("put-setting", "s3:PutBucketVersioning"),
    ("restore-elsewhere", "create restores"),
    ("restart", "patch deployments"),
    ("await-types", "get namespaces"),
    ("encryption-secret", "create secrets"),
    ("await-rancher", "watch backups"),
    ("rancher-canary", "delete backups"),
    ("await-account", "watch serviceaccounts"),
    ("restart-controller", "patch deployments"),
    ("await-space", "watch deployments"),
    ("space-canary", "delete backups"),
    ("create-association", "eks:CreatePodIdentityAssociation"),
];

fn with_dr() -> (Answers, Facts) {
    let mut answers = answers();
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    let mut facts = facts();
    facts.restores.push(SiteFacts::bare(cluster("dr", "us-west-2")));
    (answers, facts)
}

/// All that is allowed by the two halves, as in [`NEEDS`].
fn allowed(plan: &Plan) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(document(plan, "operator-policy.json")).unwrap();
    let actions = policy["Statement"].as_array().unwrap().iter().flat_map(|one| one["Action"].as_array().unwrap());
    let mut out: BTreeSet<String> = actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    for site in 0..plan.sites.len() {
        out.extend(rights(plan, site).into_iter().map(|right| format!("{} {}", right.verb, right.resource)));
    }
    out
}

/// The ops of a plan by their names, those on an object with the verb and the kind that they need.
fn tags(plan: &Plan) -> BTreeSet<(String, Option<String>)> {
    let ops = plan.changes.iter().flat_map(|change| &change.ops);
    let tag = |op: Value| {
        let tag = op["op"].as_str().unwrap().to_owned();
        let verb = tag.strip_suffix("-object").map(str::to_owned);
        let kind = op["kind"].as_str().map(|kind| kind.replace("rancher-", "").replace('-', "") + "s");
        (tag, verb.zip(kind).map(|(verb, kind)| format!("{verb} {kind}")))
    };
    ops.map(|op| tag(serde_json::to_value(op).unwrap())).collect()
}

#[test]
fn every_call_of_every_plan_is_in_one_of_the_halves() {
    let (dr, dr_facts) = with_dr();
    let mut new_key = answers();
    new_key.encryption.kind = EncryptionKind::Kms;
    new_key.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
    let mut more = vec![plan(&dr, &dr_facts), plan(&new_key, &facts())];
    for tool in [Tool::RancherBackup, Tool::UpboundSpaces] {
        for identity in [Identity::Irsa, Identity::PodIdentity] {
            let answers = told::answers(tool, identity, "new", "acme-backups", 0);
            more.push(plan(&answers, &told::facts(&answers).expect("the demo world answers")));
        }
    }
    let mut seen = BTreeSet::new();
    for plan in grid().iter().map(|made| &made.plan).chain(&more) {
        let allowed = allowed(plan);
        for (tag, on) in tags(plan) {
            let need = match NEEDS.iter().find(|(op, _)| *op == tag) {
                Some((_, need)) => *need,
                None if on.is_some() => on.as_deref().unwrap(),
                // What AWS does by itself.
                None if tag == "await-addon" => "eks:DescribeAddon",
                None if tag == "create-addon" => "eks:CreateAddon",
                None if tag == "update-association" => "eks:UpdatePodIdentityAssociation",
                None => panic!("nobody says what {tag} needs"),
            };
            // Of a Space's chart nobody knows all kinds.
            let all = format!("{} *", need.split(' ').next().unwrap());
            assert!(allowed.contains(need) || allowed.contains(&all), "{tag} needs {need}: {allowed:?}");
            seen.insert(tag);
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn a_plan_that_keeps_all_needs_to_read_only() {
    let first = plan(&answers(), &facts());
    let mut kept = first.clone();
    for change in &mut kept.changes {
        change.action = lifeboat::plan::Action::Keep;
        change.ops.clear();
    }
    let asked = |plan: &Plan| plan.document("operator-policy.json").unwrap().text.clone();
    assert!(asked(&first).contains("s3:CreateBucket") && !asked(&kept.clone()).contains("s3:CreateBucket"));
    let verbs: BTreeSet<String> = rights(&kept, 0).into_iter().map(|right| right.verb).collect();
    assert_eq!(verbs.iter().map(String::as_str).collect::<Vec<_>>(), ["get", "list"]);
}

#[test]
fn each_cluster_has_a_manifest_of_its_own_and_each_role_its_arn() {
    let (answers, facts) = with_dr();
    let plan = plan(&answers, &facts);
    let here = document(&plan, "operator-rbac.yaml");
    let there = document(&plan, "operator-rbac-dr.yaml");
    assert!(here.contains("--cluster-name prod") && there.contains("--cluster-name dr"));
    for text in [here, there] {
        let kinds: Vec<String> = text
            .split("---\n")
            .skip(1)
            .map(|one| serde_yaml::from_str::<Value>(one).expect("YAML")["kind"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]);
    }
    assert!(here.contains("deletebackuprequests") && here.contains("serviceaccounts/token"), "{here}");
    let policy = document(&plan, "operator-policy.json");
    for arn in ["role/lifeboat-velero-us-east-1-prod", "role/lifeboat-velero-us-west-2-dr-read", "cluster/dr"] {
        assert!(policy.contains(arn), "{arn}: {policy}");
    }
}

#[test]
fn an_operator_is_never_given_everything() {
    let (answers, facts) = with_dr();
    let plan = plan(&answers, &facts);
    for right in (0..2).flat_map(|site| rights(&plan, site)) {
        assert!(right.verb != "*" && right.resource != "*" && right.group != "*", "{right:?}");
        // The chart binds Velero's account to it, so whoever installs the chart must be allowed to.
        assert!(!matches!(right.verb.as_str(), "impersonate"), "{right:?}");
        let secrets = right.resource == "secrets" && right.namespace.is_empty();
        assert!(!secrets, "Secrets of all namespaces: {right:?}");
    }
}
