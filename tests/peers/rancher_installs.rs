//! Rancher Backup was there before lifeboat came, on real parts: with a key, by somebody else's helm, of a chart whose
//! pods no changed value restarts (rancher-F24); and in two clusters, with the Secret that encrypts.

use crate::hand::{Hand, permissions};
use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::World;
use crate::world_or_skip;
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

/// Somebody's bucket, key, charts and recurring Backup, which works; the key's id.
async fn installed(hand: Hand<'_>, charts: &Path) -> String {
    hand.world.s3().create_bucket().bucket(OLD).send().await.expect("a bucket");
    let actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"];
    let (id, secret) = hand.keys("rancher-user", &permissions(OLD, &[("team", &actions)])).await;
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": "ops"}})).await.expect("a namespace");
    let data = json!({"accessKey": id, "secretKey": secret});
    let keys = json!({"metadata": {"name": "keys"}, "stringData": data});
    hand.create("/v1/Secret", "ops", keys).await.expect("the key's Secret");
    hand.helm("rancher-backup-crd", &charts.join("rancher-backup-crd"), HOME, &json!({})).await.expect("the types");
    for kind in ["backups", "restores", "resourcesets"] {
        let served = |it: &Value| {
            let all = it["status"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|one| one["type"] == "Established" && one["status"] == "True")
        };
        let name = format!("{kind}.resources.cattle.io");
        hand.until("apiextensions.k8s.io/v1/CustomResourceDefinition", "", &name, served).await;
    }
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
