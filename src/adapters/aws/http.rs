//! The HTTP client of all AWS calls: TLS store, proxy, and a bound on what is read.

use super::options::AwsOptions;
use crate::ports::{Answer, Trouble, TroubleKind};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error;
use std::fmt;
use std::path::Path;

/// The largest answer that is read, 8 MiB: the largest that AWS gives to our calls is below 1 MiB.
const CAP: usize = 8 << 20;

/// The client of all AWS calls, with the CA bundle and the proxy of the options.
pub(super) fn client(options: &AwsOptions) -> Answer<SharedHttpClient> {
    let store = match options.ca_bundle() {
        // As the aws CLI has it, a bundle stands in the place of the system's roots, which then need no reading.
        Some(path) => TrustStore::empty().with_pem_certificate(bundle(&path)?),
        None => TrustStore::default(),
    };
    let context = TlsContext::builder().with_trust_store(store).build().map_err(|error| {
        Trouble::new(TroubleKind::Missing, "the TLS trust store cannot be made").why(error.to_string())
    })?;
    let (proxy, via) = proxy(options)?;
    let inner = Builder::new().build_with_connector_fn(move |settings, components| {
        connector(settings, components, context.clone(), proxy.clone())
    });
    Ok(SharedHttpClient::new(Bounded { inner, via }))
}

fn connector(
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
    context: TlsContext,
    proxy: ProxyConfig,
) -> Connector {
    let mut builder = Connector::builder();
    builder.set_connector_settings(settings.cloned());
    if let Some(components) = components {
        builder.set_sleep_impl(components.sleep_impl());
    }
    builder
        .proxy_config(proxy)
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .tls_context(context)
        .build()
}

/// A PEM file of certificates. Each is checked here: the SDK panics on one that it cannot read.
fn bundle(path: &Path) -> Answer<Vec<u8>> {
    let refuse = |why: String| {
        Trouble::new(TroubleKind::Missing, format!("the CA bundle {} cannot be used", path.display()))
            .why(why)
            .todo("set AWS_CA_BUNDLE to a file of PEM certificates, or unset it")
    };
    let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        roots.add(certificate).map_err(|error| refuse(error.to_string()))?;
    }
    if roots.is_empty() { Err(refuse("it holds no PEM certificate".into())) } else { Ok(pem) }
}

/// The proxy, and its host and port as they may be shown (a proxy's URL may hold a password).
fn proxy(options: &AwsOptions) -> Answer<(ProxyConfig, Option<String>)> {
    let Some((url, bypass)) = options.proxy() else { return Ok((ProxyConfig::disabled(), None)) };
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let refuse = || {
        Trouble::new(TroubleKind::Invalid, "HTTPS_PROXY cannot be used")
            .why("it is not the URL of a proxy")
            .todo("set HTTPS_PROXY to http://HOST:PORT, or unset it")
    };
    let parsed: http::Uri = url.parse().map_err(|_| refuse())?;
    let host = parsed.host().ok_or_else(refuse)?;
    let shown = parsed.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let config = ProxyConfig::https(url.as_str()).map_err(|_| refuse())?;
    Ok((config.no_proxy(bypass), Some(shown)))
}

/// A failure below the answer, with what decides whether a call may be repeated.
#[derive(Debug)]
pub(super) struct Transport {
    /// The host that was called.
    pub host: String,
    /// The proxy, as it may be shown.
    pub via: Option<String>,
    /// Whether the request may have left this machine.
    pub sent: bool,
    /// What the HTTP client said.
    pub why: String,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.why)
    }
}

impl Error for Transport {}

/// An answer that is not one of AWS: too large, or a page for people.
#[derive(Debug)]
pub(super) struct NotAws {
    /// The host that was called.
    pub host: String,
    /// Why it is none.
    pub why: String,
}

impl fmt::Display for NotAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.why)
    }
}

impl Error for NotAws {}

/// Reads each answer whole, at most [`CAP`] bytes of it, so that parsers see complete answers only.
#[derive(Debug)]
struct Bounded {
    inner: SharedHttpClient,
    via: Option<String>,
}

impl HttpClient for Bounded {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(BoundedConnector { inner, via: self.via.clone() })
    }
}

#[derive(Debug)]
struct BoundedConnector {
    inner: SharedHttpConnector,
    via: Option<String>,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().to_owned();
        let host = uri.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
        let via = self.via.clone();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(response) => whole(response, host, via).await,
                Err(error) => Err(lost(&error, host, via)),
            }
        })
    }
}

async fn whole(mut response: HttpResponse, host: String, via: Option<String>) -> Result<HttpResponse, ConnectorError> {
    let mut body = ByteStream::new(response.take_body());
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| {
            let why = format!("the answer broke off after {} bytes ({error})", bytes.len());
            ConnectorError::io(Box::new(Transport { host: host.clone(), via: via.clone(), sent: true, why }))
        })?;
        if bytes.len() + chunk.len() > CAP {
            let why = format!("the answer is larger than {} MiB", CAP >> 20);
            return Err(ConnectorError::other(Box::new(NotAws { host, why }), None));
        }
        bytes.extend_from_slice(&chunk);
    }
    if response.status().as_u16() < 500 && is_page(&response, &bytes) {
        let why = format!("a web page came instead of an answer: {}", excerpt(&bytes));
        return Err(ConnectorError::other(Box::new(NotAws { host, why }), None));
    }
    *response.body_mut() = SdkBody::from(bytes);
    Ok(response)
}

/// Whether an answer is HTML, as captive portals and proxies give it; S3 objects may be anything.
fn is_page(response: &HttpResponse, bytes: &[u8]) -> bool {
    let typed = response.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let start: Vec<u8> = bytes.iter().copied().skip_while(u8::is_ascii_whitespace).take(14).collect();
    let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
    let looks = start.starts_with("<!doctype html") || start.starts_with("<html");
    looks || (typed && !bytes.is_empty())
}

/// At most 200 bytes of an answer, as text.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let start: Vec<u8> = bytes.iter().copied().take(200).collect();
    let text = String::from_utf8_lossy(&start).into_owned();
    if bytes.len() > 200 { format!("{text}…") } else { text }
}

/// Names the host, and tells whether the request may have been sent.
fn lost(error: &ConnectorError, host: String, via: Option<String>) -> ConnectorError {
    let (timeout, io, kind) = (error.is_timeout(), error.is_io(), error.as_other());
    let mut texts = vec![error.to_string()];
    let mut next: Option<&dyn Error> = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    let sent = !texts.iter().any(|text| before_sending(text));
    // The innermost texts say why; the outer ones are the client's own wrapping.
    let why = texts.iter().rev().take(2).rev().cloned().collect::<Vec<_>>().join(": ");
    let source = Box::new(Transport { host, via, sent, why });
    match (timeout, io) {
        (true, _) => ConnectorError::timeout(source),
        (_, true) => ConnectorError::io(source),
        _ => ConnectorError::other(source, kind),
    }
}

/// Whether one text of an error's chain says that no connection was made. hyper-util and the SDK mark the
/// connecting phase only in their texts; a text that is not known counts as sent, the careful side.
fn before_sending(text: &str) -> bool {
    text.contains("client error (Connect)") || text.contains("HTTP connect timeout") || text.contains("dns error")
}
