//! Pod Identity, add-ons and the simulator: pages, tokens, refusals (A10, A13, A15, A27).

use crate::answers::bucket;
use crate::server::{Reply, Server, always, json, json_error, query_error, s3_error, xml};
use lifeboat::ports::{Asked, Aws, NewAssociation, Tags, TroubleKind, Verdict};

fn new() -> NewAssociation {
    NewAssociation {
        region: "eu-west-1".into(),
        cluster: "prod".into(),
        namespace: "velero".into(),
        service_account: "velero-server".into(),
        role_arn: "arn:aws:iam::111122223333:role/lifeboat".into(),
        token: "run-1-association".into(),
        tags: Tags::from([("managed-by".to_owned(), "lifeboat".to_owned())]),
    }
}

fn summary(account: &str) -> String {
    format!(r#"{{"namespace":"velero","serviceAccount":"{account}","associationId":"a-{account}"}}"#)
}

fn described(account: &str, rest: &str) -> String {
    let arn = format!("arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-{account}");
    format!(
        r#"{{"association":{{"associationId":"a-{account}","associationArn":"{arn}","namespace":"velero",
        "serviceAccount":"{account}","roleArn":"arn:aws:iam::111122223333:role/r"{rest}}}}}"#
    )
}

fn account_of(path: &str) -> String {
    path.rsplit('/').next().unwrap().trim_start_matches("a-").to_owned()
}

#[tokio::test]
async fn a15_associations_of_all_pages_are_found_and_only_those_asked_for_are_described() {
    let server = Server::start(|request| {
        if !request.path.contains("pod-identity-associations?") {
            return json(200, &described(&account_of(&request.path), r#","disableSessionTags":true"#));
        }
        let second = request.path.contains("nextToken=n");
        let items: Vec<String> = (0..100).map(|n| summary(&format!("{}{n}", if second { "b" } else { "a" }))).collect();
        let token = if second { "" } else { r#","nextToken":"n""# };
        json(200, &format!(r#"{{"associations":[{}]{token}}}"#, items.join(",")))
    })
    .await;
    let account = server.account();
    let asked = ["b7", "none", "a3"].map(|name| ("velero".to_owned(), name.to_owned()));
    let found = account.associations("eu-west-1", "prod", &asked).await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.service_account.as_str(), one.disable_session_tags)).collect();
    assert_eq!(told, [("b7", true), ("a3", true)]);
    assert_eq!(server.requests().len(), 4, "two pages and two descriptions");
    assert_eq!(account.associated("eu-west-1", "prod").await.unwrap().len(), 200);
}

#[tokio::test]
async fn one_association_is_looked_for_by_eks_itself() {
    let server = Server::start(|request| match request.number {
        0 => json(200, &format!(r#"{{"associations":[{}]}}"#, summary("velero-server"))),
        _ => json_error(404, "ResourceNotFoundException", "gone meanwhile"),
    })
    .await;
    let asked = [("velero".to_owned(), "velero-server".to_owned())];
    assert_eq!(server.account().associations("eu-west-1", "prod", &asked).await, Ok(Vec::new()));
    let path = &server.requests()[0].path;
    assert!(path.contains("namespace=velero") && path.contains("serviceAccount=velero-server"), "{path}");
}

#[tokio::test]
async fn an_association_is_made_with_tags_and_the_runs_token() {
    let (server, account) = always(|| json(200, &described("velero-server", ""))).await;
    assert_eq!(account.create_association(&new()).await.unwrap().id, "a-velero-server");
    let body: serde_json::Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    assert_eq!(body["clientRequestToken"], "run-1-association");
    assert_eq!(
        (&body["tags"]["managed-by"], &body["disableSessionTags"]),
        (&"lifeboat".into(), &serde_json::Value::Null)
    );
    account.update_association("eu-west-1", "prod", "a-1", "arn:aws:iam::111122223333:role/s", "t").await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&server.requests()[1].body).unwrap();
    assert_eq!((&body["clientRequestToken"], body.as_object().unwrap().len()), (&"t".into(), 2), "{body}");
}

#[tokio::test]
async fn a10_the_quota_of_associations_is_named_as_one_that_cannot_be_raised() {
    let text = "The maximum number of associations of the cluster is reached";
    let (server, account) = always(move || json_error(400, "ResourceLimitExceededException", text)).await;
    let trouble = account.create_association(&new()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Quota);
    assert!(trouble.what.as_str().contains("5,000 Pod Identity associations per cluster"), "{trouble}");
    assert!(!trouble.todo.as_str().contains("Service Quotas"), "{trouble}");
    assert_eq!(server.requests().len(), 1);
    let (_server, account) = always(move || json_error(400, "ResourceLimitExceededException", text)).await;
    let trouble = account.create_addon("eu-west-1", "prod", "eks-pod-identity-agent", "", &Tags::new()).await;
    let trouble = trouble.unwrap_err();
    assert!(trouble.kind == TroubleKind::Quota && trouble.todo.as_str().contains("Service Quotas"), "{trouble}");
}

#[tokio::test]
async fn a13_a_lost_answer_to_a_creation_is_unknown_and_not_repeated() {
    let (server, account) = always(|| Reply::Drop).await;
    assert!(account.create_association(&new()).await.unwrap_err().is_unknown());
    assert_eq!(server.requests().len(), 1);
    let (server, account) = always(|| Reply::Drop).await;
    let answer = account.create_addon("eu-west-1", "prod", "eks-pod-identity-agent", "", &Tags::new()).await;
    assert!(answer.unwrap_err().is_unknown());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a07_a05_what_exists_or_is_gone_is_told_as_that() {
    let (_server, account) = always(|| json_error(409, "ResourceInUseException", "it exists")).await;
    assert_eq!(account.create_association(&new()).await.unwrap_err().kind, TroubleKind::Exists);
    let (_server, account) = always(|| json_error(404, "ResourceNotFoundException", "none")).await;
    assert_eq!(account.delete_association("eu-west-1", "prod", "a-1").await, Ok(()));
    assert_eq!(account.delete_addon("eu-west-1", "prod", "eks-pod-identity-agent").await, Ok(()));
    assert_eq!(account.associated("eu-west-1", "none").await, Ok(Vec::new()));
    let trouble = account.update_association("eu-west-1", "prod", "a-1", "arn", "t").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::NotFound);
}

#[tokio::test]
async fn a27_an_addon_tells_its_health_and_its_versions_the_newest_first() {
    let (_server, account) = always(|| {
        json(
            200,
            r#"{"addon":{"status":"CREATE_FAILED","addonVersion":"v1.3.9-eksbuild.3","tags":{"a":"b"},"health":
            {"issues":[{"code":"InsufficientNumberOfReplicas","message":"no node"}]}}}"#,
        )
    })
    .await;
    let found = account.addon("eu-west-1", "prod", "eks-pod-identity-agent").await.unwrap().unwrap();
    assert_eq!((found.status.as_str(), found.version.as_str()), ("CREATE_FAILED", "v1.3.9-eksbuild.3"));
    assert_eq!(found.issues, ["InsufficientNumberOfReplicas: no node"]);
    let (server, account) = always(|| {
        json(
            200,
            r#"{"addons":[{"addonName":"eks-pod-identity-agent","addonVersions":[
            {"addonVersion":"v1.3.9-eksbuild.3","compatibilities":[{"clusterVersion":"1.34","defaultVersion":true}]},
            {"addonVersion":"v1.3.10-eksbuild.1","compatibilities":[{"clusterVersion":"1.34"}]},
            {"addonVersion":"v9.0.0-eksbuild.1","compatibilities":[{"clusterVersion":"1.40"}]}]}]}"#,
        )
    })
    .await;
    let found = account.addon_versions("eu-west-1", "eks-pod-identity-agent", "1.34").await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.version.as_str(), one.default)).collect();
    assert_eq!(told, [("v1.3.10-eksbuild.1", false), ("v1.3.9-eksbuild.3", true)]);
    assert!(server.requests()[0].path.contains("kubernetesVersion=1.34"));
}

fn result(action: &str, resource: &str, decision: &str, rest: &str) -> String {
    format!(
        "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>\
         <EvalDecision>{decision}</EvalDecision>{rest}</member>"
    )
}

fn results(members: &str, rest: &str) -> Reply {
    xml(
        200,
        &format!(
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>{members}\
             </EvaluationResults>{rest}</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        ),
    )
}

fn asked(actions: &[&str], resources: &[&str]) -> Asked {
    let all = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Asked { actions: all(actions), resources: all(resources) }
}

#[tokio::test]
async fn a15_the_simulator_is_asked_once_and_all_its_pages_are_read() {
    let more = "<IsTruncated>true</IsTruncated><Marker>m</Marker>";
    let missing = "<MissingContextValues><member>iam:PassedToService</member></MissingContextValues>";
    let server = Server::start(move |request| match request.number {
        0 => results(&result("iam:PassRole", "role", "implicitDeny", missing), more),
        _ => results(
            &(result("s3:CreateBucket", "bucket", "allowed", "")
                + &result("s3:CreateBucket", "role", "explicitDeny", "")),
            "<IsTruncated>false</IsTruncated>",
        ),
    })
    .await;
    let user = "arn:aws:iam::111122223333:user/ada";
    let questions = [asked(&["s3:CreateBucket"], &["bucket"]), asked(&["iam:PassRole", "iam:GetRole"], &["role"])];
    let said = server.account().simulate(user, &questions).await.unwrap();
    let told: Vec<_> = said.iter().map(|one| (one.action.as_str(), one.verdict)).collect();
    assert_eq!(
        told,
        [
            ("s3:CreateBucket", Verdict::Allowed),
            ("iam:PassRole", Verdict::NotAllowed),
            ("iam:GetRole", Verdict::Unknown)
        ]
    );
    assert_eq!(said[1].missing, ["iam:PassedToService"]);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].body.contains("ActionNames.member.3=") && requests[0].body.contains("ResourceArns.member.2="));
    assert!(requests[1].body.contains("Marker=m"));
}

#[tokio::test]
async fn the_simulator_tells_resources_apart_where_it_lists_them() {
    let specific = "<ResourceSpecificResults><member><EvalResourceName>a</EvalResourceName>\
                    <EvalResourceDecision>allowed</EvalResourceDecision></member><member><EvalResourceName>b\
                    </EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision></member>\
                    </ResourceSpecificResults>";
    let (_server, account) = always(move || results(&result("s3:GetObject", "*", "explicitDeny", specific), "")).await;
    let said = account.simulate("arn:aws:iam::111122223333:role/r", &[asked(&["s3:GetObject"], &["b", "a"])]).await;
    let told: Vec<_> = said.unwrap().iter().map(|one| one.verdict).collect();
    assert_eq!(told, [Verdict::Denied, Verdict::Allowed]);
}

#[tokio::test]
async fn a_session_is_simulated_as_its_role_with_the_path_and_root_not_at_all() {
    let server = Server::start(|request| {
        if request.body.contains("Action=GetRole") { xml(200, crate::answers::ROLE) } else { results("", "") }
    })
    .await;
    let session = "arn:aws:sts::111122223333:assumed-role/lifeboat/ada";
    let said = server.account().simulate(session, &[asked(&["iam:GetRole"], &[])]).await.unwrap();
    assert_eq!((said[0].resource.as_str(), said[0].verdict), ("*", Verdict::Unknown));
    let body = &server.requests()[1].body;
    assert!(body.contains("PolicySourceArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fops%2Flifeboat"), "{body}");
    let trouble = server.account().simulate("arn:aws:iam::111122223333:root", &[]).await.unwrap_err();
    assert_eq!((trouble.kind, server.requests().len()), (TroubleKind::Invalid, 2));
    let (_server, account) = always(|| query_error(400, "Throttling", "Rate exceeded")).await;
    let trouble = account.simulate("arn:aws:iam::111122223333:user/ada", &[]).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Throttled);
}

#[tokio::test]
async fn a15_keys_are_followed_over_pages_with_their_sizes() {
    let page = |key: &str, more: &str| {
        format!("<ListBucketResult><Contents><Key>{key}</Key><Size>7</Size></Contents>{more}</ListBucketResult>")
    };
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>";
    let (first, second) = (page("a", more), page("b", "<IsTruncated>false</IsTruncated>"));
    let server = Server::start(move |request| {
        xml(200, if request.path.contains("continuation-token=n") { &second } else { &first })
    })
    .await;
    let account = server.account();
    let all = account.keys(&bucket(), "p/", 10).await.unwrap();
    assert_eq!(all, [("a".to_owned(), 7), ("b".to_owned(), 7)]);
    assert_eq!(account.keys(&bucket(), "p/", 1).await.unwrap().len(), 1);
    let endless = page("a", more);
    let (_server, account) = always(move || xml(200, &endless)).await;
    assert_eq!(account.keys(&bucket(), "", 10).await.unwrap_err().kind, TroubleKind::Unreadable);
    let (_server, account) = always(|| s3_error(404, "NoSuchKey")).await;
    assert_eq!(account.object(&bucket(), "p/a").await, Ok(None));
    let (_server, account) = always(|| s3_error(403, "AccessDenied")).await;
    let trouble = account.object(&bucket(), "p/a").await.unwrap_err();
    assert_eq!((trouble.kind, trouble.call.as_str()), (TroubleKind::Denied, "s3:GetObject"));
}
