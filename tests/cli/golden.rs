//! What people read: plan, apply, status, runs, undo, problems, as text.

use crate::support::{Machine, Ran, answers};

/// Times, runs and folders differ; words do not.
fn settled(machine: &Machine, text: &str) -> String {
    let home = machine.path("").to_string_lossy().trim_end_matches('/').to_owned();
    text.replace(&home, "~")
}

fn shown(machine: &Machine, ran: &Ran) {
    let text = if ran.err.is_empty() { ran.out.clone() } else { format!("{}--- stderr\n{}", ran.out, ran.err) };
    insta::with_settings!({filters => vec![
        (r"sha256:[0-9a-f]{64}", "sha256:DIGEST"),
        (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "RUN"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
        (r" +\d+\.\d s ", " SECONDS s "),
        (r"lifeboat-canary-[0-9a-f]{8}", "lifeboat-canary-SUFFIX"),
        (r"\d+ object versions", "COUNT object versions"),
        (r"RequestID: [0-9A-F]+", "RequestID: ID"),
        (r"(velero|node-agent)-[0-9a-f]{5,10}-[0-9a-z]{5}", "$1-POD"),
    ], omit_expression => true}, {
        insta::assert_snapshot!(name(), settled(machine, &text));
    });
}

/// The test's own name.
fn name() -> String {
    std::thread::current().name().unwrap_or_default().rsplit("::").next().unwrap_or_default().to_owned()
}

#[test]
fn a_plan_as_text() {
    let machine = Machine::new();
    shown(&machine, &machine.run("plan --demo --answers @").ended(0));
}

#[test]
fn a_plan_with_conflicts_as_text() {
    let machine = Machine::new();
    shown(&machine, &machine.demo("plan", &answers("acme-logs", "create = false")).ended(0));
}

#[test]
fn a_refused_apply_as_text() {
    let machine = Machine::new();
    shown(&machine, &machine.demo("apply --yes", &answers("acme-logs", "create = false")).ended(2));
}

#[test]
fn an_apply_as_text() {
    let machine = Machine::new();
    let ran = machine.run("apply --demo --yes --answers @").ended(0);
    shown(&machine, &sorted(ran));
}

#[test]
fn a_status_as_text() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    shown(&machine, &machine.run("status --demo --once --answers @").ended(0));
}

#[test]
fn a_status_of_the_broken_world_as_text() {
    let machine = Machine::new();
    shown(&machine, &machine.run("status --demo=broken --once --cluster prod --region us-east-1").ended(4));
}

#[test]
fn an_undo_as_text() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --answers @").ended(0);
    shown(&machine, &sorted(machine.run("undo --demo --yes").ended(0)));
}

/// Changes go side by side: which of two independent ones ends first is not told here.
fn sorted(ran: Ran) -> Ran {
    let mut lines: Vec<&str> = ran.out.lines().filter(|line| !line.starts_with("...")).collect();
    lines.sort_unstable();
    Ran { code: ran.code, out: lines.join("\n") + "\n", err: ran.err }
}

#[test]
fn runs_as_text() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --answers @").ended(0);
    shown(&machine, &machine.run("runs --demo").ended(0));
}

#[test]
fn problems_as_text() {
    let machine = Machine::new();
    let text = answers("Bad_Name", "noncurrent_days = 0\nnoncurent_days = 1\n[role]\nname = \"a b\"\n[rancher]");
    shown(&machine, &machine.demo("plan", &text).ended(2));
}

#[test]
fn a_trouble_as_text() {
    let machine = Machine::new();
    shown(&machine, &machine.run("plan --answers @").ended(1));
}
