//! Reading and writing any object of a real cluster.

use std::time::Duration;

use kube::{
    Api, Client, Error,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

/// The kinds of objects that the scenarios make or look at: API version, plural and kind.
const KINDS: [(&str, &str, &str); 22] = [
    ("v1", "namespaces", "Namespace"),
    ("v1", "nodes", "Node"),
    // The owners before what they own, so that nothing that is deleted is made again.
    ("apps/v1", "deployments", "Deployment"),
    ("apps/v1", "statefulsets", "StatefulSet"),
    ("apps/v1", "daemonsets", "DaemonSet"),
    ("apps/v1", "replicasets", "ReplicaSet"),
    ("apps/v1", "controllerrevisions", "ControllerRevision"),
    ("batch/v1", "cronjobs", "CronJob"),
    ("batch/v1", "jobs", "Job"),
    ("v1", "services", "Service"),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    ("v1", "pods", "Pod"),
    ("v1", "configmaps", "ConfigMap"),
    ("v1", "secrets", "Secret"),
    ("v1", "events", "Event"),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    ("v1", "resourcequotas", "ResourceQuota"),
    ("v1", "limitranges", "LimitRange"),
    ("v1", "serviceaccounts", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "roles", "Role"),
];

/// A real API server.
#[derive(Clone)]
pub(super) struct Objects(pub(super) Client);

/// The status code of a refusal; an error that is none panics.
fn code(error: Error) -> u16 {
    match error {
        Error::Api(status) => status.code,
        other => panic!("the real server does not answer: {other:?}"),
    }
}

impl Objects {
    pub(super) fn of(&self, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let (version, plural, kind) = KINDS.into_iter().find(|(_, _, known)| *known == kind).unwrap();
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        match namespace {
            Some(namespace) => Api::namespaced_with(self.0.clone(), namespace, &resource),
            None => Api::all_with(self.0.clone(), &resource),
        }
    }

    /// Makes an object. One that is there already is left as it is.
    pub(super) async fn create(&self, kind: &str, namespace: Option<&str>, object: Value) {
        assert!(self.try_create(kind, namespace, object).await, "the server does not serve a {kind}");
    }

    /// Makes an object; says no where the server does not serve its kind in that version.
    pub(super) async fn try_create(&self, kind: &str, namespace: Option<&str>, mut object: Value) -> bool {
        let (version, _, _) = KINDS.into_iter().find(|(_, _, known)| *known == kind).unwrap();
        object["apiVersion"] = version.into();
        object["kind"] = kind.into();
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        match self.of(kind, namespace).create(&PostParams::default(), &object).await {
            Ok(_) => true,
            Err(Error::Api(status)) if status.reason == "AlreadyExists" => true,
            // Of a version or a resource that is not served, the server does not say which object it has not found.
            Err(Error::Api(status))
                if status.code == 404
                    && status.details.as_ref().is_none_or(|it| it.name.is_empty() && it.kind.is_empty()) =>
            {
                false
            }
            Err(error) => panic!("a {kind} cannot be made: {error}\n{object:#?}"),
        }
    }

    pub(super) async fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        match self.of(kind, namespace).get_opt(name).await {
            Ok(found) => found.map(|object| serde_json::to_value(object).unwrap()),
            Err(error) => panic!("the {kind} `{name}` cannot be read: {error}"),
        }
    }

    pub(super) async fn list(&self, kind: &str, namespace: Option<&str>, labels: &str) -> Vec<Value> {
        let list = self.of(kind, namespace).list(&ListParams::default().labels(labels)).await;
        list.unwrap().items.into_iter().map(|object| serde_json::to_value(object).unwrap()).collect()
    }

    pub(super) async fn patch(&self, kind: &str, namespace: Option<&str>, name: &str, patch: Value) -> Value {
        let patched =
            self.of(kind, namespace).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
        serde_json::to_value(patched.unwrap()).unwrap()
    }

    /// Writes the status by hand, as the controllers and kubelets would.
    pub(super) async fn patch_status(&self, kind: &str, namespace: Option<&str>, name: &str, status: &Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        let patched = self.of(kind, namespace).patch_status(name, &PatchParams::default(), &patch).await;
        patched.unwrap_or_else(|error| panic!("the status of the {kind} `{name}`: {error}\n{status:#}"));
    }

    /// The same of an object that may be gone by now.
    pub(super) async fn try_patch_status(
        &self,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        status: &Value,
    ) {
        let patch = Patch::Merge(json!({ "status": status }));
        let patched = self.of(kind, namespace).patch_status(name, &PatchParams::default(), &patch).await;
        if let Err(error) = patched {
            assert_eq!(code(error), 404, "the status of the {kind} `{name}`");
        }
    }

    /// Deletes an object at once; one that is gone, or going, is no error.
    pub(super) async fn delete(&self, kind: &str, namespace: Option<&str>, name: &str) {
        let deleted = self.of(kind, namespace).delete(name, &DeleteParams::default().grace_period(0)).await;
        if let Err(error) = deleted {
            let code = code(error);
            assert!([404, 409].contains(&code), "the {kind} `{name}` cannot be deleted: {code}");
        }
    }

    /// Deletes all objects in a namespace, as the namespace controller would.
    pub(super) async fn empty(&self, namespace: &str) {
        for (_, _, kind) in KINDS.into_iter().filter(|(_, _, kind)| !["Namespace", "Node"].contains(kind)) {
            let now = DeleteParams::default().grace_period(0);
            let deleted =
                self.of(kind, Some(namespace)).delete_collection(&now, &ListParams::default()).await;
            match deleted.map_err(code) {
                Ok(_) | Err(404) => {}
                // Services could only be deleted one by one before 1.23.
                Err(405) => {
                    for object in self.list(kind, Some(namespace), "").await {
                        let name = object["metadata"]["name"].as_str().unwrap();
                        self.delete(kind, Some(namespace), name).await;
                    }
                }
                Err(code) => panic!("the {kind}s of `{namespace}` cannot be deleted: {code}"),
            }
        }
    }

    /// Lets a namespace that is being deleted go, as the namespace controller does when it is empty.
    pub(super) async fn finalize(&self, namespace: &str) {
        let body = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": namespace },
            "spec": { "finalizers": [] },
        });
        let request = http::Request::put(format!("/api/v1/namespaces/{namespace}/finalize"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&body).unwrap())
            .unwrap();
        if let Err(error) = self.0.request::<Value>(request).await {
            assert_eq!(code(error), 404, "the namespace `{namespace}` does not go");
        }
    }
}

/// Looks again and again, until it is so.
pub(super) async fn until(seconds: u64, is_so: impl AsyncFn() -> bool) -> bool {
    let again = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(seconds), again).await.is_ok()
}
