//! The speed of `apply` against the scripted way, on the same real parts in one run:
//! `cargo run --example bench -- target/release/lifeboat [PAIRS]`.
//!
//! The scripted way is what guides tell: aws CLI commands, then helm, then a look until `Available`. Each run
//! has a world of its own. Figures are whole-process wall-clock times; the median of the pairs is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    missing_docs
)]

#[path = "../tests/peers/hand.rs"]
#[allow(dead_code)]
mod hand;
#[path = "../tests/peers/space_by_hand.rs"]
#[allow(dead_code)]
mod space_by_hand;
#[path = "../tests/testbed/mod.rs"]
mod testbed;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use testbed::{Options, World};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The calls of apply's AWS half that wait for each other when nothing is there yet, whichever the tool.
const CHAIN: [&str; 5] = [
    "sts:GetCallerIdentity",
    "s3:HeadBucket",
    "s3:CreateBucket",
    "s3:PutBucketVersioning",
    "s3:PutBucketLifecycleConfiguration",
];
const DELAY: u64 = 50;
const TOOLS: [&str; 3] = ["velero", "rancher-backup", "upbound-spaces"];

#[derive(Default)]
struct Times {
    aws: Vec<f64>,
    whole: Vec<f64>,
}

fn median(list: &mut [f64]) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().unwrap_or_else(|| "target/release/lifeboat".to_owned()));
    let pairs: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let program = std::fs::canonicalize(&program).expect("the program is built: cargo build --release");

    start_up(&program);
    let (mut script, mut ours) = (Times::default(), Times::default());
    for pair in 1..=pairs {
        let (aws, whole) = scripted(&world(&program, "velero").await).await;
        script.aws.push(aws);
        script.whole.push(whole);
        let (aws, whole) = apply(&world(&program, "velero").await, &program, "velero").await;
        ours.aws.push(aws);
        ours.whole.push(whole);
        println!(
            "pair {pair}: script {:.2} s AWS, {:.2} s to Available; apply {aws:.2} s AWS, {whole:.2} s to Available",
            script.aws[pair - 1],
            script.whole[pair - 1]
        );
    }
    let (script_aws, script_whole) = (median(&mut script.aws), median(&mut script.whole));
    let (our_aws, our_whole) = (median(&mut ours.aws), median(&mut ours.whole));
    println!(
        "AWS half:     script {script_aws:.2} s, apply {our_aws:.2} s: {:.2} of it (at most 0.25)",
        our_aws / script_aws
    );
    println!(
        "to Available: script {script_whole:.2} s, apply {our_whole:.2} s: {:.2} of it (at most 0.80)",
        our_whole / script_whole
    );

    for tool in TOOLS {
        slowly(&program, tool, pairs.min(5)).await;
    }
}

/// Apply with a tool where each call of AWS takes longer: against its longest chain of calls, as they were meant to
/// take and as the proxy saw them end.
async fn slowly(program: &Path, tool: &str, times: usize) {
    let (mut halves, mut chains) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let world = world(program, tool).await;
        world.fault().delay_all(DELAY);
        halves.push(apply(&world, program, tool).await.0);
        let calls = world.fault().calls();
        let seconds =
            |name: &&str| calls.iter().find(|call| call.name == **name).map_or(f64::NAN, |call| call.ms as f64);
        chains.push(CHAIN.iter().map(seconds).sum::<f64>() / 1000.0);
        if std::env::var_os("BENCH_TRACE").is_some() {
            for call in calls.iter().take(30) {
                println!("  {call:?}");
            }
        }
    }
    let (half, chain) = (median(&mut halves), median(&mut chains));
    let meant = DELAY as f64 * CHAIN.len() as f64 / 1000.0;
    println!(
        "{tool} with {DELAY} ms a call: AWS half {half:.3} s; its chain of {} calls {chain:.3} s at the proxy: {:.2} x (at most 1.30); {meant:.3} s of delay alone: {:.2} x",
        CHAIN.len(),
        half / chain,
        half / meant
    );
}

async fn world(program: &Path, tool: &str) -> World {
    let world =
        World::start(Options::default()).await.unwrap_or_else(|missing| panic!("{missing}: run tests/peers/setup"));
    if tool == "upbound-spaces" {
        let hand = hand::Hand::on(&world, "prod");
        space_by_hand::install_here(hand).await;
        space_by_hand::plane(hand, "one").await;
    }
    // The parts load what they need at its first use: no side is to pay for that.
    let answers = answers(&world, tool);
    let warm = Command::new(program)
        .args(["plan", "--json", "--answers"])
        .arg(&answers)
        .env_clear()
        .envs(world.env())
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the program runs");
    assert!(warm.status.success(), "{}", String::from_utf8_lossy(&warm.stderr));
    world.fault().clear_calls();
    world
}

/// `--version` and the size of the binary.
fn start_up(program: &Path) {
    let mut times = Vec::new();
    for _ in 0..40 {
        let started = Instant::now();
        let status = std::process::Command::new(program).arg("--version").stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    println!("--version: {:.1} ms at the median of 40 (under 5)", median(&mut times));
    let size = std::fs::metadata(program).unwrap().len();
    println!("binary: {:.1} MB (under 25)", size as f64 / 1_000_000.0);
}

/// The answers of every run.
fn answers(world: &World, tool: &str) -> PathBuf {
    let answers = world.dir().join("answers.toml");
    let chart = match tool {
        "velero" => world.chart(),
        "upbound-spaces" => world.chart_of("spaces"),
        // Its two charts are found by their names.
        _ => world.chart_of(tool).parent().expect("a folder of charts").to_path_buf(),
    };
    let text = format!(
        "version = 1\ntool = \"{tool}\"\nidentity = \"irsa\"\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n[bucket]\nname = \"acme-backups\"\n[install]\nchart = \"{}\"\n",
        chart.display()
    );
    std::fs::write(&answers, text).unwrap();
    answers
}

/// `lifeboat apply`: seconds until the last change of the account is done, and until the location is `Available`.
async fn apply(world: &World, program: &Path, tool: &str) -> (f64, f64) {
    let answers = answers(world, tool);
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["apply", "--yes", "--json", "--answers"])
        .arg(&answers)
        .env_clear()
        .envs(world.env())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut aws, mut whole) = (0.0, f64::NAN);
    let mut last = Value::Null;
    while let Some(line) = lines.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        let now = started.elapsed().as_secs_f64();
        if std::env::var_os("BENCH_TRACE").is_some() {
            println!("  {now:.3} {} {}", event["change"], event["state"]);
        }
        if event["state"] == "done" {
            match event["change"].as_str().unwrap_or_default() {
                "oidc-provider" | "role" | "permissions" => aws = now,
                id if id.starts_with("bucket") => aws = now,
                "healthy" => whole = now,
                _ => {}
            }
        }
        last = event;
    }
    child.wait().await.unwrap();
    assert_eq!(last["outcome"], "verified", "{last}");
    (aws, whole)
}

/// The guides' commands.
async fn scripted(world: &World) -> (f64, f64) {
    let bin = world.parts().python().parent().unwrap().to_path_buf();
    let dir = world.dir();
    let issuer = world.issuer("prod").trim_start_matches("https://").to_owned();
    let account = "111122223333";
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{issuer}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{issuer}:aud"): "sts.amazonaws.com", format!("{issuer}:sub"): "system:serviceaccount:velero:velero-server"}}}]});
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], "Resource": "arn:aws:s3:::acme-backups/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-backups"}]});
    let values = serde_json::json!({
        "serviceAccount": {"server": {"create": true, "name": "velero-server", "annotations": {"eks.amazonaws.com/role-arn": format!("arn:aws:iam::{account}:role/velero")}}},
        "credentials": {"useSecret": false},
        "initContainers": [{"name": "velero-plugin-for-aws", "image": "velero/velero-plugin-for-aws:v1.14.3", "volumeMounts": [{"mountPath": "/target", "name": "plugins"}]}],
        "configuration": {"backupStorageLocation": [{"name": "default", "provider": "aws", "bucket": "acme-backups", "default": true, "config": {"region": "us-east-1"}}]},
        "snapshotsEnabled": false, "image": {"tag": "v1.18.3"}
    });
    for (name, document) in [("trust.json", trust), ("policy.json", policy), ("values.yaml", values)] {
        std::fs::write(dir.join(name), document.to_string()).unwrap();
    }
    let chart = world.chart();
    let kubeconfig = world.kubeconfig("prod");
    let aws = format!(
        "set -e; cd {dir}
        issuer=$({bin}/aws eks describe-cluster --name prod --query cluster.identity.oidc.issuer --output text)
        {bin}/aws iam create-open-id-connect-provider --url $issuer --client-id-list sts.amazonaws.com >/dev/null
        {bin}/aws s3api create-bucket --bucket acme-backups >/dev/null
        {bin}/aws iam create-role --role-name velero --assume-role-policy-document file://trust.json >/dev/null
        {bin}/aws iam put-role-policy --role-name velero --policy-name velero --policy-document file://policy.json",
        dir = dir.display(),
        bin = bin.display()
    );
    let helm = format!(
        "{} upgrade --install velero {} --namespace velero --create-namespace -f {}/values.yaml --kubeconfig {} >/dev/null",
        world.helm().display(),
        chart.display(),
        dir.display(),
        kubeconfig.display()
    );
    let started = Instant::now();
    shell(world, &aws).await;
    let half = started.elapsed().as_secs_f64();
    shell(world, &helm).await;
    let client = world.kube("prod").await;
    let resource = kube::core::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk(
        "velero.io",
        "v1",
        "BackupStorageLocation",
    ));
    let locations: kube::Api<kube::core::DynamicObject> = kube::Api::namespaced_with(client, "velero", &resource);
    testbed::eventually("the scripted location is Available", Duration::from_mins(2), || async {
        match locations.get("default").await {
            Ok(found) if found.data["status"]["phase"] == "Available" => Ok(()),
            Ok(found) => Err(found.data["status"].to_string()),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;
    (half, started.elapsed().as_secs_f64())
}

async fn shell(world: &World, script: &str) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .env_clear()
        .envs(world.env())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
