//! The imperative half between plan and ports: reads the facts, makes the changes, proves them, takes them
//! back. It speaks to the world only through `crate::ports` and to its user only through events.

mod advice;
mod chain;
pub mod context;
mod describe;
mod discover;
mod events;
mod gather;
pub mod journal;
mod judge;
mod link;
mod live;
mod look;
mod make;
mod planes;
mod pod_identity;
mod preflight;
mod proof;
mod rancher_facts;
mod run;
pub mod space;
mod status;
mod storage;
mod tools;
mod undo;
mod volumes;
mod wait;

pub use crate::domain::run::{Event, Finish, Outcome, State};
pub use advice::identity_advice;
pub use chain::chain;
pub use context::{Context, Site};
pub use describe::describe;
pub use discover::discover;
pub use events::Events;
pub use gather::{Gathered, Reached, gather};
pub use live::live;
pub use look::{check_bucket, check_key, key_states, surroundings};
pub use planes::planes;
pub use preflight::{PreflightLine, Verdict, preflight};
pub use run::apply;
pub use status::status;
pub use storage::audit;
pub use tools::namespace_of;
pub use undo::{anything as anything_to_undo, undo};
pub use volumes::volumes;
