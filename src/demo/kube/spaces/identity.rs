//! Whom the controller's pod is in AWS, in the words of the S3 client.

use super::CONTROLLER;
use crate::demo::aws::Principal;
use crate::demo::kube::identity::{self, NoRole};
use crate::demo::state::{Account, Cluster};
use crate::ports::{Object, Trouble};

/// The pod's principal, or why there is none.
pub(super) fn of(cluster: &Cluster, account: &mut Account, pod: &Object) -> Result<Principal, String> {
    let said = |call: &str, trouble: &Trouble| format!("{call}: {}: {}", trouble.code, trouble.why);
    identity::role(cluster, account, pod, CONTROLLER).map_err(|none| match none {
        NoRole::Nothing => "no static credentials, no IAM role attached to this EC2 instance".to_owned(),
        NoRole::Token(trouble) => said("STS AssumeRoleWithWebIdentity", &trouble),
        NoRole::Agent => {
            "get container credentials: dial tcp 169.254.170.23:80: connect: connection refused".to_owned()
        }
        NoRole::Association(trouble) => said("get container credentials", &trouble),
    })
}
