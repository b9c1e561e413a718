//! From TOML to answers, collecting every problem on the way.

use super::depth::weigh;
use super::problem::Problems;
use super::table::{Findings, Table, wrong};
use super::{
    AccessMode, Answers, BucketAnswer, ClusterAnswer, Consent, ControlPlane, DeletionPolicy, EncryptionAnswer,
    EncryptionKind, Feature, InstallAnswer, LockMode, Problem, RancherAnswer, ResourceSet, RestoreClusterAnswer,
    RoleAnswer, SecretChoice, SpacesAnswer, SpacesTrust, VeleroAnswer, check,
};
use crate::domain::{
    BucketName, ClusterName, GoDuration, Identity, KeyAlias, KmsKeyRef, LocationName, Namespace, PolicyArn, Prefix,
    Region, ReleaseName, RoleName, RolePath, Schedule, ServiceAccount, Tool,
};
use toml::de::{DeTable, DeValue};

/// The tables that belong to one tool.
const OWN: [(&str, Tool); 3] =
    [("velero", Tool::Velero), ("rancher", Tool::RancherBackup), ("spaces", Tool::UpboundSpaces)];

/// Reads an answers file.
pub fn answers(text: &str) -> Result<Answers, Problems> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    weigh(text).map_err(|problem| Problems(vec![problem]))?;
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut to = Findings::new(text);
    to.broken = !errors.is_empty();
    for error in errors {
        let problem = Problem::new("", "the file is not TOML", error.message(), "");
        to.add(problem, error.span());
    }
    let answers = root(document.get_ref(), &mut to);
    if let Some(answers) = &answers {
        for problem in check::across(answers) {
            if !to.has(&problem.field) {
                let span = span_of(document.get_ref(), &problem.field);
                to.add(problem, span);
            }
        }
    }
    let mut problems = to.problems;
    // A stable sort: problems of one line keep their order, those without a line come first.
    problems.sort_by_key(|problem| problem.line);
    match answers {
        Some(answers) if problems.is_empty() => Ok(answers),
        _ if problems.is_empty() => Err(Problems(vec![Problem::new("", "the file cannot be read", "", "")])),
        _ => Err(Problems(problems)),
    }
}

/// The bytes of a field by its path, or of the nearest table around it.
fn span_of(table: &DeTable<'_>, path: &str) -> Option<std::ops::Range<usize>> {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let (key, index) = match key.strip_suffix(']').and_then(|key| key.split_once('[')) {
        Some((key, index)) => (key, index.parse::<usize>().ok()),
        None => (key, None),
    };
    let mut value = table.get(key)?;
    if let Some(index) = index {
        value = value.get_ref().as_array()?.get(index)?;
    }
    let inner = match value.get_ref() {
        // Keys of tags may hold dots.
        DeValue::Table(table) if key == "tags" => table.get(rest).map(toml::Spanned::span),
        DeValue::Table(table) if !rest.is_empty() => span_of(table, rest),
        _ => None,
    };
    Some(inner.unwrap_or_else(|| value.span()))
}

fn root(document: &DeTable<'_>, to: &mut Findings) -> Option<Answers> {
    let mut root = Table::root(document);
    version(&mut root, to);
    let tool = root.required("tool", "velero", to, Tool::parse);
    let identity = root.noun_or("identity", Identity::Irsa, to, Identity::parse);
    let cluster = cluster(root.table("cluster", to), to);
    let restore_clusters = root.tables("restore_cluster", to).into_iter().filter_map(|t| restore(t, to)).collect();
    let bucket = bucket(root.table("bucket", to), to);
    let encryption = encryption(root.table("encryption", to), to);
    let role = role(root.table("role", to), to);
    let tags = root.table("tags", to).pairs(to).into_iter().collect();
    let install = install(root.table("install", to), to);
    for (name, owner) in OWN {
        let there = root.get(name);
        if let (Some(value), Some(tool)) = (there, tool)
            && tool != owner
        {
            let what = format!("[{name}] is the table of {}", owner.title());
            let mine = OWN.iter().find(|(_, owner)| *owner == tool).map_or("", |(name, _)| name);
            let todo = format!("Take it out, use [{mine}], or set tool = \"{owner}\"");
            to.add(Problem::new(name, what, format!("the tool is {tool}"), todo), Some(value.span()));
        }
    }
    let mut own = |name: &'static str, owner: Tool| {
        let foreign = tool.is_some_and(|tool| tool != owner);
        if foreign { Table::empty(name) } else { root.table(name, to) }
    };
    let (velero_table, rancher_table, spaces_table) =
        (own("velero", Tool::Velero), own("rancher", Tool::RancherBackup), own("spaces", Tool::UpboundSpaces));
    let (velero, rancher, spaces) = (velero(velero_table, to), rancher(rancher_table, to), spaces(spaces_table, to));
    let consent = consent(root.table("consent", to), to);
    root.finish(to);
    Some(Answers {
        tool: tool?,
        identity,
        cluster: cluster?,
        restore_clusters,
        bucket: bucket?,
        encryption,
        role,
        tags,
        install,
        velero,
        rancher,
        spaces,
        consent,
        user_values: None,
    })
}

fn version(root: &mut Table<'_>, to: &mut Findings) {
    let Some(value) = root.get("version") else { return };
    let problem = match value.get_ref() {
        DeValue::Integer(number) if number.as_str() == "1" => return,
        DeValue::Integer(number) => Problem::new(
            "version",
            format!("version {} is not known", number.as_str()),
            "this lifeboat reads version 1",
            "Use the lifeboat that wrote the file, or a newer one",
        ),
        other => wrong("version", other, "the number 1"),
    };
    to.add(problem, Some(value.span()));
}

fn cluster(mut table: Table<'_>, to: &mut Findings) -> Option<ClusterAnswer> {
    let name = table.required("name", "prod", to, ClusterName::parse);
    let region = table.required("region", "us-east-1", to, Region::parse);
    let context = table.string("context", to);
    table.finish(to);
    Some(ClusterAnswer { name: name?, region: region?, context })
}

fn restore(mut table: Table<'_>, to: &mut Findings) -> Option<RestoreClusterAnswer> {
    let name = table.required("name", "dr", to, ClusterName::parse);
    let region = table.required("region", "us-west-2", to, Region::parse);
    let context = table.string("context", to);
    let namespace = table.noun("namespace", to, Namespace::parse);
    let service_account = table.noun("service_account", to, ServiceAccount::parse);
    table.finish(to);
    Some(RestoreClusterAnswer { name: name?, region: region?, context, namespace, service_account })
}

fn bucket(mut table: Table<'_>, to: &mut Findings) -> Option<BucketAnswer> {
    let name = table.required("name", "acme-backups", to, BucketName::parse);
    let create = table.flag("create", true, to);
    let region = table.noun("region", to, Region::parse);
    let prefix = table.noun("prefix", to, Prefix::parse);
    let account_regional = table.flag("account_regional", false, to);
    let noncurrent_days = table.number("noncurrent_days", 30, to);
    let object_lock_days = table.number("object_lock_days", 0, to);
    let object_lock_mode = table.noun_or("object_lock_mode", LockMode::Governance, to, LockMode::parse);
    table.finish(to);
    Some(BucketAnswer {
        name: name?,
        create,
        region,
        prefix,
        account_regional,
        noncurrent_days,
        object_lock_days,
        object_lock_mode,
    })
}

fn encryption(mut table: Table<'_>, to: &mut Findings) -> EncryptionAnswer {
    let found = EncryptionAnswer {
        kind: table.noun_or("kind", EncryptionKind::BucketDefault, to, EncryptionKind::parse),
        key: table.noun("key", to, KmsKeyRef::parse),
        alias: table.noun("alias", to, KeyAlias::parse),
        rotation_days: table.number("rotation_days", 365, to),
    };
    table.finish(to);
    found
}

fn role(mut table: Table<'_>, to: &mut Findings) -> RoleAnswer {
    let found = RoleAnswer {
        name: table.noun("name", to, RoleName::parse),
        path: table.noun_or("path", RolePath::default(), to, RolePath::parse),
        description: table.string("description", to),
        boundary: table.noun("boundary", to, PolicyArn::parse),
        existing_policy: table.noun("existing_policy", to, PolicyArn::parse),
        shared: table.flag("shared", false, to),
    };
    table.finish(to);
    found
}

fn install(mut table: Table<'_>, to: &mut Findings) -> InstallAnswer {
    let found = InstallAnswer {
        namespace: table.noun("namespace", to, Namespace::parse),
        service_account: table.noun("service_account", to, ServiceAccount::parse),
        release: table.noun("release", to, ReleaseName::parse),
        chart: table.string("chart", to),
        version: table.string("version", to),
        values: table.string("values", to),
        image_registry: table.string("image_registry", to),
    };
    table.finish(to);
    found
}

fn velero(mut table: Table<'_>, to: &mut Findings) -> VeleroAnswer {
    let default = VeleroAnswer::default();
    let found = VeleroAnswer {
        features: table.list("features", to, Feature::parse).into_iter().collect(),
        location: table.noun_or("location", default.location, to, LocationName::parse),
        default_location: table.flag("default_location", default.default_location, to),
        access_mode: table.noun_or("access_mode", default.access_mode, to, AccessMode::parse),
        validation_frequency: table.noun_or(
            "validation_frequency",
            default.validation_frequency,
            to,
            GoDuration::parse,
        ),
        s3_url: table.string("s3_url", to),
        schedule: table.noun_or_none("schedule", default.schedule, to, Schedule::parse),
        ttl: table.noun_or("ttl", default.ttl, to, GoDuration::parse),
    };
    table.finish(to);
    found
}

fn rancher(mut table: Table<'_>, to: &mut Findings) -> RancherAnswer {
    let default = RancherAnswer::default();
    let found = RancherAnswer {
        resource_set: table.noun_or("resource_set", default.resource_set, to, ResourceSet::parse),
        encryption_secret: table.noun_or("encryption_secret", SecretChoice::None, to, SecretChoice::parse),
        endpoint: table.string("endpoint", to),
        schedule: table.noun_or_none("schedule", default.schedule, to, Schedule::parse),
        retention: table.number("retention", default.retention, to),
    };
    table.finish(to);
    found
}

fn spaces(mut table: Table<'_>, to: &mut Findings) -> SpacesAnswer {
    let default = SpacesAnswer::default();
    let found = SpacesAnswer {
        groups: table.list("groups", to, Namespace::parse),
        control_planes: table.list("control_planes", to, str::parse::<ControlPlane>),
        trust: table.noun_or("trust", default.trust, to, SpacesTrust::parse),
        config_name: table.noun_or("config_name", default.config_name, to, LocationName::parse),
        deletion_policy: table.noun_or("deletion_policy", default.deletion_policy, to, DeletionPolicy::parse),
        schedule: table.noun_or_none("schedule", default.schedule, to, Schedule::parse),
        ttl: table.noun_or("ttl", default.ttl, to, GoDuration::parse),
    };
    table.finish(to);
    found
}

fn consent(mut table: Table<'_>, to: &mut Findings) -> Consent {
    let found = Consent {
        adopt: table.list("adopt", to, |id| Ok(id.to_owned())).into_iter().collect(),
        leave: table.list("leave", to, |id| Ok(id.to_owned())).into_iter().collect(),
        shared_prefix: table.flag("shared_prefix", false, to),
        exec_plugins: table.list("exec_plugins", to, |command| Ok(command.to_owned())),
        saved: table.list("saved", to, |id| Ok(id.to_owned())).into_iter().collect(),
    };
    table.finish(to);
    found
}
