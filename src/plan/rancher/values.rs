//! Our Helm values for Rancher Backup (rancher.md 2), and what no values may hold.

use crate::domain::{Identity, MINIO_REGIONS, RancherLine, operator_version, rancher_image};
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::Scope;
use crate::plan::velero::{IDENTITY_ANNOTATION, Setting, as_record, merged_values, overlay};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the chart lets pass by a proxy unless it is told otherwise.
const NO_PROXY: &str = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local";
/// Where the Pod Identity agent and the node's metadata answer: a proxy would be shown the token (rancher-F9).
const LINK_LOCAL: &str = "169.254.0.0/16";

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

fn annotation(name: &str) -> Vec<String> {
    vec!["serviceAccount".to_owned(), "annotations".to_owned(), name.to_owned()]
}

/// Our values for a chart version. Never `s3.clientConfig`: it stops the operator (rancher-F1).
pub fn ours(scope: &Scope<'_>, chart: &str) -> Vec<Setting> {
    let names = &scope.names;
    let identity = hash(scope);
    let mut out: Vec<Setting> = vec![
        (path("s3.enabled"), json!(true)),
        (path("s3.credentialSecretName"), json!("")),
        (path("s3.credentialSecretNamespace"), json!("")),
        (path("s3.region"), json!(names.bucket_region)),
        (path("s3.bucketName"), json!(names.bucket)),
        // Without a slash at either end: restores and retention do not take one off (rancher-F15).
        (path("s3.folder"), json!(names.prefix.trim_matches('/'))),
        (path("s3.endpoint"), json!(endpoint(scope))),
        (annotation(IDENTITY_ANNOTATION), json!(identity)),
    ];
    if names.identity == Identity::Irsa {
        out.push((annotation(ROLE_ANNOTATION), json!(names.role_arn)));
    }
    // A change of the service account restarts nobody, one of the pods does (rancher.md 2).
    if RancherLine::of_chart(chart).is_some_and(|line| line.annotates(chart)) {
        out.push((vec!["extraAnnotations".to_owned(), IDENTITY_ANNOTATION.to_owned()], json!(identity)));
    }
    let registry = scope.answers.install.image_registry.trim_end_matches('/');
    if !registry.is_empty() {
        out.push((path("global.cattle.systemDefaultRegistry"), json!(registry)));
    }
    let base = base(scope);
    if base["proxy"].as_str().is_some_and(|proxy| !proxy.is_empty()) {
        let exceptions = base["noProxy"].as_str().filter(|text| !text.is_empty()).unwrap_or(NO_PROXY);
        let there = exceptions.split(',').any(|one| one.trim() == LINK_LOCAL);
        let all = if there { exceptions.to_owned() } else { format!("{exceptions},{LINK_LOCAL}") };
        out.push((path("noProxy"), json!(all)));
    }
    if base["persistence"]["enabled"] == true {
        out.push((path("persistence.enabled"), json!(false)));
    }
    out
}

/// What an identity comes down to: another one is another hash.
fn hash(scope: &Scope<'_>) -> String {
    let names = &scope.names;
    let identity =
        format!("{}/{}/{}/{}", names.identity.as_str(), names.role_arn, names.namespace, names.service_account);
    hex::encode(Sha256::digest(identity))[..16].to_owned()
}

/// The installed values under the user's.
fn base(scope: &Scope<'_>) -> Value {
    let mut values = scope.site.release.as_ref().map_or_else(|| json!({}), |release| release.values.clone());
    if let Some(user) = &scope.answers.user_values {
        overlay(&mut values, user);
    }
    values
}

/// The endpoint's host: the answers', or the region's own.
pub fn endpoint(scope: &Scope<'_>) -> String {
    match scope.answers.rancher.endpoint.as_str() {
        "" => format!("s3.{}.{}", scope.names.bucket_region, scope.partition.dns_suffix()),
        own => own.to_owned(),
    }
}

/// All values, and the notes on what of the user's was overruled or taken out.
pub fn merged(scope: &Scope<'_>, chart: &str) -> (Value, Vec<String>) {
    let (mut values, mut notes) = merged_values(scope, &ours(scope, chart));
    if let Some(s3) = values["s3"].as_object_mut()
        && s3.shift_remove("clientConfig").is_some()
    {
        notes.push("values: s3.clientConfig is left out: the chart writes it so that the operator stops (rancher-F1); it can stand in a Backup's own storageLocation".to_owned());
    }
    let before = base(scope);
    if before["persistence"]["enabled"] == true {
        notes.push(
            "Backups went to a volume until now: they stay there, and the chart takes only one of both".to_owned(),
        );
    }
    if values["s3"]["endpointCA"].as_str().is_some_and(|ca| !ca.is_empty()) {
        notes.push("values: s3.endpointCA replaces the system's CAs for STS too (rancher-F10): with AWS's own endpoints leave it out".to_owned());
    }
    let region = &scope.names.bucket_region;
    if scope.answers.rancher.endpoint.is_empty() && !MINIO_REGIONS.contains(&region.as_str()) {
        notes.push(format!(
            "The operator's S3 client does not know the region {region} and would ask us-east-1 (rancher-F12): set rancher.endpoint to a private link's endpoint"
        ));
    }
    (values, notes)
}

/// The images that the plan pulls.
pub fn images(scope: &Scope<'_>, chart: &str) -> Vec<String> {
    let registry = match scope.answers.install.image_registry.trim_end_matches('/') {
        "" => String::new(),
        registry => format!("{registry}/"),
    };
    let mut out = vec![format!("{registry}{}:v{}", rancher_image(), operator_version(chart))];
    let hook = RancherLine::of_chart(chart).map(|line| line.hook.as_str()).filter(|hook| !hook.is_empty());
    out.extend(hook.map(|hook| format!("{registry}rancher/kuberlr-kubectl:{hook}")));
    out
}

/// Our values as the record keeps them.
pub fn recorded(scope: &Scope<'_>, chart: &str) -> String {
    as_record(&ours(scope, chart))
}

/// Whether lifeboat installed a release with these values: its mark is among them.
pub fn are_ours(values: &Value) -> bool {
    values["serviceAccount"]["annotations"][IDENTITY_ANNOTATION].is_string()
}
