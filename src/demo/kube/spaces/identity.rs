//! Whom the controller's pod is in AWS: by the variables and volumes of its spec, and nothing else.

use crate::demo::aws::{self, Claims, Principal};
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Object, Trouble, WebIdentity};

/// The pod's principal, or why there is none, in the words of the S3 client.
pub(super) fn of(cluster: &Cluster, account: &mut Account, pod: &Object) -> Result<Principal, String> {
    let (Some(role), Some(_)) = (env(pod, "AWS_ROLE_ARN"), env(pod, "AWS_WEB_IDENTITY_TOKEN_FILE")) else {
        // Neither a web identity nor a container's credentials: it asks the node, which does not answer.
        return Err("no static credentials, no IAM role attached to this EC2 instance".to_owned());
    };
    let name = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let iat = cluster.now.as_second();
    let token = aws::token(&Claims {
        iss: cluster.issuer.clone(),
        sub: format!("system:serviceaccount:{}:{name}", meta(pod, "namespace")),
        aud: vec![audience(pod).to_owned()],
        iat,
        exp: iat.saturating_add(86_400),
    });
    let (region, role_arn) = (cluster.region.clone(), role.to_owned());
    let identity = WebIdentity { region, role_arn, token, session_name: account.now.as_nanosecond().to_string() };
    let session = aws::exchange(account, &identity).map_err(|trouble| said("AssumeRoleWithWebIdentity", &trouble))?;
    aws::principal(account, "s3:ListBucket", &session.id).map_err(|trouble| said("GetCallerIdentity", &trouble))
}

/// `STS AssumeRoleWithWebIdentity: AccessDenied: Not authorized to perform ...`.
fn said(call: &str, trouble: &Trouble) -> String {
    format!("STS {call}: {}: {}", trouble.code, trouble.why)
}

/// The value of an environment variable of the pod's first container.
fn env<'a>(pod: &'a Object, name: &str) -> Option<&'a str> {
    let env = pod["spec"]["containers"][0]["env"].as_array()?;
    env.iter().find(|one| one["name"] == name)?["value"].as_str()
}

/// Whom the token that the kubelet puts into the pod's volume is for.
fn audience(pod: &Object) -> &str {
    let mut volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes
        .find(|volume| volume["name"] == "aws-iam-token")
        .and_then(|volume| volume["projected"]["sources"][0]["serviceAccountToken"]["audience"].as_str())
        .unwrap_or_default()
}
