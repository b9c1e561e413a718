//! One request and its answer: credentials, limits, retries.
//!
//! Requests go through kube's client for TLS and proxies, but as plain requests: its own helpers drop the
//! Retry-After header, read bodies without a bound and log them when they cannot be parsed.

use super::credentials::Credentials;
use super::error;
use super::proxy::Proxies;
use super::target::{Certificate, Target};
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::{Body, ClientBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many requests of one server are under way at once.
const AT_ONCE: usize = 20;
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request other than a watch may take.
const WHOLE: Duration = Duration::from_secs(30);
/// The most that is read of one answer: a page of 50 Secrets of 1 MiB, in base64.
const BODY: usize = 128 * 1024 * 1024;
/// How often a throttled request is repeated, and the longest wait before it.
const REPEATS: u32 = 4;
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// One request, and how a trouble with it is told.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query under the server's root.
    pub(super) path: String,
    pub(super) content: &'static str,
    pub(super) body: Vec<u8>,
    /// The RBAC verb.
    pub(super) verb: &'static str,
    /// `None` for what is no object (version, discovery).
    pub(super) kind: Option<Kind>,
    /// `token` of `serviceaccounts/token`, or empty.
    pub(super) part: &'static str,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Call {
    /// A read of a path.
    pub(super) fn read(verb: &'static str, kind: Option<Kind>, path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            content: "",
            body: Vec::new(),
            verb,
            kind,
            part: "",
            namespace: String::new(),
            name: String::new(),
        }
    }

    /// A write of a path.
    pub(super) fn write(method: Method, verb: &'static str, kind: Kind, path: String, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { method, content: "application/json", body, ..Self::read(verb, Some(kind), path) }
    }

    /// Names the object.
    pub(super) fn on(mut self, namespace: &str, name: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        name.clone_into(&mut self.name);
        self
    }
}

/// The way to one API server.
pub(super) struct Transport {
    client: kube::Client,
    credentials: Credentials,
    headers: HeaderMap,
    slots: Semaphore,
    pub(super) about: error::About,
}

impl Transport {
    /// Makes the client; sends nothing.
    pub(super) fn new(target: &Target, credentials: Credentials, proxies: &Proxies) -> Answer<Self> {
        let mut config = kube::Config::new(target.url.clone());
        config.connect_timeout = Some(CONNECT);
        config.default_retry = false;
        config.accept_invalid_certs = target.insecure;
        config.tls_server_name.clone_from(&target.server_name);
        config.root_cert = target.ca.as_deref().map(certificates).transpose()?;
        let proxy = target.proxy.as_deref().or_else(|| proxies.choose(&target.url));
        config.proxy_url = proxy.map(proxy_url).transpose()?;
        if let Some(Certificate { chain, key }) = &target.certificate {
            let key = format!("{}\n", key.expose_secret());
            config.auth_info.client_certificate_data = Some(STANDARD.encode(chain));
            config.auth_info.client_key_data = Some(SecretString::from(STANDARD.encode(key)));
        }
        let about = error::About::new(target, config.proxy_url.as_ref());
        let client = ClientBuilder::try_from(config).map_err(|error| about.not_made(&error))?.build();
        let headers = impersonation(target)?;
        Ok(Self { client, credentials, headers, slots: Semaphore::new(AT_ONCE), about })
    }

    /// Sends and reads a JSON answer.
    pub(super) async fn json(&self, call: &Call) -> Answer<Value> {
        let late = || self.about.late(call);
        let read = async {
            let (parts, body) = self.send(call).await?.into_parts();
            let bytes = self.collect(call, body).await?;
            serde_json::from_slice::<Value>(&bytes)
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| self.about.unreadable(call, parts.status, &bytes))
        };
        // Waiting for a slot or for Retry-After is bounded where it happens; this bounds the rest.
        tokio::time::timeout(WHOLE + LONGEST_WAIT * REPEATS, read).await.unwrap_or_else(|_| Err(late()))
    }

    /// Sends, and answers when the answer's head has come and is no error.
    pub(super) async fn send(&self, call: &Call) -> Answer<Response<Body>> {
        let mut token = self.credentials.token(None).await?;
        let mut renewed = false;
        let mut repeats = 0;
        loop {
            let response = self.once(call, token.as_ref()).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if status == StatusCode::UNAUTHORIZED && self.credentials.renewable() && !renewed {
                renewed = true;
                token = self.credentials.token(token.as_ref()).await?;
                continue;
            }
            let asked = retry_after(response.headers());
            let wait = asked.unwrap_or(Duration::from_millis(500) * 2_u32.pow(repeats));
            // A throttled request was not carried out, so that repeating it is safe.
            if status == StatusCode::TOO_MANY_REQUESTS && repeats < REPEATS && wait <= LONGEST_WAIT {
                repeats += 1;
                tokio::time::sleep(wait).await;
                continue;
            }
            let bytes = self.collect(call, response.into_body()).await?;
            return Err(self.about.refused(call, status, asked, &bytes));
        }
    }

    async fn once(&self, call: &Call, token: Option<&SecretString>) -> Answer<Response<Body>> {
        let mut request = Request::builder().method(call.method.clone()).uri(call.path.as_str());
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            headers
                .insert(header::USER_AGENT, HeaderValue::from_static(concat!("lifeboat/", env!("CARGO_PKG_VERSION"))));
            if !call.content.is_empty() {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(call.content));
            }
            if let Some(bearer) = self.credentials.header(token)? {
                headers.insert(header::AUTHORIZATION, bearer);
            }
        }
        let request = request.body(Body::from(call.body.clone())).map_err(|error| {
            Trouble::new(TroubleKind::Invalid, "the request could not be made").why(error.to_string())
        })?;
        let closed = |_| Trouble::new(TroubleKind::Stopped, "lifeboat is stopping");
        let _slot = self.slots.acquire().await.map_err(closed)?;
        match tokio::time::timeout(WHOLE, self.client.send(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.about.not_sent(call, &error)),
            Err(_) => Err(self.about.late(call)),
        }
    }

    async fn collect(&self, call: &Call, mut body: Body) -> Answer<Vec<u8>> {
        let read = async {
            let mut bytes = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| self.about.cut(call, &error))?;
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
                if bytes.len() > BODY {
                    return Err(self.about.too_long(call));
                }
            }
            Ok(bytes)
        };
        tokio::time::timeout(WHOLE, read).await.unwrap_or_else(|_| Err(self.about.late(call)))
    }
}

/// The seconds of a Retry-After header; Kubernetes never sends a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn certificates(pem: &[u8]) -> Answer<Vec<Vec<u8>>> {
    let wrong = |why: &str| {
        Trouble::new(TroubleKind::Invalid, "the certificate authority of the API server cannot be used")
            .why(why)
            .todo("compare certificate-authority-data with what `aws eks describe-cluster` says")
    };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pem).map(|found| found.map(|der| der.as_ref().to_vec())).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(wrong("it holds no PEM certificate")),
        Err(error) => Err(wrong(&format!("it is not PEM: {error}"))),
    }
}

/// A proxy's URL; without a scheme it is http, as Go takes it.
fn proxy_url(text: &str) -> Answer<http::Uri> {
    // The text may hold a password: no message quotes it.
    let wrong = |why: &str| {
        Trouble::new(TroubleKind::Invalid, "the proxy's address cannot be used")
            .why(why)
            .todo("proxy-url, HTTPS_PROXY and HTTP_PROXY look like http://HOST:PORT")
    };
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url: http::Uri = full.parse().map_err(|_| wrong("it is no URL"))?;
    match url.scheme_str() {
        Some("http" | "https") => Ok(url),
        _ => Err(wrong("only http and https proxies are supported, not socks5")),
    }
}

fn impersonation(target: &Target) -> Answer<HeaderMap> {
    let mut headers = HeaderMap::new();
    let Some((user, groups)) = &target.act_as else { return Ok(headers) };
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|_| {
            Trouble::new(
                TroubleKind::Invalid,
                "'as' or 'as-groups' of the kubeconfig holds characters no header may hold",
            )
        })
    };
    headers.insert("impersonate-user", value(user)?);
    for group in groups {
        headers.append("impersonate-group", value(group)?);
    }
    Ok(headers)
}
