//! The kubelet's own door: the API server fetches logs there.
//!
//! It knows one log, the newest Velero server's; the API server has looked for pod and container before.

use std::convert::Infallible;
use std::future::ready;
use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream;
use http_body_util::{BodyExt as _, Empty, StreamBody};

use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::super::certs::Authority;

/// The log of the newest Velero server, and where it begins in its file.
pub type Newest = Arc<Mutex<Option<(PathBuf, u64)>>>;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// The door, open until it is dropped.
pub struct Kubelet {
    pub port: u16,
    server: JoinHandle<()>,
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Kubelet {
    pub async fn start(newest: Newest) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let tls = TlsAcceptor::from(Arc::new(Authority::get().server.server_config()));
        let server = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let (tls, newest) = (tls.clone(), newest.clone());
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let service = service_fn(|request| ready(Ok::<_, Infallible>(answer(&newest, &request))));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { port, server }
    }
}

fn answer(newest: &Newest, request: &Request<Incoming>) -> Response<Body> {
    let newest = newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_log = request.uri().path().starts_with("/containerLogs/");
    let Some(begin) = newest.filter(|_| is_log) else {
        let mut none = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
        *none.status_mut() = StatusCode::NOT_FOUND;
        return none;
    };
    let follow = request.uri().query().is_some_and(|query| query.contains("follow=true"));
    Response::new(StreamBody::new(stream::unfold(begin, move |at| next(at, follow))).boxed_unsync())
}

/// What was written since; waits for more when it is followed.
async fn next(
    (path, from): (PathBuf, u64),
    follow: bool,
) -> Option<(Result<Frame<Bytes>, std::io::Error>, (PathBuf, u64))> {
    loop {
        let mut file = File::open(&path).await.ok()?;
        file.seek(SeekFrom::Start(from)).await.ok()?;
        let mut more = Vec::new();
        let read = file.read_to_end(&mut more).await.ok()? as u64;
        if read > 0 {
            return Some((Ok(Frame::data(Bytes::from(more))), (path, from + read)));
        }
        if !follow {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
