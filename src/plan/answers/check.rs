//! What is checked of answers as a whole: bounds of numbers, free texts, and fields against each other.

use super::problem::Problem;
use super::{Answers, CHANGE_IDS, EncryptionKind};
use crate::domain::text::{nearest, offender};
use crate::domain::{Reason, ServiceAccount, Tool, tags};
use std::collections::BTreeSet;

/// The most days that are taken for any period: a hundred years.
const CENTURY: u32 = 36_500;

/// All that is wrong with answers whose fields are right each by itself.
pub fn across(answers: &Answers) -> Vec<Problem> {
    let mut to = Vec::new();
    clusters(answers, &mut to);
    bucket(answers, &mut to);
    encryption(answers, &mut to);
    role(answers, &mut to);
    for (key, reason) in tags::check(&answers.tags).errors {
        let field = if key.is_empty() { "tags".to_owned() } else { format!("tags.{key}") };
        to.push(Problem::of(field, &reason));
    }
    install(answers, &mut to);
    service_accounts(answers, &mut to);
    match answers.tool {
        Tool::Velero => text(&mut to, "velero.s3_url", &answers.velero.s3_url, url),
        Tool::RancherBackup => {
            text(&mut to, "rancher.endpoint", &answers.rancher.endpoint, host);
            between(&mut to, "rancher.retention", answers.rancher.retention, 1, 10_000);
        }
        Tool::UpboundSpaces => {}
    }
    consent(answers, &mut to);
    to
}

fn clusters(answers: &Answers, to: &mut Vec<Problem>) {
    text(to, "cluster.context", &answers.cluster.context, plain);
    let mut seen = BTreeSet::from([(&answers.cluster.name, &answers.cluster.region)]);
    for (index, cluster) in answers.restore_clusters.iter().enumerate() {
        let field = |key: &str| format!("restore_cluster[{index}].{key}");
        text(to, &field("context"), &cluster.context, plain);
        if !seen.insert((&cluster.name, &cluster.region)) {
            let what = format!("{} in {} is named twice", cluster.name, cluster.region);
            let why = "a cluster is backed up or restored to, each once";
            to.push(Problem::new(field("name"), what, why, "Take one of them out"));
        }
    }
}

fn bucket(answers: &Answers, to: &mut Vec<Problem>) {
    let bucket = &answers.bucket;
    between(to, "bucket.noncurrent_days", bucket.noncurrent_days, 1, CENTURY);
    between(to, "bucket.object_lock_days", bucket.object_lock_days, 0, CENTURY);
    if bucket.account_regional
        && let Err(reason) = bucket.name.fits_region(&answers.bucket_region())
    {
        to.push(Problem::of("bucket.name", &reason));
    }
    if bucket.create && !bucket.account_regional && bucket.name.is_account_regional() {
        to.push(Problem::new(
            "bucket.account_regional",
            format!("{} is a name of an account's regional namespace", bucket.name),
            "such a bucket can only be made with account_regional = true",
            "Set account_regional = true",
        ));
    }
    if answers.tool == Tool::RancherBackup && bucket.object_lock_days > 0 {
        to.push(Problem::new(
            "bucket.object_lock_days",
            "Rancher Backup cannot write to a bucket with a default retention",
            "it sends no checksum, which S3 demands for locked objects",
            "Set object_lock_days = 0",
        ));
    }
}

fn encryption(answers: &Answers, to: &mut Vec<Problem>) {
    let encryption = &answers.encryption;
    between(to, "encryption.rotation_days", encryption.rotation_days, 90, 2560);
    match (encryption.kind, &encryption.key) {
        (EncryptionKind::Kms, None) => to.push(Problem::new(
            "encryption.key",
            "encryption.key is missing",
            "kind = \"kms\" encrypts with a key",
            "Set key to an id, ARN or alias, or to \"new\"",
        )),
        (kind, Some(key)) if kind != EncryptionKind::Kms => to.push(Problem::new(
            "encryption.key",
            format!("encryption.key is \"{key}\""),
            format!("kind = \"{kind}\" takes no key"),
            "Set kind = \"kms\", or take the key out",
        )),
        _ => {}
    }
    if encryption.alias.is_some() && !encryption.key.as_ref().is_some_and(crate::domain::KmsKeyRef::is_new) {
        let why = "the alias is that of a new key";
        to.push(Problem::new("encryption.alias", "encryption.alias is set", why, "Set key = \"new\", or take it out"));
    }
}

fn role(answers: &Answers, to: &mut Vec<Problem>) {
    // IAM: at most 1,000 of tab, line ends, U+0020 to U+007E and U+00A1 to U+00FF.
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    text(to, "role.description", &answers.role.description, |text| {
        if let Some(found) = offender(text, allowed) {
            return Err(Reason::not(text, "a role description", format!("it holds {found}; Latin-1 is allowed")));
        }
        let count = text.chars().count();
        if count <= 1000 {
            return Ok(());
        }
        Err(Reason::not(text, "a role description", format!("it has {count} characters, at most 1000 are allowed")))
    });
    if let Some(policy) = &answers.role.existing_policy
        && answers.role.boundary.as_ref() == Some(policy)
    {
        let why = "a boundary grants nothing by itself and a policy bounds nothing";
        let what = "role.existing_policy is the boundary too";
        to.push(Problem::new("role.existing_policy", what, why, "Name another policy"));
    }
}

fn install(answers: &Answers, to: &mut Vec<Problem>) {
    let install = &answers.install;
    text(to, "install.chart", &install.chart, plain);
    text(to, "install.values", &install.values, plain);
    text(to, "install.image_registry", &install.image_registry, registry);
    text(to, "install.version", &install.version, |text| {
        let bare = text.strip_prefix('v').unwrap_or(text);
        semver::Version::parse(bare).map(|_| ()).map_err(|_| {
            Reason::not(text, "a chart version", "it is one exact version, MAJOR.MINOR.PATCH").example("12.1.0")
        })
    });
}

fn service_accounts(answers: &Answers, to: &mut Vec<Problem>) {
    let own = super::sections::service_account(answers.tool);
    let mut check = |field: String, account: Option<&ServiceAccount>| {
        let Some(account) = account else { return };
        if answers.tool != Tool::Velero && *account != own {
            let what = format!("the service account is \"{account}\"");
            let why = format!("{} calls AWS as {own} always", answers.tool.title());
            to.push(Problem::new(field, what, why, format!("Take it out, or set \"{own}\"")));
        } else if account.is_default() {
            let why = "every pod without an account of its own runs as it, and all would get the role";
            let todo = format!("For example \"{own}\"");
            to.push(Problem::new(field, "the service account is \"default\"", why, todo));
        }
    };
    check("install.service_account".to_owned(), answers.install.service_account.as_ref());
    for (index, cluster) in answers.restore_clusters.iter().enumerate() {
        check(format!("restore_cluster[{index}].service_account"), cluster.service_account.as_ref());
    }
}

fn consent(answers: &Answers, to: &mut Vec<Problem>) {
    let consent = &answers.consent;
    let lists =
        [("consent.adopt", &consent.adopt), ("consent.leave", &consent.leave), ("consent.saved", &consent.saved)];
    for (field, ids) in lists {
        for id in ids {
            let bare = id.split(':').next().unwrap_or_default();
            if !CHANGE_IDS.contains(&bare) {
                let near = nearest(bare, CHANGE_IDS);
                let todo = near.map_or_else(String::new, |near| format!("Did you mean \"{near}\"?"));
                let reason = Reason::not(id, "the id of a change", "`lifeboat plan` lists the ids");
                to.push(Problem::new(field, &reason.what, &reason.why, todo));
            }
        }
    }
    for id in consent.adopt.intersection(&consent.leave) {
        let what = format!("\"{id}\" is in adopt and in leave");
        to.push(Problem::new("consent.leave", what, "a change is made or left", "Take it out of one of them"));
    }
    if consent.exec_plugins.iter().any(|command| command.trim().is_empty()) {
        let what = "consent.exec_plugins holds an empty command";
        to.push(Problem::new("consent.exec_plugins", what, "it lists commands that may run", "Take it out"));
    }
}

fn between(to: &mut Vec<Problem>, field: &str, value: u32, low: u32, high: u32) {
    if !(low..=high).contains(&value) {
        to.push(Problem::new(field, format!("{field} is {value}"), format!("it takes {low} to {high}"), ""));
    }
}

/// Checks a free text that may be empty.
fn text(to: &mut Vec<Problem>, field: &str, text: &str, rule: impl Fn(&str) -> Result<(), Reason>) {
    if let Err(reason) = if text.is_empty() { Ok(()) } else { rule(text) } {
        to.push(Problem::of(field, &reason));
    }
}

/// A path or a context's name: anything that can be read.
fn plain(text: &str) -> Result<(), Reason> {
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(Reason::not(text, "readable", format!("it holds the control character U+{:04X}", u32::from(c)))),
        None => Ok(()),
    }
}

/// What hosts, ports and paths of addresses are made of.
fn address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:[]".contains(c)
}

/// `https://HOST[:PORT]`, without a path: kopia takes none.
fn url(text: &str) -> Result<(), Reason> {
    let not = |why: &str| Reason::not(text, "an S3 URL", why).example("https://s3.example.com:9000");
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err(not("it starts with https:// or http://"));
    };
    let bare = rest.strip_suffix('/').unwrap_or(rest);
    match offender(bare, address) {
        _ if bare.is_empty() => Err(not("it has a host")),
        Some(found) => Err(not(&format!("it holds {found}; it is a host and perhaps a port, without a path"))),
        None => Ok(()),
    }
}

/// `HOST[:PORT]`.
fn host(text: &str) -> Result<(), Reason> {
    let reason = Reason::not(text, "an S3 endpoint", "it is a host and perhaps a port, without https:// and path");
    if offender(text, address).is_none() {
        return Ok(());
    }
    let near = text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let good = !near.is_empty() && offender(near, address).is_none();
    Err(if good { reason.suggest(near) } else { reason.example("s3.us-east-1.amazonaws.com") })
}

/// `HOST[:PORT][/PATH]`.
fn registry(text: &str) -> Result<(), Reason> {
    let reason = Reason::not(text, "an image registry", "it is a host, perhaps a port and a path, without https://");
    if offender(text, |c| address(c) || c == '/').is_none() && !text.contains("://") && !text.starts_with('/') {
        return Ok(());
    }
    Err(reason.example("registry.example.com/mirror"))
}
