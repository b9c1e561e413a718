//! Whom the server's pod is in AWS: by a key's file, else by its role.

use super::Server;
use super::errors::response;
use crate::demo::aws::{self, Principal};
use crate::demo::kube::identity;
use crate::demo::state::{Account, Cluster};
use crate::ports::Kind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The pod's principal, or why there is none, in the SDK's words.
pub(super) fn of(cluster: &Cluster, account: &mut Account, server: &Server) -> Result<Principal, String> {
    if server.env("AWS_SHARED_CREDENTIALS_FILE").is_some() {
        // The plugin blanks the web identity then (F10).
        return match key(cluster, server) {
            Some(key) => aws::principal(account, "s3:ListBucket", &key).map_err(|trouble| response(&trouble)),
            None => Err("failed to get shared config profile, default".to_owned()),
        };
    }
    identity::role(cluster, account, &server.pod, "velero").map_err(|none| none.in_go(response))
}

/// F12: the SDK of a plugin before 1.10 takes container credentials from loopback alone.
pub(super) fn is_too_old(server: &Server) -> bool {
    server.env("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some() && server.plugin_minor().is_some_and(|minor| minor < 10)
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
