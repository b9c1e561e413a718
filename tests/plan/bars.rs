//! Bars B3 to B6 of the permissions (security.md 0), for every document of the grid; B7 is in `trust`, B1 and
//! B2 in `linters`. The evaluator is this crate's own: what it says is not AWS's word.

mod decide;
pub mod grid;
mod lint;
mod linters;
mod mutate;
mod rancher;
mod spaces;
mod trust;
mod trust_pods;

use crate::world::plan;
use decide::{World, calls, probes, root_delegation};
use grid::{Made, grid, point};
use lifeboat::domain::KmsKeyRef;
use lifeboat::domain::policy::Document;
use std::collections::BTreeSet;

const README: &str = include_str!("bars/twins/plugin-readme.json");
const README_ANY_KEY: &str = include_str!("bars/twins/plugin-readme-any-key.json");
const MIXED: &str = include_str!("bars/twins/bucket-and-objects-mixed.json");

/// A point of the grid where every feature counts.
fn full() -> &'static Made {
    point(|case| case.features.len() > 1 && case.writes && case.key && !case.root)
}

/// Prints how many of how many, and fails unless it is none.
#[track_caller]
#[allow(clippy::print_stderr)]
fn none(what: &str, found: &[String], of: usize) {
    assert!(of > 0, "{what}: nothing was judged");
    eprintln!("{what}: {} of {of}", found.len());
    let first = found.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{what}: {} of {of}, the first:\n{first}", found.len());
}

#[test]
fn the_grid_gives_96_points_and_as_many_names() {
    let grid = grid();
    let names: BTreeSet<String> = grid.iter().map(|made| made.case.name()).collect();
    assert_eq!((grid.len(), names.len()), (96, 96));
    let distinct: BTreeSet<&str> = grid.iter().map(Made::permissions).collect();
    // Each answer changes the document, but the bucket's region only with a key.
    assert_eq!(distinct.len(), 80);
}

#[test]
fn b4_no_needed_call_is_denied() {
    let (mut denied, mut of) = (Vec::new(), 0);
    for made in grid() {
        let (world, permissions) = (World::new(made), Document::parse(made.permissions()).unwrap());
        for call in calls().iter().filter(|call| call.is_needed(&made.case)) {
            of += 1;
            let words = world.denied(&permissions, &call.checks);
            denied.extend(words.iter().map(|word| format!("{}: {}: {word}", made.case.name(), call.name)));
        }
    }
    none("needed calls denied", &denied, of);
}

#[test]
fn b4_a_document_without_abort_is_seen() {
    let made = point(|case| case.writes && !case.key);
    let (world, permissions) = (World::new(made), Document::parse(MIXED).unwrap());
    let needed = calls().into_iter().filter(|call| call.is_needed(&made.case));
    let denied: Vec<String> =
        needed.filter(|call| !world.denied(&permissions, &call.checks).is_empty()).map(|call| call.name).collect();
    assert_eq!(denied, ["abort-upload"]);
}

#[test]
fn b4_the_policy_of_a_new_key_lets_the_role_use_it_and_one_without_the_account_does_not() {
    let case = full().case.clone();
    let mut answers = case.answers();
    answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
    let made = Made { plan: plan(&answers, &case.facts()), case };
    let permissions = Document::parse(made.permissions()).unwrap();
    let policy = crate::world::document(&made.plan, "lifeboat-acme-backups/policy.json");
    let denied = |policy: &str| -> Vec<String> {
        let world = World::new(&made).with_keys(policy);
        let needed = calls().into_iter().filter(|call| call.is_needed(&made.case));
        needed.filter(|call| !world.denied(&permissions, &call.checks).is_empty()).map(|call| call.name).collect()
    };
    assert_eq!(denied(policy), Vec::<String>::new());
    let elsewhere = root_delegation(&made.case).replace("111122223333", "444455556666");
    assert_eq!(
        denied(&elsewhere),
        ["get-object-under-key", "put-restore-log-under-key", "put-object-in-parts-under-key"]
    );
}

#[test]
fn b5_no_attack_probe_is_allowed() {
    let probes = probes();
    assert_eq!(probes.len(), 26);
    let (mut allowed, mut closed, mut of) = (Vec::new(), Vec::new(), 0);
    for made in grid() {
        let (world, permissions) = (World::new(made), Document::parse(made.permissions()).unwrap());
        for probe in &probes {
            of += 1;
            let line = format!("{}: {}", made.case.name(), probe.name);
            match (probe.is_allowed(&world, &permissions), probe.is_accepted(&made.case)) {
                (true, false) => allowed.push(line),
                (false, true) => closed.push(line),
                _ => {}
            }
        }
    }
    none("attack probes allowed", &allowed, of);
    none("exceptions of the table that the documents no longer need", &closed, of);
}

#[test]
fn b5_every_exception_has_its_reason_and_a_single_attempt() {
    let probes = probes();
    let accepted: Vec<_> = probes.iter().filter(|probe| !probe.accepted.is_empty()).collect();
    assert_eq!(accepted.len(), 6);
    for probe in accepted {
        assert_eq!(probe.attempts.len(), 1, "{}", probe.name);
        assert!(probe.accepted.iter().all(|accepted| accepted.why.len() > 20), "{}", probe.name);
    }
}

#[test]
fn b5_what_was_not_chosen_is_denied() {
    let (mut allowed, mut of) = (Vec::new(), 0);
    for made in grid() {
        let (world, permissions) = (World::new(made), Document::parse(made.permissions()).unwrap());
        for call in calls().iter().filter(|call| !call.is_needed(&made.case)) {
            of += 1;
            if world.denied(&permissions, &call.checks).is_empty() {
                allowed.push(format!("{}: {}", made.case.name(), call.name));
            }
        }
    }
    none("calls of features that were not chosen allowed", &allowed, of);
}

/// The probes can all be allowed, so that their denial says something.
#[test]
fn b5_every_probe_is_allowed_by_a_document_that_allows_all() {
    let made = full();
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let (world, permissions) = (World::new(made), Document::parse(all).unwrap());
    for probe in probes() {
        for checks in &probe.attempts {
            assert_eq!(world.denied(&permissions, checks), Vec::<String>::new(), "{}", probe.name);
        }
    }
}

/// security.md 3.1: the plugin's README allows nine of its probes, with `kms` on `*` twelve. Ours add one that
/// it does not have (a foreign snapshot restored), and tell writing, reading and deleting, and twins, apart.
#[test]
fn b5_the_readme_of_the_plugin_allows_what_security_3_1_says() {
    let made = full();
    let world = World::new(made);
    let allowed = |text: &str| -> Vec<String> {
        let permissions = Document::parse(text).unwrap();
        probes().into_iter().filter(|probe| probe.is_allowed(&world, &permissions)).map(|probe| probe.name).collect()
    };
    let readme = [
        "put outside the prefix",
        "get outside the prefix",
        "delete outside the prefix",
        "prefix twin",
        "bucket re-created by another account",
        "delete a foreign snapshot",
        "other region",
        "other cluster's volume",
        "untagged snapshot",
        "restore a foreign snapshot",
        "retag a volume",
        "tag an EC2 instance",
    ];
    assert_eq!(allowed(README), readme);
    let keys = ["any key", "the key directly", "the key for another service"];
    let mut with_keys: Vec<&str> = readme.to_vec();
    with_keys.splice(5..5, keys);
    assert_eq!(allowed(README_ANY_KEY), with_keys);
}

#[test]
fn b5_plain_http_is_denied_by_the_buckets_policy() {
    let mut of = 0;
    for made in grid() {
        let (world, permissions) = (World::new(made), Document::parse(made.permissions()).unwrap());
        let calls = calls();
        let get = &calls.iter().find(|call| call.name == "get-object").unwrap().checks[0];
        assert!(world.denied_over_http(&permissions, get), "{}", made.case.name());
        of += 1;
    }
    assert_eq!(of, 96);
}

#[test]
fn b6_nothing_can_be_taken_out() {
    let (mut useless, mut of) = (Vec::new(), 0);
    for made in grid() {
        let world = World::new(made);
        let needed: Vec<_> = calls().into_iter().filter(|call| call.is_needed(&made.case)).collect();
        for (name, text) in mutate::grants(made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if needed.iter().all(|call| world.denied(&permissions, &call.checks).is_empty()) {
                useless.push(format!("{}: {name}", made.case.name()));
            }
        }
    }
    none("useless actions, resources and condition values", &useless, of);
}

#[test]
fn b6_the_useless_action_of_the_plugins_readme_is_found() {
    let made = point(|case| case.has("ebs-snapshots") && case.writes);
    let world = World::new(made);
    let needed: Vec<_> = calls().into_iter().filter(|call| call.is_needed(&made.case)).collect();
    let useless = mutate::grants(README).into_iter().filter(|(_, text)| {
        let permissions = Document::parse(text).unwrap();
        needed.iter().all(|call| world.denied(&permissions, &call.checks).is_empty())
    });
    let names: Vec<String> = useless.map(|(name, _)| name).collect();
    assert_eq!(names, ["1 Action s3:ListMultipartUploadParts"]);
}

/// The other side of B6: every condition stops a probe, or a call that was not chosen.
#[test]
fn b6_no_condition_can_be_taken_out() {
    let probes = probes();
    let (mut useless, mut of) = (Vec::new(), 0);
    for made in grid() {
        let world = World::new(made);
        let stopped: Vec<_> = probes.iter().filter(|probe| !probe.is_accepted(&made.case)).collect();
        for (name, text) in mutate::conditions(made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if !stopped.iter().any(|probe| probe.is_allowed(&world, &permissions)) {
                useless.push(format!("{}: {name}", made.case.name()));
            }
        }
    }
    none("conditions that stop nothing", &useless, of);
}

/// A managed policy of the user's that says exactly what ours would is accepted.
#[test]
fn b4_our_own_document_is_enough_as_an_existing_policy() {
    let arn = "arn:aws:iam::111122223333:policy/backups";
    let (mut refused, mut of) = (Vec::new(), 0);
    for made in grid() {
        of += 1;
        let (mut answers, mut facts) = (made.case.answers(), made.case.facts());
        answers.role.existing_policy = Some(lifeboat::domain::PolicyArn::parse(arn).unwrap());
        facts.existing_policy = Some(made.permissions().to_owned());
        if let Err(problems) = lifeboat::plan::plan(&answers, &facts, lifeboat::plan::Prove::Needed) {
            refused.push(format!("{}: {problems}", made.case.name()));
        }
    }
    none("our own documents refused", &refused, of);
}

/// A policy that lacks a call, or allows it only to another service, is refused by the call's name.
#[test]
fn b4_an_existing_policy_that_is_not_enough_is_refused() {
    let made = full();
    let through = format!("s3.{}.{}", made.case.bucket_region(), made.case.suffix());
    let changes = [
        ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload on"),
        (through.as_str(), "secretsmanager.us-east-1.amazonaws.com", "kms:Decrypt on"),
        ("\"CreateVolume\"", "\"RunInstances\"", "ec2:CreateTags on arn:aws:ec2:us-east-1:111122223333:volume/"),
    ];
    for (from, to, word) in changes {
        let text = made.permissions().replace(from, to);
        assert_ne!(text, made.permissions(), "{from}");
        let (mut answers, mut facts) = (made.case.answers(), made.case.facts());
        answers.role.existing_policy =
            Some(lifeboat::domain::PolicyArn::parse("arn:aws:iam::111122223333:policy/backups").unwrap());
        facts.existing_policy = Some(text);
        let problems = crate::world::problems(&answers, &facts).to_string();
        assert!(problems.contains(word), "{word}: {problems}");
    }
}
