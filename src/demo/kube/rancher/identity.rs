//! Whom the operator's pod is in AWS, in minio-go's order (rancher.md 5): a static Secret, IRSA, Pod Identity,
//! the node.

use super::Operator;
use super::storage::Storage;
use crate::demo::aws::{self, Principal};
use crate::demo::kube::identity::{self, NoRole};
use crate::demo::kube::webhook::{AGENT_HOST, AGENT_URL};
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Trouble};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The node's metadata service.
const METADATA: &str = "169.254.169.254";

/// The principal that the calls are made as, or minio-go's words.
pub(super) fn of(
    cluster: &Cluster,
    account: &mut Account,
    operator: &Operator,
    storage: &Storage,
) -> Result<Principal, String> {
    if !storage.secret.is_empty() {
        // A name always wins over what the pod was given (F23).
        let key = key(cluster, storage)?;
        return aws::principal(account, "s3:ListBucket", &key).map_err(|trouble| head(&trouble));
    }
    if proxied(operator) {
        // The agent's address is no exception of the chart's `noProxy`: the proxy is asked for it (F9).
        return Err("502 Bad Gateway".to_owned());
    }
    identity::role(cluster, account, &operator.pod, super::NAME).map_err(|none| match none {
        // The node's metadata service: one hop further than pods may go (F5).
        NoRole::Nothing => format!(
            "Get \"http://{METADATA}/latest/meta-data/iam/security-credentials/\": dial tcp {METADATA}:80: i/o timeout"
        ),
        // STS's refusals are passed on as they are (F2, F3).
        NoRole::Token(trouble) => trouble.why.to_string(),
        NoRole::Agent => format!("Get \"{AGENT_URL}\": dial tcp {AGENT_HOST}:80: connect: connection refused"),
        NoRole::Association(trouble) => head(&trouble),
    })
}

/// Whether the way to the agent leads through a proxy.
fn proxied(operator: &Operator) -> bool {
    let agent = operator.env("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
    let exceptions = operator.env("NO_PROXY").unwrap_or_default();
    let excepted = exceptions.split(',').any(|one| one.trim().starts_with("169.254."));
    agent && operator.env("HTTP_PROXY").is_some() && !excepted
}

/// The access key id of the location's static Secret.
fn key(cluster: &Cluster, storage: &Storage) -> Result<String, String> {
    let (name, namespace) = (&storage.secret, &storage.secret_namespace);
    let found = cluster.store.get(Kind::Secret, namespace, name);
    let found = found.ok_or_else(|| format!("secrets \"{name}\" not found"))?;
    let text = |field: &str| {
        let bytes = STANDARD.decode(found["data"][field].as_str().unwrap_or_default()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default().trim().to_owned()
    };
    let missing: Vec<&str> = ["accessKey", "secretKey"].into_iter().filter(|field| text(field).is_empty()).collect();
    if missing.is_empty() {
        return Ok(text("accessKey"));
    }
    Err(format!(
        "malformed secret [{name}] in namespace [{namespace}], the following keys were not found in the data field: [{}]",
        missing.join(",")
    ))
}

/// What minio-go makes of an answer without a body.
pub(super) fn head(trouble: &Trouble) -> String {
    match trouble.code.as_str() {
        "AccessDenied" => "Access Denied.".to_owned(),
        "PermanentRedirect" => "301 Moved Permanently".to_owned(),
        _ => "400 Bad Request".to_owned(),
    }
}
