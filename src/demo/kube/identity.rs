//! Whom a pod is in AWS: by the variables and volumes of its spec, as every AWS SDK finds it, and nothing else.
//!
//! One way for all tools: [`role`] answers the principal whose policies count, or a [`NoRole`] that each tool puts
//! into its own client's words.

use super::pods::ready;
use super::store::meta;
use super::webhook::{AGENT_HOST, AGENT_URL};
use crate::demo::aws::{self, Asking, Claims, Principal};
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object, Trouble, WebIdentity};
use secrecy::SecretString;

/// Why a pod has no role.
#[derive(Debug)]
pub(super) enum NoRole {
    /// Neither identity was injected: the SDK goes on to the node's role, which the pod cannot reach.
    Nothing,
    /// STS does not take its token (IRSA).
    Token(Trouble),
    /// No agent answers on its node (Pod Identity, F15).
    Agent,
    /// EKS does not hand out the association's role (Pod Identity, F13).
    Association(Trouble),
}

impl NoRole {
    /// What the AWS SDK for Go says; `response` words an answer of AWS.
    pub(super) fn in_go(&self, response: impl Fn(&Trouble) -> String) -> String {
        match self {
            Self::Nothing => {
                "no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded"
                    .to_owned()
            }
            Self::Token(trouble) => {
                format!(
                    "failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, {}",
                    response(trouble)
                )
            }
            Self::Agent => format!(
                "failed to load credentials, exceeded maximum number of attempts, 3, Get \"{AGENT_URL}\": \
                 dial tcp {AGENT_HOST}:80: connect: connection refused"
            ),
            Self::Association(trouble) => {
                let id = crate::demo::digest(&trouble.resource);
                let id = id.get(..8).unwrap_or_default();
                format!("failed to load credentials, : [{id}]: ({}): {}, fault: client", trouble.code, trouble.why)
            }
        }
    }
}

/// The principal of a pod's container: with the web identity's variables that of its token's exchange, with the
/// container credentials' that of the association of its service account, through the agent on its node. The web
/// identity comes first, as in every SDK; the webhook never injects both.
pub(super) fn role(
    cluster: &Cluster,
    account: &mut Account,
    pod: &Object,
    container: &str,
) -> Result<Principal, NoRole> {
    if let (Some(role), Some(_)) =
        (env(pod, container, "AWS_ROLE_ARN"), env(pod, container, "AWS_WEB_IDENTITY_TOKEN_FILE"))
    {
        let identity = WebIdentity {
            region: cluster.region.clone(),
            role_arn: role.to_owned(),
            token: token(cluster, pod),
            session_name: account.now.as_nanosecond().to_string(),
        };
        let session = aws::exchange(account, &identity).map_err(NoRole::Token)?;
        return aws::principal(account, "s3:ListBucket", &session.id).map_err(NoRole::Token);
    }
    let agent = env(pod, container, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if agent.is_none() || env(pod, container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").is_none() {
        return Err(NoRole::Nothing);
    }
    if !agent_runs(cluster, pod["spec"]["nodeName"].as_str().unwrap_or_default()) {
        return Err(NoRole::Agent);
    }
    let service_account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let asking = Asking {
        namespace: meta(pod, "namespace"),
        account: service_account,
        pod: meta(pod, "name"),
        uid: meta(pod, "uid"),
    };
    aws::assume(account, cluster, asking).map_err(NoRole::Association)
}

/// The value of an environment variable of a pod's container.
pub(super) fn env<'a>(pod: &'a Object, container: &str, name: &str) -> Option<&'a str> {
    let containers = pod["spec"]["containers"].as_array()?;
    let env = containers.iter().find(|one| one["name"] == container)?["env"].as_array()?;
    env.iter().find(|one| one["name"] == name)?["value"].as_str()
}

/// Whether the Pod Identity agent answers on a node: its pod there is ready, or EKS Auto Mode has it built in.
fn agent_runs(cluster: &Cluster, node: &str) -> bool {
    let of = cluster.store.get(Kind::Node, "", node);
    if of.is_some_and(|node| node["metadata"]["labels"]["eks.amazonaws.com/compute-type"] == "auto") {
        return true;
    }
    let on_node = |pod: &Object| {
        pod["metadata"]["labels"]["app.kubernetes.io/name"] == aws::AGENT && pod["spec"]["nodeName"] == node
    };
    cluster.store.list(Kind::Pod, "kube-system").any(|pod| on_node(pod) && ready(pod))
}

/// The token that the kubelet puts into the pod's volume.
fn token(cluster: &Cluster, pod: &Object) -> SecretString {
    let name = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let audience = pod["spec"]["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|volume| volume["name"] == "aws-iam-token")
        .and_then(|volume| volume["projected"]["sources"][0]["serviceAccountToken"]["audience"].as_str())
        .unwrap_or_default();
    let iat = cluster.now.as_second();
    aws::token(&Claims {
        iss: cluster.issuer.clone(),
        sub: format!("system:serviceaccount:{}:{name}", meta(pod, "namespace")),
        aud: vec![audience.to_owned()],
        iat,
        exp: iat.saturating_add(86_400),
    })
}
