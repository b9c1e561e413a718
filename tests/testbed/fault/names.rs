//! Which call a request is: `service:Operation`, as in IAM.

use hyper::Method;

pub fn is_form(parts: &http::request::Parts) -> bool {
    parts.method == Method::POST
        && text(&parts.headers, "content-type").starts_with("application/x-www-form-urlencoded")
}

fn text<'h>(headers: &'h http::HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whom a request is for, and what it asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    pub service: String,
    pub host: String,
    pub access_key: String,
}

impl Target {
    pub fn of(parts: &http::request::Parts, form: &[u8]) -> Self {
        let host = text(&parts.headers, "host").to_ascii_lowercase();
        let host = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_owned();
        let query = pairs(parts.uri.query().unwrap_or_default());
        let credential = text(&parts.headers, "authorization")
            .split_once("Credential=")
            .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default().to_owned())
            .or_else(|| value(&query, "X-Amz-Credential").map(str::to_owned))
            .unwrap_or_default();
        let scope: Vec<&str> = credential.split('/').collect();
        let service = match scope.as_slice() {
            [_, _, _, service, _] => (*service).to_owned(),
            _ => service_of(&host).to_owned(),
        };
        let path = parts.uri.path();
        let form = pairs(&String::from_utf8_lossy(form));
        let action = value(&form, "Action").or_else(|| value(&query, "Action"));
        let amz_target = text(&parts.headers, "x-amz-target");
        let operation = if let Some(action) = action {
            action.to_owned()
        } else if let Some((_, operation)) = amz_target.rsplit_once('.') {
            operation.to_owned()
        } else {
            match service.as_str() {
                "s3" => s3(&parts.method, &host, path, &query, !text(&parts.headers, "x-amz-copy-source").is_empty()),
                "eks" => eks(&parts.method, path),
                _ => capital(path.trim_matches('/')),
            }
        };
        let prefix = if service == "tagging" { "tag" } else { &service };
        Self { name: format!("{prefix}:{operation}"), access_key: scope[0].to_owned(), service, host }
    }
}

/// The service in an AWS host's name.
fn service_of(host: &str) -> &str {
    let labels: Vec<&str> = host.split('.').collect();
    labels
        .iter()
        .find(|label| ["s3", "iam", "sts", "eks", "kms", "account", "tagging", "ec2"].contains(label))
        .copied()
        .unwrap_or("unknown")
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let plain =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn value<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn s3(method: &Method, host: &str, path: &str, query: &[(String, String)], copy: bool) -> String {
    let has = |name: &str| value(query, name).is_some();
    if let Some(name) = value(query, "x-id") {
        return name.to_owned();
    }
    let path = path.trim_start_matches('/');
    let in_host = host.split('.').next().is_some_and(|first| first != "s3" && first != "localhost" && first != "127");
    let (bucket, key) = if in_host {
        (true, !path.is_empty())
    } else {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (!bucket.is_empty(), !key.is_empty())
    };
    let verb = match method.as_str() {
        "PUT" => "Put",
        "DELETE" => "Delete",
        "HEAD" => "Head",
        "POST" => "Post",
        _ => "Get",
    };
    if !bucket {
        return "ListBuckets".to_owned();
    }
    if key {
        return match verb {
            "Put" if has("partNumber") && copy => "UploadPartCopy".to_owned(),
            "Put" if has("partNumber") => "UploadPart".to_owned(),
            "Put" if copy => "CopyObject".to_owned(),
            "Delete" if has("uploadId") => "AbortMultipartUpload".to_owned(),
            "Get" if has("uploadId") => "ListParts".to_owned(),
            "Post" if has("uploads") => "CreateMultipartUpload".to_owned(),
            "Post" => "CompleteMultipartUpload".to_owned(),
            _ if has("tagging") => format!("{verb}ObjectTagging"),
            _ if has("acl") => format!("{verb}ObjectAcl"),
            _ if has("retention") => format!("{verb}ObjectRetention"),
            _ => format!("{verb}Object"),
        };
    }
    for (sub, noun) in [
        ("policyStatus", "BucketPolicyStatus"),
        ("policy", "BucketPolicy"),
        ("versioning", "BucketVersioning"),
        ("lifecycle", if verb == "Delete" { "BucketLifecycle" } else { "BucketLifecycleConfiguration" }),
        ("encryption", "BucketEncryption"),
        ("tagging", "BucketTagging"),
        ("publicAccessBlock", "PublicAccessBlock"),
        ("ownershipControls", "BucketOwnershipControls"),
        ("location", "BucketLocation"),
        ("acl", "BucketAcl"),
        ("cors", "BucketCors"),
        ("logging", "BucketLogging"),
        ("notification", "BucketNotificationConfiguration"),
        ("object-lock", "ObjectLockConfiguration"),
        ("replication", "BucketReplication"),
        ("website", "BucketWebsite"),
    ] {
        if has(sub) {
            return format!("{verb}{noun}");
        }
    }
    match verb {
        "Put" => "CreateBucket",
        "Delete" => "DeleteBucket",
        "Head" => "HeadBucket",
        "Post" if has("delete") => "DeleteObjects",
        "Post" => "PostObject",
        _ if has("versions") => "ListObjectVersions",
        _ if has("uploads") => "ListMultipartUploads",
        _ if value(query, "list-type") == Some("2") => "ListObjectsV2",
        _ => "ListObjects",
    }
    .to_owned()
}

fn eks(method: &Method, path: &str) -> String {
    let post = method == Method::POST;
    let delete = method == Method::DELETE;
    let of = |noun: &str| match () {
        () if post => format!("Update{noun}"),
        () if delete => format!("Delete{noun}"),
        () => format!("Describe{noun}"),
    };
    let all = |noun: &str, plural: &str| if post { format!("Create{noun}") } else { format!("List{plural}") };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["clusters"] => all("Cluster", "Clusters"),
        ["clusters", _] => of("Cluster"),
        ["clusters", _, "addons"] => all("Addon", "Addons"),
        ["clusters", _, "addons", _, ..] => of("Addon"),
        ["clusters", _, "access-entries"] => all("AccessEntry", "AccessEntries"),
        ["clusters", _, "access-entries", _] => of("AccessEntry"),
        ["clusters", _, "access-entries", _, "access-policies"] if post => "AssociateAccessPolicy".to_owned(),
        ["clusters", _, "access-entries", _, "access-policies"] => "ListAssociatedAccessPolicies".to_owned(),
        ["clusters", _, "access-entries", _, "access-policies", _] => "DisassociateAccessPolicy".to_owned(),
        ["clusters", _, "pod-identity-associations"] => all("PodIdentityAssociation", "PodIdentityAssociations"),
        ["clusters", _, "pod-identity-associations", _] => of("PodIdentityAssociation"),
        ["clusters", _, "node-groups"] => all("Nodegroup", "Nodegroups"),
        ["clusters", _, "node-groups", _] => of("Nodegroup"),
        ["clusters", _, "fargate-profiles"] => all("FargateProfile", "FargateProfiles"),
        ["clusters", _, "fargate-profiles", _] => of("FargateProfile"),
        ["clusters", _, "update-config"] => "UpdateClusterConfig".to_owned(),
        ["clusters", _, "updates", _] => "DescribeUpdate".to_owned(),
        ["addons", "supported-versions"] => "DescribeAddonVersions".to_owned(),
        ["addons", "configuration-schemas"] => "DescribeAddonConfiguration".to_owned(),
        ["access-policies"] => "ListAccessPolicies".to_owned(),
        ["tags", ..] if post => "TagResource".to_owned(),
        ["tags", ..] if delete => "UntagResource".to_owned(),
        ["tags", ..] => "ListTagsForResource".to_owned(),
        _ => capital(&parts.join("/")),
    }
}
