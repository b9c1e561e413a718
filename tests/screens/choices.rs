//! Every choice of the forms, and plans of many clusters and namespaces.

use crate::models;
use crate::support::seen;
use lifeboat::app::{Check, Load, Model, Of, Seen, Stop, form_stops};
use lifeboat::domain::Shown;
use lifeboat::domain::audit::{AuditLine, AuditState};
use lifeboat::domain::discovery::{FoundBucket, FoundKey, KeyState};
use lifeboat::domain::run::State;
use lifeboat::domain::volumes::Volumes;
use lifeboat::plan::{Action, Change, Plan};
use lifeboat::wizard::{StepId, restore};

#[test]
fn clusters_to_restore_to_are_marked_in_the_list() {
    let mut model = models::clusters();
    model.draft.set("cluster.name", "prod");
    model.draft.set("cluster.region", "us-east-1");
    model.draft.mark_restore("us-west-2", "dr");
    model.cluster.pick.step(3);
    seen("cluster_restore", &model);
}

#[test]
fn options_count_the_volumes_and_say_when_a_backup_is_made() {
    let mut model = models::form(StepId::Options);
    model.setup.zone = Some(jiff::tz::TimeZone::fixed(jiff::tz::offset(1)));
    let volumes = Volumes {
        ebs_csi: 12,
        ebs_in_tree: 1,
        efs: 2,
        regions: ["us-east-1".to_owned()].into(),
        snapshot_class: true,
        ..Volumes::default()
    };
    model.lore.volumes = Of { name: "us-east-1/prod".to_owned(), load: Load::Here(volumes) };
    model.draft.set("velero.features", "csi");
    seen("options_volumes", &model);
}

#[test]
fn a_restore_cluster_has_fields_of_its_own_under_its_name() {
    let mut model = models::form(StepId::Options);
    model.draft.mark_restore("us-west-2", "dr");
    model.draft.set(&restore::path(0, "namespace"), "Backup_1");
    model.form.more = true;
    models::fill(&mut model, &restore::path(0, "service_account"), "");
    model.form.touched.insert(restore::path(0, "namespace"));
    seen("options_restore", &model);
}

fn audited() -> Model {
    let mut model = models::form(StepId::Storage);
    model.draft.set("bucket.create", "false");
    models::fill(&mut model, "bucket.name", "acme-logs");
    model.draft.set("bucket.prefix", "velero/prod");
    model.buckets = Load::Here(vec![FoundBucket { name: "acme-logs".to_owned(), region: "us-west-2".to_owned() }]);
    let good = Check::Good(Shown::new("yours, in us-west-2"));
    model.checks.insert("bucket.name".to_owned(), ("acme-logs".to_owned(), good));
    let line = |id, title: &str, found: &str, state, change| AuditLine {
        id,
        title: title.to_owned(),
        found: Shown::new(found),
        state,
        change,
    };
    let lines = vec![
        line("public", "Public access", "all four blocks are on", AuditState::Good, None),
        line("tls", "TLS", "requests without TLS are answered", AuditState::Gap, Some("bucket-tls")),
        line("versioning", "Versioning", "suspended", AuditState::Gap, Some("bucket-versioning")),
        line("lifecycle", "Lifecycle", "could not be read: s3:GetLifecycleConfiguration", AuditState::Unknown, None),
        line("lock", "Object Lock", "compliance, 10 years", AuditState::Stop, None),
    ];
    model.lore.audit = Of { name: "acme-logs/velero/prod".to_owned(), load: Load::Here(lines) };
    model.draft.consent("consent.adopt", "bucket-tls");
    let stops = form_stops(&model, StepId::Storage);
    model.form.at = stops.iter().position(|stop| *stop == Stop::Audit(2)).unwrap();
    model
}

#[test]
fn a22_an_existing_bucket_is_shown_line_by_line() {
    seen("storage_audit", &audited());
}

#[test]
fn n23_keys_are_offered_with_their_state() {
    let mut model = models::form(StepId::Encryption);
    model.draft.set("encryption.kind", "kms");
    let key = |alias: &str, id: &str| FoundKey { alias: alias.to_owned(), id: id.to_owned() };
    let keys = vec![key("alias/backups", "1234abcd-0001"), key("alias/retired", "1234abcd-0002")];
    model.keys = ("us-east-1".to_owned(), Load::Here(keys));
    model.lore.keys.insert("1234abcd-0001".to_owned(), KeyState::Good);
    model.lore.keys.insert("1234abcd-0002".to_owned(), KeyState::Bad(Shown::new("PendingDeletion")));
    let stops = form_stops(&model, StepId::Encryption);
    model.form.at = stops.iter().position(|stop| matches!(stop, Stop::Offer(_))).unwrap();
    lifeboat::app::update(&mut model, lifeboat::app::Msg::Key("enter".parse().unwrap()));
    seen("keys", &model);
}

/// Review of a plan with another cluster and so many host namespaces.
fn many(namespaces: usize) -> Model {
    let mut model = models::review();
    let plan: Plan = model.review.plan().unwrap().clone();
    let like = |id: &str, base: &str| {
        let change = plan.change(base).unwrap_or(&plan.changes[0]).clone();
        Change { id: id.to_owned(), title: format!("{id} as planned"), ..change }
    };
    let mut plan = plan.clone();
    for id in ["role", "permissions", "helm-release", "location"] {
        plan.changes.push(like(&format!("{id}:dr"), id));
        plan.changes.push(like(&format!("{id}:lab"), id));
    }
    for n in 0..namespaces {
        let mut change = like(&format!("association:mxp-{n}-system"), "role");
        change.action = if n == 3 { Action::Conflict } else { Action::Create };
        plan.changes.push(change);
    }
    model.review.show(Ok(plan));
    model
}

#[test]
fn two_clusters_and_two_hundred_namespaces_are_a_few_rows() {
    let mut model = many(200);
    let rows = model.review.rows();
    assert!(rows.len() < 30, "{}", rows.len());
    model.review.cursor = rows.len() - 2;
    model.review.seen = Seen::Why;
    seen("review_folded", &model);
}

#[test]
fn what_failed_in_one_of_many_is_in_sight() {
    let mut model = many(200);
    let plan = model.review.plan().unwrap().clone();
    models::go(&mut model, StepId::Apply);
    model.run = lifeboat::app::RunScreen::begin(&plan, lifeboat::app::Ticket(7), models::NOW - 42_000);
    for n in 0..120 {
        let state = if n == 77 { State::Failed } else { State::Done };
        let message = if n == 77 { "eks:CreatePodIdentityAssociation: the limit is reached" } else { "" };
        models::event(&mut model, &format!("association:mxp-{n}-system"), state, message, models::NOW - 1_000);
    }
    seen("apply_folded", &model);
}
