//! What AWS says in a 403: who may not do what on what, and which policy says so.

use super::call::Call;
use crate::ports::TroubleKind;

/// A refusal, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `iam:CreateRole`; empty when the message does not say.
    pub action: String,
    /// The ARN; empty when the message does not say.
    pub resource: String,
    /// Why, and who can change it.
    pub why: String,
    /// The partition of the ARNs in the message, `aws` when it holds none.
    pub partition: String,
}

impl Refusal {
    /// Reads a message as IAM writes it ("User: ARN is not authorized to perform: ACTION on resource: ARN because
    /// ..."). What it lacks stays empty.
    pub fn read(message: &str) -> Self {
        let action = word_after(message, "is not authorized to perform: ");
        let resource = word_after(message, "on resource: ");
        let named = message.split_once("arn:").and_then(|(_, rest)| rest.split(':').next());
        let partition = named.filter(|named| named.starts_with("aws")).unwrap_or("aws").to_owned();
        Self { action, resource, why: why(message), partition }
    }

    /// A policy statement that would allow the call: one line of JSON.
    pub fn statement(&self, call: &Call) -> String {
        let action = if self.action.is_empty() { call.name } else { &self.action };
        let resource = [&self.resource, &call.resource].into_iter().find(|text| text.starts_with("arn:"));
        let bucket = (action.starts_with("s3:") && !call.resource.is_empty())
            .then(|| format!("arn:{}:s3:::{}", self.partition, call.resource));
        let resource = resource.cloned().or(bucket).unwrap_or_else(|| "*".to_owned());
        serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource }).to_string()
    }
}

fn word_after(message: &str, mark: &str) -> String {
    let rest = message.split_once(mark).map(|(_, rest)| rest).unwrap_or_default();
    let word = rest.split_whitespace().next().unwrap_or_default();
    word.trim_matches(['"', '\'']).trim_end_matches(['.', ',']).trim_matches('"').to_owned()
}

/// The reasons that AWS names, and who can change each (AWS's "access denied error messages" page; A04).
const DENIES: [(&str, &str); 7] = [
    (
        "resource control policy",
        "a resource control policy of the organization denies it; its administrators can change it",
    ),
    (
        "service control policy",
        "a service control policy of the organization denies it; its administrators can change it",
    ),
    ("permissions boundary", "the permissions boundary of the caller denies it; who set the boundary can change it"),
    ("resource-based policy", "the policy of the resource denies it; its owner can change it"),
    ("VPC endpoint policy", "the policy of the VPC endpoint denies it; the network's administrators can change it"),
    ("session policy", "the policy of the session denies it; log in without it"),
    ("identity-based policy", "a policy of the caller denies it; the account's administrators can change it"),
];

fn why(message: &str) -> String {
    if message.contains("explicit deny") {
        let named = DENIES.iter().find(|(mark, _)| message.contains(mark));
        return named.map_or("a policy denies it explicitly", |(_, text)| text).to_owned();
    }
    if let Some((_, reason)) = message.split_once("because no ") {
        let allows = DENIES.iter().find(|(mark, _)| reason.starts_with(mark)).map(|(mark, _)| *mark);
        return allows.map_or_else(|| format!("no {reason}"), |mark| format!("no {mark} allows it"));
    }
    if message.contains("Encoded authorization failure message") {
        return "AWS gives the reason in encoded form; sts:DecodeAuthorizationMessage shows it".to_owned();
    }
    message.to_owned()
}

/// Whether a refusal can be repaired by allowing the action: not when a policy or Object Lock denies it.
pub(super) fn can_be_allowed(message: &str) -> bool {
    !message.contains("explicit deny") && !message.contains("object lock")
}

/// The kind of every refusal.
pub(super) const KIND: TroubleKind = TroubleKind::Denied;

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: iam:CreateRole on \
                        resource: arn:aws:iam::111122223333:role/lifeboat";

    #[test]
    fn a02_the_statement_names_action_and_resource() {
        let refusal =
            Refusal::read(&format!("{USER} because no identity-based policy allows the iam:CreateRole action"));
        assert_eq!(refusal.why, "no identity-based policy allows it");
        assert_eq!(
            refusal.statement(&Call::create("iam:CreateRole", "lifeboat")),
            r#"{"Effect":"Allow","Action":"iam:CreateRole","Resource":"arn:aws:iam::111122223333:role/lifeboat"}"#
        );
    }

    #[test]
    fn a02_the_statement_is_of_the_partition_that_the_message_names() {
        let refusal =
            Refusal::read("User: arn:aws-cn:iam::111122223333:user/ada is not authorized to perform: s3:CreateBucket");
        assert_eq!(
            refusal.statement(&Call::create("s3:CreateBucket", "acme")),
            r#"{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"arn:aws-cn:s3:::acme"}"#
        );
    }

    #[test]
    fn a02_a_quoted_resource_and_a_message_without_one_are_read() {
        let quoted = "User: x is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::acme\" because";
        assert_eq!(Refusal::read(quoted).resource, "arn:aws:s3:::acme");
        let refusal = Refusal::read("Access Denied");
        assert_eq!(refusal.why, "Access Denied");
        assert_eq!(
            refusal.statement(&Call::create("s3:CreateBucket", "acme")),
            r#"{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"arn:aws:s3:::acme"}"#
        );
    }

    #[test]
    fn a04_the_denying_policy_is_named_with_who_can_change_it() {
        let words = [
            ("service control policy", "organization"),
            ("resource-based policy", "policy of the resource"),
            ("permissions boundary", "boundary"),
            ("session policy", "session"),
            ("identity-based policy", "caller"),
        ];
        for (policy, expected) in words {
            let why = Refusal::read(&format!("{USER} with an explicit deny in a {policy}")).why;
            assert!(why.contains(expected), "{policy}: {why}");
        }
    }

    #[test]
    fn a03_an_encoded_message_names_the_call_that_decodes_it() {
        let why = Refusal::read("You are not authorized. Encoded authorization failure message: AbC").why;
        assert!(why.contains("sts:DecodeAuthorizationMessage"), "{why}");
    }
}
