//! Which failed attempts the SDK may repeat on its own.

use super::http::Transport;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use std::error::Error;

/// What a call does, which decides what may be repeated without looking first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// It reads: everything that the SDK finds worth it is repeated.
    Read,
    /// It overwrites or deletes: repeated when the service says that it failed, not when no answer came.
    Put,
    /// It makes something new: repeated only when nothing was sent or a 4xx asked to slow down. A repeated
    /// kms:CreateKey makes a second key (security.md 5.2).
    Create,
}

/// Forbids what [`Mode`] forbids; all else is left to the SDK's own classifiers.
#[derive(Debug)]
pub(super) struct Careful(pub Mode);

impl ClassifyRetry for Careful {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        if self.0 == Mode::Read {
            return RetryAction::NoActionIndicated;
        }
        let unknown = match error.as_connector_error() {
            Some(connector) => transport(connector).is_none_or(|transport| transport.sent),
            None => error.is_timeout_error() || error.is_response_error(),
        };
        let failed = context.response().is_some_and(|answer| answer.status().as_u16() >= 500);
        if unknown || (failed && self.0 == Mode::Create) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "lifeboat: never repeat blindly"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The transport failure in an error's chain.
pub(super) fn transport<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Transport> {
    find(error)
}

/// The first error of type `T` in a chain.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
