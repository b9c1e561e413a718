//! Velero: its permissions, values, location and schedule.

mod paths;
mod permissions;
mod release;
mod values;

pub use permissions::{permissions, reasons};
pub use release::{location, release, schedule};
pub use values::{IDENTITY_ANNOTATION, fullname};

/// The Secret with the password that encrypts volume data (velero.md 5).
pub const REPOSITORY_SECRET: &str = "velero-repo-credentials";

/// The name of Velero's Deployment, fixed since chart 11.0.0 (velero.md 2).
pub fn deployment_name() -> &'static str {
    "velero"
}

/// The password that the server makes itself (velero.md 5).
pub fn public_password() -> &'static str {
    "static-passw0rd"
}

/// Our values as the record keeps them.
pub(super) fn recorded_values(scope: &super::scope::Scope<'_>) -> String {
    values::as_record(&values::ours(scope))
}
