//! Which link of the identity chain (contract, Status and doctor) a trouble breaks.

use crate::ports::{Trouble, TroubleKind};

/// Names the link that an exchange of a token breaks (velero.md 6, F1-F4).
pub fn of_exchange(trouble: Trouble) -> Trouble {
    if !trouble.link.is_empty() {
        return trouble;
    }
    let text = format!("{} {} {}", trouble.code, trouble.what, trouble.why);
    let link = match trouble.kind {
        TroubleKind::Denied | TroubleKind::NotFound => "trust",
        _ if text.contains("InvalidIdentityToken") || text.contains("OpenIDConnect") || text.contains("audience") => {
            "oidc-provider"
        }
        _ => return trouble,
    };
    let todo = match link {
        "trust" => {
            "The trust policy of the role has to name this issuer, the audience sts.amazonaws.com and this service account: run apply again, it puts our statement back"
        }
        _ => {
            "The OIDC provider of the cluster has to be in IAM with the audience sts.amazonaws.com: run apply again, it adds what is missing"
        }
    };
    let trouble = trouble.link(link);
    if trouble.todo.is_empty() || link == "trust" { trouble.todo(todo) } else { trouble }
}

/// Names the link that a call with the role's credentials breaks.
pub fn of_storage(trouble: Trouble) -> Trouble {
    if !trouble.link.is_empty() {
        return trouble;
    }
    let text = format!("{} {} {}", trouble.code, trouble.what, trouble.why).to_lowercase();
    let link = match trouble.kind {
        _ if text.contains("kms") => "key",
        TroubleKind::Denied => "permissions",
        TroubleKind::NotFound | TroubleKind::Taken => "bucket",
        _ => return trouble,
    };
    trouble.link(link)
}

/// Names the link that Velero's own message tells of, by the order of velero.md 6's classifier.
pub fn of_message(message: &str) -> &'static str {
    const ORDER: [(&str, &str); 22] = [
        ("unable to locate ObjectStore", "location"),
        ("invalid keys", "location"),
        ("invalid top-level", "location"),
        ("only loopback", "injected-pod"),
        ("does not have permissions to assume the associated role", "trust"),
        ("no association found", "association"),
        ("169.254.170.23", "agent"),
        ("InvalidIdentityToken", "oidc-provider"),
        ("AssumeRoleWithWebIdentity", "trust"),
        ("EC2 IMDS", "injected-pod"),
        ("assumed-role/", ""),
        ("PermanentRedirect", "bucket"),
        ("NoSuchBucket", "bucket"),
        ("bucket not found", "bucket"),
        ("KMS", "key"),
        ("kms:", "key"),
        ("explicit deny in a", "permissions"),
        ("no identity-based policy allows", "permissions"),
        ("permissions boundary", "permissions"),
        ("AccessDenied", "permissions"),
        ("dial tcp", "bucket"),
        ("token has expired", "sts-identity"),
    ];
    for (text, link) in ORDER {
        if message.contains(text) {
            // A session named after an instance is the node's role: the pod has no identity of its own (F7).
            if link.is_empty() {
                if message.contains("/i-") {
                    return "injected-pod";
                }
                continue;
            }
            return link;
        }
    }
    "location"
}

/// Names the link that the message of Rancher Backup's error condition tells of (rancher.md 6).
pub fn of_rancher(message: &str) -> &'static str {
    const ORDER: [(&str, &str); 16] = [
        ("loopback address", "injected-pod"),
        ("169.254.169.254", "injected-pod"),
        ("169.254.170.23", "agent"),
        ("OpenIDConnect", "oidc-provider"),
        ("token audience", "oidc-provider"),
        ("AssumeRoleWithWebIdentity", "trust"),
        ("kms:", "key"),
        ("KMS.", "key"),
        ("not authorized to perform", "permissions"),
        ("Access Denied", "permissions"),
        ("Object Lock", "bucket"),
        ("301 Moved", "bucket"),
        ("400 Bad Request", "bucket"),
        ("s3 bucket [", "bucket"),
        ("401 Unauthorized", "injected-pod"),
        ("dial tcp", "bucket"),
    ];
    // The bucket's name stands in most of them, before what went wrong.
    let said = message.rsplit_once("exists, error: ").map_or(message, |(_, said)| said);
    ORDER.iter().find(|(text, _)| said.contains(text)).map_or("location", |(_, link)| link)
}
