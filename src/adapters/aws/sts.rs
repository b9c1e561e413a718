//! STS: who lifeboat is, and what a service account's token is worth.

use super::call::Call;
use super::config::Clients;
use crate::ports::{Answer, Caller, Session, WebIdentity};
use secrecy::{ExposeSecret, SecretString};

/// sts:GetCallerIdentity.
pub(super) async fn caller(clients: &Clients) -> Answer<Caller> {
    let call = Call::read("sts:GetCallerIdentity", "");
    let said = clients.sts(clients.home()).get_caller_identity().send().await.map_err(|error| call.failed(error))?;
    let arn = call.need("Arn", said.arn())?;
    let partition = arn.split(':').nth(1).filter(|word| !word.is_empty() && arn.starts_with("arn:"));
    let partition = partition.ok_or_else(|| call.unreadable(format!("{arn} is not an ARN")))?.to_owned();
    Ok(Caller { account: call.need("Account", said.account())?, arn, partition })
}

/// sts:AssumeRoleWithWebIdentity; unsigned, so the caller's own credentials play no part.
pub(super) async fn exchange(clients: &Clients, identity: &WebIdentity) -> Answer<Session> {
    let call = Call::read("sts:AssumeRoleWithWebIdentity", &identity.role_arn);
    let said = clients
        .sts(&identity.region)
        .assume_role_with_web_identity()
        .role_arn(&identity.role_arn)
        .role_session_name(&identity.session_name)
        .web_identity_token(identity.token.expose_secret())
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    let keys = said.credentials().ok_or_else(|| call.unreadable("the field Credentials is missing"))?;
    let user = said.assumed_role_user().ok_or_else(|| call.unreadable("the field AssumedRoleUser is missing"))?;
    Ok(Session {
        arn: call.need("Arn", Some(user.arn()))?,
        id: call.need("AccessKeyId", Some(keys.access_key_id()))?,
        secret: SecretString::from(call.need("SecretAccessKey", Some(keys.secret_access_key()))?),
        token: SecretString::from(call.need("SessionToken", Some(keys.session_token()))?),
    })
}
