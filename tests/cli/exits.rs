//! Exit codes, row by row of the contract's table.

use crate::support::{Machine, answers, ids};

#[test]
fn a_digest_that_differs_is_1_and_changes_nothing() {
    let machine = Machine::new();
    let other = format!("sha256:{}", "0".repeat(64));
    let ran = machine.run(&format!("apply --demo --yes --digest {other} --answers @")).ended(1);
    ran.says("the plan is sha256:").says(&other).says("What to do:");
    assert!(!ids(&machine.run("plan --demo --json --answers @").json(), "create").is_empty());
}

#[test]
fn the_digest_of_the_plan_is_taken() {
    let machine = Machine::new();
    let digest = machine.run("plan --demo --json --answers @").ended(0).json()["digest"].clone();
    machine.run(&format!("apply --demo --yes --digest {} --answers @", digest.as_str().unwrap())).ended(0);
}

#[test]
fn a_bucket_of_others_is_2_until_each_change_is_taken_or_left() {
    let machine = Machine::new();
    let plan = machine.demo("plan --json", &answers("acme-logs", "create = false")).ended(0).json();
    let conflicts = ids(&plan, "conflict");
    assert!(conflicts.iter().any(|id| id.starts_with("bucket-")), "{plan:#}");

    let mut refused = machine.demo("apply --yes", &answers("acme-logs", "create = false")).ended(2);
    for id in &conflicts {
        refused = refused.says(&format!("{id}: "));
    }
    refused.says("consent.adopt").says("consent.leave");
    let json = machine.demo("apply --yes --json", &answers("acme-logs", "create = false")).ended(2).json();
    assert_eq!(ids(&json, "conflict"), conflicts);

    let consent = format!("create = false\n[consent]\nleave = {conflicts:?}");
    let lines = machine.demo("apply --yes --json", &answers("acme-logs", &consent)).ended(0).lines();
    for id in &conflicts {
        let events: Vec<_> = lines.iter().filter(|line| line["change"] == id.as_str()).collect();
        assert!(events.iter().all(|event| event["state"] == "kept"), "{events:?}");
    }
}

#[test]
fn an_adopted_change_is_made() {
    let machine = Machine::new();
    let bare = answers("acme-logs", "create = false");
    let conflicts = ids(&machine.demo("plan --json", &bare).ended(0).json(), "conflict");
    let consent = answers("acme-logs", &format!("create = false\n[consent]\nadopt = {conflicts:?}"));
    let lines = machine.demo("apply --yes --json", &consent).ended(0).lines();
    for id in &conflicts {
        assert!(lines.iter().any(|line| line["change"] == id.as_str() && line["state"] == "done"), "{id}");
    }
    assert!(ids(&machine.demo("plan --json", &consent).ended(0).json(), "conflict").is_empty());
}

#[test]
fn nobody_to_ask_is_2_and_names_yes() {
    let machine = Machine::new();
    machine.run("apply --demo --answers @").ended(2).says("--yes");
    machine.run("apply --demo --json --answers @").ended(2).says("--yes");
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    machine.run("undo --demo").ended(2).says("--yes");
}

#[test]
fn usage_is_2() {
    let machine = Machine::new();
    for line in [
        "",
        "frobnicate",
        "plan",
        "plan --answers",
        "apply --answers a --prove --no-prove",
        "--color sometimes plan --answers a",
        "completions cmd-dot-exe",
        "status --demo --once",
        "status --demo --once --cluster prod",
        "status --demo --once --tool floppy --cluster prod --region us-east-1",
        "demo",
        "undo --demo --yes ../../etc",
    ] {
        let ran = machine.run(line).ended(2);
        assert!(!ran.err.trim().is_empty() || !ran.out.trim().is_empty(), "{line}: nothing is said");
    }
}

#[test]
fn an_answers_file_that_is_not_there_or_wrong_is_2() {
    let machine = Machine::new();
    machine.run("plan --demo --answers nowhere.toml").ended(2).says("nowhere.toml").says("What to do:");
    machine.run("status --demo --once --answers nowhere.toml").ended(2);
    machine.demo("apply --yes", "tool = \"velero\"").ended(2).says("cluster.name").says("bucket.name");
}

#[test]
fn every_tool_can_be_planned_with_both_identities() {
    let machine = Machine::new();
    for tool in ["velero", "rancher-backup", "upbound-spaces"] {
        for identity in ["irsa", "pod-identity"] {
            let text = format!("identity = \"{identity}\"\n{}", answers("acme-backups", "").replace("velero", tool));
            machine.demo("plan --json --preflight", &text).ended(0);
        }
    }
}

#[test]
fn n28_a_cluster_that_is_not_there_is_1_with_the_nearest() {
    let machine = Machine::new();
    let there = answers("acme-backups", "").replace("\"prod\"", "\"prdo\"");
    machine.demo("plan", &there).ended(1).says("prdo").says("prod");
}

#[test]
fn n10_a_bucket_of_somebody_else_is_1() {
    let machine = Machine::new();
    for command in ["plan", "apply --yes"] {
        machine.demo(command, &answers("my-bucket", "")).ended(1).says("my-bucket").says("What to do:");
    }
}

#[test]
fn a_bucket_that_should_exist_and_does_not_is_1() {
    machine_says("acme-nowhere", "create = false", "acme-nowhere");
}

fn machine_says(bucket: &str, more: &str, part: &str) {
    Machine::new().demo("plan", &answers(bucket, more)).ended(1).says(part);
}

#[test]
fn read_only_is_1_as_soon_as_something_would_change() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --read-only --answers @").ended(1).says("--read-only");
    machine.run("plan --demo --read-only --answers @").ended(0);
    machine.run("apply --demo --yes --answers @").ended(0);
    machine.run("apply --demo --read-only --answers @").ended(0);
    machine.run("undo --demo --yes --read-only").ended(1).says("--read-only");
}

#[test]
fn a_status_that_is_not_healthy_is_4() {
    let machine = Machine::new();
    let ran = machine.run("status --demo=broken --once --json --cluster prod --region us-east-1").ended(4);
    assert_eq!(ran.json()["clusters"][0]["healthy"], false);
    let said = machine.run("status --demo=broken --once --cluster prod --region us-east-1").ended(4).out;
    assert!(said.contains("NOT healthy"), "{said}");
    // Nothing is installed: that is not healthy either, and it is said.
    let said = machine.run("status --demo --once --cluster prod --region us-east-1").ended(4).out;
    assert!(said.contains("NOT healthy") && said.contains("not installed"), "{said}");
}

#[test]
fn a_cluster_that_status_does_not_find_is_1() {
    let machine = Machine::new();
    machine.run("status --demo --once --cluster nope --region us-east-1").ended(1).says("nope");
}

#[test]
fn an_unknown_run_is_1_and_points_to_the_list() {
    let machine = Machine::new();
    machine.run("undo --demo --yes 20260105T090000Z-1a2b3c4d").ended(1).says("20260105T090000Z-1a2b3c4d").says("runs");
    machine.run("undo --demo --yes").ended(1).says("no run to take back");
}
