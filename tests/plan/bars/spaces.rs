//! B3 to B7 of Upbound Spaces' documents: the calls of upbound.md 4, the probes of the table, the wrong tokens.

use super::decide::{Check, World, probes};
use super::grid::{Case, Made, Place, other_issuer};
use super::lint::lint;
use super::{mutate, none};
use crate::space::{host_namespace, restoring, space_answers, space_facts};
use crate::world::{ACCOUNT, ISSUER, document, plan};
use lifeboat::domain::Tool;
use lifeboat::domain::policy::{Caller, Context, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate};
use lifeboat::plan::answers::{DeletionPolicy, SpacesTrust};
use serde::Deserialize;
use std::sync::LazyLock;

/// What the S3 client of a control plane's controller calls.
const CALLS: &str = r#"
[[call]]
name = "list"
checks = [{ action = "s3:ListBucket", on = "{bucket}" }]
[[call]]
name = "read"
checks = [{ action = "s3:GetObject", on = "{objects}team-0/plane-0/b1/export.tar.gz" }]
[[call]]
name = "write"
checks = [{ action = "s3:PutObject", on = "{objects}team-0/plane-0/b1/export.tar.gz" }]
[[call]]
name = "give up"
checks = [{ action = "s3:AbortMultipartUpload", on = "{objects}team-0/plane-0/b1/export.tar.gz" }]
[[call]]
name = "delete"
when = "delete"
checks = [{ action = "s3:DeleteObject", on = "{objects}team-0/plane-0/b1/export.tar.gz" }]
[[call]]
name = "encrypt"
when = "key"
checks = [{ action = "kms:GenerateDataKey", on = "{key}" }]
[[call]]
name = "decrypt"
when = "key"
checks = [{ action = "kms:Decrypt", on = "{key}" }]
"#;

#[derive(Deserialize)]
struct Calls {
    call: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    when: String,
    checks: Vec<Check>,
}

fn calls() -> Vec<Call> {
    toml::from_str::<Calls>(CALLS).unwrap().call
}

/// A point of the grid, and whether expired files are removed.
pub struct Point {
    pub made: Made,
    deletes: bool,
}

impl Point {
    /// For file names.
    pub fn name(&self) -> &'static str {
        if self.deletes { "upbound-spaces-delete" } else { "upbound-spaces-orphan" }
    }
}

impl Call {
    fn is_needed(&self, point: &Point) -> bool {
        match self.when.as_str() {
            "" => true,
            "delete" => point.deletes,
            "key" => point.made.case.key,
            other => panic!("{other}"),
        }
    }
}

/// 2 policies x key or none x prefix or root x 3 places; the prefix is the one that the tables name.
pub fn points() -> &'static [Point] {
    static POINTS: LazyLock<Vec<Point>> = LazyLock::new(|| {
        let mut out = Vec::new();
        for bits in 0..8_u8 {
            for place in [Place::Here, Place::BucketElsewhere, Place::China] {
                let (deletes, key, root) = (bits & 1 == 0, bits & 2 != 0, bits & 4 != 0);
                let case = Case { tool: Tool::UpboundSpaces, features: Vec::new(), writes: true, key, root, place };
                let mut answers = case.answers();
                answers.tool = Tool::UpboundSpaces;
                answers.spaces.deletion_policy = if deletes { DeletionPolicy::Delete } else { DeletionPolicy::Orphan };
                let (mut facts, space) = (case.facts(), space_facts(2));
                facts.site.release = space.site.release;
                facts.site.space = space.site.space;
                out.push(Point { made: Made { plan: plan(&answers, &facts), case }, deletes });
            }
        }
        out
    });
    &POINTS
}

#[test]
fn b3_the_pairs_of_a_spaces_documents_are_live_and_exact() {
    let findings: Vec<String> = points()
        .iter()
        .flat_map(|point| {
            lint(point.made.permissions()).into_iter().map(|it| format!("{}: {it:?}", point.made.case.name()))
        })
        .collect();
    none("findings", &findings, points().len());
}

#[test]
fn b4_b5_a_space_gets_the_calls_that_it_needs_and_no_probe() {
    let (mut faults, mut of) = (Vec::new(), 0);
    for point in points() {
        let name = point.made.case.name();
        let (world, permissions) = (World::new(&point.made), Document::parse(point.made.permissions()).unwrap());
        for call in calls() {
            of += 1;
            let denied = !world.denied(&permissions, &call.checks).is_empty();
            if denied == call.is_needed(point) {
                faults.push(format!("{name}: {} {}", call.name, if denied { "denied" } else { "allowed" }));
            }
        }
        for probe in probes().iter().filter(|probe| !probe.is_accepted(&point.made.case)) {
            of += 1;
            if probe.is_allowed(&world, &permissions) {
                faults.push(format!("{name}: {} allowed", probe.name));
            }
        }
    }
    none("wrong answers about a Space's calls", &faults, of);
}

#[test]
fn b6_of_a_spaces_documents_nothing_can_be_taken_out() {
    let (mut useless, mut of) = (Vec::new(), 0);
    for point in points() {
        let world = World::new(&point.made);
        let needed: Vec<Call> = calls().into_iter().filter(|call| call.is_needed(point)).collect();
        for (name, text) in mutate::grants(point.made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if needed.iter().all(|call| world.denied(&permissions, &call.checks).is_empty()) {
                useless.push(format!("{}: {name}", point.made.case.name()));
            }
        }
        let probes = probes();
        let stopped: Vec<_> = probes.iter().filter(|probe| !probe.is_accepted(&point.made.case)).collect();
        for (name, text) in mutate::conditions(point.made.permissions()) {
            of += 1;
            let permissions = Document::parse(&text).unwrap();
            if !stopped.iter().any(|probe| probe.is_allowed(&world, &permissions)) {
                useless.push(format!("{}: {name}", point.made.case.name()));
            }
        }
    }
    none("useless parts of a Space's documents", &useless, of);
}

/// Whether a token gets the role.
fn takes(trust: &str, account: &str, issuer: &str, aud: Option<&str>, sub: &str) -> bool {
    let mut context = Context::new().with(&format!("{issuer}:sub"), sub);
    if let Some(aud) = aud {
        context = context.with(&format!("{issuer}:aud"), aud);
    }
    let request = Request {
        caller: Caller::Federated(format!("arn:aws:iam::{account}:oidc-provider/{issuer}")),
        action: "sts:AssumeRoleWithWebIdentity".to_owned(),
        resource: format!("arn:aws:iam::{ACCOUNT}:role/r"),
        context,
    };
    let document = Document::parse(trust).unwrap();
    let resource = Some(ResourcePolicy { kind: ResourceKind::Trust, account: ACCOUNT.to_owned(), document });
    evaluate(&request, &Evidence { resource, ..Evidence::default() }).is_allowed()
}

#[test]
fn b7_only_the_controllers_of_a_space_take_its_role() {
    const STS: Option<&str> = Some("sts.amazonaws.com");
    for trust in [SpacesTrust::Enumerated, SpacesTrust::Pattern] {
        let mut answers = space_answers();
        answers.spaces.trust = trust;
        let plan = plan(&answers, &space_facts(2));
        let document = document(&plan, "trust.json");
        let subject = |namespace: &str, account: &str| format!("system:serviceaccount:{namespace}:{account}");
        let right = [0, 1].map(|number| subject(&host_namespace(number), "mxp-controller"));
        for sub in &right {
            assert!(takes(document, ACCOUNT, ISSUER, STS, sub), "{trust:?}: {sub}");
            for aud in
                [None, Some("vault"), Some("sts.amazonaws.com.cn"), Some("https://kubernetes.default.svc"), Some("")]
            {
                assert!(!takes(document, ACCOUNT, ISSUER, aud, sub), "{trust:?}: audience {aud:?}");
            }
            assert!(!takes(document, ACCOUNT, &other_issuer(), STS, sub), "{trust:?}: another cluster");
            assert!(!takes(document, "444455556666", ISSUER, STS, sub), "{trust:?}: another account");
        }
        let host = host_namespace(0);
        for sub in [
            subject(&host, "default"),
            subject(&host, "mxp-controller2"),
            subject(&host, "vector"),
            subject("payroll", "mxp-controller"),
            subject("upbound-system", "mxp-controller"),
            subject(&format!("{host}2"), "mxp-controller"),
            subject("mxp-system", "mxp-controller"),
            subject("xmxp-1-system", "mxp-controller"),
            subject("*", "mxp-controller"),
            String::new(),
        ] {
            assert!(!takes(document, ACCOUNT, ISSUER, STS, &sub), "{trust:?}: {sub}");
        }
        // What the pattern gives, and the list does not: the preview says so.
        let later = subject(&host_namespace(9), "mxp-controller");
        assert_eq!(takes(document, ACCOUNT, ISSUER, STS, &later), trust == SpacesTrust::Pattern);
    }
}

#[test]
fn b4_b5_b7_a_cluster_to_restore_to_reads_alone_and_takes_no_role_but_its_own() {
    let first = points().iter().find(|point| point.made.case.key && !point.made.case.root).unwrap();
    let (mut answers, mut facts) = (first.made.case.answers(), first.made.case.facts());
    answers.tool = Tool::UpboundSpaces;
    let space = space_facts(2);
    (facts.site.release, facts.site.space) = (space.site.release, space.site.space);
    restoring(&mut answers, &mut facts);
    let plan = plan(&answers, &facts);
    let reads = Document::parse(document(&plan, "dr-read/permissions.json")).unwrap();
    let world = World::new(&first.made);
    for call in calls() {
        let allowed = world.denied(&reads, &call.checks).is_empty();
        assert_eq!(allowed, matches!(call.name.as_str(), "list" | "read" | "decrypt"), "{}", call.name);
    }
    // A Space writes nothing when it restores, unlike Velero: not under restores/ either.
    let log = r#"{ action = "s3:PutObject", on = "{objects}restores/team-b/spare/log" }"#;
    let log: Check = toml::from_str::<toml::Table>(&format!("it = {log}")).unwrap()["it"].clone().try_into().unwrap();
    assert!(!world.denied(&reads, &[log]).is_empty(), "nothing is written");
    for probe in probes().iter().filter(|probe| !probe.is_accepted(&first.made.case)) {
        assert!(!probe.is_allowed(&world, &reads), "{}", probe.name);
    }

    let (home, dr) = (document(&plan, "us-east-1-prod/trust.json"), document(&plan, "dr-read/trust.json"));
    let issuer = facts.restores[0].cluster.issuer.clone().unwrap().replace("https://", "");
    let sub = |number: usize| format!("system:serviceaccount:{}:mxp-controller", host_namespace(number));
    let aud = Some("sts.amazonaws.com");
    assert!(takes(dr, ACCOUNT, &issuer, aud, &sub(50)) && takes(home, ACCOUNT, ISSUER, aud, &sub(0)));
    assert!(!takes(dr, ACCOUNT, ISSUER, aud, &sub(0)), "a token of the first cluster");
    assert!(!takes(dr, ACCOUNT, &issuer, aud, &sub(0)), "a namespace of the first cluster");
    assert!(!takes(home, ACCOUNT, &issuer, aud, &sub(50)), "a token of the second");
}
