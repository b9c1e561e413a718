//! The plan as a script of aws, kubectl and helm commands: the same changes by hand.

use super::{Cover, Names, Op, Plan, SettingName, VolumeOp};
use serde_json::{Value, json};

/// A word for a POSIX shell; a script that is looked at holds no control characters.
pub fn quoted(text: &str) -> String {
    crate::domain::text::quoted(&text.chars().filter(|c| !c.is_control()).collect::<String>())
}

fn tag_words(tags: &crate::ports::Tags) -> String {
    tags.iter().map(|(key, value)| quoted(&format!("Key={key},Value={value}"))).collect::<Vec<_>>().join(" ")
}

/// Tags as EKS takes them.
pub fn tag_map(tags: &crate::ports::Tags) -> String {
    tags.iter().map(|(key, value)| quoted(&format!("{key}={value}"))).collect::<Vec<_>>().join(",")
}

/// The same changes as aws, kubectl and helm commands.
pub fn script(plan: &Plan) -> String {
    let mut out = vec![
        "#!/bin/sh".to_owned(),
        "# The same changes by hand, run from the folder that `lifeboat plan --out` wrote.".to_owned(),
        "set -eu".to_owned(),
    ];
    // With several clusters each command for one names it; with one, the context in use is the cluster's.
    let several = plan.sites.len() > 1;
    for change in plan.changes.iter().filter(|change| !change.ops.is_empty()) {
        let Some(names) = plan.sites.get(change.site) else { continue };
        out.push(format!("\n# {}", change.title.chars().filter(|c| !c.is_control()).collect::<String>()));
        for op in &change.ops {
            let in_aws = on_account(op).or_else(|| super::pod_identity::rights::commands(names, op));
            match (in_aws, in_cluster(names, op)) {
                (Some(lines), _) => out.extend(lines),
                (None, Some(lines)) if several => out.extend(lines.iter().map(|line| at_context(line, names))),
                (None, lines) => out.extend(lines.unwrap_or_default()),
            }
        }
    }
    out.join("\n") + "\n"
}

/// The command at the context that `aws eks update-kubeconfig` makes for a cluster: its ARN.
fn at_context(line: &str, names: &Names) -> String {
    let arn = format!("arn:{}:eks:{}:{}:cluster/{}", names.partition, names.region, names.account, names.cluster);
    for (program, option) in [("kubectl ", "--context"), ("helm ", "--kube-context"), ("velero ", "--kubecontext")] {
        if let Some(rest) = line.strip_prefix(program) {
            return format!("{program}{option} {} {rest}", quoted(&arn));
        }
    }
    line.to_owned()
}

/// The aws commands; `None` for what is in the cluster.
fn on_account(op: &Op) -> Option<Vec<String>> {
    let line = match op {
        Op::CreateProvider { issuer, audience, tags, .. } => format!(
            "aws iam create-open-id-connect-provider --url {} --client-id-list {} --tags {}",
            quoted(issuer),
            quoted(audience),
            tag_words(tags)
        ),
        Op::AddAudience { arn, audience } => format!(
            "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {} --client-id {}",
            quoted(arn),
            quoted(audience)
        ),
        Op::CreateBucket { name, region, object_lock, tags, .. } => create_bucket(name, region, *object_lock, tags),
        Op::PutSetting { name, region, setting, document, .. } => put_setting(name, region, *setting, document),
        Op::CreateKey { region, description, tags, .. } => {
            let tags: Vec<_> = tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
            format!(
                "aws kms create-key --region {} --description {} --tags {}",
                quoted(region),
                quoted(description),
                quoted(&json!(tags).to_string())
            )
        }
        Op::CreateAlias { region, alias, key } => format!(
            "aws kms create-alias --region {} --alias-name {} --target-key-id {}",
            quoted(region),
            quoted(alias),
            quoted(key)
        ),
        Op::Rotate { region, key, days, .. } => format!(
            "aws kms enable-key-rotation --region {} --key-id {} --rotation-period-in-days {days}",
            quoted(region),
            quoted(key)
        ),
        _ => return on_role(op),
    };
    Some(vec![line])
}

fn on_role(op: &Op) -> Option<Vec<String>> {
    let line = match op {
        Op::CreateRole { name, path, boundary, description, tags, .. } => {
            let boundary = if boundary.is_empty() {
                String::new()
            } else {
                format!(" --permissions-boundary {}", quoted(boundary))
            };
            format!(
                "aws iam create-role --role-name {} --path {} --assume-role-policy-document file://iam/{}/trust.json --description {}{boundary} --tags {}",
                quoted(name),
                quoted(path),
                quoted(name),
                quoted(description),
                tag_words(tags)
            )
        }
        Op::PutTrust { role, .. } => format!(
            "aws iam update-assume-role-policy --role-name {} --policy-document file://iam/{}/trust.json",
            quoted(role),
            quoted(role)
        ),
        Op::DescribeRole { role, description, .. } => {
            format!("aws iam update-role --role-name {} --description {}", quoted(role), quoted(description))
        }
        Op::PutBoundary { role, boundary, .. } => format!(
            "aws iam put-role-permissions-boundary --role-name {} --permissions-boundary {}",
            quoted(role),
            quoted(boundary)
        ),
        Op::TagRole { role, tags, .. } => {
            format!("aws iam tag-role --role-name {} --tags {}", quoted(role), tag_words(tags))
        }
        Op::PutRolePolicy { role, policy, .. } => format!(
            "aws iam put-role-policy --role-name {} --policy-name {} --policy-document file://iam/{}/permissions.json",
            quoted(role),
            quoted(policy),
            quoted(role)
        ),
        Op::AttachPolicy { role, arn } => {
            format!("aws iam attach-role-policy --role-name {} --policy-arn {}", quoted(role), quoted(arn))
        }
        Op::ProveVolume(op) => prove_volume(op),
        _ => return None,
    };
    Some(vec![line])
}

/// The kubectl and helm commands; `None` for what only lifeboat does.
fn in_cluster(names: &Names, op: &Op) -> Option<Vec<String>> {
    let kind_of = |kind: super::ObjectKind| crate::ports::Kind::from(kind).name().to_lowercase();
    // Three tools call a kind Backup.
    let resource = |kind: super::ObjectKind| match kind {
        super::ObjectKind::RancherBackup => crate::ports::Kind::from(kind).resource(),
        _ => kind_of(kind),
    };
    let line = match op {
        Op::CreateObject { kind, namespace, name, .. } => {
            let folder = if namespace.is_empty() { "_" } else { namespace };
            let path = format!("kubernetes/{}/{folder}/{}-{name}.yaml", names.folder, kind_of(*kind));
            format!("kubectl create -f {}", quoted(&path))
        }
        Op::EditWorkload { kind, namespace, name, .. } => {
            let kind = resource(*kind);
            let path = format!("kubernetes/{}/{namespace}/{}-{name}.yaml", names.folder, kind);
            let (name, place, path) = (quoted(name), quoted(namespace), quoted(&path));
            format!("kubectl patch {kind} {name} -n {place} --type strategic --patch-file {path}")
        }
        Op::PatchObject { kind, namespace, name, merge, .. } => {
            let place = if namespace.is_empty() { String::new() } else { format!(" -n {}", quoted(namespace)) };
            let (resource, name, merge) = (resource(*kind), quoted(name), quoted(&merge.to_string()));
            format!("kubectl patch {resource} {name}{place} --type merge -p {merge}")
        }
        Op::Password { namespace, name, .. } => format!(
            "kubectl create secret generic {} -n {} --from-literal=repository-password=\"$(openssl rand -base64 32)\"",
            quoted(name),
            quoted(namespace)
        ),
        Op::CopyPassword { namespace, name, .. } | Op::CopyEncryptionSecret { namespace, name, .. } => format!(
            "# Copy the Secret {}/{} of the cluster that is backed up, without its uid and resourceVersion.",
            quoted(namespace),
            quoted(name)
        ),
        Op::RestoreElsewhere(op) => format!("velero backup get -n {}", quoted(&op.namespace)),
        Op::Upgrade(release) => upgrade(names, release),
        Op::Restart { namespace, .. } => {
            format!("kubectl rollout restart deployment/{} -n {}", quoted(&names.deployment), quoted(namespace))
        }
        Op::AwaitHealthy { namespace, .. } => {
            format!("kubectl rollout status deployment/{} -n {}", quoted(&names.deployment), quoted(namespace))
        }
        Op::AwaitTypes { group } => {
            let types = crate::ports::Kind::ALL.into_iter().filter(|kind| kind.address().0 == group);
            let types: Vec<String> = types.map(|kind| quoted(&format!("crd/{}", kind.resource()))).collect();
            format!("kubectl wait {} --for=condition=Established --timeout=1m", types.join(" "))
        }
        Op::EncryptionSecret { namespace, name } => return Some(encryption_secret(namespace, name)),
        Op::AwaitRancher(op) => {
            format!("kubectl rollout status deployment/{} -n {}", names.tool.deployment(), quoted(&op.namespace))
        }
        Op::RancherCanary(op) => return Some(rancher_canary(op)),
        Op::AwaitLocation { namespace, name } => format!(
            "kubectl wait backupstoragelocation/{} -n {} --for=jsonpath='{{.status.phase}}'=Available --timeout=3m",
            quoted(name),
            quoted(namespace)
        ),
        Op::AwaitAccount { .. } | Op::RestartController { .. } | Op::AwaitSpace { .. } | Op::SpaceCanary(_) => {
            return Some(in_space(names, op));
        }
        Op::Canary(_) => {
            return Some(vec![
                "kubectl create namespace lifeboat-canary".to_owned(),
                format!(
                    "velero backup create lifeboat-canary -n {} --include-namespaces lifeboat-canary --wait",
                    quoted(&names.namespace)
                ),
            ]);
        }
        _ => return None,
    };
    Some(vec![line])
}

/// A backup by one feature alone, of a namespace that has a pod with a volume.
fn prove_volume(op: &VolumeOp) -> String {
    let how = match op.cover {
        Cover::FileSystemBackup => "--default-volumes-to-fs-backup --snapshot-volumes=false",
        Cover::EbsSnapshots => "--snapshot-volumes --volume-snapshot-locations default",
        Cover::Csi => "--snapshot-volumes --snapshot-move-data=false",
        Cover::DataMover => "--snapshot-volumes --snapshot-move-data",
    };
    format!(
        "velero backup create lifeboat-{} -n {} --include-namespaces NAMESPACE-WITH-A-VOLUME {how} --wait",
        op.cover.word(),
        quoted(&op.at.namespace)
    )
}

/// What is done in a Space's namespaces on the host.
fn in_space(names: &Names, op: &Op) -> Vec<String> {
    let controller = crate::domain::space::CONTROLLER;
    match op {
        Op::AwaitAccount { namespace, name, role_arn } => vec![format!(
            "kubectl wait serviceaccount/{} -n {} --for=jsonpath={} --timeout=2m",
            quoted(name),
            quoted(namespace),
            quoted(&format!("{{.metadata.annotations.eks\\.amazonaws\\.com/role-arn}}={role_arn}"))
        )],
        Op::RestartController { namespace, .. } => {
            vec![format!("kubectl rollout restart deployment/{controller} -n {}", quoted(namespace))]
        }
        Op::AwaitSpace { namespaces, .. } => {
            let wait = |it: &String| format!("kubectl rollout status deployment/{controller} -n {}", quoted(it));
            namespaces.iter().map(wait).collect()
        }
        Op::SpaceCanary(op) => {
            let backup = json!({
                "apiVersion": "spaces.upbound.io/v1beta1", "kind": "Backup",
                "metadata": {"name": format!("lifeboat-canary-{}", op.plane), "namespace": op.group},
                "spec": {"controlPlane": op.plane, "deletionPolicy": op.policy, "ttl": "1h",
                    "configRef": {"kind": "SharedBackupConfig", "name": op.config}}
            });
            let name = format!("backup.spaces.upbound.io/lifeboat-canary-{}", op.plane);
            vec![
                format!("printf %s {} | kubectl create -f -", quoted(&backup.to_string())),
                format!(
                    "kubectl wait {} -n {} --for=condition=Completed=True --timeout=1h",
                    quoted(&name),
                    quoted(&op.group)
                ),
                format!(
                    "aws s3 ls --recursive {}",
                    quoted(&format!("s3://{}/{}{}/{}/", names.bucket, op.prefix, op.group, op.plane))
                ),
                format!("kubectl delete {} -n {}", quoted(&name), quoted(&op.group)),
            ]
        }
        _ => Vec::new(),
    }
}

fn create_bucket(name: &str, region: &str, object_lock: bool, tags: &crate::ports::Tags) -> String {
    let tags: Vec<_> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    // us-east-1 is the place without a name.
    let place =
        if region == "us-east-1" { json!({"Tags": tags}) } else { json!({"LocationConstraint": region, "Tags": tags}) };
    let place = format!(" --create-bucket-configuration {}", quoted(&place.to_string()));
    let lock = if object_lock { " --object-lock-enabled-for-bucket" } else { "" };
    format!(
        "aws s3api create-bucket --bucket {} --region {} --object-ownership BucketOwnerEnforced{place}{lock}",
        quoted(name),
        quoted(region)
    )
}

fn put_setting(name: &str, region: &str, setting: SettingName, text: &str) -> String {
    let inline = || quoted(&serde_json::from_str::<Value>(text).map(|value| value.to_string()).unwrap_or_default());
    let file = |file: &str| format!("file://s3/{name}/{file}.json");
    let (verb, option, value) = match setting {
        SettingName::Policy => ("put-bucket-policy", "--policy", file("policy")),
        SettingName::Lifecycle => {
            ("put-bucket-lifecycle-configuration", "--lifecycle-configuration", file("lifecycle"))
        }
        SettingName::Encryption => {
            ("put-bucket-encryption", "--server-side-encryption-configuration", file("encryption"))
        }
        SettingName::PublicAccess => {
            ("put-public-access-block", "--public-access-block-configuration", file("public-access"))
        }
        SettingName::Ownership => ("put-bucket-ownership-controls", "--ownership-controls", inline()),
        SettingName::Versioning => ("put-bucket-versioning", "--versioning-configuration", inline()),
        SettingName::Tagging => ("put-bucket-tagging", "--tagging", inline()),
        SettingName::ObjectLock => ("put-object-lock-configuration", "--object-lock-configuration", inline()),
    };
    format!("aws s3api {verb} --bucket {} --region {} {option} {value}", quoted(name), quoted(region))
}

fn upgrade(names: &Names, release: &super::ReleaseOp) -> String {
    let chart = match &release.chart {
        crate::ports::ChartSource::Repository { url, name } => format!("{} --repo {}", quoted(name), quoted(url)),
        crate::ports::ChartSource::Reference(reference) => quoted(reference),
    };
    // A chart of types takes no values.
    let values = if release.stays {
        String::new()
    } else {
        format!(" -f {}", quoted(&format!("helm/{}/{}/values.yaml", names.folder, release.name)))
    };
    format!(
        "helm upgrade --install {} {chart} --version {} --namespace {}{values}",
        quoted(&release.name),
        quoted(&release.version),
        quoted(&release.namespace)
    )
}

/// A random key in the form that the operator reads.
fn encryption_secret(namespace: &str, name: &str) -> Vec<String> {
    let config = r#"apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ["*.*"]\n  providers:\n  - secretbox: {keys: [{name: lifeboat, secret: %s}]}\n"#;
    vec![format!(
        "printf '{config}' \"$(openssl rand -base64 32)\" | kubectl create secret generic {} -n {} --from-file={}=/dev/stdin",
        quoted(name),
        quoted(namespace),
        super::ENCRYPTION_KEY
    )]
}

/// A one-time Backup, and what has to be seen of it: its condition `Ready` alone proves nothing.
fn rancher_canary(op: &super::RancherCanaryOp) -> Vec<String> {
    let name = "lifeboat-canary";
    let backup =
        json!({"apiVersion": "resources.cattle.io/v1", "kind": "Backup", "metadata": {"name": name}, "spec": op.spec});
    let resource = "backups.resources.cattle.io";
    vec![
        format!("printf '%s' {} | kubectl create -f -", quoted(&backup.to_string())),
        format!("kubectl wait {resource}/{name} --for=jsonpath='{{.status.storageLocation}}'=S3 --timeout=4m"),
        format!(
            "aws s3 ls {}\"$(kubectl get {resource}/{name} -o jsonpath='{{.status.filename}}')\"",
            quoted(&format!("s3://{}/{}", op.bucket, op.prefix))
        ),
        format!("kubectl delete {resource}/{name}"),
    ]
}
