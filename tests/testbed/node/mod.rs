//! The cluster's one node: what a scheduler and a kubelet would do, with Velero's pods as real processes.

mod care;
mod environment;
mod image;
mod kubelet;
mod process;
mod stand_in;
mod status;
mod velero;

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Node as NodeObject, Pod};
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use care::Care;
use kubelet::{Kubelet, Newest};
use process::Processes;

const NAME: &str = "node-1";
/// Between two tries at what is not there yet.
const PAUSE: Duration = Duration::from_millis(50);

/// Where the node finds everything.
pub struct Settings {
    pub admin: kube::Client,
    /// The administrator's kubeconfig, for the Job that applies the CRDs.
    pub kubeconfig: PathBuf,
    /// The API server's address.
    pub server: String,
    /// The CA of the API server and of AWS.
    pub ca: PathBuf,
    pub bin: PathBuf,
    pub plugins: PathBuf,
    /// A folder of the node's own; each pod gets one inside.
    pub dir: PathBuf,
    /// The proxy in front of AWS, as a URL.
    pub proxy: String,
    /// The Pod Identity agent, as the URL of its credentials.
    pub agent: String,
}

/// The node, running until it is dropped; its programs end with it.
pub struct Node {
    shared: Arc<Shared>,
    driver: JoinHandle<()>,
}

struct Shared {
    settings: Settings,
    processes: Processes,
    addresses: AtomicU32,
    newest: Newest,
    kubelet: Kubelet,
}

/// A pod that is taken care of.
struct Held {
    leave: CancellationToken,
}

impl Node {
    /// Registers the node and takes over every pod.
    pub async fn start(settings: Settings) -> Self {
        fs::create_dir_all(&settings.dir).expect("the node's folder");
        let newest = Newest::default();
        let kubelet = Kubelet::start(newest.clone()).await;
        let shared =
            Arc::new(Shared { settings, processes: Processes::new(), addresses: AtomicU32::new(2), newest, kubelet });
        shared.register().await;
        let driver = tokio::spawn(Arc::clone(&shared).drive());
        Self { shared, driver }
    }

    /// What the newest Velero server has written.
    pub fn logs(&self) -> String {
        let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((path, from)) = newest else { return String::new() };
        let mut text = Vec::new();
        if let Ok(mut file) = fs::File::open(path)
            && file.seek(SeekFrom::Start(from)).is_ok()
        {
            let _ = file.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The programs that run now.
    pub fn pids(&self) -> Vec<u32> {
        self.shared.processes.pids()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.driver.abort();
        self.shared.processes.close();
    }
}

impl Shared {
    async fn register(&self) {
        let api: Api<NodeObject> = Api::all(self.settings.admin.clone());
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": NAME, "labels": {
                "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": NAME,
            }},
            "spec": {"providerID": "aws:///us-east-1a/i-0123456789abcdef0"},
        });
        let apply = PatchParams::apply("kubelet").force();
        api.patch(NAME, &apply, &Patch::Apply(&node)).await.expect("the node");
        self.heartbeat(true).await.expect("the node's status");
    }

    /// A node that says nothing for 40 s is taken for dead, and its pods for not ready.
    async fn heartbeat(&self, whole: bool) -> Result<(), kube::Error> {
        let api: Api<NodeObject> = Api::all(self.settings.admin.clone());
        let now = status::now();
        let condition = |kind: &str, holds: bool, reason: &str| {
            json!({
                "type": kind, "status": if holds { "True" } else { "False" }, "reason": reason,
                "lastHeartbeatTime": now, "lastTransitionTime": now,
            })
        };
        let mut status = json!({"conditions": [
            condition("Ready", true, "KubeletReady"),
            condition("MemoryPressure", false, "KubeletHasSufficientMemory"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID"),
        ]});
        if whole {
            let capacity = json!({"cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "100Gi"});
            status["capacity"] = capacity.clone();
            status["allocatable"] = capacity;
            status["addresses"] = json!([{"type": "InternalIP", "address": "127.0.0.1"}]);
            status["daemonEndpoints"] = json!({"kubeletEndpoint": {"Port": self.kubelet.port}});
        }
        api.patch_status(NAME, &PatchParams::default(), &Patch::Strategic(json!({"status": status}))).await.map(drop)
    }

    /// Follows all pods, and keeps the node alive, for ever.
    async fn drive(self: Arc<Self>) {
        let api: Api<Pod> = Api::all(self.settings.admin.clone());
        let mut tasks = JoinSet::new();
        let beating = Arc::clone(&self);
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(10)).await;
                let _ = beating.heartbeat(false).await;
            }
        });
        let mut held: HashMap<String, Held> = HashMap::new();
        loop {
            let Ok(list) = api.list(&ListParams::default()).await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let mut version = list.metadata.resource_version.unwrap_or_default();
            let there: Vec<_> = list.items.iter().filter_map(|pod| pod.metadata.uid.clone()).collect();
            held.retain(|uid, pod| there.contains(uid) || pod.leave_now());
            for pod in list.items {
                self.see(pod, &mut held, &mut tasks);
            }
            'watch: loop {
                let Ok(events) = api.watch(&WatchParams::default(), &version).await else {
                    tokio::time::sleep(PAUSE).await;
                    break 'watch;
                };
                let mut events = std::pin::pin!(events);
                while let Some(event) = events.next().await {
                    while tasks.try_join_next().is_some() {}
                    match event {
                        Ok(WatchEvent::Added(pod) | WatchEvent::Modified(pod)) => {
                            version = pod.metadata.resource_version.clone().unwrap_or(version);
                            self.see(pod, &mut held, &mut tasks);
                        }
                        Ok(WatchEvent::Deleted(pod)) => {
                            version = pod.metadata.resource_version.clone().unwrap_or(version);
                            held.retain(|uid, held| Some(uid) != pod.metadata.uid.as_ref() || held.leave_now());
                        }
                        Ok(WatchEvent::Bookmark(mark)) => version = mark.metadata.resource_version,
                        Ok(WatchEvent::Error(_)) | Err(_) => {
                            tokio::time::sleep(PAUSE).await;
                            break 'watch;
                        }
                    }
                }
            }
        }
    }

    fn see(self: &Arc<Self>, pod: Pod, held: &mut HashMap<String, Held>, tasks: &mut JoinSet<()>) {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
        let Some(uid) = pod.metadata.uid.clone() else { return };
        if node.is_some_and(|node| node != NAME) {
            return;
        }
        let leaving = pod.metadata.deletion_timestamp.is_some();
        let finished = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let finished = matches!(finished, Some("Succeeded" | "Failed"));
        if let Some(held) = held.get(&uid) {
            if leaving {
                held.leave.cancel();
            }
            return;
        }
        let leave = CancellationToken::new();
        if leaving {
            leave.cancel();
        }
        held.insert(uid, Held { leave: leave.clone() });
        let node = Arc::clone(self);
        tasks.spawn(async move {
            let care = Care::new(node, pod);
            let mut program = None;
            tokio::select! {
                biased;
                () = leave.cancelled() => {}
                () = care.run(finished, &mut program) => leave.cancelled().await,
            }
            // Of a pod that was dropped, whatever was being started is killed as well.
            if let Some(program) = program {
                program.stop().await;
            }
            care.remove().await;
        });
    }
}

impl Held {
    /// For `retain`: the pod is gone, and so is its program.
    fn leave_now(&self) -> bool {
        self.leave.cancel();
        false
    }
}
