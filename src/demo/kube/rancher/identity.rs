//! Whom the operator's pod is in AWS, in minio-go's order (rancher.md 5): a static Secret, IRSA, Pod Identity,
//! the node.

use super::Operator;
use super::storage::Storage;
use crate::demo::aws::{self, Claims, Principal};
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Trouble, WebIdentity};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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
    if let (Some(role), Some(_)) = (operator.env("AWS_ROLE_ARN"), operator.env("AWS_WEB_IDENTITY_TOKEN_FILE")) {
        return web_identity(cluster, account, operator, role);
    }
    // The node's metadata service: one hop further than pods may go.
    Err("Get \"http://169.254.169.254/latest/meta-data/iam/security-credentials/\": dial tcp 169.254.169.254:80: i/o timeout"
        .to_owned())
}

/// STS's refusals are passed on as they are (F2, F3).
fn web_identity(
    cluster: &Cluster,
    account: &mut Account,
    operator: &Operator,
    role: &str,
) -> Result<Principal, String> {
    let name = operator.pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let volumes = operator.pod["spec"]["volumes"].as_array();
    let audience = volumes
        .into_iter()
        .flatten()
        .find(|volume| volume["name"] == "aws-iam-token")
        .and_then(|volume| volume["projected"]["sources"][0]["serviceAccountToken"]["audience"].as_str())
        .unwrap_or_default();
    let iat = cluster.now.as_second();
    let identity = WebIdentity {
        region: cluster.region.clone(),
        role_arn: role.to_owned(),
        token: aws::token(&Claims {
            iss: cluster.issuer.clone(),
            sub: format!("system:serviceaccount:{}:{name}", operator.namespace),
            aud: vec![audience.to_owned()],
            iat,
            exp: iat.saturating_add(86_400),
        }),
        session_name: account.now.as_nanosecond().to_string(),
    };
    let session = aws::exchange(account, &identity).map_err(|trouble| trouble.why.to_string())?;
    aws::principal(account, "s3:ListBucket", &session.id).map_err(|trouble| trouble.why.to_string())
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
