//! lifeboat takes an admin from an EKS cluster to backups that work, without a key in the cluster.
//!
//! Arrows go one way: `domain ← plan ← wizard ← app ← view` (with `theme`), which are pure; `plan ← engine` and
//! `ports ← adapters, demo`, which are not; and `shell` and `plain` on top.

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
