//! The command line: parses, builds the world, runs the engine, and hands what it says to `plain`.

mod answers;
mod apply;
mod begin;
mod cli;
mod commands;
mod export;
mod kept;
mod output;
mod paths;
mod plain_desk;
mod plain_wizard;
mod plan;
mod runs;
mod signals;
mod status;
mod undo;
mod wizard;
mod world;

pub use cli::Cli;
pub use commands::{run, usage};
pub use plain_desk::PlainDesk;
