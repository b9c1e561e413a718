//! What minio-go does for Rancher Backup and Spaces: its credential chain, its S3 calls, its error texts.
//!
//! It sees nothing but the variables that a pod was given, and goes out by the proxy to AWS's own host names.

mod chain;
mod http;
mod multipart;
mod s3;

use std::collections::BTreeMap;

pub use chain::{Keys, chain};
pub use s3::{Bucket, Place};

/// A container's environment, and the proxy that leads to AWS unless the container names another.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The container's variables, by name.
    pub variables: BTreeMap<String, String>,
    /// The test-bed's own way to AWS.
    pub proxy: String,
}

impl Environment {
    /// A variable that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The proxy for HTTPS.
    fn https_proxy(&self) -> &str {
        self.get("HTTPS_PROXY").unwrap_or(&self.proxy)
    }

    /// Whether even what is for the agent goes to the container's proxy.
    fn agent_by_proxy(&self) -> bool {
        let spared = self.get("NO_PROXY").is_some_and(|list| {
            list.split(',').map(str::trim).any(|one| one == "169.254.170.23" || one.starts_with("169.254.0.0/16"))
        });
        self.get("HTTP_PROXY").is_some() && !spared
    }
}

/// The text of the first element of this name.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// The texts of all elements of this name.
fn elements<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let open = format!("<{name}>");
    xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&format!("</{name}>"))).map(|(text, _)| text).collect()
}
