//! What went wrong before or instead of an API server's own answer.

use super::status;
use super::target::{Login, Target};
use super::transport::Call;
use crate::domain::Shown;
use crate::ports::{Trouble, TroubleKind};
use http::{StatusCode, Uri};
use std::error::Error;
use std::time::Duration;

/// What a trouble says of the server it is about.
pub(super) struct About {
    pub(super) server: String,
    pub(super) cluster: String,
    pub(super) region: String,
    pub(super) eks: bool,
    proxy: Option<String>,
}

impl About {
    pub(super) fn new(target: &Target, proxy: Option<&Uri>) -> Self {
        Self {
            server: target.url.authority().map(ToString::to_string).unwrap_or_default(),
            cluster: target.access.name.clone(),
            region: target.access.region.clone(),
            eks: matches!(target.login, Login::Eks),
            // Without user and password.
            proxy: proxy.and_then(|uri| uri.host().map(|host| format!("{host}:{}", uri.port_u16().unwrap_or(80)))),
        }
    }

    /// A trouble with a call.
    pub(super) fn trouble(call: &Call, kind: TroubleKind, what: impl AsRef<str>) -> Trouble {
        let thing = call.kind.map_or("", crate::ports::Kind::name);
        let resource = match (call.namespace.as_str(), call.name.as_str()) {
            ("", name) => name.to_owned(),
            (namespace, "") => namespace.to_owned(),
            (namespace, name) => format!("{namespace}/{name}"),
        };
        let call = format!(
            "kubernetes: {} {thing}{}{}",
            call.verb,
            if call.part.is_empty() || thing.is_empty() { "" } else { "/" },
            call.part
        );
        Trouble::new(kind, what).at(call.trim_end(), Shown::bounded(&resource, 600).to_string())
    }

    /// An answer with a status that is no success.
    pub(super) fn refused(&self, call: &Call, status: StatusCode, wait: Option<Duration>, bytes: &[u8]) -> Trouble {
        match status::Status::parse(bytes) {
            Some(found) => status::trouble(self, call, status, wait, &found),
            None => self.foreign(call, status, wait, bytes),
        }
    }

    /// An error that no API server has written: a proxy's page, a load balancer's, or plain text.
    fn foreign(&self, call: &Call, code: StatusCode, wait: Option<Duration>, bytes: &[u8]) -> Trouble {
        let text = String::from_utf8_lossy(bytes.get(..2000).unwrap_or(bytes)).into_owned();
        if looks_like_html(&text) {
            return self.unreadable(call, code, bytes);
        }
        let found = status::Status::plain(text.trim());
        status::trouble(self, call, code, wait, &found)
    }

    /// An answer that is no JSON object (A14).
    pub(super) fn unreadable(&self, call: &Call, status: StatusCode, bytes: &[u8]) -> Trouble {
        let text = String::from_utf8_lossy(bytes.get(..2000).unwrap_or(bytes)).into_owned();
        let start = Shown::bounded(text.trim(), 200);
        tracing::debug!(status = status.as_u16(), "an answer that is not of an API server: {start}");
        let why = if bytes.is_empty() {
            format!("status {status} with an empty answer")
        } else {
            format!("status {status}; it begins: {start}")
        };
        let trouble = Self::trouble(
            call,
            TroubleKind::Unreadable,
            format!("what answers at {} does not speak Kubernetes", self.server),
        )
        .why(why)
        .code(status.as_u16().to_string());
        if looks_like_html(&text) {
            trouble.todo(self.by_proxy("a proxy or a sign-in page answers in its place: open it in a browser, or correct HTTPS_PROXY and NO_PROXY"))
        } else {
            trouble
        }
    }

    /// A request that did not come back.
    pub(super) fn late(&self, call: &Call) -> Trouble {
        Self::trouble(
            call,
            TroubleKind::Unanswered,
            format!("the API server {} did not answer within 30 s", self.server),
        )
        .todo(self.by_proxy("try again; whether it was done has to be looked up first"))
    }

    pub(super) fn cut(&self, call: &Call, error: &dyn Error) -> Trouble {
        Self::trouble(call, TroubleKind::Unanswered, format!("the answer of the API server {} broke off", self.server))
            .why(chain(error))
    }

    pub(super) fn too_long(&self, call: &Call) -> Trouble {
        Self::trouble(call, TroubleKind::Unreadable, format!("the answer of {} is longer than 128 MiB", self.server))
    }

    /// An error of the connection: before sending it is `Network`, later `Unanswered`.
    pub(super) fn not_sent(&self, call: &Call, error: &kube::Error) -> Trouble {
        let reason = chain(error);
        if !connecting(error) {
            return Self::trouble(
                call,
                TroubleKind::Unanswered,
                format!("the connection to the API server {} broke", self.server),
            )
            .why(reason);
        }
        let (what, todo) = explain(&reason);
        let todo = if todo.is_empty() { self.unreachable() } else { todo.to_owned() };
        Self::trouble(call, TroubleKind::Network, format!("the API server {} cannot be reached: {what}", self.server))
            .why(reason)
            .todo(self.by_proxy(&todo))
    }

    /// A client that could not be made, so that no call was tried.
    pub(super) fn not_made(&self, error: &kube::Error) -> Trouble {
        Trouble::new(TroubleKind::Invalid, format!("the connection to {} cannot be set up", self.server))
            .why(chain(error))
            .todo("correct the certificates of the kubeconfig")
    }

    fn unreachable(&self) -> String {
        if self.eks {
            format!(
                "the endpoint of this cluster may be private: run lifeboat inside its VPC or over a VPN. \
                 `aws eks describe-cluster --name {} --region {} --query cluster.resourcesVpcConfig` says so",
                self.cluster, self.region
            )
        } else {
            "check that the cluster runs; a private endpoint is reached only inside its VPC or over a VPN".to_owned()
        }
    }

    fn by_proxy(&self, todo: &str) -> String {
        match &self.proxy {
            Some(proxy) => format!("{todo} (the way goes over the proxy {proxy})"),
            None => todo.to_owned(),
        }
    }
}

fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with('<') || start.contains("<html")
}

/// All reasons of an error, outermost first, each once.
fn chain(error: &dyn Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        // Outer errors often repeat the inner one's text at their end.
        reasons.retain(|known| !known.ends_with(&text));
        reasons.push(text);
        next = error.source();
    }
    Shown::bounded(&reasons.join(": "), 600).to_string()
}

/// Whether the connection was still being made. hyper-util's own type says so in its text alone.
fn connecting(error: &dyn Error) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string() == "client error (Connect)" {
            return true;
        }
        next = error.source();
    }
    false
}

/// The reason in plain words, and what to do where it is not about reaching.
fn explain(reason: &str) -> (&'static str, &'static str) {
    const CA: &str = "the CA of the cluster or of the kubeconfig is not the server's: update the kubeconfig; \
                      behind an inspecting proxy put the cluster into NO_PROXY";
    let text = reason.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if has(&["expired"]) {
        ("its certificate has expired", "renew the server's certificate, or correct this machine's clock")
    } else if has(&["notvalidyet", "not valid yet"]) {
        ("its certificate is not valid yet", "correct this machine's clock")
    } else if has(&["unknownissuer", "unknown issuer", "badsignature", "caused as end entity"]) {
        ("its certificate was issued by a CA that is not trusted here", CA)
    } else if has(&["notvalidforname", "not valid for name"]) {
        ("its certificate is for another name", "use the name of the certificate, or set tls-server-name")
    } else if has(&["invalid peer certificate"]) {
        ("its certificate is not accepted", CA)
    } else if has(&["invalidcontenttype", "invalid content type", "corrupt message"]) {
        ("it does not speak TLS", "check the port, and whether the address is http")
    } else if has(&["certificaterequired", "certificate required", "received fatal alert", "handshake eof"]) {
        ("it broke off the TLS handshake", "check the address, its port and the client certificate of the kubeconfig")
    } else if has(&["proxy", "tunnel"]) {
        (
            "the proxy refuses to connect",
            "check HTTPS_PROXY with its password, and put the cluster into NO_PROXY if it is reached directly",
        )
    } else if has(&["dns", "lookup", "resolve", "name or service not known", "no such host"]) {
        ("its name cannot be resolved", "")
    } else if has(&["refused"]) {
        ("the connection was refused", "")
    } else if has(&["timed out", "deadline has elapsed", "timeout"]) {
        ("no answer within 5 s", "")
    } else {
        ("the connection failed", "")
    }
}
