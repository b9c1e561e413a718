//! The shapes of the contract, key by key.

use crate::support::{Machine, keys};
use lifeboat::plan::answers::CHANGE_IDS;
use serde_json::Value;

const STATES: [&str; 8] = ["started", "waiting", "done", "kept", "skipped", "failed", "unknown", "undone"];

fn event(event: &Value) {
    assert_eq!(keys(event), ["at", "run", "change", "state", "seconds", "message"], "{event}");
    assert!(event["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{event}");
    assert!(CHANGE_IDS.contains(&event["change"].as_str().unwrap()), "{event}");
    assert!(STATES.contains(&event["state"].as_str().unwrap()), "{event}");
    assert!(event["seconds"].as_f64().unwrap() >= 0.0, "{event}");
    assert!(event["message"].is_string(), "{event}");
}

fn finish(last: &Value, code: i32) {
    assert_eq!(keys(last), ["run", "outcome", "exit", "proven", "not_proven"], "{last}");
    assert_eq!(last["exit"], code, "the last line tells the exit code");
    assert!(["verified", "applied", "stopped", "failed", "undone"].contains(&last["outcome"].as_str().unwrap()));
}

#[test]
fn events_of_apply_and_undo_are_as_the_contract_says() {
    let machine = Machine::new();
    for line in ["apply --demo --yes --json --answers @", "undo --demo --yes --json"] {
        let lines = machine.run(line).ended(0).lines();
        let (last, events) = lines.split_last().unwrap();
        finish(last, 0);
        assert!(!events.is_empty());
        for one in events {
            event(one);
            assert_eq!(one["run"], last["run"]);
        }
    }
}

#[test]
fn what_started_ends_and_nothing_ends_twice() {
    let machine = Machine::new();
    let lines = machine.run("apply --demo --yes --json --answers @").ended(0).lines();
    let plan = machine.run("plan --demo --json --answers @").ended(0).json();
    for change in plan["changes"].as_array().unwrap() {
        let ends: Vec<&Value> = lines
            .iter()
            .filter(|line| line["change"] == change["id"])
            .filter(|line| line["state"] != "started" && line["state"] != "waiting")
            .collect();
        assert_eq!(ends.len(), 1, "{}: {ends:?}", change["id"]);
    }
}

#[test]
fn without_proof_the_outcome_is_applied_and_says_what_was_not_proven() {
    let machine = Machine::new();
    let lines = machine.run("apply --demo --yes --no-prove --json --answers @").ended(0).lines();
    let last = lines.last().unwrap();
    finish(last, 0);
    assert_eq!(last["outcome"], "applied");
    assert_eq!(last["proven"], serde_json::json!([]));
    assert_eq!(last["not_proven"], serde_json::json!(["token", "backup", "restore", "delete", "volumes", "schedules"]));
}

#[test]
fn the_plan_is_as_the_contract_says() {
    let plan = Machine::new().run("plan --demo --json --answers @").ended(0).json();
    assert_eq!(keys(&plan), ["version", "digest", "target", "changes", "notes"]);
    assert_eq!(plan["version"], 1);
    let digest = plan["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
    assert_eq!(
        plan["target"],
        serde_json::json!({"partition": "aws", "account": "111122223333", "region": "us-east-1", "cluster": "prod"})
    );
    for change in plan["changes"].as_array().unwrap() {
        let found: Vec<&str> = keys(change).into_iter().filter(|key| *key != "diff").collect();
        assert_eq!(found, ["id", "kind", "action", "title", "why", "risk", "undo", "needs", "documents"], "{change}");
        let word = |key: &str| change[key].as_str().unwrap();
        assert!(["iam", "s3", "kms", "eks", "kubernetes", "helm", "proof"].contains(&word("kind")), "{change}");
        assert!(["create", "update", "keep", "conflict"].contains(&word("action")), "{change}");
        assert!(["none", "low", "high"].contains(&word("risk")), "{change}");
        assert!(!word("title").is_empty() && !word("why").is_empty() && !word("undo").is_empty(), "{change}");
    }
}

#[test]
fn changes_come_in_the_order_of_the_contract_after_what_they_need() {
    let plan = Machine::new().run("plan --demo --json --answers @").ended(0).json();
    let changes = plan["changes"].as_array().unwrap();
    let place = |id: &str| changes.iter().position(|change| change["id"] == id);
    for change in changes {
        let id = change["id"].as_str().unwrap();
        assert!(CHANGE_IDS.contains(&id), "{id}");
        for need in change["needs"].as_array().unwrap() {
            let need = need.as_str().unwrap();
            assert!(place(need).is_some_and(|at| Some(at) < place(id)), "{id} comes before {need}, which it needs");
        }
    }
    // A change stands before one that the contract's order names first only where a need moves that one back.
    let mut free: Vec<&str> = changes.iter().map(|change| change["id"].as_str().unwrap()).collect();
    for change in changes {
        let id = change["id"].as_str().unwrap();
        let done: Vec<&str> = changes.iter().map(|c| c["id"].as_str().unwrap()).filter(|c| !free.contains(c)).collect();
        let ready = |id: &str| {
            let needs = changes[place(id).unwrap()]["needs"].as_array().unwrap();
            needs.iter().all(|need| done.contains(&need.as_str().unwrap()))
        };
        let first = CHANGE_IDS.iter().find(|known| free.contains(known) && ready(known)).unwrap();
        assert_eq!(*first, id);
        free.retain(|other| *other != id);
    }
}

#[test]
fn the_status_is_as_the_contract_says() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --answers @").ended(0);
    let status = machine.run("status --demo --once --json --answers @").ended(0).json();
    assert_eq!(keys(&status), ["clusters"]);
    let cluster = &status["clusters"][0];
    assert_eq!(
        keys(cluster),
        ["cluster", "tool", "namespace", "healthy", "identity", "locations", "pods", "backups", "schedules"]
    );
    assert_eq!(keys(&cluster["identity"]), ["expected", "actual"]);
    let location = &cluster["locations"][0];
    assert_eq!(
        keys(location),
        ["name", "provider", "bucket", "prefix", "phase", "message", "last_validated", "access_mode", "default"]
    );
    assert_eq!(location["phase"], "Available");
    assert_eq!(location["prefix"], "velero/us-east-1/prod");
    assert_eq!(keys(&cluster["pods"][0]), ["name", "phase", "ready", "restarts", "reason"]);
    assert_eq!(keys(&cluster["schedules"][0]), ["name", "schedule", "last", "next"]);
    assert_eq!(cluster["schedules"][0]["schedule"], "0 3 * * *");
    let expected = cluster["identity"]["expected"].as_str().unwrap();
    assert_eq!(expected, "arn:aws:iam::111122223333:role/lifeboat-velero-us-east-1-prod");
    assert!(cluster["identity"]["actual"].as_str().unwrap().contains("lifeboat-velero-us-east-1-prod"));
}

#[test]
fn the_same_cluster_is_found_by_answers_by_name_and_by_namespace() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --answers @").ended(0);
    let one = machine.run("status --demo --once --json --answers @").ended(0).json();
    let lines = [
        "status --demo --once --json --cluster prod --region us-east-1",
        "status --demo --once --json --cluster prod --region us-east-1 --tool velero --namespace velero",
    ];
    for line in lines {
        let other = machine.run(line).ended(0).json();
        assert_eq!(other["clusters"][0]["locations"][0]["name"], one["clusters"][0]["locations"][0]["name"], "{line}");
    }
}

#[test]
fn answers_that_are_wrong_are_json_too() {
    let machine = Machine::new();
    machine.file("answers.toml", "tool = \"velero\"\n[cluster]\nname = \"prod\"\nregion = \"us-east-1a\"\n");
    let ran = machine.run("plan --demo --json --answers answers.toml").ended(2);
    let problems = ran.json()["problems"].clone();
    let fields: Vec<_> = problems.as_array().unwrap().iter().map(|problem| problem["field"].clone()).collect();
    assert_eq!(fields, ["bucket.name", "cluster.region"]);
    assert_eq!(keys(&problems[0]), ["field", "line", "what", "why", "todo"]);
}
