//! What others made stays: values, lists by name, lifecycle rules, service accounts.

use crate::world::{OURS, answers, bucket, document, facts, plan};
use lifeboat::plan::{Action, Op, Password};
use lifeboat::ports::{Release, Setting};
use serde_json::{Value, json};

fn release(values: Value) -> Release {
    Release {
        name: "velero".to_owned(),
        namespace: "velero".to_owned(),
        revision: 3,
        status: "deployed".to_owned(),
        chart: "velero".to_owned(),
        version: "12.1.0".to_owned(),
        app_version: "1.18.3".to_owned(),
        values,
    }
}

fn values(plan: &lifeboat::plan::Plan) -> Value {
    serde_yaml::from_str(document(plan, "values.yaml")).expect("values.yaml is YAML")
}

#[test]
fn foreign_plugins_and_locations_of_an_installed_release_survive() {
    let mut facts = facts();
    facts.site.release = Some(release(json!({
        "initContainers": [
            {"name": "foreign", "image": "example.com/plugin:v1"},
            {"name": "velero-plugin-for-aws", "image": "velero/velero-plugin-for-aws:v1.9.0", "resources": {"limits": {"cpu": "1"}}}
        ],
        "configuration": {"backupStorageLocation": [{"name": "azure", "provider": "azure", "bucket": "x"}], "features": ""},
        "podAnnotations": {"lifeboat/identity": "0011223344556677"}
    })));
    let plan = plan(&answers(), &facts);
    assert_eq!(plan.change("helm-release").unwrap().action, Action::Update);
    let values = values(&plan);
    let containers = values["initContainers"].as_array().unwrap();
    assert_eq!(containers.len(), 2);
    assert_eq!(containers[0]["name"], "foreign");
    assert_eq!(containers[1]["image"], "velero/velero-plugin-for-aws:v1.14.3");
    assert_eq!(containers[1]["resources"]["limits"]["cpu"], "1");
    let locations = values["configuration"]["backupStorageLocation"].as_array().unwrap();
    assert_eq!(
        locations.iter().map(|location| location["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["azure", "default"]
    );
}

#[test]
fn a_release_of_somebody_else_waits_for_consent() {
    let mut facts = facts();
    facts.site.release = Some(release(json!({"credentials": {"useSecret": true}})));
    let mut answers = answers();
    assert_eq!(plan(&answers, &facts).change("helm-release").unwrap().action, Action::Conflict);
    answers.consent.adopt.insert("helm-release".to_owned());
    assert_eq!(plan(&answers, &facts).change("helm-release").unwrap().action, Action::Update);
}

#[test]
fn a_value_that_an_earlier_run_set_and_this_one_does_not_is_taken_out_and_the_users_stays() {
    use lifeboat::plan::answers::Feature;
    let mut with = answers();
    with.velero.features.insert(Feature::FileSystemBackup);
    let first = plan(&with, &facts());
    let mut facts = facts();
    let mut installed = values(&first);
    assert_eq!(installed["deployNodeAgent"], true);
    installed["resources"] = json!({"requests": {"cpu": "1"}});
    facts.site.release = Some(release(installed));
    let Some(Op::Record { data, .. }) = first.change("record").unwrap().ops.first() else { panic!("a record") };
    facts.site.kube.record = Some(json!({"data": data}));
    let second = values(&plan(&answers(), &facts));
    assert_eq!(second.get("deployNodeAgent"), None, "{second}");
    assert_eq!(second["resources"]["requests"]["cpu"], "1");
}

#[test]
fn the_users_values_that_ours_overrule_are_named() {
    let mut answers = answers();
    answers.user_values = Some(json!({"credentials": {"useSecret": true}, "resources": {}}));
    let plan = plan(&answers, &facts());
    assert!(plan.notes.iter().any(|note| note.contains("credentials.useSecret")), "{:?}", plan.notes);
    assert!(!plan.notes.iter().any(|note| note.contains("resources")), "{:?}", plan.notes);
}

#[test]
fn a_secret_in_the_users_values_is_in_no_document() {
    let mut answers = answers();
    answers.user_values = Some(json!({"credentials": {"secretContents": {"cloud": "PLANTED-SECRET"}}}));
    let plan = plan(&answers, &facts());
    for document in plan.documents() {
        assert!(!document.text.contains("PLANTED-SECRET"), "{}", document.path);
    }
}

#[test]
fn lifecycle_rules_of_others_are_sent_again_as_they_were() {
    let theirs =
        json!({"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}});
    let mut facts = facts();
    facts.bucket = bucket("us-east-1", &[OURS, (Setting::Lifecycle, &json!({"Rules": [theirs]}).to_string())]);
    let plan = plan(&answers(), &facts);
    let sent: Value = serde_json::from_str(document(&plan, "lifecycle.json")).unwrap();
    assert_eq!(sent["Rules"][0], theirs);
    assert_eq!(sent["Rules"][1]["Filter"]["Prefix"], "velero/us-east-1/prod/");
    assert!(sent["Rules"][1]["Expiration"].get("Days").is_none(), "current objects never expire by us");
}

#[test]
fn trust_and_bucket_statements_of_others_stay_byte_for_byte() {
    let theirs = r#"{ "Sid":"Theirs",  "Effect":"Allow","Principal":{"AWS":"AROADELETED"},"Action":"sts:AssumeRole" , "Unknown":{"b":1,"a":[2, 3]}}"#;
    let trust = format!(r#"{{"Version":"2008-10-17","Id":"x","Statement":{theirs}}}"#);
    let mut facts = facts();
    facts.site.role = Some(crate::world::role("lifeboat-velero-us-east-1-prod", &trust, &[("managed-by", "lifeboat")]));
    let plan = plan(&answers(), &facts);
    let sent = document(&plan, "trust.json");
    assert!(sent.contains(theirs), "{sent}");
    assert!(sent.contains("system:serviceaccount:velero:velero-server"), "{sent}");
}

#[test]
fn a_service_account_of_eksctl_waits_for_consent_and_helm_then_takes_it_over() {
    let mut facts = facts();
    facts.site.kube.service_account = Some(json!({"metadata": {
        "name": "velero-server", "namespace": "velero",
        "labels": {"app.kubernetes.io/managed-by": "eksctl"},
        "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/old"}
    }}));
    let mut answers = answers();
    let asked = plan(&answers, &facts);
    let change = asked.change("service-account").unwrap();
    assert_eq!(change.action, Action::Conflict);
    assert!(change.why.contains("eksctl"), "{}", change.why);
    answers.consent.adopt.insert("service-account".to_owned());
    let adopted = plan(&answers, &facts);
    let change = adopted.change("service-account").unwrap();
    let Some(Op::PatchObject { merge, back, .. }) = change.ops.first() else { panic!("{:?}", change.ops) };
    assert_eq!(merge["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    assert_eq!(back["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], "arn:aws:iam::111122223333:role/old");
}

#[test]
fn a_public_repository_password_is_replaced_only_while_nothing_is_encrypted_with_it() {
    let mut facts = facts();
    facts.site.kube.password = Password::Public;
    let mut answers = answers();
    assert_eq!(plan(&answers, &facts).change("repository-password").unwrap().action, Action::Conflict);
    answers.consent.adopt.insert("repository-password".to_owned());
    assert_eq!(plan(&answers, &facts).change("repository-password").unwrap().action, Action::Update);
    facts.site.kube.repositories = 1;
    let kept = plan(&answers, &facts);
    assert_eq!(kept.change("repository-password").unwrap().action, Action::Keep);
    assert!(kept.notes.iter().any(|note| note.contains("public default")), "{:?}", kept.notes);
}

#[test]
fn declined_hardening_is_kept_out_and_the_rest_is_made() {
    let mut facts = facts();
    facts.bucket = bucket("us-east-1", &[]);
    let mut answers = answers();
    answers.bucket.create = false;
    for id in ["bucket-ownership", "bucket-public-access", "bucket-versioning", "bucket-lifecycle", "bucket-encryption"]
    {
        answers.consent.leave.insert(id.to_owned());
    }
    answers.consent.adopt.insert("bucket-tls".to_owned());
    let plan = plan(&answers, &facts);
    assert!(plan.conflicts().is_empty());
    assert_ne!(plan.change("bucket-tls").unwrap().action, Action::Keep);
    assert!(plan.change("bucket-versioning").unwrap().ops.is_empty());
}
