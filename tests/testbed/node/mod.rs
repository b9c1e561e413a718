//! The cluster's one node: what a scheduler and a kubelet would do, with Velero's pods as real processes.

mod image;
mod kubelet;
mod process;
mod status;
mod velero;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Container, Node as NodeObject, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, WatchEvent, WatchParams};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use kubelet::{Kubelet, Newest};
use process::{Process, Processes, Run};
use status::{State, status, terminated};

const NAME: &str = "node-1";
/// Between two tries at what is not there yet.
const PAUSE: Duration = Duration::from_millis(50);
/// A server whose log level hides the marker is ready by then.
const READY: Duration = Duration::from_secs(5);
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LAST_BACK_OFF: Duration = Duration::from_secs(8);

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

/// One pod's life.
struct Care {
    node: Arc<Shared>,
    pod: Pod,
    api: Api<Pod>,
    name: String,
    ip: String,
}

impl Care {
    fn new(node: Arc<Shared>, pod: Pod) -> Self {
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let api = Api::namespaced(node.settings.admin.clone(), &namespace);
        let name = pod.metadata.name.clone().unwrap_or_default();
        let [.., third, last] = node.addresses.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Self { node, pod, api, name, ip: format!("10.0.{third}.{last}") }
    }

    async fn run(&self, finished: bool, program: &mut Option<Process>) {
        if finished || !self.bind().await {
            return;
        }
        let spec = self.pod.spec.clone().unwrap_or_default();
        if image::containers(&spec).any(|(_, container)| image::refused(container).is_some()) {
            return self.refuse().await;
        }
        let job = self.pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Job");
        if job {
            match velero::crds(&spec) {
                Some(container) => self.apply_crds(container, program).await,
                None => self.say("Succeeded", &|init, _| if init { ordinary(true) } else { State::ended(0, "") }).await,
            }
        } else if let Some(container) = velero::server(&spec) {
            self.serve(container, program).await;
        } else {
            self.say("Running", &|init, _| ordinary(init)).await;
        }
    }

    /// False if the pod is gone.
    async fn bind(&self) -> bool {
        if self.pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some()) {
            return true;
        }
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"name": self.name, "uid": self.pod.metadata.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NAME},
        });
        loop {
            let answer = self.api.create_subresource("binding", &self.name, &PostParams::default(), &binding).await;
            match answer.map(|_: Value| ()) {
                Ok(()) => return true,
                Err(kube::Error::Api(error)) if error.code == 404 => return false,
                // Bound already, perhaps by a request whose answer was lost; or another pod of this name.
                Err(kube::Error::Api(error)) if error.code == 409 => {
                    let now = self.api.get(&self.name).await;
                    return now.is_ok_and(|now| {
                        now.metadata.uid == self.pod.metadata.uid && now.metadata.deletion_timestamp.is_none()
                    });
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn refuse(&self) {
        let spec = self.pod.spec.clone().unwrap_or_default();
        let init = image::containers(&spec).any(|(init, container)| init && image::refused(container).is_some());
        let state = |of_init: bool, container: &Container| match image::refused(container) {
            Some(message) if of_init || !init => State::waiting("ErrImagePull", &message),
            _ => State::waiting("PodInitializing", ""),
        };
        self.say("Pending", &state).await;
    }

    async fn apply_crds(&self, container: &Container, program: &mut Option<Process>) {
        self.say("Running", &|init, _| ordinary(init)).await;
        let run = velero::crds_run(&self.node.settings, container, self.dir());
        let exit = match self.start(run, program).await {
            Ok(process) => process.exit().await,
            Err(message) => process::Exit { code: 128, signal: None, tail: message },
        };
        *program = None;
        let phase = if exit.code == 0 { "Succeeded" } else { "Failed" };
        let message = if exit.code == 0 { "" } else { exit.tail.as_str() };
        self.say(phase, &|init, _| if init { ordinary(true) } else { State::ended(exit.code, message) }).await;
    }

    async fn serve(&self, container: &Container, program: &mut Option<Process>) {
        let ours = container.name.clone();
        let mut restarts = 0;
        let mut last = json!({});
        let mut back_off = FIRST_BACK_OFF;
        loop {
            let run = self.prepare(container, restarts, &last).await;
            {
                let log = run.log.clone();
                let from = fs::metadata(&log).map_or(0, |metadata| metadata.len());
                *self.node.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((log, from));
            }
            let state = |ready: bool, restarts: u32, last: &Value| State::running(restarts, last.clone(), ready);
            let exit = match self.start(run, program).await {
                Err(message) => process::Exit { code: 128, signal: None, tail: message },
                Ok(process) => {
                    let say = async |ready: bool| {
                        let server = state(ready, restarts, &last);
                        self.say("Running", &|init, c| if c.name == ours { server.clone() } else { ordinary(init) })
                            .await;
                    };
                    let live = async {
                        say(false).await;
                        let _ = tokio::time::timeout(READY, process.ready()).await;
                        say(true).await;
                        std::future::pending::<()>().await;
                    };
                    tokio::select! {
                        biased;
                        exit = process.exit() => exit,
                        () = live => unreachable!("the server's pod is told apart by its exit"),
                    }
                }
            };
            *program = None;
            restarts += 1;
            let mut message = exit.tail.clone();
            if let Some(signal) = exit.signal {
                let _ = write!(message, "\nsignal {signal}");
            }
            last = terminated(exit.code, &message);
            let crashed = State::crashed(restarts, last.clone());
            self.say("Running", &|init, c| if c.name == ours { crashed.clone() } else { ordinary(init) }).await;
            tokio::time::sleep(back_off).await;
            back_off = (back_off * 2).min(LAST_BACK_OFF);
        }
    }

    /// Waits, and says so, until everything that the server's container needs is there.
    async fn prepare(&self, container: &Container, restarts: u32, last: &Value) -> Run {
        let mut told = None;
        loop {
            let dir = self.dir();
            match velero::server_run(&self.node.settings, &self.pod, container, dir).await {
                Ok(run) => return run,
                Err((reason, message)) => {
                    if told.as_ref() != Some(&message) {
                        let mut state = State::waiting(reason, &message);
                        (state.restarts, state.last) = (restarts, last.clone());
                        self.say("Pending", &|init, _| if init { ordinary(true) } else { state.clone() }).await;
                        told = Some(message);
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn start<'a>(&self, run: Run, program: &'a mut Option<Process>) -> Result<&'a Process, String> {
        let name = run.program.display().to_string();
        let process = self.node.processes.spawn(run).await.map_err(|error| format!("{name}: {error}"))?;
        Ok(program.insert(process))
    }

    fn dir(&self) -> PathBuf {
        let uid = self.pod.metadata.uid.as_deref().unwrap_or_default();
        // Short: the plugins' sockets lie under it, and a socket's path has room for 107 bytes.
        let name: String = self.name.chars().take(16).collect();
        let dir = self.node.settings.dir.join(format!("{name}_{}", uid.get(..8).unwrap_or(uid)));
        fs::create_dir_all(&dir).expect("the pod's folder");
        dir
    }

    /// Writes the status, as long as it is still this pod's. An API server that is away for a moment is waited for.
    async fn say(&self, phase: &str, of: &(dyn Fn(bool, &Container) -> State + Sync)) {
        let status = status(&self.pod, &self.ip, phase, of);
        let patch = Patch::Merge(json!({"metadata": {"uid": self.pod.metadata.uid}, "status": status}));
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            match self.api.patch_status(&self.name, &PatchParams::default(), &patch).await {
                Ok(_) => return,
                Err(kube::Error::Api(error)) if matches!(error.code, 404 | 409 | 422) => return,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// The last word on a pod whose deletion was asked for.
    async fn remove(&self) {
        let preconditions = Preconditions { uid: self.pod.metadata.uid.clone(), resource_version: None };
        let now = DeleteParams::default().grace_period(0).preconditions(preconditions);
        for _ in 0..100 {
            match self.api.delete(&self.name, &now).await {
                Ok(_) => return,
                Err(kube::Error::Api(error)) if matches!(error.code, 404 | 409) => return,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// A container that does what it should: running, or, of an init container, done.
fn ordinary(init: bool) -> State {
    if init { State { ready: true, ..State::ended(0, "") } } else { State::running(0, json!({}), true) }
}
