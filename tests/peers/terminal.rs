//! The wizard itself against a world: keys in, the screen out, in a terminal of its own.

use crate::lifeboat::{Lifeboat, to_do};
use crate::pty::{End, Start, Terminal};
use crate::testbed::{Snapshot, World};
use crate::world_or_skip;
use aws_sdk_iam::Client as Iam;
use base64::Engine as _;
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The role of the answers that are typed here.
const ROLE: &str = "lifeboat-velero-us-east-1-prod";
/// No run takes longer.
const PATIENCE: Duration = Duration::from_mins(2);

const ENTER: &str = "\r";
const TAB: &str = "\t";
const DOWN: &str = "\x1b[B";
const NEXT: &str = "\x0e";

/// Looks at a part of the journey when `LIFEBOAT_SCREENS` is set: the screen, on stderr.
fn seen(terminal: &Terminal, what: &str) {
    if std::env::var_os("LIFEBOAT_SCREENS").is_some() {
        eprintln!("== {what}\n{}\n", terminal.text());
    }
}

/// The wizard, started at a world.
fn wizard(world: &World) -> Terminal {
    let mut start = Start::new(env!("CARGO_BIN_EXE_lifeboat"), "").size(120, 40).patience(PATIENCE);
    for (name, value) in world.env() {
        start = start.set(&name, value);
    }
    start.set("RUST_BACKTRACE", "0").start()
}

/// The row that has the cursor, without what stands beside the form.
fn focused(screen: &vt100::Screen) -> String {
    let text = screen.contents();
    text.lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned()
}

/// Presses Tab until a row has the cursor.
#[track_caller]
fn tab_to(terminal: &mut Terminal, label: &str) {
    for _ in 0..40 {
        let before = terminal.look(focused);
        if before.contains(label) {
            return;
        }
        terminal.send(TAB);
        terminal.until(&format!("another row than {before:?}"), |screen| focused(screen) != before);
    }
    panic!("no row {label:?} on:\n{}", terminal.text());
}

/// Waits until a step is on the screen, as the header tells.
#[track_caller]
fn on(terminal: &Terminal, step: &str) {
    terminal.shows(step);
    seen(terminal, step);
}

/// From Welcome to the plan on the screen, as a user goes: a new bucket, and the test's own chart.
fn to_review(terminal: &mut Terminal, world: &World) {
    terminal.shows("arn:aws:iam::111122223333:user/admin").shows("Set up backups");
    on(terminal, "Welcome 1/10");
    terminal.send(ENTER);
    terminal.shows("Cluster 2/10").shows(" prod ").shows("us-east-1");
    terminal.send("prod");
    terminal.shows("prod▏");
    on(terminal, "Cluster 2/10");
    terminal.send(ENTER);
    for step in ["Tool 3/10", "Identity 4/10"] {
        on(terminal, step);
        if step.starts_with("Identity") {
            // IRSA on purpose, whatever facts choose.
            terminal.send("\x1b[A ");
        }
        terminal.send(NEXT);
    }
    on(terminal, "Storage 5/10");
    tab_to(terminal, "Name");
    terminal.send("acme-backups");
    terminal.shows("acme-backups▏");
    terminal.send(NEXT);
    on(terminal, "Encryption 6/10");
    terminal.send(NEXT);
    on(terminal, "Options 7/10");
    tab_to(terminal, "More");
    terminal.send(ENTER);
    terminal.shows("▾ More");
    tab_to(terminal, "Chart");
    let chart = world.chart();
    let folder = chart.file_name().unwrap().to_string_lossy().into_owned();
    terminal.send(format!("\x1b[200~{}\x1b[201~", chart.display()));
    terminal.shows(&format!("{folder}▏"));
    on(terminal, "Options 7/10");
    terminal.send(NEXT);
    terminal.shows("20 to create").shows("bucket acme-backups in us-");
    on(terminal, "Review 8/10");
}

/// Applies the plan on the screen; Enter alone does not.
fn confirm(terminal: &mut Terminal) {
    terminal.send("a");
    terminal.shows("Apply this plan?");
    seen(terminal, "the question");
    terminal.send(ENTER);
    terminal.hides("Apply this plan?").shows("create");
    terminal.send("a");
    terminal.shows("Apply this plan?");
    terminal.send(TAB);
    terminal.send(ENTER);
    terminal.hides("Apply this plan?");
}

/// Moves to a part of Live.
fn part(terminal: &mut Terminal, title: &str) {
    let open = format!("[{title}");
    for _ in 0..6 {
        let text = terminal.text();
        if text.contains(&open) {
            return;
        }
        let before = tabs(&text);
        terminal.send(TAB);
        terminal.until("another part", |screen| tabs(&screen.contents()) != before);
    }
    panic!("no part {title}:\n{}", terminal.text());
}

/// Which part of Live is open: what stands in brackets beside the others.
fn tabs(text: &str) -> String {
    let line = text.lines().find(|line| line.contains("Backups") && line.contains("Chain")).unwrap_or_default();
    line.split_once('[').and_then(|(_, rest)| rest.split([' ', ']']).next()).unwrap_or_default().to_owned()
}

/// The chain's links in the screen's words.
const LINKS: [&str; 12] = [
    "cluster",
    "OIDC issuer",
    "OIDC provider",
    "trust",
    "permissions",
    "service account",
    "injected pod",
    "STS identity",
    "bucket",
    "key",
    "location",
    "backup",
];

/// The state of every link that the screen shows.
fn links(text: &str) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::new();
    for line in text.lines() {
        for state in ["ok", "broken", "unknown", "not reached"] {
            // A sign and the state's word; the link's name stands in a column of its own.
            let Some((_, rest)) = line.split_once(&format!(" {state} ")) else { continue };
            let named = |link: &&&str| rest.trim_start().starts_with(&format!("{link}  "));
            if let Some(link) = LINKS.iter().find(named).filter(|_| rest.starts_with(' ') || state == "not reached") {
                all.insert(*link, state.to_owned());
            }
        }
    }
    all
}

/// The answers that the wizard keeps of its run.
fn kept_answers(world: &World) -> PathBuf {
    state(world).join("answers/velero-us-east-1-prod.toml")
}

/// Where lifeboat keeps its files.
fn state(world: &World) -> PathBuf {
    let folder = world.env().into_iter().find(|(name, _)| name == "XDG_STATE_HOME").expect("a state folder").1;
    PathBuf::from(folder).join("lifeboat")
}

/// Without what differs between any two worlds: ids, times, addresses, the password, what the bed itself made.
fn common(world: &World, snapshot: Snapshot) -> Snapshot {
    let issuer = world.issuer("prod").rsplit('/').next().unwrap_or_default();
    let mut names = vec![(issuer.to_owned(), "ISSUER")];
    let runs = std::fs::read_dir(state(world).join("runs")).expect("the runs");
    names.extend(runs.map(|run| (run.unwrap().file_name().into_string().unwrap(), "RUN")));
    // A Service's address is any that was free.
    let addresses = snapshot.0.keys().filter_map(|name| name.strip_prefix("IPAddress /"));
    names.extend(addresses.map(|address| (format!("\"{address}\""), "\"ADDRESS\"")));
    let of_the_bed = |name: &str| {
        ["IPAddress /", "MutatingWebhookConfiguration /pod-identity-webhook", "Service default/kubernetes"]
            .iter()
            .any(|theirs| name.starts_with(theirs))
    };
    let same = |text: &str| names.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word));
    let all = snapshot.0.into_iter().filter(|(name, _)| !of_the_bed(name));
    Snapshot(all.map(|(name, text)| (same(&name), same(&plain(&name, text)))).collect())
}

/// An object without what a second run makes otherwise: the record's time and digest (of facts that name the
/// issuer), the password that is made up, and when Helm did what.
fn plain(name: &str, text: String) -> String {
    let object = || serde_json::from_str::<Value>(&text).expect("an object");
    match name {
        "ConfigMap velero/lifeboat-velero" => {
            let mut record = object();
            let data = record["data"].as_object_mut().expect("a record");
            assert!(data.remove("at").is_some() && data.remove("digest").is_some(), "{data:?}");
            record.to_string()
        }
        "Secret velero/velero-repo-credentials" => {
            let mut secret = object();
            let password = secret["data"]["repository-password"].take();
            secret["data"]["repository-password"] = password.as_str().expect("a password").len().into();
            secret.to_string()
        }
        "Secret velero/sh.helm.release.v1.velero.v1" => release(&object()).to_string(),
        _ => text,
    }
}

/// What Helm has set up: a release is base64 of gzipped JSON, in a Secret's base64.
fn release(secret: &Value) -> Value {
    let decoded = |text: &[u8]| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    let packed = decoded(&decoded(secret["data"]["release"].as_str().expect("a release").as_bytes()));
    let release: Value = serde_json::from_reader(flate2::read::GzDecoder::new(packed.as_slice())).expect("a release");
    json!({
        "name": release["name"], "version": release["version"], "status": release["info"]["status"],
        "chart": release["chart"]["metadata"], "values": release["config"], "manifest": release["manifest"],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wizard_in_a_terminal_from_welcome_to_a_green_live_and_apply_leaves_an_equal_world() {
    let world = world_or_skip!();
    let mut terminal = wizard(&world);
    to_review(&mut terminal, &world);
    let untouched = world.s3().head_bucket().bucket("acme-backups").send().await;
    assert!(untouched.is_err(), "nothing is made before it was agreed to");
    confirm(&mut terminal);
    terminal.shows("Verified  21 of 21").shows("Proven: token, backup, restore, delete");
    on(&terminal, "Apply 9/10");
    terminal.send(ENTER);
    terminal.shows("✓ healthy").shows("✓ Available").shows("✓ Running");
    terminal.shows(&format!("expected  arn:aws:iam::111122223333:role/{ROLE}"));
    terminal.shows("✓ the pods have the role that is meant");
    on(&terminal, "Live 10/10");
    part(&mut terminal, "Chain");
    terminal.shows("default is Available");
    on(&terminal, "Live 10/10");
    let (text, chain) = (terminal.text(), links(&terminal.text()));
    assert_eq!(chain.get("backup").map(String::as_str), Some("unknown"), "none was asked for yet:\n{text}");
    let well = |(link, state): (&&str, &String)| link == &"backup" || state == "ok";
    assert!(chain.len() == LINKS.len() && chain.iter().all(well), "{chain:?}\n{text}");
    let sts = LINKS.iter().position(|link| *link == "STS identity").unwrap();
    terminal.send(DOWN.repeat(sts));
    // In full below the table, in a line of its own.
    terminal.shows(&format!(" arn:aws:sts::111122223333:assumed-role/{ROLE}/lifeboat-status, as "));
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
    let answers = kept_answers(&world);
    terminal.shows("The same again: lifeboat apply --answers").shows("velero-us-east-1-prod.toml");
    seen(&terminal, "the end");

    let left = common(&world, world.snapshot("prod").await);
    let again = Lifeboat::with(&world, answers.clone());
    assert_eq!(to_do(&again.plan().await), Vec::<String>::new(), "all is kept");
    let second = again.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());

    let other = world_or_skip!();
    let file = other.dir().join("answers.toml");
    std::fs::copy(&answers, &file).unwrap();
    Lifeboat::with(&other, file).apply(&[]).await.ended(0, "verified");
    let right = common(&other, other.snapshot("prod").await);
    assert_eq!(left.added(&right), Vec::<String>::new());
    assert_eq!(left.changed(&right), Vec::<String>::new());
}

/// The role's trust as it stands.
async fn trust_of(iam: &Iam) -> String {
    let role = iam.get_role().role_name(ROLE).send().await.unwrap().role.unwrap();
    let text = role.assume_role_policy_document().unwrap();
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

async fn set_trust(iam: &Iam, document: &str) {
    iam.update_assume_role_policy().role_name(ROLE).policy_document(document).send().await.unwrap();
}

/// With an audience that no token has.
fn of_others(trust: &str) -> String {
    let others = trust.replace("sts.amazonaws.com", "sts.example.com");
    assert_ne!(trust, others);
    others
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trust_broken_in_the_middle_is_named_on_the_screen_and_the_run_goes_on_once_it_is_mended() {
    let world = world_or_skip!();
    let mut terminal = wizard(&world);
    to_review(&mut terminal, &world);
    let iam = Iam::new(&world.sdk());
    let (hand, (say, mut heard)) = (iam.clone(), tokio::sync::mpsc::unbounded_channel());
    // The role is made by then, and no pod was started.
    world.fault().before("sts:AssumeRoleWithWebIdentity", move || {
        Box::pin(async move {
            let right = trust_of(&hand).await;
            set_trust(&hand, &of_others(&right)).await;
            let _ = say.send(right);
        })
    });
    confirm(&mut terminal);
    // A change of IAM's may take a minute to be seen everywhere: so long the refusal is no failure.
    terminal.shows("waiting for IAM").shows("Failed  13 of 21").shows("broken link: trust");
    terminal.shows("7 of 21 were not begun").shows("r try again").shows("u undo the run");
    on(&terminal, "Apply 9/10");
    let footer = terminal.text().lines().last().unwrap_or_default().to_owned();
    assert!(footer.contains("r retry") && footer.contains("u undo"), "{footer}");

    // As the screen says: trying again puts our statement back.
    let right = heard.recv().await.unwrap();
    let document = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_ne!(document(&trust_of(&iam).await), document(&right));
    terminal.send("r");
    terminal.shows("Verified  21 of 21").shows("Proven: token, backup, restore, delete").hides("broken link");
    on(&terminal, "Apply 9/10");
    assert_eq!(document(&trust_of(&iam).await), document(&right));
    terminal.send("u");
    terminal.shows("Take the run back?");
    terminal.send(ENTER);
    terminal.hides("Take the run back?").shows("Verified  21 of 21");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_follows_the_cluster_and_names_a_link_that_breaks_meanwhile() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&["--no-prove"]).await.ended(0, "applied");
    let mut terminal = wizard(&world);
    terminal.shows("arn:aws:iam::111122223333:user/admin").shows("Look at a set-up");
    terminal.send(format!("{DOWN}{DOWN}"));
    terminal.until("the third offer", |screen| focused(screen).contains("Look at a set-up"));
    terminal.send(ENTER);
    terminal.shows("Cluster 2/10").shows("us-east-1");
    terminal.send("prod");
    terminal.shows("prod▏").shows("▌ prod");
    terminal.send(ENTER);
    terminal.shows("✓ healthy").shows("✓ Available").shows("✓ the pods have the role that is meant");
    on(&terminal, "Live 10/10");

    part(&mut terminal, "Log");
    terminal.shows("BackupStorageLocations is valid, marking as available");
    on(&terminal, "Live 10/10");

    part(&mut terminal, "Overview");
    let deployments: Api<Deployment> = Api::namespaced(world.kube("prod").await, "velero");
    let scale = |count: i32| Patch::Merge(json!({"spec": {"replicas": count}}));
    deployments.patch("velero", &PatchParams::default(), &scale(0)).await.unwrap();
    terminal.shows("not healthy").shows("pods       none");
    on(&terminal, "Live 10/10");
    let refused = lifeboat.apply(&["--no-prove"]).await;
    refused.ended(1, "failed");
    assert!(refused.failure().contains("velero/velero is scaled to 0 replicas"), "{}", refused.out);
    deployments.patch("velero", &PatchParams::default(), &scale(1)).await.unwrap();
    terminal.hides("not healthy").shows("✓ healthy").shows("✓ Running");

    let iam = Iam::new(&world.sdk());
    let right = trust_of(&iam).await;
    set_trust(&iam, &of_others(&right)).await;
    part(&mut terminal, "Chain");
    terminal.send("r");
    let state = |screen: &vt100::Screen, link: &str| links(&screen.contents()).get(link).cloned().unwrap_or_default();
    terminal.until("a broken trust", |screen| {
        let later = LINKS.iter().skip_while(|link| **link != "trust").skip(1);
        state(screen, "trust") == "broken" && later.clone().all(|link| state(screen, link) == "not reached")
    });
    on(&terminal, "Live 10/10");
    set_trust(&iam, &right).await;
    terminal.send("r");
    terminal.until("a mended trust", |screen| state(screen, "trust") == "ok" && state(screen, "STS identity") == "ok");

    // The cluster's own server ends: what is on the screen stays, and says that it is from before.
    let api = rustix::process::Pid::from_raw(i32::try_from(world.api_id("prod")).unwrap()).unwrap();
    rustix::process::kill_process(api, rustix::process::Signal::KILL).unwrap();
    terminal.shows("not live since").shows("STS identity");
    on(&terminal, "Live 10/10");
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
}
