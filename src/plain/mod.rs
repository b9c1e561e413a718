//! Plans, progress and status as sentences: for pipes, logs and screen readers.

mod plan;
mod progress;
mod status;
mod trouble;
mod wizard;

pub use plan::{conflicts, plan, preflight};
pub use progress::{Progress, finish};
pub use status::status;
pub use trouble::{problems, trouble};
pub use wizard::{Begun, Desk, Talk, wizard};
