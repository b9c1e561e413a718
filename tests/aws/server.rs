//! A canned AWS on loopback: each request is answered by a script, byte for byte as told.

use lifeboat::adapters::aws::{Account, AwsOptions};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// How many requests came before.
    pub number: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
pub enum Reply {
    /// A complete answer: status, headers, body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// An answer that breaks off within its body.
    Cut(Vec<u8>),
    /// The connection is closed without an answer.
    Drop,
}

pub fn xml(status: u16, body: &str) -> Reply {
    Reply::Whole(status, vec![("content-type", "text/xml".into())], body.as_bytes().to_vec())
}

pub fn json(status: u16, body: &str) -> Reply {
    Reply::Whole(status, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
}

/// An error of the query services (IAM, STS).
pub fn query_error(status: u16, code: &str, message: &str) -> Reply {
    let headers = vec![("x-amzn-requestid", "made-up-request".to_owned()), ("content-type", "text/xml".to_owned())];
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    Reply::Whole(status, headers, format!("<ErrorResponse>{error}</ErrorResponse>").into_bytes())
}

/// An error of S3.
pub fn s3_error(status: u16, code: &str) -> Reply {
    xml(status, &format!("<Error><Code>{code}</Code><Message>so it is</Message></Error>"))
}

/// An error of the JSON services (EKS, KMS, Account).
pub fn json_error(status: u16, code: &str, message: &str) -> Reply {
    let headers = vec![("x-amzn-errortype", code.to_owned()), ("content-type", "application/json".into())];
    let body = serde_json::json!({ "__type": code, "message": message }).to_string();
    Reply::Whole(status, headers, body.into_bytes())
}

pub struct Server {
    pub url: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub async fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let (script, kept) = (Arc::new(script), Arc::clone(&log));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&kept));
                tokio::spawn(async move { serve(stream, &*script, &log).await });
            }
        });
        Self { url, log }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    pub fn options(&self) -> AwsOptions {
        let env = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "made-up-secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        AwsOptions {
            endpoint_url: Some(self.url.clone()),
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            initial_backoff: Some(Duration::from_millis(1)),
            ..AwsOptions::default()
        }
    }

    pub fn account(&self) -> Account {
        Account::new(self.options())
    }
}

/// A server that gives one answer to all, and its account.
pub async fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Server, Account) {
    let server = Server::start(move |_| reply()).await;
    let account = server.account();
    (server, account)
}

/// Answers one request of a connection and closes it.
pub async fn serve<S>(mut stream: S, script: &(impl Fn(&Request) -> Reply + ?Sized), log: &Mutex<Vec<Request>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(mut request) = read(&mut stream).await else { return };
    {
        let mut log = log.lock().unwrap();
        request.number = log.len();
        log.push(request.clone());
    }
    let (status, headers, body, cut) = match script(&request) {
        Reply::Whole(status, headers, body) => (status, headers, body, 0),
        Reply::Cut(body) => (200, vec![("content-type", "text/xml".to_owned())], body, 1000),
        Reply::Drop => return,
    };
    let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}\r\n", body.len() + cut);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    if request.method != "HEAD" {
        let _ = stream.write_all(&body).await;
    }
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    let (head, mut body) = loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..at]).into_owned(), bytes[at + 4..].to_vec());
        }
    };
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while body.len() < length {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&chunk[..count]);
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Request { method: first.next()?.into(), path: first.next()?.into(), headers, body, number: 0 })
}
