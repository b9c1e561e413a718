//! States of the wizard, made by hand through public types; the clock stands at 2026-01-05 09:00 UTC.

use crate::world;
use lifeboat::app::{
    Check, ClusterScreen, Form, Gathered, Load, Machine, Model, Place, Setup, Size, Stop, Ticket, form_stops,
};
use lifeboat::domain::discovery::{ClusterDetail, Discovery, InstalledBy, InstalledTool, Known, Surroundings};
use lifeboat::domain::live::{EventLine, Link, LinkState};
use lifeboat::domain::run::{Event, State};
use lifeboat::domain::status::{BackupStatus, ClusterStatus, Identity, LocationStatus, PodStatus, ScheduleStatus};
use lifeboat::domain::{Shown, Tool};
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Facts, Prove};
use lifeboat::wizard::StepId;
use std::sync::Arc;
use tui_input::{Input, InputRequest};

/// 2026-01-05T09:00:00Z.
pub const NOW: i64 = 1_767_603_600_000;

/// Just started; nothing answered yet.
pub fn fresh() -> Model {
    let mut model = Model::new(Setup::default(), Size { w: 120, h: 40 }, NOW);
    model.surroundings = Load::Loading(NOW);
    model.machine = Load::Loading(NOW);
    model
}

/// Everything about who and where one is has arrived.
pub fn arrived() -> Model {
    let mut model = fresh();
    model.surroundings = Load::Here(Surroundings {
        account: world::ACCOUNT.to_owned(),
        arn: format!(
            "arn:aws:sts::{}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ada@example.com",
            world::ACCOUNT
        ),
        partition: "aws".to_owned(),
    });
    model.machine = Load::Here(Machine {
        profile: Shown::new("acme-admin"),
        region: Shown::new("us-east-1"),
        kubeconfig: Shown::new("3 contexts, current prod"),
        helm: Shown::new("v3.19.0 /usr/local/bin/helm"),
        helm_trouble: Shown::default(),
        notes: vec![Shown::new("AWS_ENDPOINT_URL is set: all calls go to http://localhost:4566")],
    });
    model
}

fn detail(version: &str) -> ClusterDetail {
    ClusterDetail {
        status: "ACTIVE".to_owned(),
        version: version.to_owned(),
        public: true,
        issuer: true,
        provider: Known::Is(true),
        agent: Known::Is(Some("ACTIVE".to_owned())),
        api: Known::Is(format!("v{version}.4")),
        tools: Known::Is(Vec::new()),
        issues: Vec::new(),
    }
}

/// Clusters of some regions; one region slow, one refused.
pub fn clusters() -> Model {
    let mut model = arrived();
    go(&mut model, StepId::Cluster);
    let mut screen = ClusterScreen::default();
    let regions = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2", "me-south-1"];
    screen.take(Discovery::Regions(regions.map(str::to_owned).to_vec()));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    screen.take(Discovery::Clusters(
        "us-east-1".to_owned(),
        names(&["prod", "staging", "payments-production-blue-2024"]),
    ));
    screen.take(Discovery::Clusters("us-west-2".to_owned(), names(&["dr", "legacy"])));
    screen.take(Discovery::Clusters("eu-central-1".to_owned(), Vec::new()));
    screen.take(Discovery::Slow("ap-southeast-2".to_owned()));
    let why = Shown::new("eks:ListClusters is denied by a service control policy");
    screen.take(Discovery::Refused("me-south-1".to_owned(), why));
    let velero = InstalledTool {
        tool: Tool::Velero,
        namespace: "velero".to_owned(),
        version: "v1.18.3".to_owned(),
        by: InstalledBy::Helm,
    };
    screen.rows[0].detail = Load::Here(Box::new(ClusterDetail {
        provider: Known::Is(false),
        agent: Known::Is(None),
        tools: Known::Is(vec![velero]),
        ..detail("1.34")
    }));
    screen.rows[1].detail = Load::Loading(NOW);
    screen.rows[2].detail = Load::Here(Box::new(detail("1.33")));
    screen.rows[3].detail = Load::Here(Box::new(ClusterDetail {
        public: false,
        api: Known::Unknown(Shown::new("the endpoint is private, and this machine is outside its VPC")),
        tools: Known::Unknown(Shown::new("the API server does not answer")),
        ..detail("1.34")
    }));
    screen.rows[4].detail = Load::Here(Box::new(ClusterDetail {
        status: "UPDATING".to_owned(),
        issuer: false,
        provider: Known::Unknown(Shown::new("iam:GetOpenIDConnectProvider is denied")),
        issues: vec![Shown::new("Ec2SubnetNotFound: a subnet was deleted")],
        ..detail("1.29")
    }));
    screen.ticket = Some(Ticket(1));
    model.cluster = screen;
    model
}

/// Types into an input.
pub fn typed(text: &str) -> Input {
    let mut input = Input::default();
    for c in text.chars() {
        input.handle(InputRequest::InsertChar(c));
    }
    input
}

/// Goes to a step, as if the ones before had been walked through.
pub fn go(model: &mut Model, step: StepId) {
    model.draft.at = step;
    model.draft.visited.extend(StepId::ALL.into_iter().filter(|it| *it <= step));
}

/// A form with the cluster chosen.
pub fn form(step: StepId) -> Model {
    let mut model = arrived();
    model.draft.set("cluster.name", "prod");
    model.draft.set("cluster.region", "us-east-1");
    if step > StepId::Storage {
        model.draft.set("bucket.name", "acme-backups");
    }
    go(&mut model, step);
    model.form = Form::enter(&model, step);
    model
}

/// Puts the focus on a field's text and types it anew.
pub fn fill(model: &mut Model, path: &str, text: &str) {
    let stops = form_stops(model, model.step());
    let place = stops.iter().position(|stop| matches!(stop, Stop::Text(field) if field.path == path)).unwrap();
    model.form.at = place;
    model.form.input = typed(text);
    model.draft.set(path, text);
}

/// Storage with a name that is none, left once.
pub fn wrong_bucket() -> Model {
    let mut model = form(StepId::Storage);
    fill(&mut model, "bucket.name", "Acme_Backups");
    model.form.touched.insert("bucket.name".to_owned());
    model
}

/// Storage with a name that somebody else has.
pub fn taken_bucket() -> Model {
    let mut model = form(StepId::Storage);
    model.form.more = true;
    fill(&mut model, "bucket.name", "backups");
    let bad = Check::Bad(Shown::new(
        "somebody else has a bucket of this name: bucket names are shared by all accounts. Try acme-backups-111122223333",
    ));
    model.checks.insert("bucket.name".to_owned(), ("backups".to_owned(), bad));
    model
}

/// The facts and answers at Review.
fn reviewed(answers: Answers, facts: Facts) -> Model {
    let mut model = form(StepId::Review);
    let plan = lifeboat::plan::plan(&answers, &facts, Prove::Needed);
    model.review.gathered = Load::Here(Arc::new(Gathered { answers: Ok(answers), facts: Ok(facts) }));
    model.review.show(plan);
    model
}

/// An empty account: nearly all is created.
pub fn review() -> Model {
    reviewed(world::answers(), world::facts())
}

/// A bucket that is there and not ours: conflicts.
pub fn review_conflicts() -> Model {
    let mut answers = world::answers();
    answers.bucket.create = false;
    let mut facts = world::facts();
    facts.bucket = world::bucket("us-east-1", &[]);
    reviewed(answers, facts)
}

/// A provider of ours without our audience, and a bucket that is made in another region than the cluster's.
pub fn review_updates() -> Model {
    let mut answers = world::answers();
    answers.bucket.region = Some(lifeboat::domain::Region::parse("us-west-2").unwrap());
    let mut facts = world::facts();
    facts.site.provider = Some(world::provider(&["other.example.com"]));
    let mut model = reviewed(answers, facts);
    on_change(&mut model, "oidc-provider");
    model
}

/// The account refutes an answer.
pub fn refuted() -> Model {
    let mut facts = world::facts();
    facts.bucket.head = lifeboat::ports::BucketHead::Foreign;
    reviewed(world::answers(), facts)
}

/// Puts Review's cursor on a change.
pub fn on_change(model: &mut Model, id: &str) {
    let plan = model.review.plan().unwrap();
    model.review.cursor = plan.changes.iter().position(|change| change.id == id).unwrap();
}

/// A run in the middle: some done, one waits, the rest to come.
pub fn running() -> Model {
    let mut model = review();
    let plan = model.review.plan().unwrap().clone();
    go(&mut model, StepId::Apply);
    model.run = lifeboat::app::RunScreen::begin(&plan, Ticket(7), NOW - 42_000);
    model.run.id = Some("20260105-090000-prod".to_owned());
    let ids: Vec<String> = plan.changes.iter().map(|change| change.id.clone()).collect();
    for (at, id) in ids.iter().take(7).enumerate() {
        let state = if at == 6 { State::Waiting } else { State::Done };
        let message = match id.as_str() {
            "bucket" => "arn:aws:s3:::acme-backups",
            _ if at == 6 => "waiting for IAM (12 s)",
            _ => "",
        };
        let at = i64::try_from(at).unwrap();
        event(&mut model, id, state, message, NOW - 40_000 + at * 1_000);
    }
    model
}

/// A line of the run.
pub fn event(model: &mut Model, id: &str, state: State, message: &str, at: i64) {
    let stamp = jiff::Timestamp::from_millisecond(at).unwrap().to_string();
    let event = Event {
        at: stamp,
        run: "20260105-090000-prod".to_owned(),
        change: id.to_owned(),
        state,
        seconds: 1.2,
        message: message.to_owned(),
    };
    model.run.take(event, at);
}

/// A set-up as the watch shows it.
pub fn status() -> ClusterStatus {
    let some = |text: &str| Some(text.to_owned());
    let backup = |name: &str, phase: &str, errors: i64, created: &str| BackupStatus {
        name: name.to_owned(),
        phase: some(phase),
        errors,
        warnings: i64::from(errors > 0),
        created: some(created),
        expires: some("2026-02-03T03:00:00Z"),
        location: "default".to_owned(),
        stored: None,
    };
    ClusterStatus {
        cluster: "prod".to_owned(),
        tool: "velero".to_owned(),
        namespace: "velero".to_owned(),
        healthy: true,
        identity: Identity {
            expected: some("arn:aws:iam::111122223333:role/lifeboat-velero-us-east-1-prod"),
            actual: some("arn:aws:sts::111122223333:assumed-role/lifeboat-velero-us-east-1-prod/1767603600"),
        },
        locations: vec![
            location("default", Some("Available"), "", Some("2026-01-05T08:59:48Z")),
            location(
                "archive",
                Some("Unavailable"),
                "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/velero/1 is not authorized to perform: s3:ListBucket",
                None,
            ),
        ],
        pods: vec![
            pod("velero-6c9f5d7b8-x2x4k", true, 0, ""),
            pod("node-agent-7hq2m", false, 4, "CrashLoopBackOff back-off 40s restarting failed container"),
        ],
        backups: vec![
            backup("daily-20260105030000", "Completed", 0, "2026-01-05T03:00:00Z"),
            backup("daily-20260104030000", "PartiallyFailed", 3, "2026-01-04T03:00:00Z"),
            backup("before-upgrade", "InProgress", 0, "2026-01-05T08:58:00Z"),
        ],
        schedules: vec![ScheduleStatus {
            name: "daily".to_owned(),
            schedule: "0 3 * * *".to_owned(),
            last: some("2026-01-05T03:00:00Z"),
            next: some("2026-01-06T03:00:00Z"),
        }],
    }
}

fn location(name: &str, phase: Option<&str>, message: &str, at: Option<&str>) -> LocationStatus {
    LocationStatus {
        name: name.to_owned(),
        provider: "aws".to_owned(),
        bucket: "acme-backups".to_owned(),
        prefix: "velero/us-east-1/prod".to_owned(),
        phase: phase.map(str::to_owned),
        message: message.to_owned(),
        last_validated: at.map(str::to_owned),
        access_mode: "ReadWrite".to_owned(),
        default: name == "default",
    }
}

fn pod(name: &str, ready: bool, restarts: i64, reason: &str) -> PodStatus {
    let (name, reason) = (name.to_owned(), reason.to_owned());
    PodStatus { name, phase: "Running".to_owned(), ready, restarts, reason }
}

/// Live with everything in it.
pub fn live() -> Model {
    let mut model = form(StepId::Live);
    let live = &mut model.live;
    live.ticket = Some(Ticket(9));
    live.place = Place {
        cluster: "prod".to_owned(),
        region: "us-east-1".to_owned(),
        context: String::new(),
        tool: Tool::Velero,
        namespace: "velero".to_owned(),
    };
    live.at = NOW - 12_000;
    live.status = Some(status());
    let link =
        |link: &'static str, state: LinkState, evidence: &str| Link { link, state, evidence: Shown::new(evidence) };
    live.chain = vec![
        link("cluster", LinkState::Ok, "prod in us-east-1, ACTIVE, Kubernetes 1.34"),
        link(
            "oidc-provider",
            LinkState::Ok,
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0123",
        ),
        link(
            "trust",
            LinkState::Broken,
            "the role trusts system:serviceaccount:velero:velero, the pods run as velero-server",
        ),
        link("permissions", LinkState::Unknown, "iam:GetRolePolicy is denied"),
        link("backup", LinkState::NotReached, ""),
    ];
    live.events = vec![EventLine {
        at: Shown::new("2026-01-05T08:55:00Z"),
        kind: Shown::new("Warning"),
        reason: Shown::new("BackOff"),
        object: Shown::new("Pod/node-agent-7hq2m"),
        message: Shown::new("Back-off restarting failed container node-agent in pod node-agent-7hq2m"),
        count: 12,
    }];
    for (level, text) in [("info", "Validating BackupStorageLocation"), ("error", "no bucket"), ("warning", "slow")] {
        let logged =
            format!("time=\"2026-01-05T08:59:48Z\" level={level} msg=\"{text}\" logSource=\"pkg/controller.go:141\"");
        live.log(Shown::new(&logged));
    }
    model
}
