//! What a kubelet would do for the pods of a real cluster that has none.

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use serde_json::{Value, json};

use super::real::Real;

/// The status of a pod that runs.
fn running(pod: &Value, now: &str) -> Value {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let statuses: Vec<Value> = containers
        .iter()
        .map(|container| {
            let image = container["image"].as_str().unwrap();
            let mut hasher = DefaultHasher::new();
            image.hash(&mut hasher);
            let id = format!("{image}@sha256:{:064x}", hasher.finish());
            json!({ "name": container["name"], "image": image, "imageID": id, "ready": true, "started": true,
                "restartCount": 0, "state": { "running": { "startedAt": now } } })
        })
        .collect();
    let condition = |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": now });
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition);
    json!({ "phase": "Running", "startTime": now, "conditions": conditions, "containerStatuses": statuses })
}

impl Real {
    /// Lets the pods of a namespace get ready as they come, but for those of these images, as long as it is waited for.
    pub(super) async fn start_pods(&self, namespace: &str, never: &[&str]) -> Infallible {
        let fails = |pod: &Value| {
            let image = pod["spec"]["containers"][0]["image"].as_str().unwrap();
            never.contains(&image)
        };
        loop {
            for pod in self.objects.list("Pod", Some(namespace), "").await {
                if pod["status"]["phase"] == "Pending" && !fails(&pod) {
                    let made = pod["metadata"]["creationTimestamp"].as_str().unwrap();
                    let name = pod["metadata"]["name"].as_str().unwrap();
                    self.objects.try_patch_status("Pod", Some(namespace), name, &running(&pod, made)).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
