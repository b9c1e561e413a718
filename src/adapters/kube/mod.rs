//! Kubernetes API servers, over kube-rs' client.
//!
//! Two ways in: what EKS says of a cluster with a token of lifeboat's own (no plugin, no aws CLI), or a
//! context of the user's kubeconfig.

mod clusters;
mod credentials;
mod error;
mod exec;
mod follow;
mod kept;
mod kubeconfig;
mod lines;
mod logs;
mod path;
mod proxy;
mod server;
mod status;
mod target;
mod transport;
mod watch;
mod yaml;

pub use clusters::{EksClusters, KubeOptions};
pub use kubeconfig::{ContextState, Contexts, FileState, contexts};
pub use proxy::Proxies;

pub(crate) use credentials::Credentials;
pub(crate) use target::{Basic, Target};
