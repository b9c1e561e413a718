//! Installs of others: their names win over defaults, the answers' own words over theirs; keys are switched off and
//! named; the values fit the chart that is meant.

use crate::world::{answers, cluster, document, facts, plan, problems};
use lifeboat::domain::{ClusterName, Identity, Namespace, Region, ReleaseName, ServiceAccount};
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer};
use lifeboat::plan::{Action, Facts, Op, SiteFacts};
use lifeboat::ports::Release;
use serde_json::{Value, json};

fn release(namespace: &str, name: &str, version: &str, values: Value) -> Release {
    Release {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        revision: 3,
        status: "deployed".to_owned(),
        chart: "velero".to_owned(),
        version: version.to_owned(),
        app_version: "1.18.3".to_owned(),
        values,
    }
}

/// Facts in which these releases were found; the first is the one that is read.
fn with(releases: Vec<Release>) -> Facts {
    let mut facts = facts();
    facts.site.release = releases.first().cloned();
    facts.site.found.releases = releases;
    facts
}

fn values(plan: &lifeboat::plan::Plan) -> Value {
    serde_yaml::from_str(document(plan, "values.yaml")).expect("values.yaml is YAML")
}

#[test]
fn the_names_of_a_release_that_is_found_win_over_defaults_and_the_answers_own_over_them() {
    let facts = with(vec![release("ops", "backup", "12.1.0", json!({}))]);
    let names = plan(&answers(), &facts).names;
    assert_eq!((names.namespace.as_str(), names.release.as_str()), ("ops", "backup"));
    assert_eq!(
        (names.service_account.as_str(), names.schedule.as_str()),
        ("backup-velero-server", "backup-velero-lifeboat")
    );
    let mut answers = answers();
    answers.install.service_account = Some(ServiceAccount::parse("own").unwrap());
    assert_eq!(plan(&answers, &facts).names.service_account, "own");
    answers.install.namespace = Some(Namespace::parse("elsewhere").unwrap());
    let names = plan(&answers, &with(vec![])).names;
    assert_eq!((names.namespace.as_str(), names.release.as_str()), ("elsewhere", "velero"));
}

#[test]
fn the_service_account_follows_the_charts_rules_and_is_never_the_default_one() {
    for (values, expected) in [
        (json!({"serviceAccount": {"server": {"name": "theirs"}}}), "theirs"),
        (json!({"fullnameOverride": "foo"}), "foo-server"),
        (json!({"nameOverride": "bk"}), "backup-bk-server"),
        (json!({"serviceAccount": {"server": {"create": false}}}), "velero-server"),
        (json!({"serviceAccount": {"server": {"create": false, "name": "made"}}}), "made"),
    ] {
        let facts = with(vec![release("ops", "backup", "12.1.0", values.clone())]);
        assert_eq!(plan(&answers(), &facts).names.service_account, expected, "{values}");
    }
}

#[test]
fn the_same_answers_give_the_same_digest_whether_names_are_said_or_found() {
    let facts = with(vec![release("ops", "backup", "12.1.0", json!({}))]);
    let mut said = answers();
    said.install.namespace = Some(Namespace::parse("ops").unwrap());
    said.install.release = Some(ReleaseName::parse("backup").unwrap());
    said.install.service_account = Some(ServiceAccount::parse("backup-velero-server").unwrap());
    assert_eq!(plan(&said, &facts).digest, plan(&answers(), &facts).digest);
    let again = Answers::parse(&answers().to_toml()).unwrap();
    assert_eq!(plan(&again, &facts).digest, plan(&answers(), &facts).digest);
}

#[test]
fn more_than_one_release_is_a_problem_that_lists_them_until_the_answers_say_which() {
    let all = || vec![release("a", "velero", "12.1.0", json!({})), release("b", "backup", "12.1.0", json!({}))];
    let problems = problems(&answers(), &with(all()));
    let problem = &problems.0[0];
    assert_eq!(problem.field, "install.release");
    assert!(problem.what.as_str().contains("a/velero, b/backup"), "{}", problem.what);
    let mut answers = answers();
    answers.install.release = Some(ReleaseName::parse("backup").unwrap());
    assert_eq!(plan(&answers, &with(all())).names.namespace, "b");
}

#[test]
fn a_restore_clusters_release_is_found_by_itself() {
    let mut answers = answers();
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    let mut facts = facts();
    let mut site = SiteFacts::bare(cluster("dr", "us-west-2"));
    site.found.releases.push(release("ops", "backup", "12.1.0", json!({})));
    site.release = site.found.releases.first().cloned();
    facts.restores.push(site);
    let plan = plan(&answers, &facts);
    assert_eq!((plan.sites[0].namespace.as_str(), plan.sites[1].namespace.as_str()), ("velero", "ops"));
    assert_eq!(plan.sites[1].release, "backup");
}

#[test]
fn a_static_key_is_switched_off_its_secret_left_and_how_it_goes_is_said() {
    let key = json!({"credentials": {"secretContents": {"cloud": "PLANTED"}}, "configuration": {
    "extraEnvVars": [{"name": "AWS_ACCESS_KEY_ID", "value": "x"}, {"name": "TEAM", "value": "y"}],
    "backupStorageLocation": [
        {"name": "default", "provider": "aws", "bucket": "acme-backups", "prefix": "velero/us-east-1/prod",
         "credential": {"name": "k", "key": "cloud"}, "config": {"profile": "p"}},
        {"name": "second", "provider": "aws", "bucket": "another"}
    ]}});
    let mut answers = answers();
    answers.consent.adopt.insert("helm-release".to_owned());
    let plan = plan(&answers, &with(vec![release("velero", "velero", "12.1.0", key)]));
    let change = plan.change("helm-release").unwrap();
    let Some(Op::PatchObject { name, merge, .. }) = change.ops.first() else { panic!("{:?}", change.ops) };
    assert_eq!(name, "velero");
    assert_eq!(merge["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    assert!(change.diff.iter().any(|line| line.contains("useSecret: false")), "{:?}", change.diff);
    let note = |words: &[&str]| plan.notes.iter().any(|note| words.iter().all(|word| note.contains(word)));
    assert!(note(&["Secret velero/velero", "--status Inactive", "kubectl delete secret"]), "{:#?}", plan.notes);
    assert!(note(&["second", "s3://another", "credential of its own"]), "{:#?}", plan.notes);
    assert!(note(&["AWS_ACCESS_KEY_ID", "instead of the role"]), "{:#?}", plan.notes);
    let values = values(&plan);
    let ours = &values["configuration"]["backupStorageLocation"][0];
    assert!(ours.get("credential").is_none() && ours["config"].get("profile").is_none(), "{ours}");
    assert_eq!(values["configuration"]["extraEnvVars"], json!([{"name": "TEAM", "value": "y"}]));
    assert!(plan.documents().all(|it| !it.text.contains("PLANTED")));
}

#[test]
fn a_location_that_points_elsewhere_asks_for_itself() {
    let mut facts = with(vec![release("velero", "velero", "12.1.0", json!({"credentials": {"useSecret": false}}))]);
    facts.site.kube.location =
        Some(json!({"metadata": {"name": "default"}, "spec": {"objectStorage": {"bucket": "old", "prefix": "x"}}}));
    let mut answers = answers();
    answers.consent.adopt.insert("helm-release".to_owned());
    answers.consent.leave.insert("location".to_owned());
    let asked = plan(&answers, &facts);
    let change = asked.change("location").unwrap();
    assert_eq!(change.action, Action::Conflict, "it cannot be left while the release makes it");
    assert!(change.why.contains("s3://old/x") && change.why.contains("another velero.location"), "{}", change.why);
    answers.consent.leave.clear();
    answers.consent.adopt.insert("location".to_owned());
    assert_eq!(plan(&answers, &facts).change("location").unwrap().action, Action::Update);
}

#[test]
fn a_chart_older_than_supported_names_the_upgrade_by_identity() {
    let mut answers = answers();
    let facts = with(vec![release("velero", "velero", "6.7.0", json!({}))]);
    assert!(plan(&answers, &facts).change("helm-release").is_some(), "6.7.0 will do with IRSA");
    answers.identity = Identity::PodIdentity;
    let text = problems(&answers, &facts).to_string();
    assert!(text.contains("7.0.0") && text.contains("install.version = \"12.1.0\""), "{text}");
    answers.identity = Identity::Irsa;
    let text = problems(&answers, &with(vec![release("velero", "velero", "5.1.0", json!({}))])).to_string();
    assert!(text.contains("5.1.0") && text.contains("6.0.0"), "{text}");
}

#[test]
fn a_users_value_under_a_name_of_before_is_moved_and_said() {
    let mut answers = answers();
    answers.user_values = Some(json!({"deployRestic": true, "configuration": {"extraEnvVars": {"A": "1"}}}));
    let plan = plan(&answers, &facts());
    let values = values(&plan);
    assert_eq!((&values["deployNodeAgent"], &values["deployRestic"]), (&json!(true), &Value::Null));
    assert_eq!(values["configuration"]["extraEnvVars"], json!([{"name": "A", "value": "1"}]));
    let said = |word: &str| plan.notes.iter().any(|note| note.contains("your values") && note.contains(word));
    assert!(said("deployRestic is called deployNodeAgent") && said("extraEnvVars is a list"), "{:#?}", plan.notes);
}

#[test]
fn the_images_are_those_of_the_chart_that_is_meant_mirrored_where_asked() {
    let images = |version: &str, values: Value, mirror: &str| {
        let mut answers = answers();
        answers.install.image_registry = mirror.to_owned();
        let mut facts = with(vec![release("velero", "velero", version, values)]);
        facts.site.kube.version = "v1.34.4-eks-1a2b3c4".to_owned();
        let plan = plan(&answers, &facts);
        document(&plan, "images.txt").lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let old = json!({"image": {"tag": "v1.16.2"}, "initContainers": [
        {"name": "aws", "image": "velero/velero-plugin-for-aws:v1.12.2"}, {"name": "x", "image": "acme/x:v1"}]});
    assert_eq!(
        images("10.0.10", old.clone(), ""),
        [
            "velero/velero:v1.16.2",
            "velero/velero-plugin-for-aws:v1.12.2",
            "docker.io/bitnami/kubectl:1.34",
            "acme/x:v1"
        ]
    );
    assert_eq!(
        images("11.3.2", old, "mirror.example/m/"),
        [
            "mirror.example/m/velero/velero:v1.16.2",
            "mirror.example/m/velero/velero-plugin-for-aws:v1.12.0",
            "mirror.example/m/bitnamilegacy/kubectl:1.34",
            "acme/x:v1"
        ]
    );
    assert_eq!(images("12.1.0", json!({}), ""), ["velero/velero:v1.18.3", "velero/velero-plugin-for-aws:v1.14.3"]);
    let cleaning = json!({"cleanUpCRDs": true});
    assert_eq!(images("12.1.0", cleaning, "m").last().unwrap(), "m/kubectl:v1.34.4");
}

#[test]
fn a_velero_of_the_cli_is_not_given_a_release() {
    let deployment = json!({"metadata": {"name": "velero", "namespace": "velero", "labels": {"component": "velero"}},
        "spec": {"template": {"spec": {"serviceAccountName": "velero", "initContainers": [
            {"name": "velero-velero-plugin-for-aws", "image": "velero/velero-plugin-for-aws:v1.5.0"}],
            "containers": [{"name": "velero", "image": "velero/velero:v1.14.0", "args": ["server", "--features=X"],
                "env": [{"name": "SECRET_OF_OTHERS", "value": "PLANTED"}]}]}}}});
    let mut facts = facts();
    facts.site.found.deployments.push(deployment.clone());
    facts.site.kube.deployment = Some(deployment);
    let mut answers = answers();
    answers.consent.adopt.insert("deployment".to_owned());
    answers.velero.features.insert(lifeboat::plan::answers::Feature::Csi);
    let made = plan(&answers, &facts);
    assert!(made.change("helm-release").is_none());
    assert_eq!(made.names.service_account, "velero");
    let change = made.change("deployment").unwrap();
    let Some(Op::EditWorkload { patch, back, .. }) = change.ops.first() else { panic!("{:?}", change.ops) };
    let spec = &patch["spec"]["template"]["spec"];
    assert_eq!(spec["initContainers"][0]["image"], "velero/velero-plugin-for-aws:v1.10.0", "too old for the identity");
    assert_eq!(spec["containers"][0]["args"], json!(["server", "--features=X,EnableCSI"]));
    assert!(!format!("{patch}{back}").contains("PLANTED"), "nothing else of the Deployment is sent or journalled");
    answers.install.release = Some(ReleaseName::parse("velero").unwrap());
    assert!(problems(&answers, &facts).to_string().contains("was not installed by Helm"));
}
