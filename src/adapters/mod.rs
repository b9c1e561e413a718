//! The ports, fulfilled by the real world.

pub mod aws;
pub mod helm;
pub mod host;
pub mod kube;
