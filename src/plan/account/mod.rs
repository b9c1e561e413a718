//! What a plan makes in the AWS account, whichever the tool.

mod bucket;
mod key;
mod permissions;
mod provider;
mod role;
mod settings;
mod trust;

pub use bucket::bucket;
pub use key::alias_of;
pub use key::key;
pub use permissions::{permissions, reasons};
pub use provider::{AUDIENCE, provider};
pub use role::roles;
pub use settings::settings;
