//! What is to be known of a bucket that no change of lifeboat's mends: said before it is used, or a reason not to
//! use it.

use super::{found, given};
use crate::domain::audit::{AuditLine, AuditState};
use crate::domain::policy::Document;
use crate::domain::{Shown, Tool};
use crate::plan::Draft;
use crate::plan::scope::{Scope, bucket_tags, problem};
use crate::ports::Setting;
use serde_json::Value;

/// The folders that Velero itself makes at a location's root (velero.md 3, `object_store_layout.go`).
const VELERO_FOLDERS: [&str; 6] = ["backups/", "restores/", "restic/", "metadata/", "plugins/", "kopia/"];

/// One thing seen.
pub struct Observation {
    id: &'static str,
    title: &'static str,
    what: String,
    why: &'static str,
    todo: String,
    /// The answer that a stop is told at.
    field: &'static str,
    state: AuditState,
}

impl Observation {
    fn new(id: &'static str, title: &'static str, state: AuditState, what: impl Into<String>) -> Self {
        Self { id, title, what: what.into(), why: "", todo: String::new(), field: "bucket.name", state }
    }

    fn why(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    fn todo(mut self, field: &'static str, todo: impl Into<String>) -> Self {
        self.field = field;
        self.todo = todo.into();
        self
    }

    fn sentence(&self) -> String {
        if self.why.is_empty() { self.what.clone() } else { format!("{}: {}", self.what, self.why) }
    }

    /// As a line of the audit.
    pub fn line(self) -> AuditLine {
        let found = Shown::new(&self.sentence());
        AuditLine { id: self.id, title: self.title.to_owned(), found, state: self.state, change: None }
    }
}

/// A stop is a problem of the plan, a gap a note.
pub fn observe(scope: &Scope<'_>, draft: &mut Draft) {
    for seen in observations(scope, true) {
        match seen.state {
            AuditState::Stop => draft.problems.0.push(problem(seen.field, &seen.what, seen.why, &seen.todo)),
            AuditState::Gap | AuditState::Unknown => draft.note(seen.sentence()),
            AuditState::Good => {}
        }
    }
}

/// All of them, in the order in which they are shown; `site` says whether the cluster's facts are known.
pub fn observations(scope: &Scope<'_>, site: bool) -> Vec<Observation> {
    if !scope.bucket_exists() {
        return Vec::new();
    }
    let mut seen = policy(scope);
    seen.extend(lifecycle(scope));
    seen.push(lock(scope));
    seen.push(payer(scope));
    seen.push(folders(scope));
    seen.extend(others(scope, site));
    seen.push(maker(scope));
    seen
}

/// A22: what the policy gives to everybody, and to other writers.
fn policy(scope: &Scope<'_>) -> Vec<Observation> {
    if let Some(why) = scope.facts.bucket.unread.get(&Setting::Policy) {
        let unknown = |id, title| Observation::new(id, title, AuditState::Unknown, why.clone());
        return vec![unknown("public-policy", "Bucket policy"), unknown("other-writers", "Other writers")];
    }
    let names = &scope.names;
    let Some(policy) = scope.setting(Setting::Policy).and_then(|text| Document::parse(text).ok()) else {
        let good = |id, title, what: &str| Observation::new(id, title, AuditState::Good, what);
        return vec![
            good("public-policy", "Bucket policy", "none"),
            good("other-writers", "Other writers", "none by a bucket policy"),
        ];
    };
    let open = given::public(&policy);
    let public = if open.is_empty() {
        Observation::new("public-policy", "Bucket policy", AuditState::Good, "opens the bucket to nobody")
    } else {
        let what = format!("the bucket policy of {} opens it to everybody: {}", names.bucket, open.join(", "));
        Observation::new("public-policy", "Bucket policy", AuditState::Stop, what)
            .why("whoever reads backups reads every Secret of the cluster")
            .todo("bucket.name", "Take the statement out of the policy, or choose another bucket")
    };
    let objects = format!("{}/{}", scope.bucket_arn(), names.prefix);
    let writers = given::writers(&policy, &objects, &names.role_arn);
    let others = if writers.is_empty() {
        Observation::new("other-writers", "Other writers", AuditState::Good, "none by the bucket policy")
    } else {
        let what = format!("the bucket policy lets others write or delete under the prefix: {}", writers.join(", "));
        Observation::new("other-writers", "Other writers", AuditState::Gap, what)
            .why("who can change a backup can change what a restore brings back")
    };
    vec![public, others]
}

/// Foreign rules that age backups away.
fn lifecycle(scope: &Scope<'_>) -> Vec<Observation> {
    const TITLE: &str = "Other rules";
    if let Some(why) = scope.facts.bucket.unread.get(&Setting::Lifecycle) {
        return vec![Observation::new("lifecycle-rules", TITLE, AuditState::Unknown, why.clone())];
    }
    let text = scope.setting(Setting::Lifecycle).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let prefix = &scope.names.prefix;
    let eaters = text.map(|rules| given::eaters(&rules, prefix, &super::rule_id(prefix))).unwrap_or_default();
    if eaters.is_empty() {
        return vec![Observation::new("lifecycle-rules", TITLE, AuditState::Good, "none ages backups away")];
    }
    let what = format!("a lifecycle rule of {} reaches the backups: {}", scope.names.bucket, eaters.join("; "));
    vec![
        Observation::new("lifecycle-rules", TITLE, AuditState::Gap, what)
            .why("objects that backups still use would be gone; change the rule, or choose a prefix outside it"),
    ]
}

/// A22: what Object Lock's default retention means for the tool.
fn lock(scope: &Scope<'_>) -> Observation {
    const TITLE: &str = "Object Lock";
    if let Some(why) = scope.facts.bucket.unread.get(&Setting::ObjectLock) {
        return Observation::new("object-lock", TITLE, AuditState::Unknown, why.clone());
    }
    let text = scope.setting(Setting::ObjectLock).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(text) = text else { return Observation::new("object-lock", TITLE, AuditState::Good, "off") };
    let Some(retention) = found::lock(&text) else {
        return Observation::new("object-lock", TITLE, AuditState::Good, "on, without a default retention");
    };
    if scope.answers.tool == Tool::RancherBackup {
        let what = format!("{} locks new objects, {retention}", scope.names.bucket);
        return Observation::new("object-lock", TITLE, AuditState::Stop, what)
            .why("Rancher Backup sends no checksum, which S3 demands for locked objects")
            .todo("bucket.name", "Choose a bucket without a default retention");
    }
    let why = if retention.starts_with("COMPLIANCE") {
        "nobody can delete a version before, not even the account's root user, and all of it is paid for"
    } else {
        "versions of deleted backups stay and are paid for until then"
    };
    Observation::new("object-lock", TITLE, AuditState::Gap, format!("new objects are locked, {retention}")).why(why)
}

/// A22: requester pays.
fn payer(scope: &Scope<'_>) -> Observation {
    let line = |state, what: &str| Observation::new("requester-pays", "Requester pays", state, what);
    match scope.facts.bucket.requester_pays {
        Some(false) => line(AuditState::Good, "off"),
        Some(true) => line(AuditState::Gap, "the bucket is one where the requester pays")
            .why("a cluster of another account could not restore from it: the tools do not send the header"),
        // Not worth a note in a plan: the account's own calls are answered either way.
        None => line(AuditState::Good, "not found out; calls of the account itself are answered either way"),
    }
}

/// F32, N13: other things under the prefix.
fn folders(scope: &Scope<'_>) -> Observation {
    const TITLE: &str = "Under the prefix";
    let names = &scope.names;
    let top = &scope.facts.bucket.top_level;
    let stranger = |name: &&String| match scope.answers.tool {
        Tool::Velero => name.ends_with('/') && !VELERO_FOLDERS.contains(&name.as_str()),
        Tool::RancherBackup => !name.ends_with(".tar.gz") && !name.ends_with(".tar.gz.enc"),
        // Its folders are groups, which may have any name.
        Tool::UpboundSpaces => !name.ends_with('/'),
    };
    let strangers: Vec<&str> = top.iter().filter(stranger).map(String::as_str).collect();
    if strangers.is_empty() {
        let what = if top.is_empty() { "nothing" } else { "only what the tool itself writes" };
        return Observation::new("folders", TITLE, AuditState::Good, what);
    }
    let (list, more) = (strangers.iter().take(10).copied().collect::<Vec<_>>().join(" "), strangers.len() > 10);
    let list = if more { format!("{list} and {} more", strangers.len() - 10) } else { list };
    if scope.answers.tool == Tool::Velero {
        let what = format!("s3://{}/{} already holds other folders: {list}", names.bucket, names.prefix);
        return Observation::new("folders", TITLE, AuditState::Stop, what)
            .why("Velero refuses a location with folders it does not know (velero-F32)")
            .todo("bucket.prefix", "Choose a prefix of its own (bucket.prefix)");
    }
    let what = format!("s3://{}/{} already holds other things: {list}", names.bucket, names.prefix);
    Observation::new("folders", TITLE, AuditState::Gap, what)
        .why("a prefix of its own (bucket.prefix) keeps them apart")
}

/// N14, F48: backups under the prefix that another cluster may have made.
fn others(scope: &Scope<'_>, site: bool) -> Option<Observation> {
    const TITLE: &str = "Other clusters";
    const WHY: &str = "two clusters that write under one prefix delete each other's backups (velero-F48)";
    if scope.answers.tool != Tool::Velero {
        return None;
    }
    let names = &scope.names;
    let (backups, top) = (&scope.facts.bucket.backups, &scope.facts.bucket.top_level);
    let line = |state, what: String| Some(Observation::new("other-cluster", TITLE, state, what));
    if backups.is_empty() && !top.iter().any(|name| VELERO_FOLDERS.contains(&name.as_str())) {
        return line(AuditState::Good, "no backups yet".to_owned());
    }
    let count = match backups.len() {
        0 => "folders of Velero".to_owned(),
        1 => "1 backup".to_owned(),
        count => format!("{count} backups"),
    };
    if scope.uses_prefix() {
        return line(AuditState::Good, format!("{count}, where {} writes", names.cluster));
    }
    let some = backups.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    let some = match backups.len() {
        0 => String::new(),
        1..=3 => format!(" ({some})"),
        _ => format!(" ({some}, \u{2026})"),
    };
    let what = format!("s3://{}/{} already holds {count}{some}", names.bucket, names.prefix);
    if scope.answers.consent.shared_prefix {
        return Some(Observation::new("other-cluster", TITLE, AuditState::Gap, what).why(WHY));
    }
    if !site {
        return Some(Observation::new("other-cluster", TITLE, AuditState::Unknown, what).why(WHY));
    }
    let what = format!("{what}, and {} has no location there", names.cluster);
    Some(Observation::new("other-cluster", TITLE, AuditState::Stop, what).why(WHY).todo(
        "consent.shared_prefix",
        format!(
            "Choose a prefix of its own (bucket.prefix); if they are {}'s own, or the cluster that made them is gone, set consent.shared_prefix = true",
            names.cluster
        ),
    ))
}

/// Who made the bucket: an existing one keeps its tags.
fn maker(scope: &Scope<'_>) -> Observation {
    const TITLE: &str = "Made by";
    if let Some(why) = scope.facts.bucket.unread.get(&Setting::Tagging) {
        return Observation::new("tags", TITLE, AuditState::Unknown, why.clone());
    }
    if scope.bucket_is_ours() {
        return Observation::new("tags", TITLE, AuditState::Good, "lifeboat");
    }
    let tags = bucket_tags(scope.setting(Setting::Tagging));
    let tags = tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    let what = if tags.is_empty() { "not lifeboat".to_owned() } else { format!("not lifeboat; its tags stay: {tags}") };
    Observation::new("tags", TITLE, AuditState::Good, what)
}
