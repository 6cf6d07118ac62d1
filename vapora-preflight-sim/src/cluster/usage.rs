//! How much Nodes and containers use, as the metrics server tells it.

mod metrics;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

pub(crate) use self::metrics::answer;
use super::{
    Cluster, lock,
    metadata::Manager,
    quantity::Quantity,
    state::{ClusterError, State},
    store::meta,
};
use crate::ids::hash;

/// What is used of processors and of memory.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) millicores: u64,
    pub(crate) bytes: u64,
}

impl Usage {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { millicores: self.millicores + other.millicores, bytes: self.bytes + other.bytes }
    }

    /// As the metrics server writes it.
    fn shown(self) -> Value {
        json!({ "cpu": format!("{}n", self.millicores * 1_000_000), "memory": format!("{}Ki", self.bytes >> 10) })
    }
}

/// What the system itself uses on a Node.
const SYSTEM: Usage = Usage { millicores: 180, bytes: 700 << 20 };

/// What was said about usage; everything else is a plausible share of the requests.
#[derive(Debug, Default)]
pub(crate) struct Usages {
    nodes: BTreeMap<String, Usage>,
    /// By namespace, Pod and container.
    containers: BTreeMap<(String, String, String), Usage>,
    age: Duration,
}

impl Usages {
    /// What a container of a Pod uses.
    pub(crate) fn of_container(&self, pod: &Value, container: &Value) -> Usage {
        let (namespace, name) = (meta(pod, "namespace"), meta(pod, "name"));
        let own = container["name"].as_str().unwrap_or_default();
        let place = (namespace.to_owned(), name.to_owned(), own.to_owned());
        self.containers.get(&place).copied().unwrap_or_else(|| {
            let requests = &container["resources"]["requests"];
            usual(&format!("{namespace}/{name}/{own}"), &requests["cpu"], &requests["memory"])
        })
    }

    /// What all containers of a Pod use.
    pub(crate) fn of_pod(&self, pod: &Value) -> Usage {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers.fold(Usage::default(), |sum, container| sum.plus(self.of_container(pod, container)))
    }

    /// What is used on each Node.
    pub(crate) fn of_nodes(&self, state: &State) -> BTreeMap<String, Usage> {
        let mut nodes: BTreeMap<String, Usage> =
            state.kind("Node").into_iter().map(|node| (meta(node, "name").to_owned(), SYSTEM)).collect();
        if let Some(crowd) = state.store.crowds().nodes() {
            let used = state.store.crowds().usage().into_iter().enumerate();
            nodes.extend(used.map(|(number, usage)| (crowd.name(number), SYSTEM.plus(usage))));
        }
        for pod in state.kind("Pod").into_iter().filter(|pod| metrics::runs(pod)) {
            if let Some(sum) = nodes.get_mut(pod["spec"]["nodeName"].as_str().unwrap_or_default()) {
                *sum = sum.plus(self.of_pod(pod));
            }
        }
        nodes.extend(self.nodes.iter().map(|(node, usage)| (node.clone(), *usage)));
        nodes
    }
}

/// Between a third and two thirds of what is requested, the same in every run; a little where nothing is.
pub(crate) fn usual(name: &str, cpu: &Value, memory: &Value) -> Usage {
    let share = 33 + hash(name) % 34;
    let amount = |value: &Value, otherwise: f64| Quantity::of(value).map_or(otherwise, Quantity::ones);
    let (cpu, memory) = (amount(cpu, 0.02), amount(memory, 48.0 * 1_048_576.0));
    Usage { millicores: (cpu * 10.0) as u64 * share + 1, bytes: (memory / 100.0) as u64 * share }
}

impl Cluster {
    /// What is used on a Node from now on, in thousandths of a processor and in bytes.
    pub fn set_node_usage(
        &self,
        node: &str,
        cpu_millicores: u64,
        memory_bytes: u64,
    ) -> Result<(), ClusterError> {
        if self.state().node(node).is_none() {
            let (kind, namespace, name) = ("Node".to_owned(), String::new(), node.to_owned());
            return Err(ClusterError::Missing { kind, namespace, name });
        }
        let usage = Usage { millicores: cpu_millicores, bytes: memory_bytes };
        lock(&self.0.runtime.usages).nodes.insert(node.to_owned(), usage);
        Ok(())
    }

    /// What a container uses from now on, in thousandths of a processor and in bytes. Its Node uses it as well, unless
    /// something else was said of that.
    pub fn set_usage(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        cpu_millicores: u64,
        memory_bytes: u64,
    ) -> Result<(), ClusterError> {
        let place = self.container(namespace, pod, container)?;
        let usage = Usage { millicores: cpu_millicores, bytes: memory_bytes };
        lock(&self.0.runtime.usages).containers.insert(place, usage);
        Ok(())
    }

    /// There is no metrics server from now on: its group is not served.
    pub fn without_metrics(&self) {
        self.serve_group(super::kinds::METRICS, false);
    }

    /// The metrics server is registered from now on and does not run: 503.
    pub fn metrics_down(&self) {
        let object = metrics::registered(&self.clock().text());
        let inserted = self.change(|state, now| state.insert(object, now, Manager::Person));
        debug_assert!(inserted.is_ok(), "APIServices are served");
    }

    /// What the metrics server tells was measured so long ago from now on.
    pub fn set_metrics_age(&self, age: Duration) {
        lock(&self.0.runtime.usages).age = age;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_a_share_of_what_is_requested() {
        for name in ["a/b/c", "shop/backend/web", "x"] {
            let usage = usual(name, &json!("100m"), &json!("64Mi"));
            assert!((33..=68).contains(&usage.millicores), "{usage:?}");
            let mebibytes = usage.bytes >> 20;
            assert!((20..=43).contains(&mebibytes), "{usage:?}");
            assert_eq!(usual(name, &json!("100m"), &json!("64Mi")), usage);
        }
        assert!(usual("x", &Value::Null, &Value::Null).bytes > 0);
    }
}
