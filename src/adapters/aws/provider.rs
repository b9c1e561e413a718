//! IAM OIDC providers, and the roles that trust one.

use super::call::{Call, absent};
use super::config::Clients;
use super::iam::{decoded, read_tags, tags};
use super::retry::Mode;
use crate::ports::{Answer, Provider, Tags};
use serde_json::Value;

/// iam:ListOpenIDConnectProviders: IAM gives them all in one answer.
pub(super) async fn providers(clients: &Clients) -> Answer<Vec<String>> {
    let call = Call::read("iam:ListOpenIDConnectProviders", "");
    let said = clients.iam(Mode::Read).list_open_id_connect_providers().send().await;
    let said = said.map_err(|error| call.failed(error))?;
    let list = said.open_id_connect_provider_list();
    Ok(list.iter().filter_map(|provider| provider.arn().map(str::to_owned)).collect())
}

/// iam:GetOpenIDConnectProvider.
pub(super) async fn provider(clients: &Clients, arn: &str) -> Answer<Option<Provider>> {
    let call = Call::read("iam:GetOpenIDConnectProvider", arn);
    let request = clients.iam(Mode::Read).get_open_id_connect_provider().open_id_connect_provider_arn(arn);
    let Some(said) = absent(request.send().await.map_err(|error| call.failed(error)))? else { return Ok(None) };
    call.need("Url", said.url())?;
    Ok(Some(Provider { arn: arn.to_owned(), audiences: said.client_id_list().to_vec(), tags: read_tags(said.tags()) }))
}

/// iam:CreateOpenIDConnectProvider. No thumbprint and no connection to the issuer: IAM checks the issuer's
/// certificate by its own CAs (security.md 1.8), and inside a VPC the issuer may not be reachable from here.
pub(super) async fn create_provider(
    clients: &Clients,
    issuer: &str,
    audiences: &[String],
    new: &Tags,
) -> Answer<String> {
    let call = Call::create("iam:CreateOpenIDConnectProvider", issuer);
    let request = clients.iam(call.mode).create_open_id_connect_provider().url(issuer);
    let request = request.set_client_id_list(Some(audiences.to_vec())).set_tags(Some(tags(new)?));
    let said = request.send().await.map_err(|error| call.failed(error))?;
    call.need("OpenIDConnectProviderArn", said.open_id_connect_provider_arn())
}

/// iam:AddClientIDToOpenIDConnectProvider.
pub(super) async fn add_audience(clients: &Clients, arn: &str, audience: &str) -> Answer<()> {
    let call = Call::put("iam:AddClientIDToOpenIDConnectProvider", arn);
    let request = clients.iam(call.mode).add_client_id_to_open_id_connect_provider();
    let said = request.open_id_connect_provider_arn(arn).client_id(audience).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

/// iam:RemoveClientIDFromOpenIDConnectProvider.
pub(super) async fn remove_audience(clients: &Clients, arn: &str, audience: &str) -> Answer<()> {
    let call = Call::put("iam:RemoveClientIDFromOpenIDConnectProvider", arn);
    let request = clients.iam(call.mode).remove_client_id_from_open_id_connect_provider();
    let said = request.open_id_connect_provider_arn(arn).client_id(audience).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

/// iam:DeleteOpenIDConnectProvider.
pub(super) async fn delete_provider(clients: &Clients, arn: &str) -> Answer<()> {
    let call = Call::put("iam:DeleteOpenIDConnectProvider", arn);
    let request = clients.iam(call.mode).delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// iam:ListRoles: the roles whose trust policy names a provider.
pub(super) async fn roles_trusting(clients: &Clients, provider: &str) -> Answer<Vec<String>> {
    let call = &Call::read("iam:ListRoles", "");
    let client = &clients.iam(Mode::Read);
    call.pages(|marker| async move {
        let page = client.list_roles().max_items(1000).set_marker(marker).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        let mut names = Vec::new();
        for role in page.roles() {
            let trust = decoded(call, role.assume_role_policy_document().unwrap_or_default())?;
            if trusts(&trust, provider) {
                names.push(role.role_name().to_owned());
            }
        }
        Ok((names, call.marker(page.is_truncated(), page.marker())?))
    })
    .await
}

/// Whether a trust policy names a provider. One that is no JSON is searched as text: a provider that may be
/// trusted is kept.
fn trusts(trust: &str, provider: &str) -> bool {
    fn names(value: &Value, wanted: &str) -> bool {
        match value {
            Value::String(text) => text == wanted,
            Value::Array(items) => items.iter().any(|item| names(item, wanted)),
            Value::Object(parts) => parts.values().any(|part| names(part, wanted)),
            _ => false,
        }
    }
    match serde_json::from_str::<Value>(trust) {
        Ok(document) => names(&document, provider),
        Err(_) => trust.contains(provider),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a19_a_provider_is_found_in_all_forms_of_a_trust_policy() {
        let arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AB";
        for trust in [
            format!(r#"{{"Statement":{{"Principal":{{"Federated":"{arn}"}}}}}}"#),
            format!(r#"{{"Statement":[{{"Principal":{{"Federated":["x","{arn}"]}}}}]}}"#),
            format!(r#"{{"Statement":[{{"Principal":{{"Federated":"{}"}}}}]}}"#, arn.replace('/', "\\/")),
            format!("not JSON: {arn}"),
        ] {
            assert!(trusts(&trust, arn), "{trust}");
        }
        assert!(!trusts(&format!(r#"{{"Statement":{{"Principal":{{"Federated":"{arn}CD"}}}}}}"#), arn));
        assert!(!trusts(r#"{"Statement":{"Principal":"*"}}"#, arn));
    }
}
