//! Whether a key that exists can encrypt the bucket (N21 to N23), and whether its policy lets the roles use it.

use crate::domain::KmsKeyRef;
use crate::domain::policy::{
    Caller, Context, Decision, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate,
};
use crate::plan::answers::EncryptionKind;
use crate::plan::scope::{Scope, problem};
use crate::plan::{Draft, KeyFacts};
use crate::ports::Key;
use serde_json::json;

/// The key's own calls, through S3 (security.md 1.6): the second one only where something is written.
const USES: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// Says what is wrong with the key of the answers, or of the bucket's default; what is only worth knowing is a note.
pub fn check(scopes: &[Scope<'_>], draft: &mut Draft) {
    let Some(scope) = scopes.first() else { return };
    let kms = scope.answers.encryption.kind == EncryptionKind::Kms;
    let asked = scope.answers.encryption.key.as_ref().filter(|key| kms && !key.is_new());
    if let Some((what, why)) = asked.and_then(|asked| elsewhere(scope, asked)) {
        draft.problems.0.push(problem("encryption.key", &what, why, "Choose a key of the bucket's region and account"));
        return;
    }
    let Some(found) = &scope.facts.key else {
        if let Some(key) = asked {
            draft.problems.0.push(problem(
                "encryption.key",
                &format!("there is no key {key} in {}", scope.names.bucket_region),
                "the key has to be in the bucket's region",
                "Check the id and the region, or use key = \"new\"",
            ));
        }
        return;
    };
    if let Some((what, why)) = unusable(scope, &found.key) {
        draft.problems.0.push(problem("encryption.key", &format!("the key {} {what}", found.key.arn), why, ""));
        return;
    }
    notes(&found.key, draft);
    for scope in scopes {
        policy(scope, found, draft);
    }
}

/// N23: what an ARN says by itself, before anything is asked.
fn elsewhere(scope: &Scope<'_>, key: &KmsKeyRef) -> Option<(String, &'static str)> {
    let names = &scope.names;
    let partition = key.partition()?;
    if partition != scope.partition {
        let what = format!("{key} is of the partition {partition}, your credentials are of {}", scope.partition);
        return Some((what, "no call crosses partitions"));
    }
    if key.region().is_some_and(|region| region.as_str() != names.bucket_region) {
        let what = format!("{key} is not in {}, the bucket's region", names.bucket_region);
        return Some((what, "S3 encrypts with keys of the bucket's own region only"));
    }
    if key.account().is_some_and(|account| account.as_str() != names.account) {
        let what = format!("{key} is of another account than {}", names.account);
        return Some((what, "keys of other accounts are not set up by lifeboat"));
    }
    None
}

/// N23: one sentence for each way in which a key cannot be used.
fn unusable(scope: &Scope<'_>, key: &Key) -> Option<(String, &'static str)> {
    let state = |why| Some((format!("is {}", key.state), why));
    match key.state.as_str() {
        "Enabled" => {}
        "Disabled" => return state("only an Enabled key encrypts: enable it, or choose another"),
        "PendingDeletion" | "PendingReplicaDeletion" => {
            return state("all that it encrypted is lost when it is gone: cancel the deletion, or choose another");
        }
        "PendingImport" => {
            return state("its key material is not imported, or has expired: import it, or choose another");
        }
        "Unavailable" => return state("its key store cannot be reached: connect it, or choose another"),
        "Creating" | "Updating" => return state("KMS is still at work on it: try again in a minute"),
        _ => return state("only an Enabled key encrypts"),
    }
    if key.spec.starts_with("HMAC_") || key.usage == "GENERATE_VERIFY_MAC" {
        return Some((
            format!("is an HMAC key ({})", key.spec),
            "it signs and does not encrypt; S3 needs a symmetric key",
        ));
    }
    if !key.is_symmetric() {
        let what = format!("is asymmetric ({} for {})", key.spec, key.usage);
        return Some((what, "S3 needs a symmetric key for encryption"));
    }
    let part = |at: usize| key.arn.split(':').nth(at).unwrap_or_default();
    if part(3) != scope.names.bucket_region {
        return Some((format!("is not in {}", scope.names.bucket_region), "the key has to be in the bucket's region"));
    }
    if part(4) != scope.names.account {
        return Some(("is of another account".to_owned(), "keys of other accounts are not set up by lifeboat"));
    }
    None
}

/// N21 to N23: what works and is worth knowing.
fn notes(key: &Key, draft: &mut Draft) {
    if key.manager == "AWS" {
        draft.note(format!(
            "the key {} is one of AWS's own (aws/s3): its policy cannot be changed and it serves this account only, so no other account's cluster can restore",
            key.arn
        ));
    }
    match key.origin.as_str() {
        "EXTERNAL" => draft.note(format!(
            "the key {} has imported material: when that expires or is deleted, no backup can be read until the same material is imported again; KMS does not rotate it",
            key.arn
        )),
        "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" => draft.note(format!(
            "the key {} is in a key store of its own: while that cannot be reached, nothing is backed up or restored",
            key.arn
        )),
        _ => {}
    }
    if key.id.starts_with("mrk-") {
        draft.note(format!(
            "the key {} is a multi-Region key: S3 treats it as a key of its one region, and a replica's rotation is that of its primary",
            key.arn
        ));
    }
}

/// Whether the key's policy lets a role use it, by itself or by leaving it to the account's IAM policies
/// (security.md 1.6: an identity policy alone gives nothing).
fn policy(scope: &Scope<'_>, found: &KeyFacts, draft: &mut Draft) {
    // A key of AWS's own lets everybody of the account use it through its service.
    if found.key.manager == "AWS" {
        return;
    }
    let Some(text) = &found.policy else {
        draft.note(format!(
            "the policy of the key {} was not read: whether the role may use it is not known",
            found.key.arn
        ));
        return;
    };
    let names = &scope.names;
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(reason) => {
            draft.note(format!("the policy of the key {} cannot be understood: {}", found.key.arn, reason.what));
            return;
        }
    };
    let uses = USES.into_iter().filter(|action| names.writes || *action == "kms:Decrypt");
    let refused: Vec<(&str, String)> =
        uses.filter_map(|action| Some((action, refusal(scope, &found.key.arn, &document, action)?))).collect();
    let Some((_, because)) = refused.first() else { return };
    let actions = refused.iter().map(|(action, _)| *action).collect::<Vec<_>>().join(" and ");
    draft.problems.0.push(problem(
        "encryption.key",
        &format!("the policy of the key {} does not let {} call {actions}", found.key.arn, names.role_arn),
        because,
        &format!("Add this statement to the key's policy, or choose another key: {}", statement(scope)),
    ));
}

/// Why a call of the role would be refused by the key's policy, its own permissions granted.
fn refusal(scope: &Scope<'_>, key: &str, policy: &Document, action: &str) -> Option<String> {
    let names = &scope.names;
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]});
    let context = Context::new()
        .with("kms:ViaService", scope.via_s3())
        .with("kms:CallerAccount", &names.account)
        .with("aws:PrincipalArn", &names.role_arn)
        .with("aws:PrincipalAccount", &names.account)
        .with("aws:SecureTransport", "true");
    let session = format!("arn:{}:sts::{}:assumed-role/{}/lifeboat", names.partition, names.account, names.role);
    let request = Request {
        caller: Caller::Identity { arn: names.role_arn.clone(), session, account: names.account.clone() },
        action: action.to_owned(),
        resource: key.to_owned(),
        context,
    };
    let evidence = Evidence {
        identity: Document::parse(&all.to_string()).into_iter().collect(),
        boundary: None,
        resource: Some(ResourcePolicy {
            kind: ResourceKind::Key,
            account: names.account.clone(),
            document: policy.clone(),
        }),
    };
    match evaluate(&request, &evidence) {
        Decision::Allowed => None,
        Decision::Denied { because, .. } => Some(because),
    }
}

/// What lets the account's own IAM policies decide, through S3 only. It names the account, not the role: KMS refuses
/// a policy that names a role which is not there yet.
fn statement(scope: &Scope<'_>) -> String {
    let names = &scope.names;
    json!({
        "Sid": "LifeboatBackups", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:{}:iam::{}:root", names.partition, names.account)},
        "Action": USES, "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": names.account, "kms:ViaService": scope.via_s3()}}
    })
    .to_string()
}
