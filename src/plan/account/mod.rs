//! What a plan makes in the AWS account, whichever the tool.

mod bucket;
mod key;
mod provider;
mod role;
mod settings;

pub use bucket::bucket;
pub use key::alias_of;
pub use key::key;
pub use provider::{AUDIENCE, provider};
pub use role::role;
pub use settings::settings;
