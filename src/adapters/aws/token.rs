//! A bearer token for an EKS API server: a presigned sts:GetCallerIdentity, made without a call.
//!
//! The form is that of `aws eks get-token` and aws-iam-authenticator: `k8s-aws-v1.` and the URL in base64url without
//! padding, signed for 60 s with the header `x-k8s-aws-id`; the API server takes it for 15 minutes.

use super::config::{Clients, incomplete};
use crate::ports::{Answer, Trouble, TroubleKind};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use std::time::{Duration, SystemTime};

/// How long the URL's signature says that it holds; the API server has its own 15 minutes.
const SIGNED_FOR: Duration = Duration::from_mins(1);
/// When a new token is made: a minute before the API server refuses the old one.
const LIFE: Duration = Duration::from_mins(14);

/// The token of a cluster, and when it has to be made anew.
pub(super) async fn token(clients: &Clients, region: &str, cluster: &str) -> Answer<(SecretString, jiff::Timestamp)> {
    let credentials = clients.credentials().await?;
    let now = SystemTime::now();
    let base = endpoint(region, clients.endpoint("STS")).await?;
    let token = presign(&base, region, cluster, &credentials, now)?;
    let end = credentials.expiry().map_or(now + LIFE, |expiry| expiry.min(now + LIFE));
    let end = jiff::Timestamp::try_from(end).map_err(|error| incomplete(&error))?;
    Ok((token, end))
}

/// The address of a region's STS, as the SDK's own rules give it.
async fn endpoint(region: &str, set: Option<&str>) -> Answer<String> {
    let params = Params::builder().region(region).use_global_endpoint(false).set_endpoint(set.map(str::to_owned));
    let params = params.build().map_err(|error| incomplete(&error))?;
    let found = ResolveEndpoint::resolve_endpoint(&DefaultResolver::new(), &params).await.map_err(|error| {
        Trouble::new(TroubleKind::Invalid, format!("there is no STS in the region {region}")).why(error.to_string())
    })?;
    Ok(found.url().trim_end_matches('/').to_owned())
}

fn presign(base: &str, region: &str, cluster: &str, keys: &Credentials, now: SystemTime) -> Answer<SecretString> {
    let unsigned = |error: &(dyn std::error::Error + 'static)| {
        Trouble::new(TroubleKind::Invalid, "the cluster's token cannot be signed").why(error.to_string())
    };
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(SIGNED_FOR);
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| unsigned(&error))?
        .into();
    let url = format!("{base}/?Action=GetCallerIdentity&Version=2011-06-15");
    let header = [("x-k8s-aws-id", cluster)];
    let request = SignableRequest::new("GET", &url, header.into_iter(), SignableBody::Bytes(&[]))
        .map_err(|error| unsigned(&error))?;
    let (signed, _) = sign(request, &params).map_err(|error| unsigned(&error))?.into_parts();
    let mut request = http::Request::get(&url).body(()).map_err(|error| unsigned(&error))?;
    signed.apply_to_request_http1x(&mut request);
    Ok(SecretString::from(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(request.uri().to_string()))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use secrecy::ExposeSecret;

    async fn url(region: &str, set: Option<&str>) -> String {
        let keys = Credentials::new("AKIDEXAMPLE", "made-up", Some("a+session/token".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let token = presign(&endpoint(region, set).await.unwrap(), region, "prod", &keys, now).unwrap();
        let body = token.expose_secret().strip_prefix("k8s-aws-v1.").unwrap().to_owned();
        assert!(!body.contains(['=', '+', '/']), "{body}");
        String::from_utf8(URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn token_is_a_presigned_url_with_the_cluster_in_a_signed_header() {
        let url = url("eu-west-1", None).await;
        assert!(url.starts_with("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&"));
        for part in [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20270115%2Feu-west-1%2Fsts%2Faws4_request",
            "X-Amz-Date=20270115T080000Z",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
            "X-Amz-Security-Token=a%2Bsession%2Ftoken",
            "X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "{part} is not in {url}");
        }
        assert!(!url.contains("made-up"));
    }

    #[tokio::test]
    async fn token_goes_to_the_sts_of_the_partition_or_the_endpoint_that_is_set() {
        assert!(url("cn-north-1", None).await.starts_with("https://sts.cn-north-1.amazonaws.com.cn/?"));
        assert!(url("us-east-1", None).await.starts_with("https://sts.us-east-1.amazonaws.com/?"));
        assert!(url("us-east-1", Some("http://127.0.0.1:4566")).await.starts_with("http://127.0.0.1:4566/?Action="));
    }
}
