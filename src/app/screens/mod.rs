//! What each screen knows and does.

mod cluster;
mod live;
mod review;
mod run;
mod welcome;

pub use cluster::{ClusterRow, ClusterScreen, RegionLine, RegionState};
pub use live::{LiveScreen, LiveTab};
pub use review::{Pane, ReviewScreen, Seen};
pub use run::{LineState, RunLine, RunScreen};
pub use welcome::Welcome;
