//! What the server sets of an object by itself, whatever is sent.

use serde_json::{Value, json};

use super::Write;
use crate::cluster::{defaults, kinds::ServedKind, reply::Reply, schema, state::State, status, store::meta};

/// The kinds whose objects count their generations.
const COUNTED: [&str; 13] = [
    "Pod",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "CronJob",
    "Job",
    "ReplicationController",
    "PodDisruptionBudget",
    "Ingress",
    "NetworkPolicy",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
];

/// The kinds with a status that is also written with the object.
const OWN_STATUS: [&str; 3] = ["Node", "PersistentVolume", "Event"];

fn counts(kind: &ServedKind) -> bool {
    kind.custom.is_some() || COUNTED.contains(&&*kind.kind)
}

fn has_status(kind: &ServedKind) -> bool {
    kind.subresource("status").is_some()
}

/// Is an object of this kind made where one is updated that is not there?
pub(super) fn made_by_update(kind: &ServedKind) -> bool {
    kind.group == "rbac.authorization.k8s.io"
        || matches!(&*kind.kind, "Endpoints" | "Event" | "LimitRange" | "Lease" | "Service")
}

/// Has an update to say which version it is of?
pub(super) fn needs_version(kind: &ServedKind) -> bool {
    kind.custom.is_some()
        || matches!(&*kind.kind, "CustomResourceDefinition" | "APIService" | "PodDisruptionBudget" | "Lease")
}

impl Write<'_> {
    /// The object as it is decoded: known fields only, with the defaults.
    pub(super) fn complete(&self, object: &mut Value) {
        let fields = self.kind.fields();
        if let Some(custom) = &self.kind.custom {
            prune(&fields, object);
            schema::fill_defaults(&custom.schema, object);
            return;
        }
        schema::normalize(&fields, object);
        defaults::fill(self.kind, object);
        schema::normalize(&fields, object);
    }

    /// What a new object gets from the server.
    pub(super) fn begin(&self, state: &mut State, object: &mut Value) -> Result<(), Reply> {
        if !meta(object, "resourceVersion").is_empty() {
            return Err(status::failed("resourceVersion should not be set on objects to be created"));
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for field in ["resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
                metadata.remove(field);
            }
            metadata.insert("uid".to_owned(), state.ids.uid().into());
            metadata.insert("creationTimestamp".to_owned(), self.now.as_str().into());
            metadata.remove("generation");
            if counts(self.kind) {
                metadata.insert("generation".to_owned(), 1.into());
            }
        }
        if has_status(self.kind) && !OWN_STATUS.contains(&&*self.kind.kind) {
            self.first_status(object);
        }
        self.first_spec(object);
        Ok(())
    }

    fn first_status(&self, object: &mut Value) {
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        if self.kind.custom.is_some() {
            return;
        }
        object["status"] = match &*self.kind.kind {
            "Namespace" => json!({ "phase": "Active" }),
            "PersistentVolumeClaim" => json!({ "phase": "Pending" }),
            "Pod" => json!({ "phase": "Pending", "qosClass": quality(&object["spec"]) }),
            "CustomResourceDefinition" => {
                let versions = object["spec"]["versions"].as_array().into_iter().flatten();
                let stored: Vec<&Value> = versions
                    .filter(|version| version["storage"] == true)
                    .map(|version| &version["name"])
                    .collect();
                json!({ "storedVersions": stored })
            }
            _ => json!({}),
        };
        schema::normalize(&self.kind.fields(), object);
    }

    fn first_spec(&self, object: &mut Value) {
        match &*self.kind.kind {
            "Namespace" if self.kind.group.is_empty() => {
                object["spec"] = json!({ "finalizers": ["kubernetes"] });
            }
            "Job" if object["spec"]["manualSelector"] != true => {
                let uid = meta(object, "uid").to_owned();
                let name = meta(object, "name").to_owned();
                let labels = &mut object["spec"]["template"]["metadata"]["labels"];
                for (label, value) in [("controller-uid", &uid), ("job-name", &name)] {
                    labels[label] = value.as_str().into();
                    labels[format!("batch.kubernetes.io/{label}")] = value.as_str().into();
                }
                object["spec"]["selector"] =
                    json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } });
            }
            _ => {}
        }
    }

    /// What of an object that is there cannot be written.
    pub(super) fn carry_over(&self, before: &Value, object: &mut Value) -> Result<(), Reply> {
        let (uid, version) = (meta(object, "uid"), meta(object, "resourceVersion"));
        if !uid.is_empty() && uid != meta(before, "uid") {
            let why = format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                meta(before, "uid")
            );
            return Err(status::conflict(self.kind, meta(before, "name"), &why));
        }
        if !version.is_empty() && version != meta(before, "resourceVersion") {
            let why =
                "the object has been modified; please apply your changes to the latest version and try again";
            return Err(status::conflict(self.kind, meta(before, "name"), why));
        }
        let server = [
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "generateName",
        ];
        for field in server {
            keep(before, object, "metadata", field);
        }
        match self.target.subresource.as_deref() {
            Some("status") => {
                whole(before, object, "spec");
                for field in ["labels", "ownerReferences", "finalizers"] {
                    keep(before, object, "metadata", field);
                }
            }
            _ if has_status(self.kind) && !OWN_STATUS.contains(&&*self.kind.kind) => {
                whole(before, object, "status");
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts the generation of an object whose wishes have changed.
    pub(super) fn count(&self, before: &Value, object: &mut Value) {
        if !counts(self.kind) || self.target.subresource.as_deref() == Some("status") {
            return;
        }
        let annotations = |object: &Value| object["metadata"]["annotations"].clone();
        let wishes = |object: &Value| {
            let mut object = object.clone();
            if let Some(fields) = object.as_object_mut() {
                for field in ["metadata", "status"] {
                    fields.remove(field);
                }
            }
            object
        };
        let changed = wishes(before) != wishes(object)
            || (self.kind.kind == "Deployment" && annotations(before) != annotations(object));
        if changed {
            let generation = before["metadata"]["generation"].as_u64().unwrap_or(0);
            object["metadata"]["generation"] = (generation + 1).into();
        }
    }
}

fn keep(before: &Value, object: &mut Value, part: &str, field: &str) {
    let Some(fields) = object[part].as_object_mut() else { return };
    match before[part].get(field) {
        Some(value) => {
            fields.insert(field.to_owned(), value.clone());
        }
        None => {
            fields.remove(field);
        }
    }
}

fn whole(before: &Value, object: &mut Value, part: &str) {
    let Some(fields) = object.as_object_mut() else { return };
    match before.get(part) {
        Some(value) => {
            fields.insert(part.to_owned(), value.clone());
        }
        None => {
            fields.remove(part);
        }
    }
}

/// How well a Pod is served when its Node is short of something.
fn quality(spec: &Value) -> &'static str {
    let containers: Vec<&Value> = ["initContainers", "containers"]
        .into_iter()
        .flat_map(|list| spec[list].as_array().into_iter().flatten())
        .collect();
    let set = |resources: &Value| resources.as_object().is_some_and(|fields| !fields.is_empty());
    let full = |container: &&Value| {
        let resources = &container["resources"];
        ["cpu", "memory"].iter().all(|name| {
            resources["limits"][*name].is_string()
                && (resources["requests"][*name].is_null()
                    || resources["requests"][*name] == resources["limits"][*name])
        })
    };
    if !containers.is_empty() && containers.iter().all(full) {
        "Guaranteed"
    } else if containers
        .iter()
        .any(|one| set(&one["resources"]["limits"]) || set(&one["resources"]["requests"]))
    {
        "Burstable"
    } else {
        "BestEffort"
    }
}

/// Takes out of a custom resource what its schema does not have.
fn prune(of: &schema::Struct, value: &mut Value) {
    let Some(fields) = value.as_object_mut() else { return };
    fields.retain(|name, _| of.type_of(name).is_some());
    for (name, value) in fields {
        if let Some(of) = of.type_of(name) {
            prune_below(of, value);
        }
    }
}

fn prune_below(of: &schema::Type, value: &mut Value) {
    match (of, value) {
        (schema::Type::Struct(of), value) => prune(of, value),
        (schema::Type::List(of, _), Value::Array(list)) => {
            for item in list {
                prune_below(of, item);
            }
        }
        (schema::Type::Map(of, _), Value::Object(fields)) => {
            for value in fields.values_mut() {
                prune_below(of, value);
            }
        }
        _ => {}
    }
}
