//! Builds the world of a command: the real one, or a demo world.

use super::cli::Global;
use super::paths;
use crate::adapters::{aws, helm, host, kube};
use crate::demo;
use crate::ports::{Answer, Aws, Clusters, Trouble, TroubleKind, World};
use std::path::PathBuf;
use std::sync::Arc;

/// A world, and where its journals are kept.
pub struct Opened {
    /// The ports.
    pub world: World,
    /// The folder of the journals, where there is a place for one.
    pub runs: Option<PathBuf>,
    /// The demo world, to be saved at the end.
    pub demo: Option<demo::World>,
    /// What to say before anything else, such as that an endpoint of one's own is in use.
    pub notes: Vec<String>,
}

impl Opened {
    /// The journals' folder.
    ///
    /// # Errors
    /// `Missing` when there is no home: nothing is changed without a journal.
    pub fn runs(&self) -> Answer<&PathBuf> {
        self.runs.as_ref().ok_or_else(|| {
            Trouble::new(TroubleKind::Missing, "there is no place for the journal")
                .why("neither XDG_STATE_HOME nor HOME is set")
                .todo("Set HOME, or XDG_STATE_HOME to a folder that can be written")
        })
    }

    /// Saves a demo world's state.
    pub fn save(&self) {
        if let Some(demo) = &self.demo {
            let _ = demo.save();
        }
    }
}

/// Opens the world that the options name.
///
/// # Errors
/// An unknown demo world; an endpoint that credentials must not be sent to (E14).
pub fn open(global: &Global, exec_plugins: &[String]) -> Answer<Opened> {
    paced(global, exec_plugins, 0.0)
}

/// As [`open`], where a second of a demo world takes `pace` real seconds; `LIFEBOAT_DEMO_PACE` sets another one,
/// for those who film the demo or interrupt it.
pub fn paced(global: &Global, exec_plugins: &[String], pace: f64) -> Answer<Opened> {
    if let Some(name) = &global.demo {
        let set = std::env::var("LIFEBOAT_DEMO_PACE").ok().and_then(|pace| pace.parse().ok());
        let folder = global.demo_folder();
        let demo = demo::World::paced(name, folder.and_then(paths::demo), set.unwrap_or(pace))?;
        return Ok(Opened { world: demo.ports(), runs: paths::runs(folder), demo: Some(demo), notes: Vec::new() });
    }
    let mut notes = endpoint()?;
    let options = aws::AwsOptions::from_env(global.profile.clone(), global.region.first().cloned());
    notes.extend(options.winner());
    let account: Arc<dyn Aws> = Arc::new(aws::Account::new(options));
    let kube_options = kube::KubeOptions::from_env(exec_plugins.to_vec());
    let eks = Arc::new(kube::EksClusters::new(account.clone(), kube_options));
    let clusters: Arc<dyn Clusters> = eks.clone();
    let helm = Arc::new(helm::HelmBinary::new(eks, helm::HelmOptions::from_env()));
    let world = World { aws: account, clusters, helm, host: Arc::new(host::Machine) };
    Ok(Opened { world, runs: paths::runs(None), demo: None, notes })
}

/// E14: an endpoint of one's own is named; real credentials never go over http to another machine.
fn endpoint() -> Answer<Vec<String>> {
    let Ok(url) = std::env::var("AWS_ENDPOINT_URL") else { return Ok(Vec::new()) };
    if url.is_empty() {
        return Ok(Vec::new());
    }
    if !safe(&url) {
        return Err(Trouble::new(TroubleKind::Refused, format!("AWS_ENDPOINT_URL is {}", without_login(&url)))
            .why("credentials would go over the network without TLS")
            .todo("Use https, or unset AWS_ENDPOINT_URL"));
    }
    Ok(vec![format!("AWS calls go to {} (AWS_ENDPOINT_URL), not to AWS", without_login(&url))])
}

/// Whether requests to a URL are encrypted or stay on this machine.
fn safe(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return false };
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme_str() == Some("https") || (url.scheme_str() == Some("http") && loopback)
}

/// A URL without the name and password that may stand in it.
fn without_login(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}
