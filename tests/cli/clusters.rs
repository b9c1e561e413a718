//! Several clusters: one that is backed up and one that restores, planned, applied, watched and taken back together.

use crate::support::{Machine, answers, ids};

const DR: &str = "[[restore_cluster]]\nname = \"dr\"\nregion = \"us-west-2\"";

#[test]
fn two_clusters_are_set_up_shown_and_taken_back_by_one_answers_file() {
    let machine = Machine::new();
    let file = machine.file("two.toml", answers("acme-two", DR));
    let file = file.display();
    let plan = machine.run(&format!("plan --demo --json --answers {file}")).ended(0).json();
    let made = ids(&plan, "create");
    for id in ["role:dr", "permissions:dr", "repository-password:dr", "location:dr", "canary:dr"] {
        assert!(made.iter().any(|there| there == id), "{id} is not in {made:?}");
    }
    assert!(!made.iter().any(|id| id == "schedule:dr"), "a restore cluster makes no backups: {made:?}");

    let applied = machine.run(&format!("apply --demo --yes --json --answers {file}")).ended(0).lines();
    let last = applied.last().unwrap();
    assert_eq!(last["outcome"], "verified", "{last}");
    assert!(last["proven"].as_array().unwrap().contains(&"restore:dr".into()), "{last}");

    let status = machine.run(&format!("status --demo --once --json --answers {file}")).ended(0).json();
    let clusters: Vec<_> = status["clusters"].as_array().unwrap().iter().map(|it| &it["cluster"]).collect();
    assert_eq!(clusters, ["prod", "dr"]);
    assert_eq!(status["clusters"][1]["locations"][0]["access_mode"], "ReadOnly");

    let undone = machine.run("undo --demo --yes --json").ended(0).lines();
    assert_eq!(undone.last().unwrap()["outcome"], "undone");
    let left = machine.run(&format!("plan --demo --json --answers {file}")).ended(0).json();
    let kept = ids(&left, "keep");
    assert!(!kept.iter().any(|id| id.starts_with("role")), "{kept:?}");
}
