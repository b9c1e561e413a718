//! Whether a principal may do something to a bucket, an object or a key: identity policies, the
//! boundary, the bucket's policy, the key and its policy.

use super::judge::{Question, Verdict, evaluate};
use super::sts::Principal;
use super::wrong::{denied, wrong};
use crate::demo::state::Account;
use crate::ports::{Answer, Setting, TroubleKind};
use serde_json::Value;

/// S3's answer to one action. `Ok` when it is allowed.
pub(in crate::demo) fn s3(account: &Account, who: &Principal, action: &str, bucket: &str, key: &str) -> Answer<()> {
    let base = format!("arn:{}:s3:::{bucket}", account.partition);
    let on_bucket = action == "s3:ListBucket";
    let resource = if on_bucket { base } else { format!("{base}/{key}") };
    let mut question = Question::new(action, &resource)
        .with("s3:ResourceAccount", &account.id)
        .with("aws:SecureTransport", "true")
        .with("s3:TlsVersion", "1.3")
        .with("aws:PrincipalArn", &who.entity)
        .with("aws:PrincipalAccount", &account.id)
        .by("AWS", &who.entity)
        .by("AWS", &account.id)
        .by("AWS", &account.arn("iam", "", "root"));
    if on_bucket {
        question = question.with("s3:prefix", key);
    }
    let own = account.buckets.get(bucket).and_then(|b| b.settings.get(&format!("{:?}", Setting::Policy)));
    let by_bucket = own.map_or(Verdict::Silent, |policy| evaluate(policy, &question));
    let refuse = |reason: &str| Err(refusal(who, action, &resource, reason));
    if by_bucket == Verdict::Deny {
        return refuse("with an explicit deny in a resource-based policy");
    }
    match identity(who, &question) {
        Err(reason) if by_bucket == Verdict::Allow && reason.starts_with("because no identity") => Ok(()),
        Err(reason) => refuse(&reason),
        Ok(()) => Ok(()),
    }
}

/// What the identity's own policies say; the reason in IAM's words when they refuse.
fn identity(who: &Principal, question: &Question) -> Result<(), String> {
    let verdicts: Vec<Verdict> = who.policies.iter().map(|policy| evaluate(policy, question)).collect();
    if verdicts.contains(&Verdict::Deny) {
        return Err("with an explicit deny in an identity-based policy".to_owned());
    }
    if !verdicts.contains(&Verdict::Allow) {
        return Err(format!("because no identity-based policy allows the {} action", question.action));
    }
    match who.boundary.as_ref().map(|boundary| evaluate(boundary, question)) {
        Some(Verdict::Deny) => Err("with an explicit deny in a permissions boundary".to_owned()),
        Some(Verdict::Silent) => Err(format!("because no permissions boundary allows the {} action", question.action)),
        _ => Ok(()),
    }
}

fn refusal(who: &Principal, action: &str, resource: &str, reason: &str) -> crate::ports::Trouble {
    let text = format!("User: {} is not authorized to perform: {action} on resource: \"{resource}\" {reason}", who.arn);
    denied(action, resource, &text)
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
    let question = Question::new(action, &arn)
        .with("kms:ViaService", &format!("s3.{region}.amazonaws.com"))
        .with("kms:CallerAccount", &account.id)
        .with("aws:PrincipalArn", &who.entity);
    let direct = evaluate(&found.policy, &question.clone().by("AWS", &who.entity));
    let root = evaluate(&found.policy, &question.clone().by("AWS", &account.arn("iam", "", "root")));
    if direct == Verdict::Deny || root == Verdict::Deny {
        return Err(refusal(who, action, &arn, "with an explicit deny in a resource-based policy"));
    }
    match identity(who, &question) {
        Err(reason) if direct == Verdict::Allow && reason.starts_with("because no identity") => Ok(()),
        Ok(()) if root == Verdict::Allow => Ok(()),
        Ok(()) => {
            Err(refusal(who, action, &arn, &format!("because no resource-based policy allows the {action} action")))
        }
        Err(reason) => Err(refusal(who, action, &arn, &reason)),
    }
}
