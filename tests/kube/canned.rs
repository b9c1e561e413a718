//! An API server on loopback that gives prepared answers in order and keeps what it was asked.

use futures::StreamExt as _;
use futures::stream;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// One answer.
#[derive(Clone)]
pub struct Canned {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    end: End,
}

/// What comes after an answer's body.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Its end.
    Whole,
    /// Nothing, for ever.
    Open,
    /// The connection breaks.
    Broken,
}

impl Canned {
    #[allow(clippy::needless_pass_by_value)]
    pub fn new(status: u16, body: impl std::fmt::Display) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string().into_bytes(),
            end: End::Whole,
        }
    }

    pub fn status(status: u16, reason: &str, message: &str) -> Self {
        let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": status});
        Self::new(status, body)
    }

    pub fn html(status: u16) -> Self {
        Self {
            headers: vec![("content-type", "text/html".into())],
            ..Self::new(status, "<!DOCTYPE html><title>Sign in</title>")
        }
    }

    /// Bytes as they are.
    pub fn bytes(body: Vec<u8>) -> Self {
        Self { body, ..Self::new(200, "") }
    }

    /// Stays open after its body.
    pub fn open(self) -> Self {
        Self { end: End::Open, ..self }
    }

    /// Breaks off after its body.
    pub fn broken(self) -> Self {
        Self { end: End::Broken, ..self }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// One question.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub token: String,
    pub content: String,
    pub body: serde_json::Value,
}

/// The server.
pub struct Api {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Api {
    /// Starts one with its answers; the last is repeated for ever.
    pub async fn start(answers: Vec<Canned>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let state = Arc::new((Mutex::new(VecDeque::from(answers)), asked.clone()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                let service = service_fn(move |request| answer(state.clone(), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

type State = Arc<(Mutex<VecDeque<Canned>>, Arc<Mutex<Vec<Asked>>>)>;

async fn answer(
    state: State,
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, std::io::Error>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    state.1.lock().unwrap().push(Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        token: header("authorization").replace("Bearer ", ""),
        content: header("content-type"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let mut answers = state.0.lock().unwrap();
    let canned = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    let mut response = Response::builder().status(canned.status);
    for (name, value) in &canned.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(body_of(&canned)).unwrap())
}

fn body_of(canned: &Canned) -> UnsyncBoxBody<Bytes, std::io::Error> {
    let data = stream::iter([Ok(Frame::data(Bytes::from(canned.body.clone())))]);
    match canned.end {
        End::Whole => StreamBody::new(data).boxed_unsync(),
        End::Open => StreamBody::new(data.chain(stream::pending())).boxed_unsync(),
        End::Broken => {
            // A moment later, so that what was written is not thrown away with the connection.
            let broken = stream::once(async {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Err(std::io::Error::other("broken"))
            });
            StreamBody::new(data.chain(broken)).boxed_unsync()
        }
    }
}
