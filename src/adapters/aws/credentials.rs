//! Where lifeboat's own credentials come from, bounded in time, with failures that say what to do.

use super::options::AwsOptions;
use super::profile::Profiles;
use crate::ports::{Answer, Trouble, TroubleKind};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
#[allow(deprecated)] // its successor lives in a crate of the SDK's internals
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{Region, ecs, imds};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::error::display::DisplayErrorContext;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long a profile's credentials may take: a program that it runs, a login, an assumed role.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the machine that lifeboat runs on (container, instance) may take.
const MACHINE: Duration = Duration::from_secs(3);
/// Credentials that end sooner than this are fetched anew.
const MARGIN: Duration = Duration::from_mins(1);

/// The chain of sources, with the credentials it gave last.
pub(super) struct Chain {
    options: AwsOptions,
    profiles: Arc<Profiles>,
    conf: ProviderConfig,
    held: Mutex<Option<Credentials>>,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chain")
    }
}

impl Chain {
    /// A chain over the options; nothing is loaded yet.
    pub fn new(options: &AwsOptions, profiles: Arc<Profiles>, region: &str, http: SharedHttpClient) -> Self {
        let conf = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_http_client(http)
            .with_behavior_version(Some(aws_config::BehaviorVersion::latest()));
        Self { options: options.clone(), profiles, conf, held: Mutex::new(None) }
    }

    /// The credentials: those held while they last, else fetched, once for all who ask at the same time.
    pub async fn get(&self) -> Answer<Credentials> {
        let mut held = self.held.lock().await;
        let fresh = |found: &Credentials| found.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN);
        if let Some(found) = held.as_ref().filter(|found| fresh(found)) {
            return Ok(found.clone());
        }
        let found = self.fetch().await?;
        *held = Some(found.clone());
        Ok(found)
    }

    async fn fetch(&self) -> Answer<Credentials> {
        // As in the aws CLI, a profile named on the command line wins over keys in the environment.
        let keys = if self.options.profile.is_none() { self.environment()? } else { None };
        if let Some(keys) = keys {
            return Ok(keys);
        }
        let name = self.options.profile_name();
        if self.options.names_profile() || self.profiles.has(name) {
            if let Some(trouble) = self.profiles.fault(name) {
                return Err(trouble);
            }
            let patience = self.options.credentials_timeout.unwrap_or(PATIENCE);
            match tokio::time::timeout(patience, self.profile(name).provide_credentials()).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(CredentialsError::CredentialsNotLoaded(_))) if !self.options.names_profile() => {}
                Ok(Err(error)) => return Err(self.explain(name, &error)),
                Err(_) => return Err(self.hung(name, patience)),
            }
        }
        match tokio::time::timeout(MACHINE, self.machine().provide_credentials()).await {
            Ok(Ok(found)) => Ok(found),
            _ => Err(self.none()),
        }
    }

    /// Keys in the environment.
    fn environment(&self) -> Answer<Option<Credentials>> {
        let Some(id) = self.options.var("AWS_ACCESS_KEY_ID") else { return Ok(None) };
        let Some(secret) = self.options.var("AWS_SECRET_ACCESS_KEY") else {
            return Err(Trouble::new(TroubleKind::Credentials, "AWS_ACCESS_KEY_ID is set without its secret")
                .todo("set AWS_SECRET_ACCESS_KEY too, or unset AWS_ACCESS_KEY_ID"));
        };
        let token = self.options.var("AWS_SESSION_TOKEN").map(str::to_owned);
        Ok(Some(Credentials::new(id, secret, token, None, "Environment")))
    }

    #[allow(deprecated)]
    fn profile(&self, name: &str) -> ProfileFileCredentialsProvider {
        let mut files = ProfileFiles::builder();
        let both = [
            (ProfileFileKind::Config, &self.profiles.config),
            (ProfileFileKind::Credentials, &self.profiles.credentials),
        ];
        for (kind, file) in both {
            let text = file.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
            files = files.with_contents(kind, text);
        }
        ProfileFileCredentialsProvider::builder()
            .configure(&self.conf)
            .profile_files(files.build())
            .profile_name(name)
            .build()
    }

    /// What the machine gives: a pod's role, a container's, an instance's.
    fn machine(&self) -> CredentialsProviderChain {
        let web = WebIdentityTokenCredentialsProvider::builder().configure(&self.conf).build();
        let chain = CredentialsProviderChain::first_try("WebIdentityToken", web)
            .or_else("EcsContainer", ecs::EcsCredentialsProvider::builder().configure(&self.conf).build());
        let disabled = self.options.var("AWS_EC2_METADATA_DISABLED");
        if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return chain;
        }
        // One attempt of a second: on a laptop nothing answers at the metadata address.
        let client = imds::Client::builder()
            .configure(&self.conf)
            .max_attempts(1)
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(1))
            .build();
        let instance = imds::credentials::ImdsCredentialsProvider::builder().configure(&self.conf).imds_client(client);
        chain.or_else("Ec2InstanceMetadata", instance.build())
    }

    /// E08: no source gave any.
    fn none(&self) -> Trouble {
        let why = format!(
            "tried: the environment (AWS_ACCESS_KEY_ID), profile {} of {}, a web identity \
             (AWS_WEB_IDENTITY_TOKEN_FILE), a container's role, the instance's role",
            self.options.profile_name(),
            self.profiles.paths(),
        );
        Trouble::new(TroubleKind::Credentials, "there are no AWS credentials").why(why).todo(
            match self.profiles.offer() {
                Some(names) => {
                    format!("choose a profile with --profile: {names}; or try without an account: add --demo")
                }
                None => "run: aws configure sso (or aws configure), or try without an account: add --demo".to_owned(),
            },
        )
    }

    /// E09, E10: a profile's source failed.
    fn explain(&self, name: &str, error: &CredentialsError) -> Trouble {
        let chain = self.profiles.chain(name);
        let of = |key: &str| chain.iter().find(|profile| self.profiles.get(profile, key).is_some()).copied();
        let trouble = Trouble::new(TroubleKind::Credentials, format!("the profile {name} gives no credentials"));
        let said = DisplayErrorContext(error).to_string();
        if of("sso_session").or_else(|| of("sso_start_url")).is_some() {
            return trouble
                .why("its SSO login has ended or was never made")
                .todo(format!("run: aws sso login --profile {name}, then try again"));
        }
        if let Some(owner) = of("credential_process") {
            // What it printed may hold keys, so only what it wrote to stderr is shown.
            let why = if said.contains("exited with") {
                said.split("Stderr: ").nth(1).map_or(said.clone(), |stderr| format!("it failed: {stderr}"))
            } else {
                "what it printed is not the JSON of a credential process".to_owned()
            };
            return trouble.why(format!("credential_process of {owner}: {why}")).todo(format!(
                "run the command yourself and repair it: aws configure get credential_process --profile {owner}"
            ));
        }
        trouble.why(said).todo(format!("check it with: aws sts get-caller-identity --profile {name}"))
    }

    fn hung(&self, name: &str, patience: Duration) -> Trouble {
        let chain = self.profiles.chain(name);
        let process = chain.iter().find(|profile| self.profiles.get(profile, "credential_process").is_some());
        let what = format!("the profile {name} gave no credentials within {} s", patience.as_secs());
        let trouble = Trouble::new(TroubleKind::Credentials, what);
        match process {
            Some(owner) => trouble
                .why(format!("credential_process of {owner} does not end; it may wait for input"))
                .todo("run its command yourself; it must print its JSON without asking"),
            None => trouble.why("its source does not answer").todo("check the network, the proxy and the profile"),
        }
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let found = async { provider::Result::from(self.get().await.map_err(CredentialsError::provider_error)) };
        future::ProvideCredentials::new(found)
    }
}
