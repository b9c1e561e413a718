#![allow(clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
use super::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/backup";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/backup/pod";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AB";
const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/AB";

fn document(statements: Value) -> Document {
    Document::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn role() -> Caller {
    Caller::Identity { arn: ROLE.to_owned(), session: SESSION.to_owned(), account: ACCOUNT.to_owned() }
}

fn request(action: &str, resource: &str) -> Request {
    Request {
        caller: role(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: Context::new().with("s3:ResourceAccount", ACCOUNT).with("aws:SecureTransport", "true"),
    }
}

/// The S3 part of our policy (security.md 1.4).
fn ours() -> Document {
    let condition = json!({"StringEquals": {"s3:ResourceAccount": ACCOUNT}});
    document(json!([
        {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": condition},
        {"Sid": "Objects", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
         "Resource": "arn:aws:s3:::b/p/*", "Condition": condition}
    ]))
}

fn identity(policy: Document) -> Evidence {
    Evidence { identity: vec![policy], ..Evidence::default() }
}

fn resource(kind: ResourceKind, document: Document) -> Option<ResourcePolicy> {
    Some(ResourcePolicy { kind, account: ACCOUNT.to_owned(), document })
}

fn because(decision: Decision) -> String {
    match decision {
        Decision::Denied { because } => because,
        Decision::Allowed => "allowed".to_owned(),
    }
}

#[rstest]
#[case("s3:GetObject", "arn:aws:s3:::b/p/x", true)]
#[case("S3:getobject", "arn:aws:s3:::b/p/x", true)]
#[case("s3:GetObject", "arn:aws:s3:::b/p2/x", false)]
#[case("s3:GetObject", "arn:aws:s3:::B/p/x", false)]
#[case("s3:DeleteObject", "arn:aws:s3:::b/p/x", false)]
#[case("s3:ListBucket", "arn:aws:s3:::b", true)]
#[case("s3:ListBucket", "arn:aws:s3:::b/p/x", false)]
fn b4_b5_our_policy_reaches_its_prefix_and_no_further(#[case] action: &str, #[case] arn: &str, #[case] allowed: bool) {
    assert_eq!(evaluate(&request(action, arn), &identity(ours())).is_allowed(), allowed);
}

#[test]
fn n10_b5_a_bucket_of_another_account_is_out_of_reach_and_the_condition_is_named() {
    let mut request = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    request.context = Context::new().with("s3:ResourceAccount", "444455556666");
    let why = because(evaluate(&request, &identity(ours())));
    assert_eq!(
        why,
        "no identity policy allows it (statement Objects): condition StringEquals s3:ResourceAccount is not met"
    );
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let deny = document(json!({"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    let mut evidence = identity(ours());
    evidence.identity.push(deny.clone());
    assert_eq!(because(evaluate(&asked, &evidence)), "explicit deny in an identity policy (statement No)");
    let bounded = Evidence { boundary: Some(deny), ..identity(ours()) };
    assert_eq!(because(evaluate(&asked, &bounded)), "explicit deny in the permissions boundary (statement No)");
}

#[test]
fn a_boundary_bounds_and_grants_nothing() {
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    let all = document(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
    let ec2 = document(json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}));
    let with =
        |boundary: Document, identity: Vec<Document>| Evidence { identity, boundary: Some(boundary), resource: None };
    assert!(evaluate(&asked, &with(all.clone(), vec![ours()])).is_allowed());
    assert!(!evaluate(&asked, &with(ec2.clone(), vec![ours()])).is_allowed());
    assert!(!evaluate(&asked, &with(all, vec![])).is_allowed());
    // A bucket policy's grant to the role is bounded, one to its session is not.
    let granted = |whom: &str| Evidence {
        boundary: Some(ec2.clone()),
        resource: resource(
            ResourceKind::Bucket,
            document(json!(
                {"Effect": "Allow", "Principal": {"AWS": whom}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
            )),
        ),
        ..Evidence::default()
    };
    assert!(!evaluate(&asked, &granted(ROLE)).is_allowed());
    assert!(evaluate(&asked, &granted(SESSION)).is_allowed());
}

#[test]
fn a_bucket_policy_of_tls_alone_refuses_plain_http() {
    let tls = document(json!({
        "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    }));
    let evidence = Evidence { resource: resource(ResourceKind::Bucket, tls), ..identity(ours()) };
    let mut asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    assert!(evaluate(&asked, &evidence).is_allowed());
    asked.context = asked.context.with("aws:SecureTransport", "false");
    assert_eq!(because(evaluate(&asked, &evidence)), "explicit deny in the resource's policy (statement Tls)");
}

#[test]
fn another_accounts_bucket_needs_both_policies() {
    let open = document(json!({
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"
    }));
    let theirs =
        |document| Some(ResourcePolicy { kind: ResourceKind::Bucket, account: "444455556666".to_owned(), document });
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    let both = Evidence { resource: theirs(open.clone()), ..identity(ours()) };
    assert!(evaluate(&asked, &both).is_allowed());
    assert!(!evaluate(&asked, &Evidence { resource: theirs(open), ..Evidence::default() }).is_allowed());
    assert!(!evaluate(&asked, &Evidence { resource: theirs(Document::default()), ..identity(ours()) }).is_allowed());
}

#[test]
fn a_key_policy_has_to_delegate_before_identity_policies_count() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mine = document(json!({
        "Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    }));
    let policy = |principal: Value| {
        resource(
            ResourceKind::Key,
            document(json!({"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"})),
        )
    };
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    let mut asked = request("kms:Decrypt", key);
    let delegated = Evidence { resource: policy(root.clone()), ..identity(mine.clone()) };
    assert!(!evaluate(&asked, &delegated).is_allowed(), "not through S3");
    asked.context = asked.context.with("kms:ViaService", "s3.us-east-1.amazonaws.com");
    assert!(evaluate(&asked, &delegated).is_allowed());
    assert!(!evaluate(&asked, &Evidence { resource: policy(root), ..Evidence::default() }).is_allowed());
    let foreign = Evidence { resource: policy(json!({"AWS": "444455556666"})), ..identity(mine) };
    assert!(because(evaluate(&asked, &foreign)).contains("neither allows the caller nor delegates"));
    let direct = Evidence { resource: policy(json!({"AWS": ROLE})), ..Evidence::default() };
    assert!(evaluate(&asked, &direct).is_allowed());
}

fn irsa() -> Evidence {
    let trust = document(json!({
        "Sid": "Lifeboat0123456789abcdef", "Effect": "Allow", "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{ISSUER}:aud"): "sts.amazonaws.com",
            format!("{ISSUER}:sub"): "system:serviceaccount:velero:velero-server"
        }}
    }));
    Evidence { resource: resource(ResourceKind::Trust, trust), ..Evidence::default() }
}

#[rstest]
#[case::right(PROVIDER, "velero:velero-server", "sts.amazonaws.com", true)]
#[case::wrong_sub(PROVIDER, "velero:default", "sts.amazonaws.com", false)]
#[case::other_namespace(PROVIDER, "other:velero-server", "sts.amazonaws.com", false)]
#[case::wrong_aud(PROVIDER, "velero:velero-server", "vault", false)]
#[case::other_cluster(
    "arn:aws:iam::111122223333:oidc-provider/other",
    "velero:velero-server",
    "sts.amazonaws.com",
    false
)]
fn b7_a_trust_of_one_service_account_is_of_no_other(
    #[case] provider: &str,
    #[case] sub: &str,
    #[case] aud: &str,
    #[case] allowed: bool,
) {
    let asked = Request {
        caller: Caller::Federated(provider.to_owned()),
        action: "sts:AssumeRoleWithWebIdentity".to_owned(),
        resource: ROLE.to_owned(),
        context: Context::new()
            .with_all(&format!("{ISSUER}:aud"), [aud.to_owned()])
            .with(&format!("{ISSUER}:sub"), format!("system:serviceaccount:{sub}")),
    };
    assert_eq!(evaluate(&asked, &irsa()).is_allowed(), allowed);
}

#[rstest]
#[case::right("velero", ACCOUNT, "pods.eks.amazonaws.com", "sts:AssumeRole", true)]
#[case::tags("velero", ACCOUNT, "pods.eks.amazonaws.com", "sts:TagSession", true)]
#[case::namespace("other", ACCOUNT, "pods.eks.amazonaws.com", "sts:AssumeRole", false)]
#[case::account("velero", "444455556666", "pods.eks.amazonaws.com", "sts:AssumeRole", false)]
#[case::service("velero", ACCOUNT, "ec2.amazonaws.com", "sts:AssumeRole", false)]
fn b7_a_pod_identity_trust_is_held_by_its_tags(
    #[case] namespace: &str,
    #[case] account: &str,
    #[case] service: &str,
    #[case] action: &str,
    #[case] allowed: bool,
) {
    let trust = document(json!({
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:RequestTag/kubernetes-namespace": "velero"}}
    }));
    let asked = Request {
        caller: Caller::Service(service.to_owned()),
        action: action.to_owned(),
        resource: ROLE.to_owned(),
        context: Context::new()
            .with("aws:SourceAccount", account)
            .with("aws:requesttag/kubernetes-namespace", namespace),
    };
    let evidence = Evidence { resource: resource(ResourceKind::Trust, trust), ..Evidence::default() };
    assert_eq!(evaluate(&asked, &evidence).is_allowed(), allowed);
}

#[test]
fn a_trust_in_the_account_itself_leaves_it_to_identity_policies() {
    let trust = |principal: &str| {
        resource(
            ResourceKind::Trust,
            document(json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})),
        )
    };
    let asked = request("sts:AssumeRole", "arn:aws:iam::111122223333:role/other");
    let may = document(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}));
    let root = Evidence { resource: trust(ACCOUNT), ..Evidence::default() };
    assert!(!evaluate(&asked, &root).is_allowed());
    assert!(evaluate(&asked, &Evidence { identity: vec![may.clone()], ..root }).is_allowed());
    assert!(evaluate(&asked, &Evidence { resource: trust(ROLE), ..Evidence::default() }).is_allowed());
    let stranger = Evidence { resource: trust("444455556666"), ..identity(may) };
    assert!(because(evaluate(&asked, &stranger)).contains("trust policy"));
}

#[test]
fn not_principal_denies_all_others() {
    let only = |whom: &str| Evidence {
        resource: resource(
            ResourceKind::Bucket,
            document(json!(
                {"Effect": "Deny", "NotPrincipal": {"AWS": whom}, "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}
            )),
        ),
        ..identity(ours())
    };
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    assert!(evaluate(&asked, &only(ROLE)).is_allowed());
    assert!(!evaluate(&asked, &only("arn:aws:iam::111122223333:role/other")).is_allowed());
}

#[test]
fn anonymous_callers_have_only_the_resources_policy() {
    let public = document(
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}),
    );
    let mut asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    asked.caller = Caller::Anonymous;
    assert!(!evaluate(&asked, &identity(ours())).is_allowed());
    let evidence = Evidence { resource: resource(ResourceKind::Bucket, public), ..Evidence::default() };
    assert!(evaluate(&asked, &evidence).is_allowed());
}

#[test]
fn what_is_not_understood_never_allows_and_always_denies() {
    let statement = |effect: &str| json!({"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}});
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    let allow = evaluate(&asked, &identity(document(statement("Allow"))));
    assert!(because(allow).contains("is not known to this evaluator"));
    let mut evidence = identity(ours());
    evidence.identity.push(document(statement("Deny")));
    assert!(!evaluate(&asked, &evidence).is_allowed());
}

#[rstest]
#[case("Allow", "Resource")]
#[case("Allow", "NotResource")]
#[case("Deny", "Resource")]
#[case("Deny", "NotResource")]
fn a_policy_variable_in_a_resource_counts_against_the_request(#[case] effect: &str, #[case] key: &str) {
    let statement = json!({"Effect": effect, "Action": "s3:*", key: "arn:aws:s3:::b/${aws:username}/*"});
    let list = if effect == "Deny" {
        json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, statement])
    } else {
        json!([statement])
    };
    let asked = request("s3:GetObject", "arn:aws:s3:::b/p/x");
    assert!(!evaluate(&asked, &identity(document(list))).is_allowed());
}

fn some_statement(effect: &'static str) -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["s3:GetObject", "s3:*", "*", "s3:Put*", "kms:Decrypt"]);
    let resource = prop::sample::select(vec!["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/p/*", "arn:aws:s3:::c"]);
    (action, resource, any::<bool>(), any::<bool>()).prop_map(move |(action, resource, not_action, conditional)| {
        let key = if not_action { "NotAction" } else { "Action" };
        let mut statement = json!({"Effect": effect, key: action, "Resource": resource});
        if conditional {
            statement["Condition"] = json!({"StringEquals": {"s3:ResourceAccount": ACCOUNT}});
        }
        statement
    })
}

fn some_request() -> impl Strategy<Value = Request> {
    let action = prop::sample::select(vec!["s3:GetObject", "s3:PutObject", "kms:Decrypt"]);
    let resource = prop::sample::select(vec!["arn:aws:s3:::b/p/x", "arn:aws:s3:::b/q", "arn:aws:s3:::c"]);
    (action, resource).prop_map(|(action, resource)| request(action, resource))
}

proptest! {
    #[test]
    fn a_deny_never_allows_more_and_an_allow_never_less(
        allows in prop::collection::vec(some_statement("Allow"), 0..4),
        deny in some_statement("Deny"),
        more in some_statement("Allow"),
        asked in some_request(),
    ) {
        let base = evaluate(&asked, &identity(document(json!(allows)))).is_allowed();
        let with = |extra: Value| {
            let mut list = allows.clone();
            list.push(extra);
            evaluate(&asked, &identity(document(json!(list)))).is_allowed()
        };
        prop_assert!(base || !with(deny));
        prop_assert!(!base || with(more));
    }

    #[test]
    fn the_order_of_statements_does_not_matter(
        mut list in prop::collection::vec(prop_oneof![some_statement("Allow"), some_statement("Deny")], 0..5),
        asked in some_request(),
    ) {
        let first = evaluate(&asked, &identity(document(json!(list)))).is_allowed();
        list.reverse();
        prop_assert_eq!(evaluate(&asked, &identity(document(json!(list)))).is_allowed(), first);
    }

    #[test]
    fn a_boundary_never_allows_more(
        list in prop::collection::vec(some_statement("Allow"), 0..4),
        bound in some_statement("Allow"),
        asked in some_request(),
    ) {
        let free = evaluate(&asked, &identity(document(json!(list)))).is_allowed();
        let bounded = Evidence { boundary: Some(document(bound)), ..identity(document(json!(list))) };
        prop_assert!(free || !evaluate(&asked, &bounded).is_allowed());
    }
}
