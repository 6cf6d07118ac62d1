//! The kubelets of the Nodes: which of them can be reached, and what they know of the containers of a Pod.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::{Cluster, reply::Reply, state::State, status, store::meta};

/// Where the kubelet of a Pod is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kubelet {
    /// No Node has taken the Pod.
    Nowhere,
    /// Nothing listens at this address.
    Gone {
        address: String,
    },
    Listening,
}

/// The containers of a Pod, those that it begins with and those that were added to it included.
pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &str> {
    names(pod, "containers").chain(names(pod, "initContainers")).chain(names(pod, "ephemeralContainers"))
}

fn names<'a>(pod: &'a Value, list: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    pod["spec"][list].as_array().into_iter().flatten().filter_map(|container| container["name"].as_str())
}

/// The container that is meant: the one of this name, or the only one.
pub(crate) fn container(pod: &Value, wanted: Option<&str>) -> Result<String, Reply> {
    let pod_name = meta(pod, "name");
    if let Some(wanted) = wanted {
        return if containers(pod).any(|name| name == wanted) {
            Ok(wanted.to_owned())
        } else {
            Err(status::bad_request(&format!("container {wanted} is not valid for pod {pod_name}")))
        };
    }
    let all: Vec<&str> = names(pod, "containers").collect();
    match all.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(status::bad_request(&format!("a container name must be specified for pod {pod_name}"))),
        _ => {
            let mut message = format!(
                "a container name must be specified for pod {pod_name}, choose one of: [{}]",
                all.join(" ")
            );
            let first: Vec<&str> = names(pod, "initContainers").collect();
            if !first.is_empty() {
                message = format!("{message} or one of the init containers: [{}]", first.join(" "));
            }
            Err(status::bad_request(&message))
        }
    }
}

/// What the status of a Pod says about one of its containers.
pub(crate) fn container_status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
        .into_iter()
        .filter_map(|list| pod["status"][list].as_array())
        .flatten()
        .find(|status| status["name"] == container)
}

impl Cluster {
    /// Takes the kubelets away from now on: nothing listens on the Nodes, so logs, commands in containers and volumes
    /// cannot be asked for. What the API server itself knows, it still answers.
    pub fn without_kubelets(&self) {
        self.0.runtime.kubelets_gone.store(true, Ordering::SeqCst);
    }

    /// Can the kubelet of this Node be asked, and where is it?
    pub(crate) fn kubelet_of_node(&self, state: &State, node: &str) -> Kubelet {
        let Some(node) = state.node(node) else {
            return Kubelet::Gone { address: node.to_owned() };
        };
        let mut conditions = node["status"]["conditions"].as_array().into_iter().flatten();
        let silent = conditions.any(|one| one["type"] == "Ready" && one["status"] == "Unknown");
        if silent || self.0.runtime.kubelets_gone.load(Ordering::SeqCst) {
            let addresses = node["status"]["addresses"].as_array();
            let internal = addresses.into_iter().flatten().find(|address| address["type"] == "InternalIP");
            let address = internal.and_then(|address| address["address"].as_str()).unwrap_or_default();
            return Kubelet::Gone { address: address.to_owned() };
        }
        Kubelet::Listening
    }

    /// Can the kubelet of this Pod be asked, and where is it?
    pub(crate) fn kubelet_of(&self, state: &State, pod: &Value) -> Kubelet {
        match pod["spec"]["nodeName"].as_str() {
            None | Some("") => Kubelet::Nowhere,
            Some(node) => self.kubelet_of_node(state, node),
        }
    }
}
