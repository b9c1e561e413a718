//! Whether a principal may do something to a bucket, an object or a key: identity policies, the
//! boundary, the bucket's policy, the key and its policy.

use super::sts::Principal;
use super::wrong::{denied, wrong};
use crate::demo::state::Account;
use crate::domain::policy::{
    Caller, Context, Decision, Document, Evidence, PolicyKind, Request, ResourceKind, ResourcePolicy, evaluate,
};
use crate::ports::{Answer, Setting, TroubleKind};
use serde_json::Value;

/// S3's answer to one action. `Ok` when it is allowed.
pub(in crate::demo) fn s3(account: &Account, who: &Principal, action: &str, bucket: &str, key: &str) -> Answer<()> {
    asked(account, who, action, bucket, Some(key))
}

/// S3's answer to a HEAD of a bucket, which has no prefix.
pub(in crate::demo) fn head(account: &Account, who: &Principal, bucket: &str) -> Answer<()> {
    asked(account, who, "s3:ListBucket", bucket, None)
}

fn asked(account: &Account, who: &Principal, action: &str, bucket: &str, key: Option<&str>) -> Answer<()> {
    let base = format!("arn:{}:s3:::{bucket}", account.partition);
    let on_bucket = action == "s3:ListBucket";
    let resource = if on_bucket { base } else { format!("{base}/{}", key.unwrap_or_default()) };
    let mut context = context(account, who)
        .with("s3:ResourceAccount", &account.id)
        .with("aws:SecureTransport", "true")
        .with("s3:TlsVersion", "1.3");
    if let Some(prefix) = key.filter(|_| on_bucket) {
        context = context.with("s3:prefix", prefix);
    }
    let own = account.buckets.get(bucket).and_then(|b| b.settings.get(&format!("{:?}", Setting::Policy)));
    let policy = own.and_then(|policy| Document::parse(policy).ok());
    decide(account, who, action, &resource, context, policy.map(|document| (ResourceKind::Bucket, document)))
}

/// EC2's answer to one action, with what is known of the request. `Ok` when it is allowed.
pub(super) fn ec2(account: &Account, who: &Principal, action: &str, resource: &str, request: Context) -> Answer<()> {
    let context = request.with("aws:PrincipalArn", &who.entity).with("aws:PrincipalAccount", &account.id);
    decide(account, who, action, resource, context, None)
}

fn context(account: &Account, who: &Principal) -> Context {
    Context::new().with("aws:PrincipalArn", &who.entity).with("aws:PrincipalAccount", &account.id)
}

/// Decides by all policies; a refusal is in IAM's words (security.md 8).
fn decide(
    account: &Account,
    who: &Principal,
    action: &str,
    resource: &str,
    context: Context,
    policy: Option<(ResourceKind, Document)>,
) -> Answer<()> {
    let caller = Caller::Identity { arn: who.entity.clone(), session: who.arn.clone(), account: account.id.clone() };
    let request = Request { caller, action: action.to_owned(), resource: resource.to_owned(), context };
    let evidence = Evidence {
        identity: who.policies.iter().filter_map(|policy| Document::parse(policy).ok()).collect(),
        // A boundary that cannot be read allows nothing.
        boundary: who.boundary.as_ref().map(|text| Document::parse(text).unwrap_or_default()),
        resource: policy.map(|(kind, document)| ResourcePolicy { kind, account: account.id.clone(), document }),
    };
    let Decision::Denied { policy, explicit, .. } = evaluate(&request, &evidence) else { return Ok(()) };
    let (article, whose) = match policy {
        PolicyKind::Identity => ("an", "identity-based policy"),
        PolicyKind::Boundary => ("a", "permissions boundary"),
        PolicyKind::Resource => ("a", "resource-based policy"),
    };
    let reason = if explicit {
        format!("with an explicit deny in {article} {whose}")
    } else {
        format!("because no {whose} allows the {action} action")
    };
    let text = format!("User: {} is not authorized to perform: {action} on resource: \"{resource}\" {reason}", who.arn);
    Err(denied(action, resource, &text))
}

/// The key that an object of the bucket is encrypted with, or `None` for SSE-S3.
pub(in crate::demo) fn key_of(account: &Account, bucket: &str) -> Option<String> {
    let text = account.buckets.get(bucket)?.settings.get(&format!("{:?}", Setting::Encryption))?;
    let document: Value = serde_json::from_str(text).ok()?;
    let default = &document["Rules"][0]["ApplyServerSideEncryptionByDefault"];
    if default["SSEAlgorithm"].as_str()?.starts_with("aws:kms") {
        Some(default["KMSMasterKeyID"].as_str().unwrap_or("alias/aws/s3").to_owned())
    } else {
        None
    }
}

/// Whether a principal may use a key through S3 (`kms:GenerateDataKey` to write, `kms:Decrypt` to read).
pub(in crate::demo) fn kms(account: &Account, who: &Principal, action: &str, region: &str, key: &str) -> Answer<()> {
    if key == "alias/aws/s3" {
        return Ok(());
    }
    let Some(id) = super::kms::resolve(account, region, key) else {
        let text = format!("Key '{key}' does not exist");
        return Err(wrong(TroubleKind::Invalid, "KMS.NotFoundException", action, key, &text));
    };
    let Some(found) = account.keys.get(&id) else { return Ok(()) };
    let arn = account.arn("kms", region, &format!("key/{id}"));
    if found.state != "Enabled" {
        let (code, state) = match found.state.as_str() {
            "Disabled" => ("KMS.DisabledException", "disabled"),
            _ => ("KMS.KMSInvalidStateException", "pending deletion"),
        };
        let text = format!("{arn} is {state}.");
        return Err(wrong(TroubleKind::Invalid, code, action, &arn, &text));
    }
    let context = context(account, who)
        .with("kms:ViaService", format!("s3.{region}.amazonaws.com"))
        .with("kms:CallerAccount", &account.id);
    // A key's policy always counts: one that cannot be read allows nothing.
    let policy = Document::parse(&found.policy).unwrap_or_default();
    decide(account, who, action, &arn, context, Some((ResourceKind::Key, policy)))
}
