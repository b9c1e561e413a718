//! One pod's life on the node.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::{Value, json};

use super::process::{self, Process, Run};
use super::stand_in::{self, Program};
use super::status::{State, status, terminated};
use super::{NAME, PAUSE, Shared, image, velero};

/// A server whose log level hides the marker is ready by then.
const READY: Duration = Duration::from_secs(5);
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LAST_BACK_OFF: Duration = Duration::from_secs(8);

/// One pod's life.
pub struct Care {
    node: Arc<Shared>,
    pod: Pod,
    api: Api<Pod>,
    name: String,
    ip: String,
}

impl Care {
    pub fn new(node: Arc<Shared>, pod: Pod) -> Self {
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let api = Api::namespaced(node.settings.admin.clone(), &namespace);
        let name = pod.metadata.name.clone().unwrap_or_default();
        let [.., third, last] = node.addresses.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Self { node, pod, api, name, ip: format!("10.0.{third}.{last}") }
    }

    pub async fn run(&self, finished: bool, program: &mut Option<Process>) {
        if finished || !self.bind().await {
            return;
        }
        let spec = self.pod.spec.clone().unwrap_or_default();
        while let Some(message) = stand_in::unauthorized(&self.node.settings, &self.pod).await {
            self.say("Pending", &|_, _| State::waiting("ErrImagePull", &message)).await;
            tokio::time::sleep(PAUSE * 10).await;
        }
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
        } else if let Some((program, container)) = Program::of(&spec) {
            self.stand_in(program, container).await;
        } else {
            self.say("Running", &|init, _| ordinary(init)).await;
        }
    }

    /// Runs a program of the tests' own; it ends with this future.
    async fn stand_in(&self, program: Program, container: &Container) {
        let (ours, mut restarts, mut last) = (&container.name, 0, json!({}));
        let mut back_off = FIRST_BACK_OFF;
        loop {
            let pod = loop {
                match stand_in::prepare(&self.node.settings, &self.pod, container, &self.dir()).await {
                    Ok(pod) => break pod,
                    Err((reason, message)) => {
                        self.say("Pending", &|_, _| State::waiting(reason, &message)).await;
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            };
            *self.node.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((pod.log.0.clone(), 0));
            let running = State::running(restarts, last.clone(), true);
            let live = async {
                let of = |init: bool, c: &Container| if &c.name == ours { running.clone() } else { ordinary(init) };
                self.say("Running", &of).await;
                std::future::pending::<String>().await
            };
            let words = tokio::select! { words = program.run(pod) => words, words = live => words };
            restarts += 1;
            last = terminated(1, &words);
            let crashed = State::crashed(restarts, last.clone());
            self.say("Running", &|init, c| if &c.name == ours { crashed.clone() } else { ordinary(init) }).await;
            tokio::time::sleep(back_off).await;
            back_off = (back_off * 2).min(LAST_BACK_OFF);
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
    pub async fn remove(&self) {
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
