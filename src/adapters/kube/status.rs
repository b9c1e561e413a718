//! The `Status` objects of an API server, as troubles.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>

use super::error::About;
use super::server::MANAGER;
use super::transport::Call;
use crate::ports::{Kind, Trouble, TroubleKind};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// The code of an apply conflict with nobody but lifeboat itself.
pub(super) const OWN_CONFLICT: &str = "OwnConflict";

/// What a `Status` says; every text is foreign.
pub(super) struct Status {
    pub(super) message: String,
    reason: String,
    /// `(reason, field, message)`.
    causes: Vec<(String, String, String)>,
}

impl Status {
    /// Out of an answer's body; `None` when it is no `Status`.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        (value.get("kind")?.as_str()? == "Status").then(|| Self::of(&value))
    }

    /// Out of a `Status` object.
    pub(super) fn of(value: &Value) -> Self {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let causes = value.pointer("/details/causes").and_then(Value::as_array);
        let causes = causes
            .map(|list| list.iter().map(|c| (text(c, "reason"), text(c, "field"), text(c, "message"))).collect())
            .unwrap_or_default();
        Self { message: text(value, "message"), reason: text(value, "reason"), causes }
    }

    /// Out of an answer that is plain text.
    pub(super) fn plain(text: &str) -> Self {
        Self { message: text.to_owned(), reason: String::new(), causes: Vec::new() }
    }

    fn says(&self, part: &str) -> bool {
        self.message.contains(part)
    }

    /// The name in quotes that follows a text.
    fn quoted_after(&self, text: &str) -> Option<&str> {
        let rest = self.message.split_once(text)?.1;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.split(quote).nth(1)
    }
}

/// Whether a delete was refused because the object of that name is another one by now.
pub(super) fn is_other_uid(trouble: &Trouble) -> bool {
    trouble.kind == TroubleKind::Busy && trouble.why.as_str().contains("UID in the precondition")
}

/// An error answer as a trouble.
pub(super) fn trouble(
    about: &About,
    call: &Call,
    code: StatusCode,
    wait: Option<Duration>,
    status: &Status,
) -> Trouble {
    let found = admission(call, status).unwrap_or_else(|| match code.as_u16() {
        401 => unknown_identity(about, call),
        403 => denied(call, status),
        404 => not_found(call, status),
        409 => conflict(call, status),
        410 => About::trouble(call, TroubleKind::Busy, "what was read is too old to go on from").todo("read it anew"),
        429 => throttled(about, call, wait),
        400 | 405 | 406 | 413 | 415 | 422 => invalid(call, status),
        // A gateway that gave up does not know what the server behind it has done.
        502 | 504 => {
            About::trouble(call, TroubleKind::Unanswered, format!("the API server {} gave no answer", about.server))
        }
        500..=599 => {
            About::trouble(call, TroubleKind::Server, format!("the API server {} failed ({code})", about.server))
                .todo("try again in a moment")
        }
        _ => About::trouble(call, TroubleKind::Unreadable, format!("the API server {} answered {code}", about.server)),
    });
    let said = if found.why.is_empty() { found.why(&status.message) } else { found };
    let reason = if status.reason.is_empty() { code.as_u16().to_string() } else { status.reason.clone() };
    if said.code.is_empty() { said.code(reason.chars().take(80).collect::<String>()) } else { said }
}

/// Refusals by webhooks and policies, which come under several codes.
fn admission(call: &Call, status: &Status) -> Option<Trouble> {
    if let Some(name) = status.quoted_after("failed calling webhook ") {
        return Some(
            About::trouble(call, TroubleKind::Server, format!("the admission webhook '{name}' does not answer"))
                .code("WebhookFailed")
                .todo(format!("bring the program behind it up, or look at it: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations; it refuses every change of this kind while '{name}' is down")),
        );
    }
    let by = [("admission webhook ", "webhook"), ("ValidatingAdmissionPolicy ", "policy")];
    by.iter().find_map(|(text, what)| {
        let name = status.quoted_after(text)?;
        status.says("denied").then(|| {
            About::trouble(
                call,
                TroubleKind::Invalid,
                format!("the admission {what} '{name}' of the cluster refuses it"),
            )
            .code("AdmissionDenied")
            .todo(format!("ask who runs '{name}' for an exception, or change what it objects to"))
        })
    })
}

fn unknown_identity(about: &About, call: &Call) -> Trouble {
    let trouble = About::trouble(
        call,
        TroubleKind::Credentials,
        format!("the API server {} does not know this identity", about.server),
    );
    if about.eks {
        trouble.why("the token was made for your AWS identity, and the cluster has no access entry for it").todo(format!(
            "an admin of the cluster runs: aws eks create-access-entry --cluster-name {0} --region {1} --principal-arn ARN, then \
             aws eks associate-access-policy --cluster-name {0} --region {1} --principal-arn ARN --access-scope type=cluster \
             --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy \
             (ARN is the user or role that `aws sts get-caller-identity` names; of a role the role's own ARN)",
            about.cluster, about.region
        ))
    } else {
        trouble
            .why("the credentials of the kubeconfig context are unknown or expired")
            .todo("sign in anew, or correct the context's user")
    }
}

fn denied(call: &Call, status: &Status) -> Trouble {
    if status.says("exceeded quota") {
        return About::trouble(call, TroubleKind::Quota, "a ResourceQuota of the namespace is used up")
            .todo("raise the quota, or use another namespace");
    }
    if status.says("being terminated") {
        return About::trouble(call, TroubleKind::Busy, "the namespace is being deleted").todo("wait until it is gone");
    }
    if status.says("violates PodSecurity") {
        return About::trouble(call, TroubleKind::Invalid, "the namespace's Pod Security level refuses it");
    }
    let Some(kind) = call.kind else {
        return About::trouble(call, TroubleKind::Denied, format!("you may not read {}", call.path));
    };
    let (group, _, _, plural, namespaced) = kind.address();
    let resource = if call.part.is_empty() { plural.to_owned() } else { format!("{plural}/{}", call.part) };
    let rule = json!({"apiGroups": [group], "resources": [resource], "verbs": [call.verb]});
    let place = if namespaced && !call.namespace.is_empty() {
        format!("a Role in the namespace '{}'", call.namespace)
    } else {
        "a ClusterRole".to_owned()
    };
    About::trouble(call, TroubleKind::Denied, format!("you may not {} {resource}", call.verb))
        .todo(format!("add this rule to {place} of yours: {rule}"))
}

fn not_found(call: &Call, status: &Status) -> Trouble {
    let thing = call.kind.map_or("what was asked for", Kind::name);
    if status.reason.is_empty() || status.says("could not find the requested resource") {
        return About::trouble(call, TroubleKind::NotFound, format!("the API server does not serve {thing}"))
            .todo("its CustomResourceDefinition is missing, or of another version");
    }
    if status.says("namespaces \"") && call.kind != Some(Kind::Namespace) {
        return About::trouble(call, TroubleKind::NotFound, format!("the namespace '{}' is not there", call.namespace));
    }
    About::trouble(call, TroubleKind::NotFound, format!("{thing} is not there"))
}

fn conflict(call: &Call, status: &Status) -> Trouble {
    let thing = call.kind.map_or("it", Kind::name);
    if status.reason == "AlreadyExists" {
        return About::trouble(call, TroubleKind::Exists, format!("{thing} exists already"));
    }
    let causes = || status.causes.iter().filter(|(reason, ..)| reason == "FieldManagerConflict");
    let held: Vec<_> = causes().map(|(_, field, message)| format!("{field}: {message}")).collect();
    if held.is_empty() {
        return About::trouble(call, TroubleKind::Busy, format!("{thing} was changed meanwhile"))
            .todo("read it anew and try again");
    }
    let own = format!("conflict with \"{MANAGER}\"");
    let code = if causes().all(|(.., message)| message.starts_with(&own)) { OWN_CONFLICT } else { "" };
    About::trouble(call, TroubleKind::Busy, format!("fields of {thing} belong to another manager"))
        .code(code)
        .why(held.join("; "))
        .todo("change these fields with the tool that owns them; lifeboat does not take them over")
}

fn throttled(about: &About, call: &Call, wait: Option<Duration>) -> Trouble {
    let trouble =
        About::trouble(call, TroubleKind::Throttled, format!("the API server {} asks to slow down", about.server));
    match wait {
        Some(wait) => trouble.todo(format!("try again after {} s", wait.as_secs())),
        None => trouble.todo("try again in a minute"),
    }
}

fn invalid(call: &Call, status: &Status) -> Trouble {
    let thing = call.kind.map_or("the request", Kind::name);
    let trouble = About::trouble(call, TroubleKind::Invalid, format!("the API server refuses {thing} as wrong"));
    let fields: Vec<_> = status
        .causes
        .iter()
        .filter(|(_, field, _)| !field.is_empty())
        .map(|(_, field, message)| format!("{field}: {message}"))
        .collect();
    if fields.is_empty() { trouble } else { trouble.why(fields.join("; ")) }
}
