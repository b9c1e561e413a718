//! Tokens and sessions: who asks, and what a service account's token is exchanged for.

use super::wrong::{denied, wrong};
use crate::demo::clock::later;
use crate::demo::state::{Account, Role, Session};
use crate::domain::policy::{Caller, Context, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate};
use crate::ports::{self, Answer, TroubleKind, WebIdentity};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

const CALL: &str = "sts:AssumeRoleWithWebIdentity";

/// What a service account's token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::demo) struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub iat: i64,
    pub exp: i64,
}

/// A token in the form of a JWT; its signature is a word.
pub(in crate::demo) fn token(claims: &Claims) -> SecretString {
    let part = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
    let body = serde_json::to_vec(claims).unwrap_or_default();
    let head = part(br#"{"alg":"RS256","kid":"demo"}"#);
    SecretString::from(format!("{head}.{}.{}", part(&body), part(b"demo")))
}

fn claims(token: &str) -> Option<Claims> {
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&body).ok()
}

/// sts:AssumeRoleWithWebIdentity, with the checks in STS's order: token, provider, audience, trust.
pub(in crate::demo) fn exchange(account: &mut Account, identity: &WebIdentity) -> Answer<ports::Session> {
    let refused = |code: &str, text: &str| wrong(TroubleKind::Invalid, code, CALL, &identity.role_arn, text);
    let Some(claims) = claims(identity.token.expose_secret()) else {
        return Err(refused("InvalidIdentityToken", "The ID Token provided is not a valid JWT."));
    };
    if claims.exp <= account.now.as_second() {
        return Err(refused(
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration date/time",
        ));
    }
    let issuer = claims.iss.trim_start_matches("https://");
    let provider_arn = account.arn("iam", "", &format!("oidc-provider/{issuer}"));
    let Some(audiences) = account.providers.get(&provider_arn).and_then(|p| p.audiences.seen(account.now)) else {
        let text = format!("No OpenIDConnect provider found in your account for {}", claims.iss);
        return Err(refused("InvalidIdentityToken", &text));
    };
    if !claims.aud.iter().any(|aud| audiences.contains(aud)) {
        return Err(refused("InvalidIdentityToken", "Incorrect token audience"));
    }
    if !trusted(account, &identity.role_arn, &provider_arn, issuer, &claims) {
        return Err(denied(CALL, &identity.role_arn, "Not authorized to perform sts:AssumeRoleWithWebIdentity"));
    }
    Ok(session(account, identity))
}

fn trusted(account: &Account, role_arn: &str, provider: &str, issuer: &str, claims: &Claims) -> bool {
    let Some(role) = account.roles.values().find(|role| role.arn == role_arn) else { return false };
    let Some(Ok(document)) = role.trust.seen(account.now).map(|text| Document::parse(text)) else { return false };
    let request = Request {
        caller: Caller::Federated(provider.to_owned()),
        action: CALL.to_owned(),
        resource: role_arn.to_owned(),
        context: Context::new()
            .with(&format!("{issuer}:sub"), &claims.sub)
            .with_all(&format!("{issuer}:aud"), claims.aud.iter().cloned()),
    };
    let trust = ResourcePolicy { kind: ResourceKind::Trust, account: account.id.clone(), document };
    evaluate(&request, &Evidence { resource: Some(trust), ..Evidence::default() }).is_allowed()
}

fn session(account: &mut Account, identity: &WebIdentity) -> ports::Session {
    let role = identity.role_arn.rsplit('/').next().unwrap_or_default().to_owned();
    let arn = account.arn("sts", "", &format!("assumed-role/{role}/{}", identity.session_name));
    let id = account.fresh_id("ASIA", 20);
    let now = account.now;
    account.sessions.retain(|_, session| session.expires > now);
    let expires = later(now, SignedDuration::from_hours(1));
    account.sessions.insert(id.clone(), Session { role: role.to_lowercase(), arn: arn.clone(), expires });
    ports::Session { arn, id, secret: SecretString::from("demo"), token: SecretString::from("demo") }
}

/// Whose permissions count.
#[derive(Debug, Clone, Default)]
pub(in crate::demo) struct Principal {
    /// The ARN that error texts name.
    pub arn: String,
    /// The role's or user's own ARN, as policies name it.
    pub entity: String,
    /// Identity policies' texts.
    pub policies: Vec<String>,
    /// The permissions boundary's text.
    pub boundary: Option<String>,
}

/// Who an access key is; `ExpiredToken` or `InvalidAccessKeyId` when it is nobody.
pub(in crate::demo) fn principal(account: &Account, call: &str, key: &str) -> Answer<Principal> {
    let refused = |code: &str, text: &str| wrong(TroubleKind::Credentials, code, call, "", text);
    if let Some(user) = account.users.get(key) {
        let arn = user.arn.clone();
        return Ok(Principal { entity: arn.clone(), arn, policies: vec![user.policy.clone()], boundary: None });
    }
    let unknown = || refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    let session = account.sessions.get(key).ok_or_else(unknown)?;
    if session.expires <= account.now {
        return Err(refused("ExpiredToken", "The provided token has expired."));
    }
    let role = account.roles.get(&session.role).ok_or_else(unknown)?;
    Ok(of_role(account, role, &session.arn))
}

/// A role's principal, under the ARN of a session.
pub(super) fn of_role(account: &Account, role: &Role, arn: &str) -> Principal {
    let inline = role.inline.seen(account.now).map(|all| all.values().cloned().collect()).unwrap_or_default();
    let mut policies: Vec<String> = inline;
    policies.extend(role.attached.iter().filter_map(|arn| account.policies.get(arn).cloned()));
    let boundary =
        (!role.boundary.is_empty()).then(|| account.policies.get(&role.boundary).cloned().unwrap_or_default());
    Principal { arn: arn.to_owned(), entity: role.arn.clone(), policies, boundary }
}
