//! The ports, fulfilled by the real world.

pub mod aws;
