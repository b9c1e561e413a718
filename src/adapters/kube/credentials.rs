//! The bearer of each request, kept fresh.

use super::exec::Printed;
use super::target::{Login, Target};
use crate::ports::{Answer, Aws, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A token is made anew when it lives no longer than this.
const SPARE: SignedDuration = SignedDuration::from_secs(120);
/// A token file is read again after this, as client-go does.
const FILE_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// Finds and renews the bearer of one server.
pub(crate) struct Credentials {
    login: Login,
    region: String,
    cluster: String,
    aws: Arc<dyn Aws>,
    allowed: Vec<String>,
    kept: Mutex<Option<(SecretString, Option<Timestamp>)>>,
}

impl Credentials {
    pub(super) fn new(target: &Target, aws: Arc<dyn Aws>, allowed: Vec<String>) -> Self {
        Self {
            login: target.login.clone(),
            region: target.access.region.clone(),
            cluster: target.access.name.clone(),
            aws,
            allowed,
            kept: Mutex::new(None),
        }
    }

    /// Takes what a plugin has printed already, so that it is not run twice.
    pub(super) async fn keep(&self, printed: Printed) {
        if let Some(token) = printed.token {
            *self.kept.lock().await = Some((token, printed.expires));
        }
    }

    /// Whether a refused token can be replaced by another.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.login, Login::Eks | Login::File(_) | Login::Plugin(_))
    }

    /// The token to send, `None` when there is none; never the `refused` one of a renewable login.
    pub(crate) async fn token(&self, refused: Option<&SecretString>) -> Answer<Option<SecretString>> {
        if let Login::Token(token) = &self.login {
            return Ok(Some(token.clone()));
        }
        if !self.renewable() {
            return Ok(None);
        }
        // Held while a token is made: many calls at once need one token, not many.
        let mut kept = self.kept.lock().await;
        if let Some((token, expires)) = kept.as_ref() {
            let fresh = expires.is_none_or(|at| Timestamp::now() < at - SPARE);
            let good = refused.is_none_or(|refused| refused.expose_secret() != token.expose_secret());
            if fresh && good {
                return Ok(Some(token.clone()));
            }
        }
        let made = self.make().await?;
        let token = made.as_ref().map(|(token, _)| token.clone());
        *kept = made;
        Ok(token)
    }

    async fn make(&self) -> Answer<Option<(SecretString, Option<Timestamp>)>> {
        match &self.login {
            Login::Eks => {
                let (token, expires) = self.aws.cluster_token(&self.region, &self.cluster).await?;
                Ok(Some((token, Some(expires))))
            }
            Login::File(path) => {
                let text = tokio::fs::read_to_string(path).await.map_err(|error| {
                    Trouble::new(TroubleKind::Credentials, format!("the token file {} cannot be read", path.display()))
                        .why(error.to_string())
                })?;
                Ok(Some((text.trim().to_owned().into(), Some(Timestamp::now() + FILE_LIFE + SPARE))))
            }
            Login::Plugin(plugin) => {
                let printed = plugin.run(&self.allowed).await?;
                Ok(printed.token.map(|token| (token, printed.expires)))
            }
            Login::Nobody | Login::Token(_) | Login::Basic(..) => Ok(None),
        }
    }

    /// The Authorization header, marked so that no log shows it.
    pub(super) fn header(&self, token: Option<&SecretString>) -> Answer<Option<HeaderValue>> {
        let text = match (token, &self.login) {
            (Some(token), _) => format!("Bearer {}", token.expose_secret()),
            (None, Login::Basic(name, password)) => {
                format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.expose_secret())))
            }
            (None, _) => return Ok(None),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            Trouble::new(TroubleKind::Credentials, "the token cannot be sent")
                .why("it holds characters that no HTTP header may hold, such as a line break")
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}
