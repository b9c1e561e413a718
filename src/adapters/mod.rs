//! The ports fulfilled with real software.

pub mod helm;
pub mod host;
pub mod kube;
