//! Upbound Spaces: its documents, what its trust covers, and what refuses a plan.

use crate::golden::whole;
use crate::space::{add, host_namespace, labelled, space_answers, space_facts};
use crate::world::{document, plan, problems, role};
use lifeboat::domain::{KmsKeyRef, Namespace, Region};
use lifeboat::plan::answers::{Answers, DeletionPolicy, EncryptionKind, SpacesTrust};
use lifeboat::plan::{Action, Op, Plan};
use serde_json::{Value, json};

fn pattern() -> Answers {
    let mut answers = space_answers();
    answers.spaces.trust = SpacesTrust::Pattern;
    answers
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().map(|change| change.id.as_str()).collect()
}

#[test]
fn golden_control_planes_by_name() {
    insta::assert_snapshot!("spaces-enumerated", whole(&plan(&space_answers(), &space_facts(2))));
}

#[test]
fn golden_control_planes_by_pattern_in_china_with_a_new_key() {
    let mut answers = pattern();
    answers.cluster.region = Region::parse("cn-north-1").unwrap();
    answers.encryption.kind = EncryptionKind::Kms;
    answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
    answers.spaces.deletion_policy = DeletionPolicy::Orphan;
    answers.spaces.control_planes = vec!["team-0/plane-1".parse().unwrap(), "team-0/own".parse().unwrap()];
    let mut facts = space_facts(2);
    add(facts.site.space.as_mut().unwrap(), "team-0", "own", 7, Some("acme-own"));
    facts.caller.arn = "arn:aws-cn:iam::111122223333:user/ada".to_owned();
    facts.caller.partition = "aws-cn".to_owned();
    facts.site.cluster.arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod".to_owned();
    insta::assert_snapshot!("spaces-pattern", whole(&plan(&answers, &facts)));
}

#[test]
fn each_change_comes_after_what_it_needs() {
    let plan = plan(&space_answers(), &space_facts(1));
    let (ids, host) = (ids(&plan), host_namespace(0));
    let at = |id: &str| ids.iter().position(|there| *there == id).unwrap_or_else(|| panic!("{id} of {ids:?}"));
    let order = [
        "permissions".to_owned(),
        format!("token-proof:{host}"),
        "helm-release".to_owned(),
        format!("service-account:{host}"),
        format!("restart:{host}"),
        "healthy".to_owned(),
        "canary:team-0/plane-0".to_owned(),
        "record".to_owned(),
    ];
    assert!(order.windows(2).all(|pair| at(&pair[0]) < at(&pair[1])), "{ids:?}");
    assert!(at("location:team-0") < at("schedule:team-0") && at("schedule:team-0") < at("healthy"), "{ids:?}");
    assert_eq!(plan.must, ["token", "backup", "delete"]);
    assert_eq!(plan.beyond, ["restore", "schedules"]);
}

#[test]
fn upbound_10_eighteen_control_planes_fit_and_the_next_is_offered_the_pattern() {
    let near = plan(&space_answers(), &space_facts(18));
    assert!(near.notes.iter().any(|note| note.contains("spaces.trust = \"pattern\"")), "{:?}", near.notes);
    let refused = problems(&space_answers(), &space_facts(19)).to_string();
    assert!(refused.contains("IAM takes 2048") && refused.contains("spaces.trust = \"pattern\""), "{refused}");
    let all = plan(&pattern(), &space_facts(200));
    assert_eq!(all.changes.iter().filter(|change| change.id.starts_with("restart:")).count(), 200);
    // Of so many an export each would take hours: one in each group, and a token of every one.
    assert_eq!(all.changes.iter().filter(|change| change.id.starts_with("canary:")).count(), 20);
    assert_eq!(all.changes.iter().filter(|change| change.id.starts_with("token-proof:")).count(), 200);
    assert!(document(&all, "trust.json").len() < 1000);
}

#[test]
fn a_namespace_that_the_space_does_not_call_its_own_is_not_trusted() {
    let mut facts = space_facts(1);
    let space = facts.site.space.as_mut().unwrap();
    // Whoever may make control planes names the payroll's namespace, where a service account of that name stands.
    add(space, "team-0", "thief", 8, Some("payroll"));
    space.labelled.retain(|object| object["metadata"]["name"] != "payroll");
    add(space, "team-0", "other", 9, Some("elsewhere"));
    space.labelled.pop();
    space.labelled.push(labelled("elsewhere", "team-0", "somebody"));
    for answers in [space_answers(), pattern()] {
        let plan = plan(&answers, &facts);
        let trust = document(&plan, "trust.json");
        assert!(!trust.contains("payroll") && !trust.contains("elsewhere"), "{trust}");
        let told = |name: &str| plan.notes.iter().any(|note| note.contains(name) && note.contains("is not covered"));
        assert!(told("team-0/thief") && told("team-0/other"), "{:?}", plan.notes);
    }
}

#[test]
fn the_users_values_stay_and_another_role_waits_for_consent() {
    let mut facts = space_facts(1);
    let release = facts.site.release.as_mut().unwrap();
    let path = "/controlPlanes/mxpController/serviceAccount/annotations";
    release.values["controlPlanes"] = json!({"mxpController": {"serviceAccount": {"annotations": {
        "acme/owner": "platform", "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/theirs"}}}});
    let change = plan(&space_answers(), &facts).change("helm-release").unwrap().clone();
    assert_eq!(change.action, Action::Conflict);
    assert!(change.whose().contains("arn:aws:iam::111122223333:role/theirs"), "{}", change.why);
    let mut answers = space_answers();
    answers.consent.adopt.insert("helm-release".to_owned());
    answers.user_values = Some(json!({"metering": {"enabled": false}}));
    let plan = plan(&answers, &facts);
    let values: Value = serde_yaml::from_str(document(&plan, "helm/prod/spaces/values.yaml")).unwrap();
    assert_eq!(values["externalTLS"]["tlsSecret"]["name"], "acme-spaces-tls");
    assert_eq!(values["metering"]["enabled"], false);
    let annotations = values.pointer(path).unwrap();
    assert_eq!(annotations["acme/owner"], "platform");
    assert_eq!(annotations["eks.amazonaws.com/role-arn"], plan.names.role_arn.as_str());
    assert!(values["backup"].is_null() && values["billing"].is_null(), "upbound-1, upbound-2: never set");
}

#[test]
fn what_exists_in_a_group_is_taken_over_with_consent_only_and_put_back_by_undo() {
    let mut facts = space_facts(1);
    let spec = json!({"objectStorage": {"provider": "AWS", "bucket": "theirs", "credentials": {"source": "Secret",
        "secretRef": {"name": "keys"}}, "config": {"endpoint": "s3.us-east-1.amazonaws.com"}}});
    let there = json!({"metadata": {"name": "lifeboat", "namespace": "team-0"}, "spec": spec});
    facts.site.space.as_mut().unwrap().configs = vec![there];
    assert_eq!(plan(&space_answers(), &facts).change("location:team-0").unwrap().action, Action::Conflict);
    let mut answers = space_answers();
    answers.consent.adopt.insert("location:team-0".to_owned());
    let plan = plan(&answers, &facts);
    let Op::PatchObject { merge, back, .. } = &plan.change("location:team-0").unwrap().ops[0] else { panic!() };
    let storage = &merge["spec"]["objectStorage"];
    assert_eq!(storage["credentials"], json!({"source": "InjectedIdentity", "secretRef": null}));
    assert_eq!(
        back["spec"]["objectStorage"]["credentials"],
        json!({"source": "Secret", "secretRef": {"name": "keys"}})
    );
    assert_eq!(back["spec"]["objectStorage"]["prefix"], Value::Null);
}

#[test]
fn what_the_server_or_a_user_adds_to_an_object_of_ours_is_theirs() {
    let mut facts = space_facts(1);
    let first = plan(&space_answers(), &facts);
    let object = |end: &str| -> Value {
        let mut object: Value = serde_yaml::from_str(document(&first, end)).unwrap();
        object["spec"]["suspend"] = json!(false);
        object["spec"]["useOwnerReferencesInBackup"] = json!(false);
        object
    };
    let space = facts.site.space.as_mut().unwrap();
    space.configs = vec![object("sharedbackupconfig-lifeboat.yaml")];
    let mut schedule = object("sharedbackupschedule-lifeboat.yaml");
    // An empty map may not come back.
    schedule["spec"]["controlPlaneSelector"]["labelSelectors"][0] = json!({});
    space.schedules = vec![schedule];
    let again = plan(&space_answers(), &facts);
    for id in ["location:team-0", "schedule:team-0"] {
        assert_eq!(again.change(id).unwrap().action, Action::Keep, "{id}: {:?}", again.change(id).unwrap().diff);
    }
    let mut root = space_answers();
    root.bucket.prefix = Some(lifeboat::domain::Prefix::parse("/").unwrap());
    let change = plan(&root, &facts).change("location:team-0").unwrap().clone();
    assert_eq!(change.diff, ["-  prefix: upbound-spaces/us-east-1/prod", "+  prefix: null"], "what is ours goes");
}

#[test]
fn a_login_that_helm_lacks_is_said_only_where_the_release_is_upgraded() {
    let mut facts = space_facts(1);
    facts.site.space.as_mut().unwrap().login = Some(false);
    let refused = problems(&space_answers(), &facts).to_string();
    assert!(refused.contains("helm registry login xpkg.upbound.io"), "{refused}");
    let role = "arn:aws:iam::111122223333:role/lifeboat-upbound-spaces-us-east-1-prod";
    facts.site.release.as_mut().unwrap().values["controlPlanes"] =
        json!({"mxpController": {"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role}}}});
    assert_eq!(plan(&space_answers(), &facts).change("helm-release").unwrap().action, Action::Keep);
}

#[test]
fn a_space_that_is_too_old_or_empty_is_refused() {
    let mut facts = space_facts(1);
    facts.site.release.as_mut().unwrap().version = "1.11.2".to_owned();
    assert!(problems(&space_answers(), &facts).to_string().contains("version 1.11.2"), "upbound-25");
    let none = problems(&space_answers(), &space_facts(0)).to_string();
    assert!(none.contains("no control plane of prod can be trusted by name yet"), "{none}");
    let empty = plan(&pattern(), &space_facts(0));
    assert!(ids(&empty).contains(&"helm-release"), "the pattern trusts what comes: {:?}", ids(&empty));
}

#[test]
fn a20_two_spaces_in_one_role_leave_each_others_statement_as_it_is() {
    let first = plan(&space_answers(), &space_facts(2));
    let trust = document(&first, "trust.json");
    let mut facts = space_facts(3);
    facts.site.role = Some(role("lifeboat-upbound-spaces-us-east-1-prod", trust, &[("managed-by", "lifeboat")]));
    facts.site.cluster.arn = facts.site.cluster.arn.replace("prod", "staging");
    facts.site.cluster.name = "staging".to_owned();
    let mut answers = space_answers();
    answers.cluster.name = lifeboat::domain::ClusterName::parse("staging").unwrap();
    answers.role.name = Some(lifeboat::domain::RoleName::parse("lifeboat-upbound-spaces-us-east-1-prod").unwrap());
    let second = plan(&answers, &facts);
    let merged = document(&second, "trust.json");
    let body = trust.split_once("\"Statement\": [").unwrap().1.trim_end().trim_end_matches(['}', ']', '\n', ' ']);
    assert!(merged.contains(body.trim_end()), "{merged}");
    assert_eq!(merged.matches("\"Sid\"").count(), 2);
}

#[test]
fn groups_and_control_planes_narrow_the_set_up() {
    let mut answers = space_answers();
    answers.spaces.groups = vec![Namespace::parse("team-1").unwrap()];
    let plan = plan(&answers, &space_facts(12));
    assert!(document(&plan, "trust.json").contains(&host_namespace(11)));
    assert!(!document(&plan, "trust.json").contains(&host_namespace(3)));
    assert_eq!(plan.changes.iter().filter(|change| change.id.starts_with("location:")).count(), 1);
}
