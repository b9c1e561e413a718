//! The proxy in front of AWS: it names every call, records it, and fails it when a test says so.

mod answers;
mod names;
mod upstream;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::certs::Authority;
use answers::{full, plain, shaped};
use names::{Target, is_form};
use upstream::Upstream;

/// For a rule that never wears out.
pub const ALWAYS: usize = usize::MAX;

type Body = BoxBody<Bytes, hyper::Error>;
type Hook = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Why the connection ends without an answer.
#[derive(Debug)]
struct Cut(String);

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cut {}

impl From<hyper::Error> for Cut {
    fn from(problem: hyper::Error) -> Self {
        Self(format!("{problem:?}"))
    }
}

impl From<std::io::Error> for Cut {
    fn from(problem: std::io::Error) -> Self {
        Self(problem.to_string())
    }
}

/// One call that came through.
#[derive(Clone, Debug)]
pub struct Call {
    /// `service:Operation`, as in IAM.
    pub name: String,
    /// The answer's status; none when the connection was cut.
    pub status: Option<u16>,
    /// How long it took, with every delay.
    pub ms: u128,
    /// The host it was for.
    pub host: String,
    /// The access key that signed it; empty when unsigned.
    pub access_key: String,
    /// Method and path with query.
    pub request: String,
    /// Whether a rule made the answer.
    pub faulted: bool,
}

/// What a rule does to a call.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answers in AWS's shape, without asking AWS.
    Answer {
        /// The status.
        status: u16,
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// Answers with these very bytes, without asking AWS.
    Raw {
        /// The status.
        status: u16,
        /// The content type.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Cuts the connection; AWS never hears of the call.
    DropBefore,
    /// AWS carries the call out; its answer is lost.
    DropAfter,
    /// AWS carries the call out; half of its answer's body arrives.
    Truncate,
    /// Waits, then goes on.
    Delay(Duration),
}

struct Rule {
    call: String,
    act: Act,
    left: usize,
}

#[derive(Default)]
struct State {
    delay: Duration,
    rules: Vec<Rule>,
    hooks: HashMap<String, Vec<Hook>>,
    calls: Vec<Call>,
}

/// The proxy's handle: what goes wrong, and what came by.
#[derive(Clone)]
pub struct Fault {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

impl Fault {
    /// Listens on loopback in front of AWS at `aws`; it ends with its runtime.
    pub async fn start(aws: SocketAddr, authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the proxy binds");
        let address = listener.local_addr().expect("a bound address");
        let fault = Self { state: Arc::default(), address };
        let acceptor = TlsAcceptor::from(Arc::new(authority.aws.server_config()));
        let connector = TlsConnector::from(Arc::new(authority.client_config()));
        let served = fault.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(served.clone().serve(stream, acceptor.clone(), connector.clone(), aws));
            }
        });
        fault
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every call from now on takes this much longer.
    pub fn delay_all(&self, ms: u64) {
        self.lock().delay = Duration::from_millis(ms);
    }

    /// A rule for the next `times` calls of this name (`s3:PutObject`, `s3:*`, `*`). Rules of a call apply in the
    /// order they were made, one a call, but delays, which apply beside them.
    pub fn rule(&self, call: &str, act: Act, times: usize) {
        self.lock().rules.push(Rule { call: call.to_owned(), act, left: times });
    }

    /// Answers the next `times` calls with an error of AWS's shape.
    pub fn answer(&self, call: &str, status: u16, code: &str, times: usize) {
        self.answer_with(call, status, code, "The test-bed made this answer.", times);
    }

    /// The same, with a message.
    pub fn answer_with(&self, call: &str, status: u16, code: &str, message: &str, times: usize) {
        let act = Act::Answer { status, code: code.to_owned(), message: message.to_owned() };
        self.rule(call, act, times);
    }

    /// Cuts the connection of the next `times` calls before AWS hears of them.
    pub fn drop_before(&self, call: &str, times: usize) {
        self.rule(call, Act::DropBefore, times);
    }

    /// Cuts the connection of the next `times` calls after AWS carried them out.
    pub fn drop_after(&self, call: &str, times: usize) {
        self.rule(call, Act::DropAfter, times);
    }

    /// Slows the next `times` calls of this name.
    pub fn delay(&self, call: &str, ms: u64, times: usize) {
        self.rule(call, Act::Delay(Duration::from_millis(ms)), times);
    }

    /// Runs once, just before the next call of exactly this name goes to AWS; the call waits for it.
    pub fn before<H>(&self, call: &str, hook: H)
    where
        H: FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
    {
        self.lock().hooks.entry(call.to_owned()).or_default().push(Box::new(hook));
    }

    /// Every call that was answered or cut, in the order of their ends.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls of this name there were.
    pub fn count(&self, call: &str) -> usize {
        self.lock().calls.iter().filter(|seen| matches(call, &seen.name)).count()
    }

    /// Forgets rules, hooks, the delay and the calls.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    /// Forgets the calls alone.
    pub fn clear_calls(&self) {
        self.lock().calls.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The delays that apply now, and the rule.
    fn judge(&self, call: &str) -> (Duration, Option<Act>) {
        let mut state = self.lock();
        let (mut delay, mut act) = (state.delay, None);
        for rule in state.rules.iter_mut().filter(|rule| rule.left > 0 && matches(&rule.call, call)) {
            match &rule.act {
                Act::Delay(more) => delay += *more,
                other if act.is_none() => act = Some(other.clone()),
                _ => continue,
            }
            if rule.left != ALWAYS {
                rule.left -= 1;
            }
        }
        (delay, act)
    }

    fn hook(&self, call: &str) -> Option<Hook> {
        let mut state = self.lock();
        let hooks = state.hooks.get_mut(call)?;
        (!hooks.is_empty()).then(|| hooks.remove(0))
    }

    async fn serve(self, stream: TcpStream, acceptor: TlsAcceptor, connector: TlsConnector, aws: SocketAddr) {
        let _ = stream.set_nodelay(true);
        let Ok(stream) = acceptor.accept(stream).await else { return };
        let upstream = Arc::new(tokio::sync::Mutex::new(Upstream { aws, connector, open: None }));
        let service = service_fn(move |request| {
            let (fault, upstream) = (self.clone(), upstream.clone());
            async move { fault.handle(request, &upstream).await }
        });
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn handle(
        &self,
        request: Request<Incoming>,
        upstream: &tokio::sync::Mutex<Upstream>,
    ) -> Result<Response<Body>, Cut> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        // Only a form's body is read here: it names the call.
        let (form, body) = if is_form(&parts) {
            let bytes = body.collect().await?.to_bytes();
            (bytes.clone(), full(bytes))
        } else {
            (Bytes::new(), body.boxed())
        };
        let target = Target::of(&parts, &form);
        let mut call = Call {
            name: target.name.clone(),
            status: None,
            ms: 0,
            host: target.host.clone(),
            access_key: target.access_key.clone(),
            request: format!("{} {}", parts.method, parts.uri),
            faulted: false,
        };
        let (delay, act) = self.judge(&target.name);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let request = Request::from_parts(parts, body);
        let result = self.act(act, &target, request, upstream, &mut call.faulted).await;
        call.status = result.as_ref().ok().map(|response| response.status().as_u16());
        call.ms = began.elapsed().as_millis();
        self.lock().calls.push(call);
        result
    }

    async fn act(
        &self,
        act: Option<Act>,
        target: &Target,
        request: Request<Body>,
        upstream: &tokio::sync::Mutex<Upstream>,
        faulted: &mut bool,
    ) -> Result<Response<Body>, Cut> {
        *faulted = act.is_some();
        match act {
            Some(Act::Answer { status, code, message }) => {
                Ok(shaped(&target.service, request.method(), status, &code, &message))
            }
            Some(Act::Raw { status, content_type, body }) => Ok(plain(status, &content_type, body)),
            Some(Act::DropBefore) => Err(Cut("before the call".to_owned())),
            act => {
                if let Some(hook) = self.hook(&target.name) {
                    hook().await;
                }
                let response = upstream.lock().await.send(request).await?;
                match act {
                    Some(Act::DropAfter) => {
                        let _ = response.into_body().collect().await?;
                        Err(Cut("after the call".to_owned()))
                    }
                    Some(Act::Truncate) => {
                        let (parts, body) = response.into_parts();
                        let bytes = body.collect().await?.to_bytes();
                        let half = bytes.slice(..bytes.len() / 2);
                        let mut shorter = Response::from_parts(parts, full(half));
                        shorter.headers_mut().remove(header::CONTENT_LENGTH);
                        shorter.headers_mut().remove(header::TRANSFER_ENCODING);
                        Ok(shorter)
                    }
                    _ => Ok(response.map(http_body_util::BodyExt::boxed)),
                }
            }
        }
    }
}

fn matches(pattern: &str, call: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == call, |start| call.starts_with(start))
}
