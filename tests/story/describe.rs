//! A closer look at one cluster.

use crate::support::{User, answers};
use crate::watched::Watched;
use async_trait::async_trait;
use lifeboat::demo::{self, Fault};
use lifeboat::domain::discovery::{ClusterDetail, InstalledBy, InstalledTool, Known};
use lifeboat::domain::{Shown, Tool};
use lifeboat::engine::{Outcome, check_bucket, check_key, describe, surroundings};
use lifeboat::plan::Prove;
use lifeboat::ports::{Answer, BucketHead, ClusterAccess, Clusters, Kind, Kube, Trouble, TroubleKind, World};
use serde_json::{Value, json};
use std::sync::Arc;

fn world() -> World {
    demo::World::open("default", None).unwrap().ports()
}

fn tool(tool: Tool, namespace: &str, version: &str, by: InstalledBy) -> InstalledTool {
    InstalledTool { tool, namespace: namespace.to_owned(), version: version.to_owned(), by }
}

fn unknown<T>(why: &str) -> Known<T> {
    Known::Unknown(Shown::new(why))
}

async fn described(world: &World, region: &str, name: &str) -> ClusterDetail {
    describe(world, region, name, "").await.unwrap()
}

#[tokio::test]
async fn prod_has_an_agent_and_a_space_but_no_provider_yet() {
    let detail = described(&world(), "us-east-1", "prod").await;
    let active = Known::Is(Some("ACTIVE".to_owned()));
    let tools = vec![tool(Tool::UpboundSpaces, "upbound-system", "v1.16.0", InstalledBy::Helm)];
    assert_eq!((detail.status.as_str(), detail.version.as_str()), ("ACTIVE", "1.34"));
    assert!(detail.public && detail.issuer && detail.issues.is_empty());
    assert_eq!((detail.provider, detail.agent), (Known::Is(false), active));
    assert_eq!(detail.api, Known::Is("v1.34.4-eks-1a2b3c4".to_owned()));
    assert_eq!(detail.tools, Known::Is(tools));
}

#[tokio::test]
async fn staging_dr_and_legacy_are_as_the_contract_says() {
    let world = world();
    for (region, name) in [("us-east-1", "staging"), ("us-west-2", "dr")] {
        let detail = described(&world, region, name).await;
        assert_eq!((detail.provider, detail.agent), (Known::Is(true), Known::Is(None)), "{name}");
        assert_eq!(detail.tools, Known::Is(vec![]), "{name}");
    }
    let legacy = described(&world, "us-west-2", "legacy").await;
    assert_eq!(legacy.provider, Known::Is(false));
    assert_eq!(legacy.tools, Known::Is(vec![tool(Tool::Velero, "velero", "v1.16.2", InstalledBy::Helm)]));
}

#[tokio::test]
async fn a26_what_cannot_be_read_is_unknown_and_not_absent() {
    let world = demo::World::open("default", None).unwrap();
    for (call, what) in [
        ("iam:GetOpenIDConnectProvider", "no permission: iam:GetOpenIDConnectProvider on a long ARN"),
        ("eks:DescribeAddon", "the account has not enabled this region or service"),
        ("kubernetes: list Deployment", "you may not list deployments"),
    ] {
        world.fail(call, Fault::Before(Trouble::new(TroubleKind::Denied, what).at(call, "x")));
    }
    world.fail("kubernetes: version", Fault::Before(Trouble::new(TroubleKind::Server, "the API server failed")));
    let detail = described(&world.ports(), "us-east-1", "prod").await;
    assert_eq!(detail.provider, unknown("no permission: iam:GetOpenIDConnectProvider"));
    assert_eq!(detail.agent, unknown("the account has not enabled this region or service"));
    assert_eq!(detail.tools, unknown("you may not list deployments"));
    assert_eq!(detail.api, unknown("the API server failed"));
    assert_eq!(detail.version, "1.34", "what EKS says is still told");
}

#[tokio::test]
async fn a01_a06_only_a_cluster_that_eks_does_not_describe_fails() {
    let world = demo::World::open("default", None).unwrap();
    let gone = describe(&world.ports(), "us-east-1", "none", "").await.unwrap_err();
    assert_eq!((gone.kind, gone.what.as_str()), (TroubleKind::NotFound, "there is no cluster none in us-east-1"));
    world.fail("eks:DescribeCluster", Fault::Before(Trouble::new(TroubleKind::Denied, "no")));
    let denied = describe(&world.ports(), "us-east-1", "prod", "").await.unwrap_err();
    assert_eq!(denied.kind, TroubleKind::Denied);
}

/// API servers that cannot be reached, or never answer.
struct Unreachable(Option<Trouble>);

#[async_trait]
impl Clusters for Unreachable {
    async fn connect(&self, _access: &ClusterAccess) -> Answer<Arc<dyn Kube>> {
        match &self.0 {
            Some(trouble) => Err(trouble.clone()),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a17_a_private_endpoint_that_does_not_answer_says_where_it_does() {
    let refused = || Trouble::new(TroubleKind::Network, "the API server prod cannot be reached: no answer within 5 s");
    let private = "its endpoint is private and does not answer here: run lifeboat inside its VPC or its VPN";
    let cases = [
        (true, None, private),
        (true, Some(refused()), private),
        (false, None, "the API server did not answer within 8 s"),
        (false, Some(refused()), "the API server prod cannot be reached: no answer within 5 s"),
    ];
    for (private, trouble, why) in cases {
        let mut watched = Watched::of(0);
        watched.private = private;
        let (world, _) = watched.world();
        let began = world.host.now();
        let world = World { clusters: Arc::new(Unreachable(trouble.clone())), ..world };
        let detail = described(&world, "us-east-1", "prod").await;
        assert_eq!((detail.api, detail.tools), (unknown(why), unknown(why)));
        assert_eq!(detail.agent, Known::Is(Some("ACTIVE".to_owned())), "what AWS says is still told");
        assert_eq!(detail.public, !private);
        let took = world.host.now().duration_since(began).as_secs();
        assert_eq!(trouble.is_none(), (8..10).contains(&took), "{took} s");
    }
}

#[tokio::test]
async fn n_plus_one_a_description_is_three_calls_to_aws() {
    let (world, watched) = Watched::of(0).world();
    described(&world, "us-east-1", "prod").await;
    let mut calls = watched.calls.lock().unwrap().clone();
    calls.sort();
    assert_eq!(calls, ["addon", "cluster", "provider"]);
}

/// A Deployment of the tool `name` with other metadata.
async fn deploy(world: &World, name: &str, labels: Value, annotations: Value, pods: Value, image: &str) {
    let access = ClusterAccess { name: "dr".into(), region: "us-west-2".into(), ..ClusterAccess::default() };
    let kube = world.clusters.connect(&access).await.unwrap();
    let selector = json!({"app": name});
    let template = json!({"metadata": {"labels": selector, "annotations": pods},
        "spec": {"containers": [{"name": "proxy", "image": "proxy:1"}, {"name": name, "image": image}]}});
    let deployment = json!({"metadata": {"name": name, "namespace": "default", "labels": labels,
        "annotations": annotations}, "spec": {"selector": {"matchLabels": selector}, "template": template}});
    kube.create(Kind::Deployment, &deployment).await.unwrap();
}

#[tokio::test]
async fn who_installed_a_tool_is_told_by_its_marks() {
    let helm = || {
        json!({"app.kubernetes.io/name": "velero", "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/instance": "velero"})
    };
    let release = || json!({"meta.helm.sh/release-name": "velero", "meta.helm.sh/release-namespace": "default"});
    let with = |mut map: Value, key: &str| {
        map[key] = json!("x");
        map
    };
    let none = || json!({});
    let cases = [
        ("helm", helm(), release(), none(), InstalledBy::Helm),
        ("lifeboat", helm(), release(), json!({"lifeboat/identity": "h"}), InstalledBy::Lifeboat),
        ("velero install", json!({"component": "velero"}), none(), none(), InstalledBy::VeleroCli),
        ("argo", with(helm(), "argocd.argoproj.io/instance"), none(), none(), InstalledBy::GitOps),
        ("argo by annotation", helm(), json!({"argocd.argoproj.io/tracking-id": "a"}), none(), InstalledBy::GitOps),
        ("argo by the instance label alone", helm(), none(), none(), InstalledBy::GitOps),
        (
            "flux kustomize",
            with(json!({"component": "velero"}), "kustomize.toolkit.fluxcd.io/name"),
            none(),
            none(),
            InstalledBy::GitOps,
        ),
        ("flux helm", with(helm(), "helm.toolkit.fluxcd.io/name"), release(), none(), InstalledBy::GitOps),
        ("by hand", json!({"app.kubernetes.io/name": "velero"}), none(), none(), InstalledBy::Unknown),
    ];
    for (case, labels, annotations, pods, by) in cases {
        let world = world();
        deploy(&world, "velero", labels, annotations, pods, "mirror.acme.example:5000/velero/velero:v1.18.3@sha256:ab")
            .await;
        let detail = described(&world, "us-west-2", "dr").await;
        assert_eq!(detail.tools, Known::Is(vec![tool(Tool::Velero, "default", "v1.18.3", by)]), "{case}");
    }
}

#[tokio::test]
async fn what_lifeboat_set_up_is_recognised_as_its_own() {
    let user = User::at("default");
    user.apply(&answers("prod"), Prove::Needed).await.ended(0, Outcome::Verified);
    let detail = described(&user.world, "us-east-1", "prod").await;
    assert_eq!(detail.provider, Known::Is(true));
    let tools = detail.tools.get().unwrap();
    assert_eq!(tools.first(), Some(&tool(Tool::Velero, "velero", "v1.18.3", InstalledBy::Lifeboat)), "{tools:?}");
}

#[tokio::test]
async fn what_only_bears_a_tools_name_is_none_and_an_image_without_a_tag_has_no_version() {
    let world = world();
    deploy(&world, "velero", json!({"app": "velero"}), json!({}), json!({}), "velero:1").await;
    deploy(&world, "velero-ui", json!({"app.kubernetes.io/name": "velero-ui"}), json!({}), json!({}), "ui:1").await;
    deploy(&world, "rancher-backup", json!({}), json!({}), json!({}), "mirror.acme.example:5000/bro").await;
    let detail = described(&world, "us-west-2", "dr").await;
    let backup = tool(Tool::RancherBackup, "default", "", InstalledBy::Unknown);
    assert_eq!(detail.tools, Known::Is(vec![backup]));
}

#[tokio::test]
async fn the_single_looks_of_the_wizards_pages_are_answered() {
    let world = world();
    let who = surroundings(&world).await.unwrap();
    assert_eq!((who.account.as_str(), who.partition.as_str()), ("111122223333", "aws"));
    assert_eq!(who.arn, "arn:aws:iam::111122223333:user/ada");
    let head = async |name: &str| check_bucket(&world, name, "us-west-2", &who.account).await.unwrap();
    assert_eq!(head("acme-logs").await, BucketHead::Ours("us-east-1".to_owned()));
    assert_eq!((head("backups").await, head("acme-new").await), (BucketHead::Foreign, BucketHead::Absent));
    let state = async |key: &str| check_key(&world, "us-east-1", key).await.unwrap().map(|key| key.state);
    assert_eq!((state("alias/retired").await.as_deref(), state("alias/none").await), (Some("Disabled"), None));
    let names: Vec<_> = world.aws.buckets().await.unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, ["acme-archive", "acme-legacy-velero", "acme-logs"], "none of somebody else's");
    let keys: Vec<_> = world.aws.aliases("us-east-1").await.unwrap().into_iter().map(|key| key.alias).collect();
    assert_eq!(keys, ["alias/backups", "alias/retired"]);
}
