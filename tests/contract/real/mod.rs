//! The contract against the real adapters, in worlds of real software (`tests/testbed`).
//!
//! Starting a world takes seconds, so the cases of some subjects share one and run one after the other;
//! a failed case is reported with its name and the others run on.

mod exceptions;
mod worlds;

use crate::fixture::Fixture;
use crate::testbed::{Options, skip};
use exceptions::Exceptions;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use std::any::Any;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

/// No case takes longer.
const LIMIT: Duration = Duration::from_mins(2);

/// A case of the contract.
struct Case {
    subject: &'static str,
    name: &'static str,
    run: for<'f> fn(&'f Fixture) -> LocalBoxFuture<'f, ()>,
}

impl Case {
    /// `subject::name`, as the table of exceptions says it.
    fn id(&self) -> String {
        format!("{}::{}", self.subject, self.name)
    }
}

macro_rules! in_a_table {
    ($($subject:ident { $($case:ident),* $(,)? })*) => {
        const CASES: &[Case] = &[
            $($(Case {
                subject: stringify!($subject),
                name: stringify!($case),
                run: |at| Box::pin(crate::$subject::$case(at)),
            },)*)*
        ];
    };
}

cases!(in_a_table);

/// Which subjects share a world.
const GROUPS: [&[&str]; 3] =
    [&["host", "iam", "kms", "s3", "identity", "pod_identity", "objects"], &["kube", "look", "helm"], &["velero"]];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_and_its_identities() {
    keep(GROUPS[0], Options::default().without_node().without_webhook()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clusters_and_releases() {
    keep(GROUPS[1], Options::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_a_restore() {
    keep(GROUPS[2], Options::default()).await;
}

#[test]
fn every_subject_is_in_one_group() {
    for case in CASES {
        let groups = GROUPS.iter().filter(|group| group.contains(&case.subject)).count();
        assert_eq!(groups, 1, "{}", case.id());
    }
}

#[test]
fn every_exception_names_a_case_a_difference_and_a_message() {
    Exceptions::read().check(CASES);
}

/// Runs the cases of some subjects in one world, and fails with all that failed.
async fn keep(subjects: &[&str], options: Options) {
    let world = match worlds::start(options).await {
        Ok(world) => world,
        Err(missing) => return skip(missing),
    };
    let (exceptions, fixture) = (Exceptions::read(), worlds::fixture(&world).await);
    let (mut kept, mut excepted, mut wrong) = (0, 0, Vec::new());
    let began = Instant::now();
    for case in CASES.iter().filter(|case| subjects.contains(&case.subject)) {
        let id = case.id();
        let outcome = run(case, &fixture).await;
        match exceptions.judge(&id, &outcome) {
            Ok(None) => kept += 1,
            Ok(Some(reason)) => {
                aloud(&format!("exception: {id}: {reason}"));
                excepted += 1;
            }
            Err(problem) => wrong.push(format!("{id}: {problem}")),
        }
    }
    let (seconds, start) = (began.elapsed().as_secs_f64(), world.took().as_secs_f64());
    let counts = format!("{kept} kept, {excepted} excepted, {} wrong", wrong.len());
    aloud(&format!("{}: {counts}; start {start:.1} s, cases {seconds:.1} s", subjects.join(", ")));
    assert!(wrong.is_empty(), "{} cases are wrong\n\n{}\n\n{}", wrong.len(), wrong.join("\n\n"), world.logs());
}

/// Says a line also when the test passes: what is printed by macros is then kept back.
fn aloud(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs a case; `Err` with what it panicked with.
async fn run(case: &Case, fixture: &Fixture) -> Result<(), String> {
    let mut at = fixture.clone();
    case.name.clone_into(&mut at.case);
    let began = Instant::now();
    let caught = AssertUnwindSafe((case.run)(&at)).catch_unwind();
    let outcome = tokio::time::timeout(LIMIT, caught).await;
    eprintln!("{}: {:.1} s", case.id(), began.elapsed().as_secs_f64());
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) => Err(message(panic.as_ref())),
        Err(_) => Err(format!("not done after {} s", LIMIT.as_secs())),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked without a word").to_owned()
}
