//! The same bars for Rancher Backup: the role of the cluster that is backed up, and that of one that only restores.

use super::decide::{Call, Probe, World, calls_of, probes_of};
use super::grid::{Made, rancher_grid};
use super::{lint, mutate, none};
use lifeboat::domain::policy::Document;
use std::collections::BTreeSet;

fn calls() -> Vec<Call> {
    calls_of(include_str!("rancher-calls.toml"))
}

fn probes() -> Vec<Probe> {
    probes_of(include_str!("rancher-probes.toml"))
}

fn read(made: &Made) -> (World<'_>, Document) {
    (World::new(made), Document::parse(made.permissions()).unwrap())
}

#[test]
fn the_grid_of_rancher_gives_24_points() {
    let names: BTreeSet<String> = rancher_grid().iter().map(|made| made.case.name()).collect();
    assert_eq!((rancher_grid().len(), names.len()), (24, 24));
}

#[test]
fn b3_no_star_dead_pair_wildcard_or_unconditioned_management_for_rancher() {
    let findings = |made: &Made| {
        let name = made.case.name();
        lint::lint(made.permissions())
            .into_iter()
            .map(move |finding| format!("{name}: {finding:?}"))
            .collect::<Vec<_>>()
    };
    let found: Vec<String> = rancher_grid().iter().flat_map(findings).collect();
    none("findings of the strict lint", &found, rancher_grid().len());
}

#[test]
fn b4_no_needed_call_of_rancher_is_denied_and_b5_none_that_is_not_needed_is_allowed() {
    let (mut wrong, mut of) = (Vec::new(), 0);
    for made in rancher_grid() {
        let (world, permissions) = read(made);
        for call in calls() {
            of += 1;
            let allowed = world.denied(&permissions, &call.checks).is_empty();
            if allowed != call.is_needed(&made.case) {
                wrong.push(format!("{}: {} is {allowed}", made.case.name(), call.name));
            }
        }
    }
    none("calls decided otherwise than they are needed", &wrong, of);
}

#[test]
fn b5_no_attack_probe_is_allowed_by_ranchers_role() {
    let (mut wrong, mut of) = (Vec::new(), 0);
    for made in rancher_grid() {
        let (world, permissions) = read(made);
        for probe in probes() {
            of += 1;
            let allowed = probe.is_allowed(&world, &permissions);
            if allowed != probe.is_accepted(&made.case) {
                wrong.push(format!("{}: {} is {allowed}", made.case.name(), probe.name));
            }
        }
    }
    none("attack probes allowed, or exceptions that are none", &wrong, of);
}

#[test]
fn b6_nothing_can_be_taken_out_of_ranchers_permissions() {
    let (mut useless, mut of) = (Vec::new(), 0);
    for made in rancher_grid() {
        let world = World::new(made);
        let needed: Vec<Call> = calls().into_iter().filter(|call| call.is_needed(&made.case)).collect();
        for (name, text) in mutate::grants(made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if needed.iter().all(|call| world.denied(&permissions, &call.checks).is_empty()) {
                useless.push(format!("{}: {name}", made.case.name()));
            }
        }
        let probes = probes();
        let stopped: Vec<&Probe> = probes.iter().filter(|probe| !probe.is_accepted(&made.case)).collect();
        for (name, text) in mutate::conditions(made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if !stopped.iter().any(|probe| probe.is_allowed(&world, &permissions)) {
                useless.push(format!("{}: {name}", made.case.name()));
            }
        }
    }
    none("actions, resources and conditions that do nothing", &useless, of);
}
