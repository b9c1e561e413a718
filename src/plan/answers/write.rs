//! From answers to TOML: every field, in the contract's order, in one form.

use super::{Answers, RancherAnswer, RestoreClusterAnswer, SpacesAnswer, VeleroAnswer};
use crate::domain::Tool;
use std::fmt::{Display, Write};

/// The file that parses back to the same answers.
pub fn toml(answers: &Answers) -> String {
    let mut to = File(String::new());
    to.number("version", 1);
    to.text("tool", answers.tool);
    to.text("identity", answers.identity);
    to.table("cluster");
    to.text("name", &answers.cluster.name);
    to.text("region", &answers.cluster.region);
    to.text("context", &answers.cluster.context);
    for cluster in &answers.restore_clusters {
        restore(&mut to, cluster);
    }
    bucket(&mut to, answers);
    role(&mut to, answers);
    if !answers.tags.is_empty() {
        to.table("tags");
        for (key, value) in &answers.tags {
            to.text(&quoted(key), value);
        }
    }
    install(&mut to, answers);
    match answers.tool {
        Tool::Velero => velero(&mut to, &answers.velero),
        Tool::RancherBackup => rancher(&mut to, &answers.rancher),
        Tool::UpboundSpaces => spaces(&mut to, &answers.spaces),
    }
    to.table("consent");
    to.list("adopt", &answers.consent.adopt);
    to.list("leave", &answers.consent.leave);
    to.flag("shared_prefix", answers.consent.shared_prefix);
    to.list("exec_plugins", &answers.consent.exec_plugins);
    to.list("saved", &answers.consent.saved);
    to.0
}

fn restore(to: &mut File, cluster: &RestoreClusterAnswer) {
    to.line("\n[[restore_cluster]]");
    to.text("name", &cluster.name);
    to.text("region", &cluster.region);
    to.text("context", &cluster.context);
    to.maybe("namespace", cluster.namespace.as_ref());
    to.maybe("service_account", cluster.service_account.as_ref());
}

fn bucket(to: &mut File, answers: &Answers) {
    let bucket = &answers.bucket;
    to.table("bucket");
    to.text("name", &bucket.name);
    to.flag("create", bucket.create);
    to.maybe("region", bucket.region.as_ref());
    to.maybe("prefix", bucket.prefix.as_ref());
    to.flag("account_regional", bucket.account_regional);
    to.number("noncurrent_days", bucket.noncurrent_days);
    to.number("object_lock_days", bucket.object_lock_days);
    to.text("object_lock_mode", bucket.object_lock_mode);
    let encryption = &answers.encryption;
    to.table("encryption");
    to.text("kind", encryption.kind);
    to.maybe("key", encryption.key.as_ref());
    to.maybe("alias", encryption.alias.as_ref());
    to.number("rotation_days", encryption.rotation_days);
}

fn role(to: &mut File, answers: &Answers) {
    let role = &answers.role;
    to.table("role");
    to.maybe("name", role.name.as_ref());
    to.text("path", &role.path);
    to.text("description", &role.description);
    to.maybe("boundary", role.boundary.as_ref());
    to.maybe("existing_policy", role.existing_policy.as_ref());
    to.flag("shared", role.shared);
}

fn install(to: &mut File, answers: &Answers) {
    let install = &answers.install;
    to.table("install");
    to.maybe("namespace", install.namespace.as_ref());
    to.maybe("service_account", install.service_account.as_ref());
    to.maybe("release", install.release.as_ref());
    to.text("chart", &install.chart);
    to.text("version", &install.version);
    to.text("values", &install.values);
    to.text("image_registry", &install.image_registry);
}

fn velero(to: &mut File, velero: &VeleroAnswer) {
    to.table("velero");
    to.list("features", &velero.features);
    to.text("location", &velero.location);
    to.flag("default_location", velero.default_location);
    to.text("access_mode", velero.access_mode);
    to.text("validation_frequency", velero.validation_frequency);
    to.text("s3_url", &velero.s3_url);
    to.maybe("schedule", velero.schedule.as_ref());
    to.text("ttl", velero.ttl);
}

fn rancher(to: &mut File, rancher: &RancherAnswer) {
    to.table("rancher");
    to.text("resource_set", rancher.resource_set);
    to.text("encryption_secret", &rancher.encryption_secret);
    to.text("endpoint", &rancher.endpoint);
    to.maybe("schedule", rancher.schedule.as_ref());
    to.number("retention", rancher.retention);
}

fn spaces(to: &mut File, spaces: &SpacesAnswer) {
    to.table("spaces");
    to.list("groups", &spaces.groups);
    to.list("control_planes", &spaces.control_planes);
    to.text("trust", spaces.trust);
    to.text("config_name", &spaces.config_name);
    to.text("deletion_policy", spaces.deletion_policy);
    to.maybe("schedule", spaces.schedule.as_ref());
    to.text("ttl", spaces.ttl);
}

/// A file in the making.
struct File(String);

impl File {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn table(&mut self, name: &str) {
        self.line(&format!("\n[{name}]"));
    }

    fn text(&mut self, key: &str, value: impl Display) {
        self.line(&format!("{key} = {}", quoted(&value.to_string())));
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) {
        self.text(key, value.map(|value| value.to_string()).unwrap_or_default());
    }

    fn flag(&mut self, key: &str, value: bool) {
        self.line(&format!("{key} = {value}"));
    }

    fn number(&mut self, key: &str, value: u32) {
        self.line(&format!("{key} = {value}"));
    }

    fn list(&mut self, key: &str, values: impl IntoIterator<Item = impl Display>) {
        let list: Vec<String> = values.into_iter().map(|value| quoted(&value.to_string())).collect();
        self.line(&format!("{key} = [{}]", list.join(", ")));
    }
}

/// A basic string of TOML; control and invisible characters are escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            // Letters stay readable; all else that is not ASCII is escaped, so that nothing hides.
            c if c.is_alphanumeric() => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}
