//! One request a connection: by the proxy and over TLS, or in the clear to loopback.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::super::certs::Authority;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// As Go prints a status: `403 Forbidden`.
    pub fn line(&self) -> String {
        let status = hyper::StatusCode::from_u16(self.status).ok();
        format!("{} {}", self.status, status.and_then(|status| status.canonical_reason()).unwrap_or_default())
    }
}

/// Sends to an AWS host by the CONNECT proxy.
pub async fn secure(proxy: &str, request: Request<Bytes>) -> Result<Answer, String> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let address = proxy.trim_start_matches("http://").trim_end_matches('/');
    let said = |problem: &dyn std::fmt::Display| format!("proxyconnect tcp: dial tcp {address}: {problem}");
    let mut stream = TcpStream::connect(address).await.map_err(|problem| said(&problem))?;
    let connect = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n");
    stream.write_all(connect.as_bytes()).await.map_err(|problem| said(&problem))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.map_err(|problem| said(&problem))?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if !head.starts_with("HTTP/1.1 200") {
        return Err(head.lines().next().unwrap_or_default().trim_start_matches("HTTP/1.1 ").to_owned());
    }
    let name = ServerName::try_from(host).map_err(|problem| problem.to_string())?;
    let tls = TlsConnector::from(Arc::new(Authority::get().client_config()));
    let stream = tls.connect(name, stream).await.map_err(|problem| format!("tls: {problem}"))?;
    exchange(stream, request).await
}

/// Sends in the clear to the URI's own address.
pub async fn plain(request: Request<Bytes>) -> Result<Answer, String> {
    let address = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let url = request.uri().to_string();
    let stream = TcpStream::connect(&address).await;
    let stream = stream.map_err(|_| format!("Get \"{url}\": dial tcp {address}: connect: connection refused"))?;
    exchange(stream, request).await
}

async fn exchange<S>(stream: S, request: Request<Bytes>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = shake.await.map_err(|problem| problem.to_string())?;
    let connection = tokio::spawn(connection);
    let (mut parts, body) = request.into_parts();
    if !parts.headers.contains_key(HOST) {
        let host = parts.uri.authority().map(ToString::to_string).unwrap_or_default();
        parts.headers.insert(HOST, host.parse().map_err(|_| "a host name".to_owned())?);
    }
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    parts.uri = path.parse().map_err(|problem| format!("parse {path:?}: {problem}"))?;
    let answer = sender.send_request(Request::from_parts(parts, Full::new(body))).await;
    let answer = answer.map_err(|problem| problem.to_string())?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.into_body().collect().await.map_err(|problem| problem.to_string())?.to_bytes();
    connection.abort();
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
