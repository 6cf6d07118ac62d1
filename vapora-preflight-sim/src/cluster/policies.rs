//! Services, budgets and quotas of a cluster that is put together.

use serde_json::{Map, Value, json};

use super::{
    builder::ClusterBuilder,
    controllers::{Key, Pace, at_once},
};

impl ClusterBuilder {
    /// A Service for the Pods with the label `app`, and the EndpointSlice with their addresses. `port` is that of the
    /// Service; the port of the containers is the one named `http`.
    pub fn service(self, namespace: &str, name: &str, app: &str, port: u16) -> Self {
        let address = self.next_address();
        let object = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": name, "namespace": namespace, "labels": { "app.kubernetes.io/part-of": namespace } },
            "spec": {
                "ports": [{ "name": "http", "protocol": "TCP", "port": port, "targetPort": "http" }],
                "selector": { "app": app },
                "clusterIP": address,
                "clusterIPs": [address],
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "internalTrafficPolicy": "Cluster",
            },
            "status": { "loadBalancer": {} },
        });
        self.object(object).watched("Service", namespace, name)
    }

    /// A PodDisruptionBudget for the Pods with the label `app`: so many of them have to be available, a number or a share
    /// such as `"50%"`.
    pub fn budget(self, namespace: &str, name: &str, app: &str, min_available: impl Into<Value>) -> Self {
        let object = json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": { "name": name, "namespace": namespace, "generation": 1 },
            "spec": { "minAvailable": min_available.into(), "selector": { "matchLabels": { "app": app } } },
        });
        self.object(object).watched("PodDisruptionBudget", namespace, name)
    }

    /// A ResourceQuota: resources such as `requests.cpu` with what is allowed of them and what is used.
    pub fn quota<'a>(
        self,
        namespace: &str,
        name: &str,
        resources: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> Self {
        let (mut hard, mut used) = (Map::new(), Map::new());
        for (resource, allowed, taken) in resources {
            hard.insert(resource.to_owned(), allowed.into());
            used.insert(resource.to_owned(), taken.into());
        }
        self.object(json!({
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "hard": hard },
            "status": { "hard": hard, "used": used },
        }))
    }

    /// Lets the controller of an object look at it.
    fn watched(mut self, kind: &str, namespace: &str, name: &str) -> Self {
        let now = self.now();
        at_once(self.state(), Pace::Silent, now, |state| {
            if let Some(key) = Key::of(kind, namespace, name) {
                state.controllers.wake(now, key);
            }
        });
        self
    }
}
