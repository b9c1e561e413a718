//! The plan as JSON and as files: plan.json, images.txt, commands.sh, operator-policy.json.

use super::{Document, Op, Plan, SettingName, document};
use serde_json::{Value, json};

impl Plan {
    /// plan.json (contract, Plan).
    pub fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "digest": self.digest,
            "target": self.target,
            "changes": self.changes,
            "notes": self.notes,
        })
    }
}

/// Adds the documents that tell of the whole plan.
pub fn add_whole_documents(plan: &mut Plan) {
    let add = |plan: &mut Plan, path: &str, text: String| plan.documents.push(Document { path: path.to_owned(), text });
    let commands = commands(plan);
    add(plan, "commands.sh", commands);
    let operator = document::json(&super::operator::policy(plan));
    add(plan, "operator-policy.json", operator);
    let whole = document::json(&plan.to_json());
    add(plan, "plan.json", whole);
}

/// A word for a POSIX shell.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.chars().filter(|c| !c.is_control()).collect::<String>().replace('\'', r"'\''"))
}

fn tag_words(tags: &crate::ports::Tags) -> String {
    tags.iter().map(|(key, value)| quoted(&format!("Key={key},Value={value}"))).collect::<Vec<_>>().join(" ")
}

/// The same changes as aws, kubectl and helm commands.
fn commands(plan: &Plan) -> String {
    let mut out = vec![
        "#!/bin/sh".to_owned(),
        "# The same changes by hand, run from the folder that `lifeboat plan --out` wrote.".to_owned(),
        "set -eu".to_owned(),
    ];
    for change in plan.changes.iter().filter(|change| !change.ops.is_empty()) {
        out.push(format!("\n# {}", change.title.chars().filter(|c| !c.is_control()).collect::<String>()));
        for op in &change.ops {
            out.extend(command(plan, op));
        }
    }
    out.join("\n") + "\n"
}

fn command(plan: &Plan, op: &Op) -> Vec<String> {
    let names = &plan.names;
    let context = "kubectl";
    match op {
        Op::CreateProvider { issuer, audience, tags, .. } => vec![format!(
            "aws iam create-open-id-connect-provider --url {} --client-id-list {} --tags {}",
            quoted(issuer),
            quoted(audience),
            tag_words(tags)
        )],
        Op::AddAudience { arn, audience } => vec![format!(
            "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {} --client-id {}",
            quoted(arn),
            quoted(audience)
        )],
        Op::CreateBucket { name, region, object_lock, .. } => vec![create_bucket(name, region, *object_lock)],
        Op::PutSetting { name, region, setting, document, .. } => vec![put_setting(name, region, *setting, document)],
        Op::CreateKey { region, description, .. } => {
            vec![format!("aws kms create-key --region {} --description {}", quoted(region), quoted(description))]
        }
        Op::CreateAlias { region, alias, key } => vec![format!(
            "aws kms create-alias --region {} --alias-name {} --target-key-id {}",
            quoted(region),
            quoted(alias),
            quoted(key)
        )],
        Op::Rotate { region, key, days, .. } => vec![format!(
            "aws kms enable-key-rotation --region {} --key-id {} --rotation-period-in-days {days}",
            quoted(region),
            quoted(key)
        )],
        Op::CreateRole { name, path, boundary, description, tags, .. } => {
            let boundary = if boundary.is_empty() {
                String::new()
            } else {
                format!(" --permissions-boundary {}", quoted(boundary))
            };
            vec![format!(
                "aws iam create-role --role-name {} --path {} --assume-role-policy-document file://iam/{}/trust.json --description {}{boundary} --tags {}",
                quoted(name),
                quoted(path),
                quoted(name),
                quoted(description),
                tag_words(tags)
            )]
        }
        Op::PutTrust { role, .. } => vec![format!(
            "aws iam update-assume-role-policy --role-name {} --policy-document file://iam/{}/trust.json",
            quoted(role),
            quoted(role)
        )],
        Op::DescribeRole { role, description, .. } => {
            vec![format!("aws iam update-role --role-name {} --description {}", quoted(role), quoted(description))]
        }
        Op::PutBoundary { role, boundary, .. } => vec![format!(
            "aws iam put-role-permissions-boundary --role-name {} --permissions-boundary {}",
            quoted(role),
            quoted(boundary)
        )],
        Op::TagRole { role, tags, .. } => {
            vec![format!("aws iam tag-role --role-name {} --tags {}", quoted(role), tag_words(tags))]
        }
        Op::PutRolePolicy { role, policy, .. } => vec![format!(
            "aws iam put-role-policy --role-name {} --policy-name {} --policy-document file://iam/{}/permissions.json",
            quoted(role),
            quoted(policy),
            quoted(role)
        )],
        Op::AttachPolicy { role, arn } => {
            vec![format!("aws iam attach-role-policy --role-name {} --policy-arn {}", quoted(role), quoted(arn))]
        }
        Op::CreateObject { kind, namespace, name, .. } => {
            let kind = crate::ports::Kind::from(*kind).name().to_lowercase();
            let folder = if namespace.is_empty() { "_" } else { namespace };
            let path = format!("kubernetes/{}/{folder}/{kind}-{name}.yaml", names.cluster);
            vec![format!("{context} create -f {}", quoted(&path))]
        }
        Op::PatchObject { kind, namespace, name, merge, .. } => vec![format!(
            "{context} patch {} {} -n {} --type merge -p {}",
            crate::ports::Kind::from(*kind).name().to_lowercase(),
            quoted(name),
            quoted(namespace),
            quoted(&merge.to_string())
        )],
        Op::Password { namespace, name, .. } => vec![format!(
            "{context} create secret generic {} -n {} --from-literal=repository-password=\"$(openssl rand -base64 32)\"",
            quoted(name),
            quoted(namespace)
        )],
        Op::Upgrade(release) => vec![upgrade(plan, release)],
        Op::Restart { namespace, .. } => {
            vec![format!("{context} rollout restart deployment/{} -n {}", super::deployment_name(), quoted(namespace))]
        }
        Op::AwaitHealthy { namespace, .. } => {
            vec![format!("{context} rollout status deployment/{} -n {}", super::deployment_name(), quoted(namespace))]
        }
        Op::AwaitLocation { namespace, name } => vec![format!(
            "{context} wait backupstoragelocation/{} -n {} --for=jsonpath={{.status.phase}}=Available --timeout=3m",
            quoted(name),
            quoted(namespace)
        )],
        Op::Canary(_) => vec![
            format!("{context} create namespace lifeboat-canary"),
            format!(
                "velero backup create lifeboat-canary -n {} --include-namespaces lifeboat-canary --wait",
                quoted(&names.namespace)
            ),
        ],
        Op::AwaitSchedule { .. } | Op::ProveToken(_) | Op::Record { .. } => Vec::new(),
    }
}

fn create_bucket(name: &str, region: &str, object_lock: bool) -> String {
    let place = if region == "us-east-1" {
        String::new()
    } else {
        format!(" --create-bucket-configuration LocationConstraint={}", quoted(region))
    };
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

fn upgrade(plan: &Plan, release: &super::ReleaseOp) -> String {
    let chart = match &release.chart {
        crate::ports::ChartSource::Repository { url, name } => format!("{} --repo {}", quoted(name), quoted(url)),
        crate::ports::ChartSource::Reference(reference) => quoted(reference),
    };
    format!(
        "helm upgrade --install {} {chart} --version {} --namespace {} -f helm/{}/{}/values.yaml",
        quoted(&release.name),
        quoted(&release.version),
        quoted(&release.namespace),
        quoted(&plan.names.cluster),
        quoted(&release.name)
    )
}
