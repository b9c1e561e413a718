//! What a kubelet says about a pod.

use k8s_openapi::api::core::v1::{Container, Pod};
use serde_json::{Value, json};

/// The state of one container.
#[derive(Clone)]
pub struct State {
    pub now: Value,
    pub last: Value,
    pub restarts: u32,
    pub ready: bool,
}

impl State {
    pub fn running(restarts: u32, last: Value, ready: bool) -> Self {
        Self { now: json!({"running": {"startedAt": now()}}), last, restarts, ready }
    }

    pub fn waiting(reason: &str, message: &str) -> Self {
        Self { now: waiting(reason, message), last: json!({}), restarts: 0, ready: false }
    }

    pub fn crashed(restarts: u32, last: Value) -> Self {
        let message = "back-off restarting failed container";
        Self { now: waiting("CrashLoopBackOff", message), last, restarts, ready: false }
    }

    pub fn ended(code: i32, message: &str) -> Self {
        Self { now: terminated(code, message), last: json!({}), restarts: 0, ready: false }
    }
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

pub fn terminated(code: i32, message: &str) -> Value {
    let reason = if code == 0 { "Completed" } else { "Error" };
    // The end is what tells, and is what a kubelet keeps.
    let from = message.char_indices().rev().nth(4095).map_or(0, |(from, _)| from);
    let (message, now) = (&message[from..], now());
    json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": now, "finishedAt": now}})
}

pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A pod's whole status. `of` gives each container's state, by whether it is an init container.
pub fn status(pod: &Pod, ip: &str, phase: &str, of: &(dyn Fn(bool, &Container) -> State + Sync)) -> Value {
    let spec = pod.spec.clone().unwrap_or_default();
    let id = pod.metadata.uid.as_deref().unwrap_or_default();
    let list = |init: bool, containers: &[Container]| -> Vec<Value> {
        let one = |container: &Container| {
            let State { now: state, last, restarts, ready } = of(init, container);
            let started = state["running"].is_object();
            let image = container.image.as_deref().unwrap_or_default();
            let known = state["waiting"]["reason"] != "ErrImagePull" && state["waiting"]["reason"] != "PodInitializing";
            json!({
                "name": container.name, "image": image, "imageID": if known { image } else { "" },
                "containerID": if known { format!("containerd://{id}-{}", container.name) } else { String::new() },
                "state": state, "lastState": last, "restartCount": restarts, "ready": ready, "started": started,
            })
        };
        containers.iter().map(one).collect()
    };
    let containers = list(false, &spec.containers);
    let init = list(true, &spec.init_containers.clone().unwrap_or_default());
    let ready = containers.iter().all(|container| container["ready"] == true);
    let initialized = init.iter().all(|container| container["ready"] == true);
    let unready = match phase {
        "Succeeded" => "PodCompleted",
        "Failed" => "PodFailed",
        _ => "ContainersNotReady",
    };
    let at = now();
    let condition = |kind: &str, holds: bool, reason: &str| {
        let mut condition = json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": at,
        });
        if !holds {
            condition["reason"] = json!(reason);
        }
        condition
    };
    json!({
        "phase": phase,
        "conditions": [
            condition("PodReadyToStartContainers", true, ""),
            condition("PodScheduled", true, ""),
            condition("Initialized", initialized, "ContainersNotInitialized"),
            condition("ContainersReady", ready, unready),
            condition("Ready", ready, unready),
        ],
        "containerStatuses": containers,
        "initContainerStatuses": init,
        "hostIP": "10.0.0.1", "podIP": ip, "podIPs": [{"ip": ip}],
        "startTime": pod.status.as_ref().and_then(|status| status.start_time.clone()).map_or_else(|| json!(at), |time| json!(time)),
    })
}
