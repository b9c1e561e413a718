//! The test-bed itself: worlds come up, work, and leave nothing behind.

use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use base64::Engine as _;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use crate::testbed::world::{ROOT_KEY, ROOT_SECRET, client};
use crate::testbed::{Options, World, eventually, skip};

/// A world, or the end of the test.
macro_rules! world {
    ($options:expr) => {
        match World::start($options).await {
            Ok(world) => world,
            Err(missing) => return skip(missing),
        }
    };
}

/// What `aws eks get-token` prints, made by hand.
fn eks_token(cluster: &str, region: &str) -> String {
    let identity = Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(60));
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let url = format!("https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
    let headers = [("x-k8s-aws-id", cluster)];
    let request = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let mut signed = http::Request::get(&url).body(()).unwrap();
    instructions.apply_to_request_http1x(&mut signed);
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signed.uri().to_string());
    format!("k8s-aws-v1.{encoded}")
}

fn alive(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok()
}

async fn gone(ids: &[u32]) {
    eventually("no process is left", Duration::from_secs(5), || async {
        let left: Vec<&u32> = ids.iter().filter(|id| alive(**id)).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_world_comes_up() {
    let world = world!(Options::default());
    eprintln!("the world took {:?}", world.took());
    assert!(world.took() < Duration::from_secs(30), "{:?}", world.took());
    let namespaces: Api<Namespace> = Api::all(world.kube("prod").await);
    namespaces.get("default").await.unwrap();
    let cluster = aws_sdk_eks::Client::new(&world.sdk()).describe_cluster().name("prod").send().await.unwrap();
    let cluster = cluster.cluster.unwrap();
    assert_eq!(cluster.endpoint, Some(world.endpoint("prod")));
    assert_eq!(cluster.identity.unwrap().oidc.unwrap().issuer.as_deref(), Some(world.issuer("prod")));
    world.s3().create_bucket().bucket("a-bucket-of-the-test").send().await.unwrap();
    assert!(world.fault().calls().is_empty(), "the test's own calls are not recorded");
    let (ids, dir) = (world.ids(), world.dir().to_owned());
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| alive(*id)));
    let began = Instant::now();
    drop(world);
    gone(&ids).await;
    eprintln!("its end took {:?}", began.elapsed());
    assert!(!dir.exists());
}

#[tokio::test]
async fn an_eks_token_opens_the_cluster() {
    let world = world!(Options::default());
    let admin = std::fs::read_to_string(world.kubeconfig("prod")).unwrap();
    let path = world.dir().join("eks-kubeconfig");
    std::fs::write(&path, admin.replace("admin-token", &eks_token("prod", "us-east-1"))).unwrap();
    let client = client(&path).await;
    let review: Api<SelfSubjectReview> = Api::all(client);
    let who = review.create(&kube::api::PostParams::default(), &SelfSubjectReview::default()).await.unwrap();
    let who = who.status.unwrap().user_info.unwrap();
    assert!(who.groups.unwrap().iter().any(|group| group == "system:masters"), "{:?}", who.username);

    std::fs::write(&path, admin.replace("admin-token", &eks_token("other", "us-east-1"))).unwrap();
    let client = crate::testbed::world::client(&path).await;
    let refused = Api::<Namespace>::all(client).get("default").await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.code == 401), "{refused:?}");
}

#[tokio::test]
async fn two_worlds_live_side_by_side() {
    let (one, two) = tokio::join!(
        World::start(Options::default()),
        World::start(Options::default().cluster("standby", "us-west-2"))
    );
    let (one, two) = match (one, two) {
        (Ok(one), Ok(two)) => (one, two),
        (Err(missing), _) | (_, Err(missing)) => return skip(missing),
    };
    eprintln!("the worlds took {:?} and {:?}", one.took(), two.took());
    one.s3().create_bucket().bucket("only-in-one").send().await.unwrap();
    assert!(two.s3().head_bucket().bucket("only-in-one").send().await.is_err());
    let namespaces: Api<Namespace> = Api::all(two.kube("standby").await);
    namespaces.get("default").await.unwrap();
    let ids = one.ids();
    drop(one);
    gone(&ids).await;
    assert!(two.ids().iter().all(|id| alive(*id)));
    two.s3().list_buckets().send().await.unwrap();
}

#[test]
fn a_panic_leaves_nothing() {
    let (sender, ids) = std::sync::mpsc::channel();
    let panicked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let world = match World::start(Options::default()).await {
                Ok(world) => world,
                Err(missing) => {
                    sender.send(Err(missing)).unwrap();
                    return;
                }
            };
            sender.send(Ok(world.ids())).unwrap();
            panic!("on purpose");
        });
    })
    .join();
    let ids = match ids.recv().unwrap() {
        Ok(ids) => ids,
        Err(missing) => return skip(missing),
    };
    assert!(panicked.is_err());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(gone(&ids));
}
