//! SDK errors as troubles (security.md 7.3).

use super::call::Call;
use super::codes;
use super::denied::{self, Refusal};
use super::http::{NotAws, Transport, excerpt};
use super::retry::find;
use crate::ports::{Trouble, TroubleKind};
use aws_sdk_iam::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// The trouble that an SDK error is.
pub(super) fn trouble<E>(call: &Call, error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let request = error.request_id().map(str::to_owned).unwrap_or_default();
    if let Some(known) = find::<Trouble>(error) {
        return known.clone().at(call.name, call.resource.clone());
    }
    let found = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default().to_owned();
            let message = service.err().message().unwrap_or_default().to_owned();
            let status = service.raw().status().as_u16();
            // A success that the SDK's parser could not read comes as an error without a code.
            if status < 300 && code.is_empty() {
                unreadable(call, service.raw(), error)
            } else {
                answered(call, status, &code, &message)
            }
        }
        SdkError::ResponseError(response) => unreadable(call, response.raw(), error),
        SdkError::TimeoutError(_) => unanswered(call, "no answer came in time"),
        SdkError::DispatchFailure(_) => lost(call, error),
        _ => Trouble::new(TroubleKind::Invalid, format!("{} cannot be sent", call.name))
            .why(DisplayErrorContext(error).to_string()),
    };
    found.at(call.name, call.resource.clone()).request(request)
}

/// An error that AWS gave.
pub(super) fn answered(call: &Call, status: u16, code: &str, message: &str) -> Trouble {
    let kind = codes::kind(status, code, message);
    let said = if message.is_empty() { code } else { message };
    let label = if code.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status} {code}") };
    let on = if call.resource.is_empty() { String::new() } else { format!(" on {}", call.resource) };
    let trouble = match codes::sentence(call.name, code) {
        Some(known) => Trouble::new(kind, known.what).why(said).todo(known.todo),
        None if kind == denied::KIND => refused(call, message),
        None => by_kind(kind, call, &on, said),
    };
    let coded = if code.is_empty() { format!("HTTP {status}") } else { code.to_owned() };
    let trouble = if trouble.why.is_empty() { trouble.why(label) } else { trouble };
    trouble.code(coded)
}

/// A02, A04: a refusal, with a policy statement where one would help.
fn refused(call: &Call, message: &str) -> Trouble {
    let refusal = Refusal::read(message);
    let action = if refusal.action.is_empty() { call.name } else { &refusal.action };
    let what = match call.resource.as_str() {
        "" => format!("no permission: {action}"),
        resource => format!("no permission: {action} on {resource}"),
    };
    let trouble = Trouble::new(denied::KIND, what).why(&refusal.why);
    match (call.writes(), denied::can_be_allowed(message)) {
        (_, false) => trouble,
        (true, true) => trouble.todo(refusal.statement(call)),
        (false, true) => trouble.todo(format!("allow {action} to see this")),
    }
}

fn by_kind(kind: TroubleKind, call: &Call, on: &str, said: &str) -> Trouble {
    let name = call.name;
    let (what, todo) = match kind {
        TroubleKind::Credentials => (
            "AWS does not accept the credentials".to_owned(),
            "renew them (aws sso login, or new keys), then try again",
        ),
        TroubleKind::NotFound => (format!("{name}: there is none{on}"), ""),
        TroubleKind::Exists => (format!("{name}: it exists already{on}"), ""),
        TroubleKind::Taken => (
            format!("the bucket name {} is taken by somebody else", call.resource),
            "choose another name, or one in the account's own namespace (account_regional = true)",
        ),
        TroubleKind::Busy => (format!("{name}: another change is under way{on}"), "try again in a minute"),
        TroubleKind::Throttled => ("AWS asks us to slow down".to_owned(), "wait a moment, then try again"),
        TroubleKind::Quota => return quota(call, said),
        TroubleKind::Server => (format!("AWS failed at {name}{on}"), "try again; AWS's health page may say more"),
        _ => (format!("AWS refused {name}{on} as wrong"), ""),
    };
    Trouble::new(kind, what).why(said).todo(todo)
}

/// A10: a quota, with its code and where it is raised.
fn quota(call: &Call, said: &str) -> Trouble {
    let (service, code, name) = codes::quota(call.name);
    let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
    let todo = if name.ends_with(codes::FIXED) {
        "delete what is no longer used".to_owned()
    } else {
        format!("raise it in Service Quotas > AWS services > {service}, or delete what is no longer used")
    };
    Trouble::new(TroubleKind::Quota, format!("{}: a quota is used up: {name}{code}", call.name)).why(said).todo(todo)
}

/// A14: an answer that the SDK could not read. One with an error status is still known by that.
fn unreadable(call: &Call, raw: &HttpResponse, error: &(dyn Error + 'static)) -> Trouble {
    let bytes = raw.body().bytes().unwrap_or_default();
    let status = raw.status().as_u16();
    if status >= 400 {
        return answered(call, status, "", &excerpt(bytes));
    }
    let why = if bytes.is_empty() { "it is empty".to_owned() } else { format!("it begins with: {}", excerpt(bytes)) };
    let cause = error.source().map(|cause| DisplayErrorContext(cause).to_string()).unwrap_or_default();
    tracing::debug!(call = call.name, status, cause, "unreadable answer");
    call.unreadable(why)
}

/// No answer: whether it was done is unknown.
fn unanswered(call: &Call, why: &str) -> Trouble {
    let todo = if call.writes() { "lifeboat looks whether it was done before it repeats it" } else { "try again" };
    Trouble::new(TroubleKind::Unanswered, format!("no answer came to {}", call.name)).why(why).todo(todo)
}

/// E16: nothing came back.
fn lost(call: &Call, error: &(dyn Error + 'static)) -> Trouble {
    if let Some(page) = find::<NotAws>(error) {
        return call.unreadable(page.to_string());
    }
    let Some(transport) = find::<Transport>(error) else {
        return Trouble::new(TroubleKind::Network, format!("{} could not be sent", call.name))
            .why(DisplayErrorContext(error).to_string());
    };
    if transport.sent {
        return unanswered(call, &transport.to_string());
    }
    let through = transport.via.as_ref().map(|via| format!(" through the proxy {via}")).unwrap_or_default();
    let todo = if transport.why.contains("certificate") {
        "set AWS_CA_BUNDLE to the CA of the proxy that inspects TLS, and check this machine's clock".to_owned()
    } else if transport.via.is_some() {
        "check HTTPS_PROXY and NO_PROXY, and that the proxy lets this host through".to_owned()
    } else {
        "check the network and DNS; behind a proxy set HTTPS_PROXY".to_owned()
    };
    Trouble::new(TroubleKind::Network, format!("{} cannot be reached{through}", transport.host))
        .why(&transport.why)
        .todo(todo)
}
