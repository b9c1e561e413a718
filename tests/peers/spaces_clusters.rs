//! Two Spaces by one answers file, on two real API servers: the second gets a role that reads, its annotation and its
//! controllers with it; the token's own calls prove it, and AWS enforces that it is no more.

use crate::hand::Hand;
use crate::lifeboat::{Lifeboat, to_do};
use crate::space_by_hand::{install_here, plane};
use crate::spaces::answers_with;
use crate::spaces_stand_in::back_up;
use crate::testbed::{Options, World};
use crate::world_or_skip;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use serde_json::{Value, json};

const DR: &str = "[[restore_cluster]]\nname = \"dr\"\nregion = \"us-west-2\"\n";
const ROLE: &str = "lifeboat-upbound-spaces-us-west-2-dr-read";
const PREFIX: &str = "upbound-spaces/us-east-1/prod";

/// S3 as a controller of the second cluster, with a token of its service account.
async fn as_controller(world: &World, host: &str, role: &str) -> Result<aws_sdk_s3::Client, String> {
    let accounts: kube::Api<ServiceAccount> = kube::Api::namespaced(world.kube("dr").await, host);
    let request = serde_json::from_value(json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["sts.amazonaws.com"]},
    }));
    let request = request.expect("a request");
    let token = accounts.create_token_request("mxp-controller", &PostParams::default(), &request).await;
    let token = token.expect("a token").status.expect("a token").token;
    let sts = aws_sdk_sts::Client::new(&world.sdk());
    let take = sts.assume_role_with_web_identity().role_arn(role).role_session_name("test").web_identity_token(token);
    let got = take.send().await.map_err(|problem| format!("{problem:?}"))?.credentials.expect("credentials");
    let keys = aws_sdk_s3::config::Credentials::new(
        got.access_key_id,
        got.secret_access_key,
        Some(got.session_token),
        None,
        "test",
    );
    let config = world.s3().config().to_builder().credentials_provider(keys).build();
    Ok(aws_sdk_s3::Client::from_conf(config))
}

/// What a call that AWS refuses says.
async fn put(s3: &aws_sdk_s3::Client, key: &str) -> Result<(), String> {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"x");
    let answer = s3.put_object().bucket("acme-backups").key(key).body(body).send().await;
    answer.map(drop).map_err(|problem| format!("{problem:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_space_is_added_with_a_role_that_reads_and_is_proven_kept_and_taken_back() {
    let world = world_or_skip!(Options::default().second());
    let (prod, dr) = (Hand::on(&world, "prod"), Hand::on(&world, "dr"));
    install_here(prod).await;
    install_here(dr).await;
    plane(prod, "one").await;
    let host = plane(dr, "spare").await;
    let lifeboat = Lifeboat::with(&world, answers_with(&world, "irsa", ""));
    lifeboat.apply(&[]).await.ended(0, "verified");

    let lifeboat = Lifeboat::with(&world, answers_with(&world, "irsa", DR));
    let applied = lifeboat.apply(&[]).await;
    applied.ended(0, "verified");
    assert_eq!(applied.last()["proven"], json!(["token", "backup", "delete", "token:dr"]), "{}", applied.out);
    assert_eq!(applied.last()["not_proven"], json!(["restore", "schedules"]));
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let again = lifeboat.apply(&[]).await;
    again.ended(0, "verified");
    assert!(again.made().is_empty(), "{:?}", again.states());

    let account = dr.until("/v1/ServiceAccount", &host, "mxp-controller", |_| true).await;
    let role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str().expect("a role").to_owned();
    assert!(role.ends_with(ROLE), "{account}");
    // What the role may do, by AWS's word: read what the first has written, and write nowhere.
    let key = format!("{PREFIX}/team-a/one/kept");
    put(&world.s3(), &key).await.expect("an object of the first cluster");
    let s3 = as_controller(&world, &host, &role).await.expect("the role is taken");
    s3.get_object().bucket("acme-backups").key(&key).send().await.expect("it is read");
    for key in [format!("{PREFIX}/restores/log"), key.clone(), "elsewhere/log".to_owned()] {
        let refused = put(&s3, &key).await.expect_err("nothing is written");
        assert!(refused.contains("AccessDenied"), "{key}: {refused}");
    }
    let outside = s3.get_object().bucket("acme-backups").key("elsewhere/log").send().await;
    assert!(format!("{outside:?}").contains("AccessDenied"), "{outside:?}");
    let writer = role.replace(ROLE, "lifeboat-upbound-spaces-us-east-1-prod");
    let refused = as_controller(&world, &host, &writer).await.expect_err("the first cluster's role");
    assert!(refused.contains("AccessDenied"), "{refused}");
    // The running controller of the second has the role, which is refused its upload.
    back_up(dr, "refused", "spare", "lifeboat").await;
    let failed = |it: &Value| it["status"]["phase"] == "Failed";
    let it = dr.until("spaces.upbound.io/v1beta1/Backup", "team-a", "refused", failed).await;
    assert!(it["status"]["conditions"].to_string().contains("cannot upload backup"), "{it}");

    lifeboat.undo().await.ended(0, "undone");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    assert!(iam.get_role().role_name(ROLE).send().await.is_err(), "the read role is gone");
    iam.get_role()
        .role_name("lifeboat-upbound-spaces-us-east-1-prod")
        .send()
        .await
        .expect("the first run's role stays");
    dr.gone("spaces.upbound.io/v1beta1/SharedBackupConfig", "team-a", "lifeboat").await;
}
