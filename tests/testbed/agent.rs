//! The EKS Pod Identity agent: it hands a pod the credentials of its association's role.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::authentication::v1::{TokenReview, UserInfo};
use kube::Api;
use kube::api::PostParams;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsConnector;

use super::certs::Authority;

/// The audience of the tokens that it takes.
pub const AUDIENCE: &str = "pods.eks.amazonaws.com";
/// Where a pod finds it on EKS; on loopback its address stands in.
pub const PATH: &str = "/v1/credentials";

/// The agent, serving until it is dropped.
pub struct Agent {
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// What it needs to answer.
struct Around {
    admin: kube::Client,
    aws: SocketAddr,
    cluster: String,
    region: String,
}

/// A refusal: status, AWS's error code and its message.
type Refused = (StatusCode, String, String);

impl Agent {
    /// Serves the pods of this cluster on loopback; `aws` is the emulator's own address.
    pub async fn start(admin: kube::Client, aws: SocketAddr, cluster: &str, region: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let around = Around { admin, aws, cluster: cluster.to_owned(), region: region.to_owned() };
        let server = tokio::spawn(serve(listener, Arc::new(around)));
        Self { address, server }
    }

    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, around: Arc<Around>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let around = Arc::clone(&around);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let around = Arc::clone(&around);
                async move { Ok::<_, Infallible>(answer(&around, &request).await) }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(around: &Around, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, kind, body) = match credentials(around, request).await {
        Ok(credentials) => (StatusCode::OK, "application/json", credentials.to_string()),
        // The agent's own words; its number of the request is made up.
        Err((status, code, message)) => {
            let body = format!("[00000000-0000-4000-8000-000000000000]: ({code}): {message}, fault: client\n");
            (status, "text/plain; charset=utf-8", body)
        }
    };
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    response.body(Full::new(Bytes::from(body))).expect("a response")
}

async fn credentials(around: &Around, request: &Request<Incoming>) -> Result<Value, Refused> {
    if request.method() != hyper::Method::GET || request.uri().path() != PATH {
        return Err((StatusCode::NOT_FOUND, "NotFound".to_owned(), "404 page not found".to_owned()));
    }
    let token = request.headers().get(header::AUTHORIZATION).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let user = review(around, token).await.map_err(invalid)?;
    let pod = pod(around, &user).ok_or_else(|| invalid("the token is not bound to a pod".to_owned()))?;
    let (status, answer) = exchange(around.aws, &pod)
        .await
        .map_err(|problem| (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException".to_owned(), problem))?;
    if status.is_success() {
        return Ok(answer);
    }
    let word = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    // AssumeRoleForPodIdentity refuses with 400, and 404 where there is no association.
    let status = if status == StatusCode::NOT_FOUND { status } else { StatusCode::BAD_REQUEST };
    Err((status, word("code"), word("message")))
}

fn invalid(message: String) -> Refused {
    (StatusCode::BAD_REQUEST, "InvalidTokenException".to_owned(), message)
}

/// Whose token it is, or why it is nobody's.
async fn review(around: &Around, token: &str) -> Result<UserInfo, String> {
    let api: Api<TokenReview> = Api::all(around.admin.clone());
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": [AUDIENCE]},
    });
    let review = serde_json::from_value(review).expect("a token review");
    let review = api.create(&PostParams::default(), &review).await.map_err(|problem| problem.to_string())?;
    let status = review.status.unwrap_or_default();
    let meant = status.audiences.iter().flatten().any(|audience| audience == AUDIENCE);
    match status.user {
        Some(user) if meant && status.authenticated == Some(true) => Ok(user),
        _ => Err(status.error.unwrap_or_else(|| "the token is not valid".to_owned())),
    }
}

/// What the exchange is told of the pod.
fn pod(around: &Around, user: &UserInfo) -> Option<Value> {
    let name = user.username.as_deref()?.strip_prefix("system:serviceaccount:")?;
    let (namespace, account) = name.split_once(':')?;
    let extra = |key: &str| user.extra.as_ref()?.get(&format!("authentication.kubernetes.io/{key}"))?.first();
    Some(json!({
        "cluster": around.cluster, "region": around.region, "namespace": namespace, "serviceAccount": account,
        "podName": extra("pod-name")?, "podUid": extra("pod-uid")?,
    }))
}

/// Asks the emulator.
async fn exchange(aws: SocketAddr, pod: &Value) -> Result<(StatusCode, Value), String> {
    let ask = async {
        let tls = TlsConnector::from(Arc::new(Authority::get().client_config()));
        let stream = TcpStream::connect(aws).await.map_err(|problem| problem.to_string())?;
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = tls.connect(name, stream).await.map_err(|problem| problem.to_string())?;
        let shake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
        let (mut sender, connection) = shake.await.map_err(|problem| problem.to_string())?;
        let request = Request::post("/_lifeboat/pod-identity")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(pod.to_string())))
            .expect("a request");
        let answer = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            Ok::<_, hyper::Error>((status, answer.into_body().collect().await?.to_bytes()))
        };
        tokio::spawn(connection);
        answer.await.map_err(|problem| problem.to_string())
    };
    let (status, body) = ask.await?;
    let body = serde_json::from_slice(&body).map_err(|problem| format!("{status}: {problem}"))?;
    Ok((status, body))
}
