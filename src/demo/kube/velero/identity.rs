//! Whom the server's pod is in AWS: by the variables and volumes of its spec, and nothing else.

use super::Server;
use super::errors::response;
use crate::demo::aws::{self, Claims, Principal};
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, WebIdentity};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

/// The pod's principal, or why there is none, in the SDK's words.
pub(super) fn of(cluster: &Cluster, account: &mut Account, server: &Server) -> Result<Principal, String> {
    if server.env("AWS_SHARED_CREDENTIALS_FILE").is_some() {
        // The plugin blanks the web identity then (F10).
        return match key(cluster, server) {
            Some(key) => aws::principal(account, "s3:ListBucket", &key).map_err(|trouble| response(&trouble)),
            None => Err("failed to get shared config profile, default".to_owned()),
        };
    }
    let (Some(role), Some(_)) = (server.env("AWS_ROLE_ARN"), server.env("AWS_WEB_IDENTITY_TOKEN_FILE")) else {
        return Err(
            "no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded"
                .to_owned(),
        );
    };
    let identity = WebIdentity {
        region: cluster.region.clone(),
        role_arn: role.to_owned(),
        token: token(cluster, server),
        session_name: account.now.as_nanosecond().to_string(),
    };
    let said = |trouble| {
        let text = response(&trouble);
        format!("failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, {text}")
    };
    let session = aws::exchange(account, &identity).map_err(said)?;
    aws::principal(account, "s3:ListBucket", &session.id).map_err(|trouble| response(&trouble))
}

/// The token that the kubelet puts into the pod's volume.
fn token(cluster: &Cluster, server: &Server) -> SecretString {
    let name = server.pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let audience = server.pod["spec"]["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|volume| volume["name"] == "aws-iam-token")
        .and_then(|volume| volume["projected"]["sources"][0]["serviceAccountToken"]["audience"].as_str())
        .unwrap_or_default();
    let iat = cluster.now.as_second();
    aws::token(&Claims {
        iss: cluster.issuer.clone(),
        sub: format!("system:serviceaccount:{}:{name}", server.namespace),
        aud: vec![audience.to_owned()],
        iat,
        exp: iat.saturating_add(86_400),
    })
}

/// The access key id in the Secret that is mounted as the credentials' file.
fn key(cluster: &Cluster, server: &Server) -> Option<String> {
    let volumes = server.pod["spec"]["volumes"].as_array()?;
    let volume = volumes.iter().find(|volume| volume["name"] == "cloud-credentials")?;
    let secret = cluster.store.get(Kind::Secret, &server.namespace, volume["secret"]["secretName"].as_str()?)?;
    let text = String::from_utf8(STANDARD.decode(secret["data"]["cloud"].as_str()?).ok()?).ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("aws_access_key_id"))?;
    Some(line.trim_start().strip_prefix('=')?.trim().to_owned())
}
