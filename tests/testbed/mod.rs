//! Real software on loopback: AWS (emulated), Kubernetes, Helm, Velero. See `tests/peers/README.md`.
//!
//! ```text
//! lifeboat, helm, velero ── HTTPS_PROXY ──> connect ── *.amazonaws.com ──> fault ──> ministack
//!                        └─ kubeconfig ───> kube-apiserver ── EKS tokens ────────────────┘
//! ```
//!
//! A test takes a [`World`] or skips; a skipped test passes, says so on stderr and in the file that `LIFEBOAT_SKIPS`
//! names, and fails with `LIFEBOAT_PEERS=required`. `LIFEBOAT_KEEP=1` keeps the folders with every program's log.
#![allow(dead_code, unused_imports, reason = "each test program uses a part of it")]

pub mod agent;
pub mod certs;
pub mod connect;
pub mod eventually;
pub mod fault;
pub mod minio;
pub mod node;
pub mod parts;
pub mod process;
pub mod rancher;
pub mod snapshot;
pub mod spaces;
pub mod stand_in;
pub mod webhook;
pub mod world;

pub use agent::Agent;
pub use eventually::eventually;
pub use fault::Fault;
pub use parts::{Missing, skip};
pub use snapshot::Snapshot;
pub use world::{Options, World};
