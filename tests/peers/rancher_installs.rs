//! Rancher Backup was there before lifeboat came, on real parts: with a key, by somebody else's helm, of a chart whose
//! pods no changed value restarts (rancher-F24); with eksctl's service account; from Argo CD's repository. And in two
//! clusters, with the Secret that encrypts.

use crate::hand::{Hand, permissions, whole};
use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::{Options, World};
use crate::world_or_skip;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const HOME: &str = "cattle-resources-system";
const BACKUP: &str = "resources.cattle.io/v1/Backup";
const OLD: &str = "old-backups";

/// The charts as one of an older line has them: no annotation for the pods is known, and nothing of the pods' template
/// goes by the values of the location.
fn older_charts(world: &World) -> PathBuf {
    let folder = world.dir().join("older-charts");
    for name in ["rancher-backup", "rancher-backup-crd"] {
        copy(&world.chart_of(name), &folder.join(name));
    }
    let edit = |file: &str, from: &str, to: &str| {
        let path = folder.join("rancher-backup").join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the chart");
        assert!(text.contains(from), "{file} has no {from:?}");
        std::fs::write(&path, text.replace(from, to)).expect("a file is written");
    };
    for name in ["rancher-backup", "rancher-backup-crd"] {
        edit(&format!("../{name}/Chart.yaml"), "version: 110.0.0+up11.0.0", "version: 109.0.0+up10.0.3");
    }
    edit("Chart.yaml", ">= 1.34.0-0\"\ndesc", ">= 1.33.0-0\"\ndesc");
    let checksum = "        checksum/s3: {{ include (print $.Template.BasePath \"/secret.yaml\") . | sha256sum }}\n";
    edit("templates/deployment.yaml", checksum, "");
    let annotations =
        "        {{- with .Values.extraAnnotations }}\n        {{- toYaml . | nindent 8 }}\n        {{- end }}\n";
    edit("templates/deployment.yaml", annotations, "");
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder of the chart") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The values of somebody who trusts keys.
fn keyed() -> Value {
    json!({"debug": true, "priorityClassName": "system-cluster-critical", "s3": {
        "enabled": true, "credentialSecretName": "keys", "credentialSecretNamespace": "ops", "bucketName": OLD,
        "folder": "team", "region": "us-east-1", "endpoint": "s3.us-east-1.amazonaws.com",
    }})
}

/// Answers for the charts of a folder, with more lines.
fn answers<'w>(world: &'w World, charts: &Path, more: &str) -> Lifeboat<'w> {
    let path = world.dir().join("answers.toml");
    let text = format!(
        "version = 1\ntool = \"rancher-backup\"\nidentity = \"irsa\"\n\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n\n[bucket]\nname = \"acme-backups\"\n\n[install]\nchart = \"{}\"\n\n{more}",
        charts.display()
    );
    std::fs::write(&path, text).expect("the answers are written");
    Lifeboat::with(world, path)
}

/// Somebody's bucket, and the Secret with his key to it; the key's id.
async fn key(hand: Hand<'_>) -> String {
    hand.world.s3().create_bucket().bucket(OLD).send().await.expect("a bucket");
    let actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"];
    let (id, secret) = hand.keys("rancher-user", &permissions(OLD, &[("team", &actions)])).await;
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": "ops"}})).await.expect("a namespace");
    let data = json!({"accessKey": id, "secretKey": secret});
    let keys = json!({"metadata": {"name": "keys"}, "stringData": data});
    hand.create("/v1/Secret", "ops", keys).await.expect("the key's Secret");
    id
}

/// The types, until they are served.
async fn served(hand: Hand<'_>) {
    for kind in ["backups", "restores", "resourcesets"] {
        let served = |it: &Value| {
            let all = it["status"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|one| one["type"] == "Established" && one["status"] == "True")
        };
        let name = format!("{kind}.resources.cattle.io");
        hand.until("apiextensions.k8s.io/v1/CustomResourceDefinition", "", &name, served).await;
    }
}

/// Somebody's key, charts and recurring Backup, which works; the key's id.
async fn installed(hand: Hand<'_>, charts: &Path) -> String {
    let id = key(hand).await;
    hand.helm("rancher-backup-crd", &charts.join("rancher-backup-crd"), HOME, &json!({})).await.expect("the types");
    served(hand).await;
    hand.helm("rancher-backup", &charts.join("rancher-backup"), HOME, &keyed()).await.expect("the operator");
    let spec = json!({"resourceSetName": "rancher-resource-set-basic", "schedule": "@daily"});
    hand.create(BACKUP, "", json!({"metadata": {"name": "daily"}, "spec": spec})).await.expect("a Backup");
    hand.until(BACKUP, "", "daily", |it| it["status"]["storageLocation"] == "S3").await;
    id
}

async fn keys(world: &World, bucket: &str) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket(bucket).send().await.expect("a list");
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

async fn helm_values(hand: Hand<'_>) -> Value {
    let values = ["get", "values", "rancher-backup", "-n", HOME, "-o", "json"];
    serde_json::from_str(&hand.run("helm", &values, None).await.expect("values")).expect("values are JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_with_a_static_key_is_adopted_restarted_and_proven_without_it() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let charts = older_charts(&world);
    let key = installed(hand, &charts).await;
    assert!(keys(&world, OLD).await.iter().all(|key| key.starts_with("team/daily-")), "it works by the key");
    let data = async || hand.until("/v1/Secret", "ops", "keys", |_| true).await["data"].clone();
    let place = async || hand.until("/v1/Secret", HOME, "rancher-backup-s3", |_| true).await["data"].clone();
    let (secret, location) = (data().await, place().await);

    let lifeboat = answers(&world, &charts, "");
    let plan = lifeboat.plan().await;
    assert_eq!(
        to_do(&plan).iter().filter(|it| it.starts_with("conflict")).collect::<Vec<_>>(),
        ["conflict helm-release"]
    );
    let text = plan.to_string();
    for words in ["uses the key in the Secret ops/keys, which is switched off", "moves from s3://old-backups/team/"] {
        assert!(text.contains(words), "{words}: {plan}");
    }
    assert!(!text.contains(&key), "a key is never shown");
    let before = world.snapshot("prod").await;
    assert_eq!(lifeboat.apply(&[]).await.code, 2, "a conflict waits for consent");
    assert_eq!(before.changed(&world.snapshot("prod").await), Vec::<String>::new(), "and changes nothing");

    // The key is dead before the proof: what is proven is proven by the role.
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let off = iam.update_access_key().user_name("rancher-user").access_key_id(&key);
    off.status(aws_sdk_iam::types::StatusType::Inactive).send().await.expect("the key is switched off");
    let spec = json!({"resourceSetName": "rancher-resource-set-basic"});
    hand.create(BACKUP, "", json!({"metadata": {"name": "dead"}, "spec": spec})).await.expect("a Backup");
    let failed = |it: &Value| {
        it["status"]["conditions"].as_array().is_some_and(|all| all.iter().any(|one| one["reason"] == "Error"))
    };
    hand.until(BACKUP, "", "dead", failed).await;
    let lifeboat = answers(&world, &charts, "[consent]\nadopt = [\"helm-release\"]\n");
    let adopted = lifeboat.apply(&[]).await;
    adopted.ended(0, "verified");
    assert_eq!(adopted.last()["proven"], json!(["token", "backup", "delete"]), "{}", adopted.out);
    let made = adopted.made();
    assert!(made.contains(&"restart".to_owned()), "{:?}", adopted.states());
    let at = |id: &str| adopted.lines().iter().rposition(|line| line["change"] == id).expect("it was told of");
    assert!(at("helm-release") < at("restart") && at("restart") < at("canary"), "{}", adopted.out);

    let values = helm_values(hand).await;
    assert_eq!(values["s3"]["credentialSecretName"], "", "{values}");
    assert_eq!((&values["debug"], &values["priorityClassName"]), (&json!(true), &keyed()["priorityClassName"]));
    assert_eq!(data().await, secret, "the Secret is there byte for byte");
    // Helm alone leaves it: the chart writes it by `stringData`.
    assert_eq!(place().await["credentialSecretName"], Value::Null, "the operator is told of no key any more");
    hand.until(BACKUP, "", "dead", |it| !failed(it) && it["status"]["storageLocation"] == "S3").await;
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());
    let (code, status) = lifeboat.status().await;
    assert_eq!((code, &status["locations"][0]["bucket"]), (0, &json!("acme-backups")), "{status}");
    let here = keys(&world, "acme-backups").await;
    let folder = "rancher-backup/us-east-1/prod";
    let of = |name: &str| here.iter().filter(|key| key.starts_with(&format!("{folder}/{name}-"))).count();
    assert_eq!(
        (of("lifeboat"), of("dead"), here.len()),
        (1, 1, 2),
        "what failed by the key goes on by the role: {here:?}"
    );

    lifeboat.undo().await.ended(0, "undone");
    assert_eq!(helm_values(hand).await, keyed(), "the values of before are back");
    assert_eq!((data().await, place().await), (secret, location));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_encryption_secret_is_made_in_one_cluster_and_copied_to_the_other_at_once() {
    let world = world_or_skip!(Options::default().second());
    let charts = world.chart_of("rancher-backup").parent().expect("a folder of charts").to_path_buf();
    let more = "[rancher]\nencryption_secret = \"new\"\n\n[consent]\nsaved = [\"encryption-secret\"]\n\n[[restore_cluster]]\nname = \"dr\"\nregion = \"us-west-2\"\n";
    let lifeboat = answers(&world, &charts, more);
    let applied = lifeboat.apply(&[]).await;
    applied.ended(0, "verified");
    assert_eq!(applied.last()["proven"], json!(["token", "backup", "delete", "token:dr"]), "{}", applied.out);
    let mut found = Vec::new();
    for cluster in ["prod", "dr"] {
        let hand = Hand::on(&world, cluster);
        let secret = hand.until("/v1/Secret", HOME, "rancher-backup-encryption", |_| true).await;
        found.push(secret["data"]["encryption-provider-config.yaml"].as_str().unwrap_or_default().to_owned());
    }
    assert!(!found[0].is_empty() && found[0] == found[1], "the same key in both");
    let plan = lifeboat.plan().await;
    assert_eq!(to_do(&plan), Vec::<String>::new(), "after an apply the plan is all keep");
    for text in [&applied.out, &applied.err, &plan.to_string()] {
        assert!(!text.contains(&found[0]), "the key is shown nowhere");
    }
    let files = keys(&world, "acme-backups").await;
    assert!(files.iter().all(|key| key.ends_with(".tar.gz.enc")), "{files:?}");
    lifeboat.undo().await.ended(0, "undone");
    Hand::on(&world, "dr").until("/v1/Secret", HOME, "rancher-backup-encryption", |_| true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_of_eksctl_is_adopted_with_consent() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    hand.provider().await;
    let name = "eksctl-prod-addon-iamserviceaccount-rancher-Role1-0A1B2C3D4E5F";
    let subject = format!("{HOME}:rancher-backup");
    let role = hand.role(name, &hand.irsa(&[&subject]), &permissions(OLD, &[])).await;
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": HOME}})).await.expect("a namespace");
    let account = json!({"metadata": {
        "name": "rancher-backup", "labels": {"app.kubernetes.io/managed-by": "eksctl"},
        "annotations": {"eks.amazonaws.com/role-arn": role},
    }});
    hand.create("/v1/ServiceAccount", HOME, account).await.expect("a service account");

    let charts = world.chart_of("rancher-backup").parent().expect("a folder of charts").to_path_buf();
    let asked = answers(&world, &charts, "");
    let plan = asked.plan().await;
    assert!(plan.to_string().contains("made by eksctl"), "whose it is is said: {plan}");
    let open = to_do(&plan);
    assert_eq!(open.iter().filter(|it| it.starts_with("conflict")).collect::<Vec<_>>(), ["conflict service-account"]);
    assert_eq!(asked.apply(&[]).await.code, 2);
    let lifeboat = answers(&world, &charts, "[consent]\nadopt = [\"service-account\"]\n");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let account = hand.until("/v1/ServiceAccount", HOME, "rancher-backup", |_| true).await;
    let annotation = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str().unwrap_or_default();
    assert!(annotation.ends_with("role/lifeboat-rancher-backup-us-east-1-prod"), "{account}");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    iam.get_role().role_name(name).send().await.expect("eksctl's role stays");
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new());
}

/// What Argo CD applies: a chart's objects by these values, with its marks.
async fn by_argo(hand: Hand<'_>, chart: &str, values: &Path) {
    let path = hand.world.chart_of(chart).to_string_lossy().into_owned();
    let values = format!("--values={}", values.display());
    let served = "--api-versions=resources.cattle.io/v1/ResourceSet,resources.cattle.io/v1/Backup,resources.cattle.io/v1/Restore,resources.cattle.io/v1";
    let template =
        ["template", "rancher-backup", &path, "-n", HOME, "--no-hooks", "--kube-version=1.34", served, &values];
    let rendered = hand.run("helm", &template, None).await.expect("the chart renders");
    let id = format!("backups:apps/Deployment:{HOME}/rancher-backup");
    hand.apply(&rendered, HOME, &json!({"annotations": {"argocd.argoproj.io/tracking-id": id}})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_argo_cd_owns_is_saved_for_its_repository_and_proven_once_it_is_applied() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    key(hand).await;
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": HOME}})).await.expect("a namespace");
    let (none, own) = (world.dir().join("none.json"), world.dir().join("own.json"));
    std::fs::write(&none, "{}").expect("a file is written");
    std::fs::write(&own, keyed().to_string()).expect("a file is written");
    by_argo(hand, "rancher-backup-crd", &none).await;
    served(hand).await;
    by_argo(hand, "rancher-backup", &own).await;
    hand.until("apps/v1/Deployment", HOME, "rancher-backup", whole).await;

    let cluster = async || {
        let aws = ["role ", "provider ", "bucket ", "key "];
        let all = world.snapshot("prod").await.0.into_iter();
        all.filter(|(name, _)| !aws.iter().any(|it| name.starts_with(it))).collect::<Vec<_>>()
    };
    let before = cluster().await;
    let charts = world.chart_of("rancher-backup").parent().expect("a folder of charts").to_path_buf();
    let lifeboat = answers(&world, &charts, "");
    let out = world.dir().join("documents");
    lifeboat.documents(&out.to_string_lossy()).await;
    let saved = lifeboat.apply(&[]).await;
    saved.ended(0, "applied");
    assert_eq!(saved.last()["proven"], json!(["token"]), "{}", saved.out);
    assert!(saved.out.contains("saved for its repository: Argo CD (backups)"), "{}", saved.out);
    assert_eq!(cluster().await, before, "nothing is applied to the cluster");

    // What the notes say, and what Argo CD then does with the documents.
    let notes = lifeboat.plan().await["notes"].to_string();
    assert!(notes.contains("kubectl patch secret rancher-backup-s3"), "{notes}");
    let api = hand.objects("/v1/Secret", HOME).await;
    let patch = json!({"data": {"credentialSecretName": null, "credentialSecretNamespace": null}});
    api.patch("rancher-backup-s3", &PatchParams::default(), &Patch::Merge(patch)).await.expect("the Secret");
    let mut values: Value = serde_yaml::from_str(
        &std::fs::read_to_string(out.join("helm/prod/rancher-backup/values.yaml")).expect("our values"),
    )
    .expect("our values are YAML");
    values["debug"] = json!(true);
    std::fs::write(&own, values.to_string()).expect("a file is written");
    by_argo(hand, "rancher-backup", &own).await;
    let backup = std::fs::read_to_string(out.join("kubernetes/prod/_/backup-lifeboat.yaml")).expect("our Backup");
    let backup: Value = serde_yaml::from_str(&backup).expect("our Backup is YAML");
    hand.create(BACKUP, "", backup).await.expect("our Backup");
    hand.restart(HOME, "rancher-backup").await;
    let proven = lifeboat.apply(&[]).await;
    proven.ended(0, "verified");
    assert_eq!(proven.last()["proven"], json!(["token", "backup", "delete"]), "{}", proven.out);
}
