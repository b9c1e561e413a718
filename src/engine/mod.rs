//! The imperative half between plan and ports: reads the facts, makes the changes, proves them, takes them
//! back. It speaks to the world only through `crate::ports` and to its user only through events.

pub mod context;
pub mod event;
mod gather;
pub mod journal;
mod link;
mod make;
mod proof;
mod run;
mod status;
mod undo;
mod wait;

pub use context::Context;
pub use event::{Event, Events, Finish, Outcome, State};
pub use gather::{Gathered, gather};
pub use run::apply;
pub use status::{ClusterStatus, LocationStatus, status};
pub use undo::{anything as anything_to_undo, undo};
