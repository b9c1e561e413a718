//! Where the contract is run: a world, and the names that it holds.

use lifeboat::demo;
use lifeboat::ports::{
    Answer, BucketRef, ChartSource, ClusterAccess, Kind, Kube, NewBucket, NewRole, Tags, TroubleKind, Upgrade, World,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A world to run the contract in.
#[derive(Clone)]
pub struct Fixture {
    pub world: World,
    pub account: String,
    pub partition: String,
    pub region: String,
    pub cluster: String,
    /// A bucket that somebody else owns, where there is one.
    pub foreign_bucket: Option<String>,
    /// A managed policy that can be attached.
    pub managed_policy: String,
    /// A managed policy that allows to read from S3 and nothing else.
    pub read_boundary: String,
    pub chart: ChartSource,
    pub chart_version: String,
    /// What this case's names end in.
    pub case: String,
}

/// The demo world, fresh for each case.
pub fn demo(case: &str) -> Fixture {
    let world = demo::World::open("default", None).expect("the default world opens");
    Fixture {
        world: world.ports(),
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        cluster: "prod".to_owned(),
        foreign_bucket: Some("backups".to_owned()),
        managed_policy: "arn:aws:iam::111122223333:policy/acme-boundary".to_owned(),
        read_boundary: "arn:aws:iam::111122223333:policy/acme-read-boundary".to_owned(),
        chart: ChartSource::Repository { url: "https://charts.example.com".to_owned(), name: "velero".to_owned() },
        chart_version: "12.1.0".to_owned(),
        case: case.to_owned(),
    }
}

impl Fixture {
    /// A name of this case: lower case, letters, digits and dashes, at most 50 characters.
    pub fn name(&self, part: &str) -> String {
        let case = self.case.replace('_', "-");
        let name: String = format!("{part}-{case}").chars().take(50).collect();
        name.trim_end_matches('-').to_owned()
    }

    pub fn bucket_ref(&self, part: &str) -> BucketRef {
        BucketRef { name: self.name(part), region: self.region.clone(), account: self.account.clone() }
    }

    /// A new bucket of this case.
    pub async fn bucket(&self, part: &str, object_lock: bool) -> BucketRef {
        let bucket = self.bucket_ref(part);
        let tags = Tags::from([("managed-by".to_owned(), "contract".to_owned())]);
        let new = NewBucket { bucket: bucket.clone(), tags, account_regional: false, object_lock };
        self.world.aws.create_bucket(&new).await.expect("a bucket is made");
        bucket
    }

    pub fn provider_arn(&self, issuer: &str) -> String {
        let host = issuer.trim_start_matches("https://");
        format!("arn:{}:iam::{}:oidc-provider/{host}", self.partition, self.account)
    }

    pub async fn issuer(&self) -> String {
        let cluster = self.world.aws.cluster(&self.region, &self.cluster).await.unwrap().expect("the cluster is there");
        cluster.issuer.expect("it has an issuer")
    }

    /// Makes sure that the cluster's provider is there.
    pub async fn provider(&self) -> String {
        let issuer = self.issuer().await;
        let arn = self.provider_arn(&issuer);
        if self.world.aws.provider(&arn).await.unwrap().is_none() {
            let audiences = ["sts.amazonaws.com".to_owned()];
            self.world.aws.create_provider(&issuer, &audiences, &Tags::new()).await.expect("a provider is made");
        }
        arn
    }

    /// A trust policy for one service account.
    pub async fn trust(&self, namespace: &str, service_account: &str) -> String {
        let issuer = self.issuer().await;
        let host = issuer.trim_start_matches("https://");
        json!({"Version": "2012-10-17", "Statement": [{"Sid": "Contract", "Effect": "Allow",
            "Principal": {"Federated": self.provider_arn(&issuer)}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {format!("{host}:aud"): "sts.amazonaws.com",
                format!("{host}:sub"): format!("system:serviceaccount:{namespace}:{service_account}")}}}]})
        .to_string()
    }

    pub fn new_role(&self, part: &str, trust: &str) -> NewRole {
        NewRole {
            name: self.name(part),
            path: "/contract/".to_owned(),
            trust: trust.to_owned(),
            description: "of the contract".to_owned(),
            boundary: String::new(),
            tags: Tags::from([("managed-by".to_owned(), "contract".to_owned())]),
        }
    }

    pub async fn access(&self) -> ClusterAccess {
        let cluster = self.world.aws.cluster(&self.region, &self.cluster).await.unwrap().expect("the cluster is there");
        ClusterAccess::of(&cluster, &self.region, "")
    }

    pub async fn kube(&self) -> Arc<dyn Kube> {
        self.world.clusters.connect(&self.access().await).await.expect("a client is made")
    }

    /// A new namespace of this case.
    pub async fn namespace(&self, kube: &dyn Kube, part: &str) -> String {
        let name = self.name(part);
        kube.create(Kind::Namespace, &json!({"metadata": {"name": name}})).await.expect("a namespace is made");
        name
    }

    pub async fn upgrade(&self, namespace: &str, values: &Value) -> Upgrade {
        Upgrade {
            access: self.access().await,
            release: "velero".to_owned(),
            namespace: namespace.to_owned(),
            chart: self.chart.clone(),
            version: self.chart_version.clone(),
            // JSON is YAML.
            values: values.to_string(),
            timeout: Duration::from_mins(5),
        }
    }

    /// Asks again, as long as the answer is one of the kinds that pass by themselves, for a minute.
    pub async fn eventually<T>(&self, passing: &[TroubleKind], mut ask: impl AsyncFnMut() -> Answer<T>) -> Answer<T> {
        for _ in 0..60 {
            match ask().await {
                Err(trouble) if passing.contains(&trouble.kind) => {
                    self.world.host.sleep(Duration::from_secs(1)).await;
                }
                answer => return answer,
            }
        }
        ask().await
    }
}

/// The kind of trouble that an answer is.
#[track_caller]
pub fn kind<T>(answer: Answer<T>) -> TroubleKind {
    match answer {
        Ok(_) => panic!("it should have been refused"),
        Err(trouble) => trouble.kind,
    }
}

/// A list that allows an action.
pub fn allow(actions: &[&str], resources: &[String]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// A policy of statements.
pub fn policy(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
