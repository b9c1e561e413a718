//! Every choice of the forms: restore clusters, volumes, schedules, buckets and keys.

use crate::journey::Journey;
use lifeboat::app::{
    Command, Effect, Form, FormLine, Load, News, Overlay, Owner, Row, Said, Stop, Task, audit_lines, audit_said,
    available, form_lines, form_stops,
};
use lifeboat::domain::audit::{AuditLine, AuditState};
use lifeboat::domain::discovery::{InstalledBy, InstalledTool, Known};
use lifeboat::domain::run::Outcome;
use lifeboat::domain::{Shown, Tool};
use lifeboat::plan::Action;
use lifeboat::wizard::{Draft, StepId};

async fn at(step: StepId) -> Journey {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", step).await;
    journey
}

/// What stands in the form, headings and remarks.
fn said(journey: &Journey) -> Vec<String> {
    let line = |line| match line {
        FormLine::Remark(_, _, text, _) | FormLine::Heading(text) => Some(text),
        _ => None,
    };
    form_lines(&journey.model, journey.model.step()).into_iter().filter_map(line).collect()
}

#[tokio::test]
async fn further_clusters_are_marked_to_restore_to_and_have_fields_of_their_own() {
    let mut journey = Journey::at("default");
    journey.settle().await;
    journey.press("enter").settle().await;
    journey.types("dr").press("tab").settle().await;
    assert_eq!(journey.model.draft.restores(), 1, "{}", journey.seen());
    assert_eq!(journey.model.draft.restore_name(0), ("dr", "us-west-2"));
    // Its context, then the cluster that is backed up.
    journey.press("ctrl-o").types("dr-admin").press("enter");
    assert!(journey.said("dr: it is reached by that context"), "{}", journey.seen());
    journey.press("ctrl-u").types("prod").settle().await;
    journey.press("enter");
    journey.on(StepId::Tool);
    assert_eq!(journey.model.draft.text("cluster.context"), "", "it is not the first cluster's");
    for step in [StepId::Identity, StepId::Storage, StepId::Encryption, StepId::Options] {
        if journey.model.step() == StepId::Storage {
            journey.press("tab").types("acme-backups");
        }
        journey.press("ctrl-n").settle().await;
        journey.on(step);
    }
    while Form::stop(&journey.model) != Some(Stop::More) {
        journey.press("tab");
    }
    journey.press("enter");
    assert!(said(&journey).contains(&"Restore cluster dr, us-west-2".to_owned()), "{:?}", said(&journey));
    while !matches!(Form::stop(&journey.model), Some(Stop::Text(field)) if field.path == "restore_cluster[0].namespace")
    {
        journey.press("tab");
    }
    journey.types("Backup_1").press("ctrl-n");
    journey.on(StepId::Options);
    assert_eq!(journey.model.draft.text("restore_cluster[0].namespace"), "Backup_1", "what is wrong is kept");
    journey.press("ctrl-u").types("backups");
    let answers = journey.model.draft.answers().unwrap();
    let there = &answers.restore_clusters[0];
    assert_eq!((there.name.as_str(), there.context.as_str()), ("dr", "dr-admin"));
    assert_eq!(there.namespace.as_ref().map(ToString::to_string).as_deref(), Some("backups"));
    // The answers' round trip.
    let back = Draft::of(&answers).expect("a draft says all of it");
    assert_eq!(back.answers().unwrap(), answers);
}

#[tokio::test]
async fn the_cluster_that_is_backed_up_is_not_one_to_restore_to() {
    let mut journey = Journey::at("default");
    journey.settle().await;
    journey.press("enter").settle().await;
    journey.types("dr").press("tab tab");
    assert_eq!(journey.model.draft.restores(), 0, "a second tab takes it back");
    journey.press("tab enter");
    journey.on(StepId::Tool);
    assert_eq!((journey.model.draft.text("cluster.name"), journey.model.draft.restores()), ("dr", 0));
    assert!(journey.said("no longer one to restore to"), "{}", journey.seen());
    journey.press("esc tab");
    assert!(journey.said("dr is the cluster that is backed up"), "{}", journey.seen());
}

#[tokio::test]
async fn one_role_for_all_is_asked_only_where_some_cluster_restores() {
    let mut journey = at(StepId::Identity).await;
    let asked = |journey: &Journey| lifeboat::wizard::fields(&journey.model.draft, StepId::Identity);
    assert!(!asked(&journey).iter().any(|field| field.path == "role.shared"));
    journey.model.draft.mark_restore("us-west-2", "dr");
    assert!(asked(&journey).iter().any(|field| field.path == "role.shared"));
    journey.model.draft.set("bucket.name", "acme-backups");
    journey.model.draft.set("role.shared", "true");
    assert!(journey.model.draft.answers().unwrap().role.shared);
}

#[tokio::test]
async fn volumes_are_counted_and_a_way_to_cover_them_is_recommended() {
    let mut journey = at(StepId::Options).await;
    let told = said(&journey).join("|");
    assert!(told.contains("1 volume: 1 EBS by CSI; in us-east-1"), "{told}");
    assert!(told.contains("recommended: csi"), "there is a VolumeSnapshotClass: {told}");
    assert!(told.contains("as chosen, 1 volume is not covered"), "{told}");
    journey.model.draft.set("velero.features", "file-system-backup");
    assert!(!said(&journey).join("|").contains("not covered"), "{:?}", said(&journey));
}

#[tokio::test]
async fn n35_the_schedule_says_its_next_times_as_it_is_typed() {
    let mut journey = at(StepId::Options).await;
    // 2026-02-02 02:40 UTC.
    assert!(
        said(&journey).contains(&"next 2 Feb 03:00, 3 Feb 03:00, 4 Feb 03:00 UTC".to_owned()),
        "{:?}",
        said(&journey)
    );
    journey.press("ctrl-u").types("0 */6 * * *");
    let told = said(&journey);
    assert!(told.iter().any(|text| text.starts_with("next 2 Feb 06:00, 2 Feb 12:00")), "{told:?}");
    assert!(told.iter().any(|text| text == "30 days: about 120 backups by the schedule"), "n36: {told:?}");
}

#[tokio::test]
async fn n23_the_list_of_keys_marks_what_cannot_be_used_before_it_is_chosen() {
    let mut journey = at(StepId::Encryption).await;
    journey.press("down down space tab down").settle().await;
    journey.press("enter");
    let Some(Overlay::Picker { items, .. }) = journey.model.overlays.last() else { panic!("{}", journey.seen()) };
    let item = |value: &str| items.iter().find(|item| item.value == value).unwrap().clone();
    assert!(item("alias/retired").cannot && item("alias/retired").about.as_str().contains("Disabled: cannot be used"));
    assert!(!item("alias/backups").cannot && item("alias/backups").about.as_str().ends_with("enabled"));
    assert_eq!(items[0].value, "new");
}

#[tokio::test]
async fn buckets_are_offered_with_their_regions() {
    let mut journey = at(StepId::Storage).await;
    journey.settle().await;
    journey.press("down space tab down enter");
    let Some(Overlay::Picker { items, .. }) = journey.model.overlays.last() else { panic!("{}", journey.seen()) };
    let legacy = items.iter().find(|item| item.value == "acme-legacy-velero").unwrap();
    assert_eq!(legacy.about.as_str(), "us-west-2");
    // The filter finds a region, too.
    journey.types("us-west").press("enter");
    assert_eq!(journey.model.draft.text("bucket.name"), "acme-legacy-velero");
    let told = said(&journey).join(" ");
    assert!(told.contains("in us-west-2, the cluster in us-east-1"), "{told}");
}

#[tokio::test]
async fn an_account_regional_name_is_shown_as_it_really_is() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("acme-backups");
    journey.model.draft.set("bucket.account_regional", "true");
    let told = said(&journey).join(" ");
    assert!(told.contains("acme-backups-111122223333-us-east-1-an"), "{told}");
}

#[tokio::test]
async fn a_restore_cluster_is_planned_reviewed_and_proven_with_the_first_one() {
    let mut journey = Journey::at("default");
    journey.model.draft.mark_restore("us-west-2", "dr");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    let plan = journey.model.review.plan().unwrap_or_else(|| panic!("{}", journey.seen())).clone();
    let there: Vec<&str> =
        plan.changes.iter().map(|change| change.id.as_str()).filter(|id| id.ends_with(":dr")).collect();
    assert!(there.contains(&"role:dr") && there.contains(&"helm-release:dr"), "{there:?}");
    // Its changes stand together under its name.
    let rows = journey.model.review.rows();
    let at = rows.iter().position(|row| matches!(row, Row::Group(_))).unwrap();
    let Some(Row::Group(group)) = rows.get(at) else { unreachable!() };
    assert_eq!(group.title(), format!("dr: {} changes", there.len()));
    assert!(group.open && rows.len() == plan.changes.len() + 1, "one cluster alone is not folded");
    for _ in 0..at {
        journey.press("down");
    }
    assert!(journey.model.review.change().is_none() && journey.model.review.group().is_some());
    journey.press("o");
    assert!(journey.said("the changes are folded; space opens them"), "{}", journey.seen());
    journey.press("space");
    assert_eq!(journey.model.review.rows().len(), plan.changes.len() + 1 - there.len());
    journey.press("space a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap();
    assert_eq!(finish.exit, 0, "{finish:?}");
    assert!(matches!(journey.model.run.rows().iter().find(|row| matches!(row, Row::Group(_))), Some(Row::Group(_))));
    assert!(journey.model.run.failed().is_none());
}

fn audit_line(id: &'static str, state: AuditState, change: Option<&'static str>) -> AuditLine {
    let found = Shown::new(&format!("{id} was found"));
    AuditLine { id, title: id.to_owned(), found, state, change }
}

#[tokio::test]
async fn an_existing_bucket_is_audited_line_by_line_and_each_gap_is_taken_or_left() {
    let mut journey = at(StepId::Storage).await;
    journey.settle().await;
    journey.press("down space tab").types("acme-logs").press("tab").settle().await;
    let asked = |effect: &&Effect| matches!(effect, Effect::Start(_, task) if matches!(**task, Task::Audit(..)));
    assert_eq!(journey.asked.iter().filter(asked).count(), 1, "{}", journey.seen());
    let versions = |line: &&AuditLine| line.change == Some("bucket-versioning");
    let read = audit_lines(&journey.model).iter().find(versions).cloned();
    assert_eq!(read.map(|line| line.state), Some(AuditState::Gap), "{}", journey.seen());
    let lines = vec![
        audit_line("public access", AuditState::Good, None),
        audit_line("versioning", AuditState::Gap, Some("bucket-versioning")),
        audit_line("TLS", AuditState::Gap, Some("bucket-tls")),
    ];
    let name = journey.model.lore.audit.name.clone();
    let ticket = journey.model.ticket(Owner::Program);
    journey.news(ticket, News::Audit("another/velero".to_owned(), Ok(lines.clone())));
    assert_ne!(audit_lines(&journey.model), lines, "what is said of another bucket is not of this one");
    journey.news(ticket, News::Audit(name, Ok(lines)));
    let stops = |journey: &Journey| form_lines(&journey.model, StepId::Storage);
    let audited = |line: &FormLine| matches!(line, FormLine::Audit(_) | FormLine::Stop(_, Stop::Audit(_)));
    assert_eq!(stops(&journey).iter().filter(|line| audited(line)).count(), 3);
    journey.press("shift-tab");
    while !matches!(Form::stop(&journey.model), Some(Stop::Audit(_))) {
        journey.press("down");
    }
    journey.press("space");
    assert_eq!(audit_said(&journey.model.draft, "bucket-versioning"), Said::Taken);
    journey.press("x");
    assert_eq!(audit_said(&journey.model.draft, "bucket-versioning"), Said::Left);
    journey.press("x");
    assert_eq!(audit_said(&journey.model.draft, "bucket-versioning"), Said::Nothing, "it can be taken back");
    journey.press("o down o");
    assert_eq!(journey.model.draft.list("consent.adopt").len(), 2);
    journey.press("tab");
    assert!(matches!(Form::stop(&journey.model), Some(Stop::Text(field)) if field.path == "bucket.prefix"));
    // What was taken here is no conflict in Review.
    journey.press("ctrl-n").settle().await;
    journey.press("ctrl-n").settle().await;
    journey.press("ctrl-n").settle().await;
    journey.on(StepId::Review);
    let plan = journey.model.review.plan().unwrap();
    assert_eq!(plan.change("bucket-versioning").unwrap().action, Action::Update);
    let waits: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert!(!waits.is_empty() && !waits.contains(&"bucket-tls"), "{waits:?}");
    // Another bucket has other gaps.
    journey.press("esc esc esc");
    journey.on(StepId::Storage);
    journey.press("tab").types("x");
    assert!(audit_lines(&journey.model).is_empty());
}

#[tokio::test]
async fn review_says_what_the_operator_needs_and_shows_the_documents_of_the_whole() {
    let mut journey = at(StepId::Review).await;
    journey.press("w");
    let Some(Overlay::Reader { title, lines, .. }) = journey.model.overlays.last() else {
        panic!("{}", journey.seen())
    };
    assert_eq!(title.as_str(), "What do I need?");
    let text = lines.iter().map(Shown::as_str).collect::<Vec<_>>().join("\n");
    assert!(text.contains("on arn:aws:s3:::acme-backups\n") && text.contains("    s3:CreateBucket"), "{text}");
    assert!(text.contains("Asking whether you may"), "{text}");
    journey.settle().await;
    let Some(Overlay::Reader { lines, .. }) = journey.model.overlays.last() else { panic!("{}", journey.seen()) };
    assert!(lines[0].as_str().starts_with("Pre-flight: ") && lines[0].as_str().contains(" allowed, "), "{lines:?}");
    assert!(lines.iter().any(|line| line.as_str() == "In the cluster prod:"), "{lines:?}");
    journey.press("esc c");
    let open = |journey: &Journey| journey.model.review.open_document().unwrap().path.clone();
    assert_eq!(open(&journey), "commands.sh");
    journey.press("n");
    assert_eq!(open(&journey), "operator-policy.json");
}

#[tokio::test]
async fn the_tool_and_identity_steps_say_what_is_there() {
    let mut journey = at(StepId::Tool).await;
    let told = said(&journey).join("|");
    assert!(told.contains("Upbound Spaces") && told.contains(" runs in "), "{told}");
    journey.press("ctrl-n");
    journey.on(StepId::Identity);
    let told = said(&journey).join("|");
    assert!(told.contains("IRSA: the OIDC provider is registered by the plan"), "{told}");
    assert!(told.contains("Pod Identity: its agent runs"), "{told}");
    journey.settle().await;
    let told = said(&journey).join(" ");
    assert!(told.contains("chosen for you: EKS Pod Identity, because its agent runs on the cluster"), "{told}");
}

#[tokio::test]
async fn an_install_of_argo_cd_is_said_to_be_saved_for_its_repository() {
    let mut journey = at(StepId::Tool).await;
    let row = journey.model.cluster.rows.iter_mut().find(|row| row.found.name == "prod").unwrap();
    let Load::Here(detail) = &mut row.detail else { panic!("not described") };
    let by = InstalledBy::GitOps;
    let (tool, namespace, version) = (Tool::Velero, "velero".to_owned(), "v1.18.3".to_owned());
    detail.tools = Known::Is(vec![InstalledTool { tool, namespace, version, by }]);
    let told = said(&journey).join(" ");
    assert!(told.contains("owned by Argo CD or Flux: what is of the cluster is saved for its repository"), "{told}");
}

#[tokio::test]
async fn a_space_offers_its_control_planes_and_says_what_a_pattern_matches() {
    let mut journey = Journey::at("default");
    journey.model.draft.set("tool", "upbound-spaces");
    journey.walk("prod", "acme-backups", StepId::Options).await;
    journey.settle().await;
    let told = said(&journey).join("|");
    assert!(told.contains("2 control planes: team-a/one, team-a/two"), "{told}");
    let stops = form_stops(&journey.model, StepId::Options);
    let planes = |stop: &Stop| matches!(stop, Stop::Offer(field) if field.path == "spaces.control_planes");
    journey.model.form.at = stops.iter().position(planes).unwrap();
    journey.press("enter").types("two").press("enter");
    assert_eq!(journey.model.draft.text("spaces.control_planes"), "team-a/two");
    journey.model.form.at = stops.iter().position(planes).unwrap();
    journey.press("enter").types("one").press("enter");
    assert_eq!(journey.model.draft.text("spaces.control_planes"), "team-a/one,team-a/two");
    journey.model.draft.set("spaces.control_planes", "team-a/one,team-b/nine");
    journey.model.draft.set("spaces.trust", "pattern");
    let told = said(&journey).join("|");
    assert!(told.contains("no control plane team-b/nine is there"), "{told}");
    assert!(told.contains("mxp-*-system matches 2 namespaces now"), "{told}");
    journey.model.draft.set("spaces.control_planes", "");
    let answers = journey.model.draft.answers().unwrap();
    assert_eq!(answers.spaces.trust.as_str(), "pattern");
    assert_eq!(Draft::of(&answers).unwrap().answers().unwrap(), answers);
}

#[tokio::test]
async fn a_space_is_set_up_through_the_wizard() {
    let mut journey = Journey::at("default");
    journey.model.draft.set("tool", "upbound-spaces");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    while let Some(first) =
        journey.model.review.plan().and_then(|plan| plan.conflicts().first().map(|it| it.id.clone()))
    {
        journey.model.draft.consent("consent.adopt", &first);
        journey.press("r").settle().await;
    }
    let plan = journey.model.review.plan().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert!(plan.changes.iter().any(|change| change.id.contains(':')), "something of each host namespace");
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!(finish.exit, 0, "{finish:?}");
    journey.press("l").settle().await;
    journey.on(StepId::Live);
    let status = journey.model.live.status.clone().unwrap();
    assert_eq!(status.tool, "upbound-spaces");
}

#[tokio::test]
async fn rancher_backup_is_verified_only_when_its_secret_is_said_to_be_saved_elsewhere() {
    let mut journey = Journey::at("default");
    journey.model.draft.set("tool", "rancher-backup");
    journey.model.draft.set("rancher.encryption_secret", "new");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    assert!(journey.model.review.plan().is_some(), "{}", journey.seen());
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!((finish.exit, finish.outcome), (0, Outcome::Applied), "{finish:?}");
    assert!(available(&journey.model, Command::Saved).is_ok());
    journey.press("m enter");
    assert!(journey.model.draft.list("consent.saved").is_empty(), "Enter alone says nothing");
    journey.press("m tab enter").settle().await;
    assert!(journey.model.draft.list("consent.saved").contains("encryption-secret"), "{}", journey.seen());
    journey.settle().await;
    journey.on(StepId::Apply);
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!((finish.exit, finish.outcome), (0, Outcome::Verified), "{finish:?}");
    journey.press("l").settle().await;
    assert_eq!(journey.model.live.status.as_ref().map(|status| status.tool.as_str()), Some("rancher-backup"));
}

#[tokio::test]
async fn pod_identity_is_set_up_through_the_wizard() {
    let mut journey = at(StepId::Identity).await;
    // Facts choose it, and the user goes on.
    journey.settle().await;
    journey.press("ctrl-n").settle().await;
    journey.press("tab").types("acme-backups").settle().await;
    journey.press("ctrl-n ctrl-n ctrl-n").settle().await;
    journey.on(StepId::Review);
    let plan = journey.model.review.plan().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert!(plan.change("association").is_some() && plan.change("oidc-provider").is_none());
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!((finish.exit, finish.outcome), (0, Outcome::Verified), "{finish:?}");
}
