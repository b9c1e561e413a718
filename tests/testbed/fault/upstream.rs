//! The connection behind the proxy.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Body, Cut};

/// The connection to AWS that belongs to one client's connection.
pub struct Upstream {
    pub aws: SocketAddr,
    pub connector: TlsConnector,
    pub open: Option<(SendRequest<Body>, Instant)>,
}

impl Upstream {
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Cut> {
        // A connection that was idle for long may be closed just now, and a streamed body is not sent twice.
        let kept = match self.open.take() {
            Some((mut sender, used)) if used.elapsed() < Duration::from_secs(1) => {
                sender.ready().await.is_ok().then_some(sender)
            }
            _ => None,
        };
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let response = sender.send_request(request).await?;
        self.open = Some((sender, Instant::now()));
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest<Body>, Cut> {
        let stream = TcpStream::connect(self.aws).await?;
        stream.set_nodelay(true)?;
        let stream = self.connector.connect(ServerName::try_from("localhost").expect("a name"), stream).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
