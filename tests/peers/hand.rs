//! What an admin sets up by hand: roles, trusts, associations, releases. For tests of the test-bed itself, and for
//! what was there before lifeboat came.

use crate::testbed::world::ACCOUNT;
use crate::testbed::{World, eventually};
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The admin's hands on one cluster of a world.
#[derive(Clone, Copy)]
pub struct Hand<'w> {
    pub world: &'w World,
    pub cluster: &'w str,
}

impl<'w> Hand<'w> {
    /// On this cluster.
    pub fn on(world: &'w World, cluster: &'w str) -> Self {
        Self { world, cluster }
    }

    /// Registers the cluster's OIDC provider in IAM.
    pub async fn provider(&self) {
        let iam = aws_sdk_iam::Client::new(&self.world.sdk());
        let provider = iam.create_open_id_connect_provider().url(self.world.issuer(self.cluster));
        provider.client_id_list("sts.amazonaws.com").thumbprint_list("0".repeat(40)).send().await.expect("a provider");
    }

    /// The trust of a role for these subjects' tokens (`system:serviceaccount:` is added).
    pub fn irsa(&self, subjects: &[&str]) -> Value {
        let host = self.world.issuer(self.cluster).trim_start_matches("https://");
        let subjects: Vec<String> = subjects.iter().map(|subject| format!("system:serviceaccount:{subject}")).collect();
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
            "Condition": {"StringEquals": {
                format!("{host}:aud"): "sts.amazonaws.com", format!("{host}:sub"): subjects,
            }},
        }]})
    }

    /// The trust of a role for the pods of one service account.
    pub fn pod_identity(&self, namespace: &str, account: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Condition": {"StringEquals": {
                "aws:SourceAccount": ACCOUNT,
                "aws:RequestTag/eks-cluster-arn": self.world.arn_of(self.cluster),
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": account,
            }},
        }]})
    }

    /// A role; its ARN.
    pub async fn role(&self, name: &str, trust: &Value, permissions: &Value) -> String {
        let iam = aws_sdk_iam::Client::new(&self.world.sdk());
        let role = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
        let arn = role.send().await.expect("a role").role.expect("a role").arn;
        let put = iam.put_role_policy().role_name(name).policy_name("bucket").policy_document(permissions.to_string());
        put.send().await.expect("its permissions");
        arn
    }

    /// A user's access key: id and secret.
    pub async fn keys(&self, user: &str, permissions: &Value) -> (String, String) {
        let iam = aws_sdk_iam::Client::new(&self.world.sdk());
        iam.create_user().user_name(user).send().await.expect("a user");
        let put = iam.put_user_policy().user_name(user).policy_name("bucket").policy_document(permissions.to_string());
        put.send().await.expect("its permissions");
        let made = iam.create_access_key().user_name(user).send().await.expect("a key").access_key.expect("a key");
        (made.access_key_id, made.secret_access_key)
    }

    /// Gives the role to the service account's pods.
    pub async fn associate(&self, namespace: &str, account: &str, role: &str) {
        let eks = aws_sdk_eks::Client::new(&self.world.sdk_in(self.world.region_of(self.cluster)));
        let create = eks.create_pod_identity_association().cluster_name(self.cluster).namespace(namespace);
        create.service_account(account).role_arn(role).send().await.expect("an association");
    }

    /// `helm upgrade --install` of a chart with these values, in a namespace that is made.
    pub async fn helm(&self, release: &str, chart: &Path, namespace: &str, values: &Value) -> Result<(), String> {
        let file = self.world.dir().join(format!("{}-{release}-values.json", self.cluster));
        std::fs::write(&file, values.to_string()).expect("a file is written");
        let (chart, file) = (chart.to_string_lossy().into_owned(), file.to_string_lossy().into_owned());
        let arguments = ["upgrade", "--install", release, &chart, "-n", namespace, "--create-namespace", "-f", &file];
        self.run("helm", &arguments, None).await.map(drop)
    }

    /// A program of the parts, as the cluster's admin; what it printed.
    pub async fn run(&self, program: &str, arguments: &[&str], cluster: Option<&str>) -> Result<String, String> {
        let output = tokio::process::Command::new(self.world.parts().bin().join(program))
            .args(arguments)
            .env_clear()
            .envs(self.world.env())
            .env("KUBECONFIG", self.world.kubeconfig(cluster.unwrap_or(self.cluster)))
            .output()
            .await
            .expect("the program starts");
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The objects of a kind (`group/version/Kind`) in a namespace, or of the whole cluster for `""`.
    pub async fn objects(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let [group, version, kind] = kind.split('/').collect::<Vec<_>>()[..] else { panic!("{kind}: three words") };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let kube = self.world.kube(self.cluster).await;
        if namespace.is_empty() {
            Api::all_with(kube, &resource)
        } else {
            Api::namespaced_with(kube, namespace, &resource)
        }
    }

    /// Creates an object of the kind.
    pub async fn create(&self, kind: &str, namespace: &str, object: Value) -> Result<DynamicObject, kube::Error> {
        let api = self.objects(kind, namespace).await;
        let (group, rest) = kind.split_once('/').expect("group/version/Kind");
        let (version, name) = rest.split_once('/').expect("group/version/Kind");
        let mut object = object;
        object["apiVersion"] = json!(if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") });
        object["kind"] = json!(name);
        api.create(&PostParams::default(), &serde_json::from_value(object).expect("an object")).await
    }

    /// Applies documents, types first, with these labels and annotations on each, as `kubectl apply` would.
    pub async fn apply(&self, documents: &str, namespace: &str, marks: &Value) {
        let all = documents.split("\n---").map(|text| serde_yaml::from_str::<Value>(text).expect("YAML"));
        let mut all: Vec<Value> = all.filter(|it| it["kind"].is_string()).collect();
        all.sort_by_key(|it| it["kind"] != "CustomResourceDefinition");
        for mut object in all {
            for (map, marks) in marks.as_object().into_iter().flatten() {
                for (key, value) in marks.as_object().into_iter().flatten() {
                    object["metadata"][map][key] = value.clone();
                }
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let version = text(&object["apiVersion"]);
            let version = if version.contains('/') { version } else { format!("/{version}") };
            let kind = format!("{version}/{}", text(&object["kind"]));
            let name = text(&object["metadata"]["name"]);
            let own = object["metadata"]["namespace"].as_str().map(str::to_owned);
            let cluster_wide = own.is_none() && !namespaced(&kind);
            let api = self.objects(&kind, if cluster_wide { "" } else { own.as_deref().unwrap_or(namespace) }).await;
            let apply = PatchParams::apply("repository").force();
            // A type that was made just now is served a moment later.
            eventually(&format!("{kind} {name} is applied"), Duration::from_secs(20), || async {
                let answer = api.patch(&name, &apply, &Patch::Apply(&object)).await;
                answer.map(drop).map_err(|problem| problem.to_string())
            })
            .await;
        }
    }

    /// `kubectl rollout restart`, to its end.
    pub async fn restart(&self, namespace: &str, deployment: &str) {
        let api = self.objects("apps/v1/Deployment", namespace).await;
        let random = getrandom::u64().expect("the system has random numbers").to_string();
        let template = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": random}}});
        let patch = Patch::Merge(json!({"spec": {"template": template}}));
        api.patch(deployment, &PatchParams::default(), &patch).await.expect("the deployment");
        self.until("apps/v1/Deployment", namespace, deployment, whole).await;
    }

    /// Waits until the object is as wanted; panics with the object, and what the node's program wrote.
    pub async fn until(&self, kind: &str, namespace: &str, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let api = self.objects(kind, namespace).await;
        eventually(&format!("{kind} {name} is as wanted"), Duration::from_secs(45), || async {
            let object = api.get(name).await.map_err(|problem| problem.to_string())?;
            let object = serde_json::to_value(object).expect("an object");
            if wanted(&object) {
                return Ok(object);
            }
            Err(format!("{}\n{}", object["status"], tail(&self.world.node_logs(self.cluster))))
        })
        .await
    }

    /// Waits until the object is gone.
    pub async fn gone(&self, kind: &str, namespace: &str, name: &str) {
        let api = self.objects(kind, namespace).await;
        eventually(&format!("{kind} {name} is gone"), Duration::from_secs(45), || async {
            match api.get_opt(name).await {
                Ok(None) => Ok(()),
                Ok(Some(object)) => Err(serde_json::to_string(&object).expect("an object")),
                Err(problem) => Err(problem.to_string()),
            }
        })
        .await;
    }

    /// Waits until one of the objects with this label is as wanted.
    pub async fn first(&self, kind: &str, namespace: &str, label: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let (api, with) = (self.objects(kind, namespace).await, ListParams::default().labels(label));
        eventually(&format!("a {kind} of {label} is as wanted"), Duration::from_secs(45), || async {
            let all = api.list(&with).await.map_err(|problem| problem.to_string())?;
            let all: Vec<Value> = all.iter().map(|it| serde_json::to_value(it).expect("an object")).collect();
            all.iter().find(|it| wanted(it)).cloned().ok_or_else(|| format!("{all:?}"))
        })
        .await
    }
}

/// Whether a Deployment's pods are all of its newest template, and available.
pub fn whole(deployment: &Value) -> bool {
    let (spec, status) = (&deployment["spec"]["replicas"], &deployment["status"]);
    let every = ["replicas", "updatedReplicas", "availableReplicas"];
    status["observedGeneration"] == deployment["metadata"]["generation"]
        && every.iter().all(|key| &status[*key] == spec)
}

/// Whether objects of the kind are in a namespace.
fn namespaced(kind: &str) -> bool {
    let name = kind.rsplit('/').next().unwrap_or_default();
    !name.starts_with("Cluster") && !matches!(name, "Namespace" | "CustomResourceDefinition" | "ResourceSet")
}

/// The last lines.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// What a tool may do under its prefix: list, and these actions on objects.
pub fn permissions(bucket: &str, folders: &[(&str, &[&str])]) -> Value {
    let mut statements = vec![json!({
        "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{bucket}"),
    })];
    statements.extend(folders.iter().map(|(folder, actions)| {
        json!({"Effect": "Allow", "Action": actions, "Resource": format!("arn:aws:s3:::{bucket}/{folder}/*")})
    }));
    json!({"Version": "2012-10-17", "Statement": statements})
}
