//! What each screen knows and does.

mod cluster;
mod live;
mod needs;
mod planning;
mod review;
mod run;
mod welcome;

pub use cluster::{ClusterRow, ClusterScreen, RegionLine, RegionState, named};
pub use live::{LiveScreen, LiveTab};
pub use review::{Pane, ReviewScreen, Seen};
pub use run::{LineState, RunLine, RunScreen};
pub use welcome::Welcome;

pub(super) use cluster::{
    WATCHED, by_hand, cancelled, choose_cluster, describe_visible, enter_cluster, mark_restore, watch_tool,
};
pub(super) use live::{copy, enter_live, live, log_line, read, read_text, step_live, told};
pub(super) use needs::{open_needs, preflight};
pub(super) use planning::{
    SECRET, again, begin, consent, edited, enter_review, farewell, gathered, put_cursor, save, say_saved, to_conflict,
};
pub(super) use review::{fold_review, review, step_review};
pub(super) use run::{begin_undo, changed, finished, fold_run, refused, run};

pub use needs::lines as needs_lines;
pub use planning::{answers_files, consented, repeat, repeat_with};
pub use run::ended;
