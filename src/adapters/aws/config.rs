//! The SDK's configuration and its clients, made when they are first needed and kept.

use super::credentials::Chain;
use super::options::AwsOptions;
use super::profile::Profiles;
use super::retry::{Careful, Mode};
use crate::ports::{Answer, Session, Trouble, TroubleKind};
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::error::display::DisplayErrorContext;
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Clients by what they are made for.
type Kept<K, C> = Mutex<HashMap<K, C>>;

/// The configuration and all clients made of it.
pub(super) struct Clients {
    options: AwsOptions,
    config: SdkConfig,
    chain: Arc<Chain>,
    /// The region that the account's own calls go to.
    home: String,
    account: Kept<(), aws_sdk_account::Client>,
    iam: Kept<Mode, aws_sdk_iam::Client>,
    eks: Kept<(String, Mode), aws_sdk_eks::Client>,
    kms: Kept<(String, Mode), aws_sdk_kms::Client>,
    sts: Kept<String, aws_sdk_sts::Client>,
    s3: Kept<(String, Mode), aws_sdk_s3::Client>,
    sessions: Kept<(String, String, Mode), aws_sdk_s3::Client>,
}

fn kept<K: Eq + Hash, C: Clone>(store: &Kept<K, C>, key: K, make: impl FnOnce() -> C) -> C {
    store.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(make).clone()
}

/// A service's client of a region that repeats only what its mode allows.
macro_rules! made {
    ($self:ident, $sdk:ident, $service:literal, $region:expr, $mode:expr) => {{
        let mut builder = $sdk::config::Builder::from(&$self.config)
            .region($sdk::config::Region::new($region.to_owned()))
            .retry_classifier(Careful($mode));
        if let Some(url) = $self.options.endpoint($service) {
            builder = builder.endpoint_url(url);
        }
        builder
    }};
}

impl Clients {
    /// Reads the profile files and builds the configuration. No call is made and no credentials are loaded.
    pub async fn load(options: &AwsOptions, http: SharedHttpClient) -> Answer<Self> {
        refuse_plain_endpoints(options)?;
        let profiles = Arc::new(Profiles::read(options)?);
        let home = home(options, &profiles);
        let chain = Arc::new(Chain::new(options, Arc::clone(&profiles), &home, http.clone()));
        let mut retry = RetryConfig::standard();
        if let Some(backoff) = options.initial_backoff {
            retry = retry.with_initial_backoff(backoff).with_max_backoff(backoff.saturating_mul(20));
        }
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(15))
            .operation_attempt_timeout(Duration::from_secs(20))
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(home.clone()))
            .http_client(http)
            .retry_config(retry)
            .timeout_config(timeouts)
            // Answers are read whole and bounded by the attempt's timeout.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .identity_cache(IdentityCache::lazy().load_timeout(Duration::from_secs(40)).build())
            .profile_name(options.profile_name())
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::from(
                Arc::clone(&chain) as Arc<dyn aws_credential_types::provider::ProvideCredentials>
            ))
            .load()
            .await;
        Ok(Self {
            options: options.clone(),
            config,
            chain,
            home,
            account: Kept::default(),
            iam: Kept::default(),
            eks: Kept::default(),
            kms: Kept::default(),
            sts: Kept::default(),
            s3: Kept::default(),
            sessions: Kept::default(),
        })
    }

    /// The caller's credentials, loaded when they are not yet or end soon.
    pub async fn credentials(&self) -> Answer<Credentials> {
        self.chain.get().await
    }

    /// The region that the account's own calls go to.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The endpoint that is set for a service.
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        self.options.endpoint(service)
    }

    /// Account Management.
    pub fn account(&self) -> aws_sdk_account::Client {
        kept(&self.account, (), || {
            aws_sdk_account::Client::from_conf(made!(self, aws_sdk_account, "ACCOUNT", self.home, Mode::Read).build())
        })
    }

    /// IAM, whose endpoint is that of the partition.
    pub fn iam(&self, mode: Mode) -> aws_sdk_iam::Client {
        kept(&self.iam, mode, || {
            aws_sdk_iam::Client::from_conf(made!(self, aws_sdk_iam, "IAM", self.home, mode).build())
        })
    }

    /// EKS of a region.
    pub fn eks(&self, region: &str, mode: Mode) -> aws_sdk_eks::Client {
        kept(&self.eks, (region.to_owned(), mode), || {
            aws_sdk_eks::Client::from_conf(made!(self, aws_sdk_eks, "EKS", region, mode).build())
        })
    }

    /// KMS of a region.
    pub fn kms(&self, region: &str, mode: Mode) -> aws_sdk_kms::Client {
        kept(&self.kms, (region.to_owned(), mode), || {
            aws_sdk_kms::Client::from_conf(made!(self, aws_sdk_kms, "KMS", region, mode).build())
        })
    }

    /// STS of a region.
    pub fn sts(&self, region: &str) -> aws_sdk_sts::Client {
        kept(&self.sts, region.to_owned(), || {
            aws_sdk_sts::Client::from_conf(made!(self, aws_sdk_sts, "STS", region, Mode::Read).build())
        })
    }

    /// S3 of a region.
    pub fn s3(&self, region: &str, mode: Mode) -> aws_sdk_s3::Client {
        kept(&self.s3, (region.to_owned(), mode), || {
            aws_sdk_s3::Client::from_conf(self.s3_config(region, mode).build())
        })
    }

    /// S3 of a region as a session, by its keys alone.
    pub fn s3_as(&self, session: &Session, region: &str, mode: Mode) -> aws_sdk_s3::Client {
        kept(&self.sessions, (session.id.clone(), region.to_owned(), mode), || {
            let secret = session.secret.expose_secret();
            let token = session.token.expose_secret().to_owned();
            let keys = Credentials::new(&session.id, secret, Some(token), None, "Session");
            // A cache of its own: the account's would answer with the account's keys.
            let cache = IdentityCache::lazy().build();
            let config = self.s3_config(region, mode).credentials_provider(keys).identity_cache(cache);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    fn s3_config(&self, region: &str, mode: Mode) -> aws_sdk_s3::config::Builder {
        let by_path = self.endpoint("S3").and_then(host).is_some_and(|host| is_local(&host));
        made!(self, aws_sdk_s3, "S3", region, mode).force_path_style(by_path)
    }
}

/// Where the account's own calls go: option, environment, profile, us-east-1.
fn home(options: &AwsOptions, profiles: &Profiles) -> String {
    let given = options.region.as_deref().filter(|region| !region.is_empty());
    given
        .or_else(|| options.var("AWS_REGION"))
        .or_else(|| options.var("AWS_DEFAULT_REGION"))
        .or_else(|| profiles.get(options.profile_name(), "region"))
        .unwrap_or("us-east-1")
        .to_owned()
}

/// E14: keys go to a plain http endpoint on this machine only.
fn refuse_plain_endpoints(options: &AwsOptions) -> Answer<()> {
    for service in ["ACCOUNT", "IAM", "EKS", "KMS", "STS", "S3"] {
        let Some(url) = options.endpoint(service) else { continue };
        let Some(host) = host(url) else {
            return Err(Trouble::new(TroubleKind::Invalid, format!("AWS_ENDPOINT_URL is not a URL: {url}"))
                .todo("set it to https://HOST or http://127.0.0.1:PORT, or unset it"));
        };
        if !url.to_ascii_lowercase().starts_with("https://") && !is_loopback(&host) {
            return Err(Trouble::new(TroubleKind::Refused, format!("the endpoint {url} is not used"))
                .why("it is plain http on another machine, where anybody on the way could use what is sent")
                .todo("set AWS_ENDPOINT_URL to an https address, or unset it"));
        }
    }
    Ok(())
}

fn host(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    uri.scheme()?;
    uri.host().map(|host| host.trim_matches(['[', ']']).to_owned())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a bucket's name cannot stand before the host: an address, or this machine.
fn is_local(host: &str) -> bool {
    is_loopback(host) || host.parse::<std::net::IpAddr>().is_ok()
}

/// An SDK builder that lacks a field: lifeboat's own mistake, said instead of a panic.
pub(super) fn incomplete(error: &(dyn std::error::Error + 'static)) -> Trouble {
    Trouble::new(TroubleKind::Invalid, "a document lacks a part that AWS needs")
        .why(DisplayErrorContext(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> AwsOptions {
        AwsOptions { endpoint_url: Some(url.to_owned()), ..AwsOptions::default() }
    }

    #[test]
    fn e14_plain_http_is_refused_but_on_this_machine() {
        let refused = refuse_plain_endpoints(&at("http://aws.example.com")).err();
        assert_eq!(refused.map(|trouble| trouble.kind), Some(TroubleKind::Refused));
        for url in ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:1", "https://aws.example.com"] {
            assert_eq!(refuse_plain_endpoints(&at(url)), Ok(()), "{url}");
        }
        assert!(refuse_plain_endpoints(&at("nonsense")).is_err());
    }
}
