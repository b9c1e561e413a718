//! The journey of the demo: apply, again, plan, status, runs, undo, reset.

use crate::support::{Machine, ids};

#[test]
fn from_an_empty_account_to_a_restored_backup_and_back() {
    let machine = Machine::new();
    let first = machine.run("plan --demo --json --answers @").ended(0).json();

    let applied = machine.run("apply --demo --yes --json --answers @").ended(0).lines();
    let last = applied.last().unwrap();
    assert_eq!(last["outcome"], "verified");
    assert_eq!(last["proven"], serde_json::json!(["token", "backup", "restore", "delete"]));
    assert_eq!(last["not_proven"], serde_json::json!(["volumes", "schedules"]));

    let plan = machine.run("plan --demo --json --answers @").ended(0).json();
    assert_eq!(ids(&plan, "keep").len(), plan["changes"].as_array().unwrap().len(), "{plan:#}");
    assert_eq!(plan["digest"], first["digest"], "the digest is of what is desired, not of what is there");

    let again = machine.run("apply --demo --json --answers @").ended(0).lines();
    let (last, events) = again.split_last().unwrap();
    assert_eq!(last["outcome"], "verified");
    assert!(events.iter().all(|event| event["state"] == "kept"), "{events:#?}");

    let status = machine.run("status --demo --once --json --answers @").ended(0).json();
    assert_eq!(status["clusters"][0]["healthy"], true);

    let runs = machine.run("runs --demo --json").ended(0).json();
    let outcomes: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|run| &run["outcome"]).collect();
    assert_eq!(outcomes, ["verified", "verified"]);

    // The second run changed nothing: the one to take back is the first.
    let run = applied.last().unwrap()["run"].as_str().unwrap();
    let undone = machine.run(&format!("undo --demo --yes --json {run}")).ended(0).lines();
    assert_eq!(undone.last().unwrap()["outcome"], "undone");

    let left = machine.run("plan --demo --json --answers @").ended(0).json();
    assert_eq!(ids(&left, "keep"), ["namespace", "repository-password", "restart"]);
}

#[test]
fn undo_without_a_run_takes_the_newest_one_that_changed_something() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --answers @").ended(0);
    machine.run("apply --demo --yes --answers @").ended(0);
    let undone = machine.run("undo --demo --yes").ended(0);
    assert!(undone.out.contains("undone   role "), "the second run made nothing:\n{}", undone.out);
    machine.run("undo --demo --yes").ended(1).says("no run to take back");
}

#[test]
fn a_reset_starts_the_world_over_and_forgets_its_runs() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    machine.run("demo --reset").ended(0);
    assert_eq!(machine.run("runs --demo --json").ended(0).json()["runs"], serde_json::json!([]));
    let plan = machine.run("plan --demo --json --answers @").ended(0).json();
    assert!(ids(&plan, "create").contains(&"bucket".to_owned()), "{plan:#}");
}

#[test]
fn the_worlds_are_listed_and_an_unknown_one_is_said_with_those_there_are() {
    let machine = Machine::new();
    for line in ["--demo=help", "plan --demo=help --answers nowhere", "demo --list"] {
        let listed = machine.run(line).ended(0).out;
        assert!(listed.lines().any(|line| line.starts_with("default ")), "{line}: {listed}");
    }
    for line in ["plan --demo=mars --answers @", "apply --demo=mars --yes --answers @", "runs --demo=mars"] {
        machine.run(line).ended(2).says("no demo world mars").says("default");
    }
}

#[test]
fn a_worlds_name_never_becomes_a_path() {
    let machine = Machine::new();
    let precious = machine.file("precious/thing", "keep me");
    let world = format!("--demo=../../../{}", "precious");
    machine.args(["demo", "--reset", world.as_str()]).ended(2).says("no demo world");
    machine.args(["demo", "--reset", "--demo=.."]).ended(2);
    machine.args(["demo", "--reset", "--demo="]).ended(2);
    assert!(precious.exists());
    machine.args(["runs", "--demo=../../../precious"]).ended(2);
}

#[test]
fn demo_state_is_apart_from_real_runs() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    assert!(machine.state().join("demo/default/runs").is_dir());
    assert!(!machine.state().join("runs").exists());
    assert_eq!(machine.run("runs --json").ended(0).json()["runs"], serde_json::json!([]));
}

#[test]
fn rancher_backup_is_set_up_looked_at_and_taken_back() {
    let machine = Machine::new();
    let answers = crate::support::answers("acme-backups", "[rancher]\nencryption_secret = \"new\"")
        .replace("tool = \"velero\"", "tool = \"rancher-backup\"");
    machine.file("rancher.toml", &answers);
    let path = machine.path("rancher.toml").display().to_string();
    let applied = machine.run(&format!("apply --demo --yes --json --answers {path}")).ended(0).lines();
    let last = applied.last().unwrap();
    assert_eq!(last["outcome"], "applied", "the Secret is not said to be saved elsewhere");
    assert_eq!(last["not_proven"], serde_json::json!(["encryption-secret", "restore", "schedules"]));

    machine.file("rancher.toml", format!("{answers}\n[consent]\nsaved = [\"encryption-secret\"]\n"));
    let again = machine.run(&format!("apply --demo --json --answers {path}")).ended(0).lines();
    assert_eq!(again.last().unwrap()["outcome"], "verified");

    let place = "status --demo --once --cluster prod --region us-east-1 --tool rancher-backup";
    let status = machine.run(&format!("{place} --json")).ended(0).json();
    let status = &status["clusters"][0];
    assert_eq!((&status["tool"], &status["healthy"]), (&"rancher-backup".into(), &true.into()), "{status:#}");
    assert_eq!((&status["backups"][0]["phase"], &status["backups"][0]["present"]), (&"Completed".into(), &true.into()));
    let told = machine.run(place).ended(0);
    assert!(told.out.contains(".tar.gz.enc stored in S3, in the bucket"), "{}", told.out);

    let undone = machine.run("undo --demo --yes").ended(0);
    assert!(undone.out.contains("release cattle-resources-system/rancher-backup-crd stays"), "{}", undone.out);
}
