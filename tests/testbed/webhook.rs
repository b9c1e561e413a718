//! The identity webhook that EKS runs: it hands a pod the role of its service account's
//! association (Pod Identity), or else of its annotation (IRSA).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const NAME: &str = "pod-identity-webhook";
const ROLE: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE: &str = "eks.amazonaws.com/audience";
const IRSA: Way =
    Way { folder: "/var/run/secrets/eks.amazonaws.com/serviceaccount", file: "token", volume: "aws-iam-token" };
const POD_IDENTITY: Way = Way {
    folder: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
    file: "eks-pod-identity-token",
    volume: "eks-pod-identity-token",
};
/// Where the agent answers on every node of EKS.
const AGENT: &str = "http://169.254.170.23/v1/credentials";

/// Where the pod finds its token.
struct Way {
    folder: &'static str,
    file: &'static str,
    volume: &'static str,
}

/// What the webhook asks: the cluster, and AWS for its associations.
#[derive(Clone)]
pub struct Sources {
    /// The cluster's API, as its admin.
    pub admin: kube::Client,
    /// EKS as the cluster's account, without retries: a pod waits.
    pub eks: aws_sdk_eks::Client,
    /// The cluster's name.
    pub cluster: String,
    /// The cluster's region.
    pub region: String,
}

/// The webhook, serving until it is dropped.
pub struct Webhook {
    admin: kube::Client,
    configuration: Value,
    seen: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Webhook {
    /// Serves on loopback with this certificate, and returns once the API server asks it.
    pub async fn start(sources: Sources, ca_pem: String, cert_pem: String, key_pem: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let tls = tls(&cert_pem, &key_pem);
        let seen = Arc::new(AtomicUsize::new(0));
        let admin = sources.admin.clone();
        let server = tokio::spawn(serve(listener, tls, Arc::new(sources), Arc::clone(&seen)));
        let webhook = Self { admin, configuration: configuration(port, &ca_pem), seen, server };
        webhook.restore().await;
        webhook
    }

    /// Takes the webhook away: pods created from now on are left as they are.
    pub async fn remove(&self) {
        let api: Api<MutatingWebhookConfiguration> = Api::all(self.admin.clone());
        match api.delete(NAME, &DeleteParams::default()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => panic!("{NAME} is not deleted: {error}"),
        }
        self.settle(false).await;
    }

    /// Puts the webhook back.
    pub async fn restore(&self) {
        let api: Api<MutatingWebhookConfiguration> = Api::all(self.admin.clone());
        let apply = PatchParams::apply("eks").force();
        api.patch(NAME, &apply, &Patch::Apply(&self.configuration)).await.expect("the webhook's configuration");
        self.settle(true).await;
    }

    /// The API server learns of a changed configuration by its own watch: a pod that is never stored tells when.
    async fn settle(&self, asked: bool) {
        let api: Api<Pod> = Api::namespaced(self.admin.clone(), "default");
        let probe: Pod = serde_json::from_value(json!({
            "metadata": {"name": "webhook-probe"},
            "spec": {"containers": [{"name": "probe", "image": "probe:1"}]},
        }))
        .expect("a pod");
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let before = self.seen.load(Ordering::SeqCst);
            // Refused as long as `default` has no service account, which the controller manager makes.
            let answer = api.create(&dry, &probe).await;
            let now = self.seen.load(Ordering::SeqCst) != before;
            if answer.is_ok() && now == asked {
                return;
            }
            assert!(Instant::now() < deadline, "{NAME} asked: {now}, expected: {asked}; {answer:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn configuration(port: u16, ca_pem: &str) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [{
            "name": "iam-for-pods.amazonaws.com",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {
                "url": format!("https://127.0.0.1:{port}/mutate"),
                "caBundle": base64::engine::general_purpose::STANDARD.encode(ca_pem),
            },
            "failurePolicy": "Ignore",
            "sideEffects": "None",
            "timeoutSeconds": 10,
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        }],
    })
}

fn tls(cert_pem: &str, key_pem: &str) -> tokio_rustls::TlsAcceptor {
    let certificates = CertificateDer::pem_slice_iter(cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).expect("a private key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(certificates.expect("certificates"), key)
        .expect("a certificate with its key");
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

async fn serve(listener: TcpListener, tls: tokio_rustls::TlsAcceptor, sources: Arc<Sources>, seen: Arc<AtomicUsize>) {
    // Dropped with this task, and the connections with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let (tls, sources, seen) = (tls.clone(), Arc::clone(&sources), Arc::clone(&seen));
        connections.spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                seen.fetch_add(1, Ordering::SeqCst);
                let sources = Arc::clone(&sources);
                async move {
                    let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
                    let answer = review(&sources, &body).await;
                    let body = Full::new(Bytes::from(answer.to_string()));
                    let answer = hyper::Response::builder().header("content-type", "application/json").body(body);
                    Ok::<_, Infallible>(answer.expect("a response"))
                }
            });
            let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Answers one `AdmissionReview`: always allowed, perhaps with a patch.
async fn review(sources: &Sources, body: &[u8]) -> Value {
    let review: Value = serde_json::from_slice(body).unwrap_or_default();
    let request = &review["request"];
    let mut response = json!({"uid": request["uid"], "allowed": true});
    let namespace = request["namespace"].as_str().unwrap_or("default");
    let mut spec = request["object"]["spec"].clone();
    let account = spec["serviceAccountName"].as_str().unwrap_or("default").to_owned();
    let given = if associated(sources, namespace, &account).await {
        let file = format!("{}/{}", POD_IDENTITY.folder, POD_IDENTITY.file);
        let variables =
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", AGENT), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file)];
        give(&mut spec, &POD_IDENTITY, super::agent::AUDIENCE, &sources.region, variables);
        true
    } else if let Some((role, audience)) = role(&sources.admin, namespace, &account).await {
        let file = format!("{}/{}", IRSA.folder, IRSA.file);
        let variables = [("AWS_ROLE_ARN", role.as_str()), ("AWS_WEB_IDENTITY_TOKEN_FILE", &file)];
        give(&mut spec, &IRSA, &audience, &sources.region, variables);
        true
    } else {
        false
    };
    if given {
        let patch = json!([{"op": "replace", "path": "/spec", "value": spec}]);
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(base64::engine::general_purpose::STANDARD.encode(patch.to_string()));
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

/// The role and the audience that the service account asks for. One that is not there yet gets a moment's grace.
async fn role(admin: &kube::Client, namespace: &str, account: &str) -> Option<(String, String)> {
    let api: Api<ServiceAccount> = Api::namespaced(admin.clone(), namespace);
    let deadline = Instant::now() + Duration::from_millis(100);
    let account = loop {
        match api.get_opt(account).await {
            Ok(Some(account)) => break account,
            _ if Instant::now() > deadline => return None,
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let annotations = account.metadata.annotations.unwrap_or_default();
    let audience = annotations.get(AUDIENCE).map_or("sts.amazonaws.com", String::as_str);
    Some((annotations.get(ROLE)?.clone(), audience.to_owned()))
}

/// Whether the service account has an association. None is found while the cluster is not in AWS yet.
async fn associated(sources: &Sources, namespace: &str, account: &str) -> bool {
    let ask = sources.eks.list_pod_identity_associations().cluster_name(&sources.cluster);
    let answer = ask.namespace(namespace).service_account(account).send().await;
    answer.is_ok_and(|answer| !answer.associations().is_empty())
}

/// Adds the environment and the token's volume to every container.
fn give(spec: &mut Value, way: &Way, audience: &str, region: &str, variables: [(&str, &str); 2]) {
    let common = [("AWS_STS_REGIONAL_ENDPOINTS", "regional"), ("AWS_DEFAULT_REGION", region), ("AWS_REGION", region)];
    for kind in ["initContainers", "containers"] {
        for container in spec[kind].as_array_mut().into_iter().flatten() {
            for (name, value) in common.into_iter().chain(variables) {
                push(container, "env", "name", name, json!({"name": name, "value": value}));
            }
            let mount = json!({"name": way.volume, "mountPath": way.folder, "readOnly": true});
            push(container, "volumeMounts", "mountPath", way.folder, mount);
        }
    }
    let token = json!({"audience": audience, "expirationSeconds": 86_400, "path": way.file});
    let volume = json!({"name": way.volume, "projected": {"sources": [{"serviceAccountToken": token}]}});
    push(spec, "volumes", "name", way.volume, volume);
}

/// Appends to a list unless it has an entry whose `key` is `value`.
fn push(holder: &mut Value, list: &str, key: &str, value: &str, entry: Value) {
    if !holder[list].is_array() {
        holder[list] = json!([]);
    }
    let list = holder[list].as_array_mut().expect("a list");
    if !list.iter().any(|present| present[key] == value) {
        list.push(entry);
    }
}
