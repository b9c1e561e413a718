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
    settings.expires_in = Some(Duration::from_mins(1));
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

/// AWS's own command line with the environment that lifeboat gets.
async fn aws(world: &World, args: &[&str]) -> (bool, String) {
    let output = tokio::process::Command::new(world.parts().folder.join("venv/bin/python"))
        .arg(world.parts().folder.join("venv/bin/aws"))
        .args(args)
        .env_clear()
        .envs(world.env())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn unchanged_hosts_lead_to_the_test_bed() {
    let world = world!(Options::default().without_node().without_webhook());
    let (good, said) = aws(&world, &["sts", "get-caller-identity"]).await;
    assert!(good && said.contains("111122223333"), "{said}");
    let (good, said) = aws(&world, &["s3api", "create-bucket", "--bucket", "by-its-own-host"]).await;
    assert!(good, "{said}");
    let (good, said) = aws(&world, &["s3api", "head-bucket", "--bucket", "by-its-own-host"]).await;
    assert!(good, "{said}");
    let (good, said) = aws(&world, &["eks", "describe-cluster", "--name", "prod"]).await;
    assert!(good && said.contains(world.issuer("prod")), "{said}");
    world.fault().answer("iam:ListRoles", 403, "AccessDenied", 1);
    let (good, said) = aws(&world, &["iam", "list-roles"]).await;
    assert!(!good && said.contains("(AccessDenied)"), "{said}");
    let calls = world.fault().calls();
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    let expected =
        ["sts:GetCallerIdentity", "s3:CreateBucket", "s3:HeadBucket", "eks:DescribeCluster", "iam:ListRoles"];
    assert_eq!(names, expected);
    assert!(
        calls.iter().all(|call| call.access_key == world.admin_key() && call.faulted == (call.name == "iam:ListRoles"))
    );
    assert!(world.connect().hosts().iter().all(|host| host.ends_with(".amazonaws.com")), "{:?}", world.connect());
}

#[tokio::test]
async fn faults_strike_the_named_call() {
    let world = world!(Options::default().without_node().without_webhook());
    let fault = world.fault();
    let config = world.sdk_through_faults("us-east-1");
    let config = config.into_builder().retry_config(aws_config::retry::RetryConfig::disabled()).build();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let kms = aws_sdk_kms::Client::new(&config);
    let eks = aws_sdk_eks::Client::new(&config);

    fault.drop_before("s3:CreateBucket", 1);
    s3.create_bucket().bucket("dropped-before").send().await.unwrap_err();
    assert!(world.s3().head_bucket().bucket("dropped-before").send().await.is_err());
    fault.drop_after("s3:CreateBucket", 1);
    s3.create_bucket().bucket("dropped-after").send().await.unwrap_err();
    world.s3().head_bucket().bucket("dropped-after").send().await.unwrap();

    fault.answer("kms:CreateKey", 400, "LimitExceededException", 1);
    let refused = kms.create_key().send().await.unwrap_err().into_service_error();
    assert!(refused.is_limit_exceeded_exception(), "{refused:?}");
    kms.create_key().send().await.unwrap();
    fault.answer("eks:DescribeCluster", 404, "ResourceNotFoundException", 1);
    let refused = eks.describe_cluster().name("prod").send().await.unwrap_err().into_service_error();
    assert!(refused.is_resource_not_found_exception(), "{refused:?}");
    fault.answer("s3:PutBucketPolicy", 409, "OperationAborted", 1);
    let refused = s3.put_bucket_policy().bucket("dropped-after").policy("{}").send().await.unwrap_err();
    assert_eq!(refused.into_service_error().meta().code(), Some("OperationAborted"));

    let body = vec![7; 3_000_000];
    let from = world.s3();
    fault.before("s3:PutObject", move || {
        Box::pin(async move {
            let missing = from.head_object().bucket("dropped-after").key("a/b c").send().await;
            assert!(missing.is_err(), "the hook is before the call");
        })
    });
    s3.put_object().bucket("dropped-after").key("a/b c").body(body.clone().into()).send().await.unwrap();
    let found = s3.get_object().bucket("dropped-after").key("a/b c").send().await.unwrap();
    assert_eq!(found.body.collect().await.unwrap().to_vec(), body);
    s3.list_objects_v2().bucket("dropped-after").send().await.unwrap();
    s3.list_object_versions().bucket("dropped-after").send().await.unwrap();

    fault.delay_all(200);
    let began = Instant::now();
    s3.list_buckets().send().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    let seen: Vec<(String, Option<u16>)> = fault.calls().into_iter().map(|call| (call.name, call.status)).collect();
    let expected = [
        ("s3:CreateBucket", None),
        ("s3:CreateBucket", None),
        ("kms:CreateKey", Some(400)),
        ("kms:CreateKey", Some(200)),
        ("eks:DescribeCluster", Some(404)),
        ("s3:PutBucketPolicy", Some(409)),
        ("s3:PutObject", Some(200)),
        ("s3:GetObject", Some(200)),
        ("s3:ListObjectsV2", Some(200)),
        ("s3:ListObjectVersions", Some(200)),
        ("s3:ListBuckets", Some(200)),
    ]
    .map(|(name, status)| (name.to_owned(), status));
    assert_eq!(seen, expected);
}

/// A bucket, a role that Velero's service account may take, and the chart's values for both.
async fn set_up(world: &World) -> serde_json::Value {
    let host = world.issuer("prod").trim_start_matches("https://").to_owned();
    world.s3().create_bucket().bucket("velero-of-the-test").send().await.unwrap();
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let provider = iam.create_open_id_connect_provider().url(world.issuer("prod"));
    provider.client_id_list("sts.amazonaws.com").thumbprint_list("0".repeat(40)).send().await.unwrap();
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{host}")},
        "Condition": {"StringEquals": {
            format!("{host}:aud"): "sts.amazonaws.com",
            format!("{host}:sub"): "system:serviceaccount:velero:velero-server",
        }},
    }]});
    let role = iam.create_role().role_name("velero").assume_role_policy_document(trust.to_string());
    let role = role.send().await.unwrap().role.unwrap().arn;
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::velero-of-the-test", "arn:aws:s3:::velero-of-the-test/*"],
    }]});
    let put = iam.put_role_policy().role_name("velero").policy_name("bucket").policy_document(policy.to_string());
    put.send().await.unwrap();
    serde_json::json!({
        "configuration": {
            "backupStorageLocation": [{
                "name": "default", "default": true, "provider": "aws", "bucket": "velero-of-the-test",
                "config": {"region": "us-east-1"},
            }],
            "volumeSnapshotLocation": [],
        },
        "credentials": {"useSecret": false},
        "snapshotsEnabled": false,
        "serviceAccount": {"server": {"name": "velero-server", "annotations": {"eks.amazonaws.com/role-arn": role}}},
        "initContainers": [{
            "name": "velero-plugin-for-aws", "image": "docker.io/velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"name": "plugins", "mountPath": "/target"}],
        }],
    })
}

#[tokio::test]
async fn velero_runs_with_its_role() {
    let world = world!(Options::default());
    let values = world.dir().join("values.json");
    std::fs::write(&values, set_up(&world).await.to_string()).unwrap();
    let helm = tokio::process::Command::new(world.helm())
        .args(["install", "velero"])
        .arg(world.chart())
        .args(["-n", "velero", "--create-namespace", "-f"])
        .arg(&values)
        .env_clear()
        .envs(world.env())
        .env("KUBECONFIG", world.kubeconfig("prod"))
        .output()
        .await
        .unwrap();
    assert!(helm.status.success(), "{}", String::from_utf8_lossy(&helm.stderr));
    let kind = kube::core::GroupVersionKind::gvk("velero.io", "v1", "BackupStorageLocation");
    let kind = kube::core::ApiResource::from_gvk(&kind);
    let locations: Api<kube::core::DynamicObject> = Api::namespaced_with(world.kube("prod").await, "velero", &kind);
    eventually("the location is available", Duration::from_secs(30), || async {
        let location = locations.get("default").await.map_err(|problem| problem.to_string())?;
        let status = &location.data["status"];
        if status["phase"] == "Available" {
            return Ok(());
        }
        Err(format!("{status}\n{}", world.node("prod").logs()))
    })
    .await;
    assert!(world.fault().count("sts:AssumeRoleWithWebIdentity") > 0, "{:?}", world.fault().calls());
    assert!(world.fault().count("s3:ListObjectsV2") > 0, "{:?}", world.fault().calls());
    let ids = world.ids();
    assert_eq!(ids.len(), 5, "Velero is one of them");
    drop(world);
    gone(&ids).await;
}
