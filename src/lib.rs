//! lifeboat takes an admin from an EKS cluster to backups that work, without a key in the cluster.
//!
//! Arrows go one way: `domain ← plan ← engine`, `domain ← ports ← adapters, demo`, `theme ← view`, and `shell`
//! and `plain` on top. What is left of the ports is pure, and so are `theme` and `view`.

pub mod adapters;
pub mod app;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod plain;
pub mod plan;
pub mod ports;
pub mod shell;
pub mod theme;
pub mod view;
pub mod wizard;
