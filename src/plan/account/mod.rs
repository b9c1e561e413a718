//! What a plan makes in the AWS account, whichever the tool.

mod audit;
mod bucket;
mod found;
mod given;
mod key;
mod key_check;
mod lint;
mod observe;
mod permissions;
mod provider;
mod role;
mod settings;
mod trust;

pub use audit::audit;
pub use bucket::bucket;
pub use given::refuses_http;
pub use key::alias_of;
pub use key::key;
pub use key_check::check as check_key;
pub use observe::observe;
pub use permissions::{permissions, reasons};
pub use provider::{AUDIENCE, provider};
pub use role::roles;
pub use settings::{rule_id, settings};
