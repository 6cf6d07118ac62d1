//! What of an object is worth keeping.

use serde_json::{Map, Value};

use crate::changes::cleaned;

/// What of the metadata belongs to this one object in this one cluster.
const OF_THIS_ONE: [&str; 4] =
    ["ownerReferences", "generateName", "deletionTimestamp", "deletionGracePeriodSeconds"];
/// Where controllers keep what they have found out.
const NOTES_OF_CONTROLLERS: [&str; 11] = [
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.daemonset.template.generation",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "pv.kubernetes.io/bind-completed",
    BOUND_BY_CONTROLLER,
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
];
/// That a claim or volume was bound by the controller, and not by whoever made it.
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// The labels by which a job finds its pods, where the server has chosen them.
const OF_A_JOB: [&str; 4] =
    ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];

/// An object without what the server or its controllers set, so that it can be made anew from what is left.
pub(super) fn restorable(object: &Value) -> Value {
    let mut object = cleaned(object);
    let bound_by_controller = object["metadata"]["annotations"].get(BOUND_BY_CONTROLLER).is_some();
    without(&mut object, &["metadata"], &OF_THIS_ONE);
    without(&mut object, &["metadata", "annotations"], &NOTES_OF_CONTROLLERS);
    of_the_system(&mut object);
    match (group(&object), object["kind"].as_str().unwrap_or_default()) {
        ("", "Namespace") => {
            without(&mut object, &["metadata", "labels"], &["kubernetes.io/metadata.name"]);
            without(&mut object, &["spec"], &["finalizers"]);
        }
        ("", "Service") => {
            // one without an address was made so, and any other gets one
            if object["spec"]["clusterIP"] != "None" {
                without(&mut object, &["spec"], &["clusterIP", "clusterIPs"]);
            }
            without(&mut object, &["spec"], &["healthCheckNodePort"]);
        }
        ("", "PersistentVolumeClaim") if bound_by_controller => {
            without(&mut object, &["spec"], &["volumeName"]);
        }
        // it stays reserved for the claim of that name
        ("", "PersistentVolume") => {
            without(&mut object, &["spec", "claimRef"], &["uid", "resourceVersion"]);
        }
        ("", "Pod") => without(&mut object, &["spec"], &["nodeName", "ephemeralContainers"]),
        ("batch", "Job") if object["spec"]["manualSelector"] != true => {
            without(&mut object, &["metadata", "labels"], &OF_A_JOB);
            without(&mut object, &["spec", "template", "metadata", "labels"], &OF_A_JOB);
            without(&mut object, &["spec"], &["selector", "manualSelector"]);
        }
        ("apps", "StatefulSet") => {
            let claims = object.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
            for claim in claims.into_iter().flatten() {
                without(claim, &[], &["status"]);
            }
        }
        _ => {}
    }
    without_empty_times(&mut object);
    object
}

/// The group of an object; empty for the core group.
fn group(object: &Value) -> &str {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    version.split_once('/').map_or("", |(group, _)| group)
}

/// Takes fields away, and what held them where nothing else was in it.
fn without(object: &mut Value, path: &[&str], fields: &[&str]) {
    let mut place = &mut *object;
    for step in path {
        let Some(inner) = place.get_mut(*step) else { return };
        place = inner;
    }
    let Some(map) = place.as_object_mut() else { return };
    let before = map.len();
    map.retain(|name, _| !fields.contains(&name.as_str()));
    if map.is_empty()
        && before > 0
        && let Some((last, above)) = path.split_last()
    {
        without(object, above, &[last]);
    }
}

/// Takes away the finalizers of the system, which it adds itself. Those of others were given on purpose.
fn of_the_system(object: &mut Value) {
    let Some(all) = object.pointer_mut("/metadata/finalizers").and_then(Value::as_array_mut) else { return };
    let is_own = |name: &str| {
        name.split_once('/')
            .is_none_or(|(domain, _)| domain == "kubernetes.io" || domain.ends_with(".kubernetes.io"))
    };
    all.retain(|name| !name.as_str().is_some_and(is_own));
    if all.is_empty() {
        without(object, &["metadata"], &["finalizers"]);
    }
}

/// Takes away the times of templates, which servers before 1.34 answer as null.
fn without_empty_times(value: &mut Value) {
    let go_on = |fields: &mut Map<String, Value>| {
        if let Some(meta) = fields.get_mut("metadata").and_then(Value::as_object_mut)
            && meta.get("creationTimestamp").is_some_and(Value::is_null)
        {
            meta.remove("creationTimestamp");
        }
        fields.values_mut().for_each(without_empty_times);
    };
    match value {
        Value::Object(fields) => go_on(fields),
        Value::Array(items) => items.iter_mut().for_each(without_empty_times),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is left of an object with these fields besides its own.
    fn left(api_version: &str, kind: &str, mut object: Value) -> Value {
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        let mut left = restorable(&object);
        let again = restorable(&left);
        assert_eq!(again, left, "there is nothing more to take away");
        for field in ["apiVersion", "kind"] {
            left.as_object_mut().unwrap().remove(field);
        }
        left
    }

    #[test]
    fn what_belongs_to_this_one_object_is_left_out() {
        let object = json!({
            "metadata": {
                "name": "a", "namespace": "ns", "generateName": "a-", "uid": "1", "resourceVersion": "2",
                "generation": 3, "creationTimestamp": "2026-12-01T12:00:00Z", "selfLink": "/a",
                "managedFields": [{ "manager": "kubectl" }], "labels": { "app": "a" },
                "ownerReferences": [{ "kind": "B", "name": "b", "uid": "4" }],
                "finalizers": ["kubernetes.io/pvc-protection", "foregroundDeletion", "service.kubernetes.io/lb", "example.com/mine"],
                "annotations": { "deployment.kubernetes.io/revision": "7", "kubernetes.io/change-cause": "why",
                    "kubectl.kubernetes.io/last-applied-configuration": "{}" },
            },
            "spec": { "replicas": 2, "template": { "metadata": { "creationTimestamp": null, "labels": { "app": "a" } } } },
            "status": { "replicas": 2 },
        });
        let kept = json!({
            "metadata": { "name": "a", "namespace": "ns", "labels": { "app": "a" }, "finalizers": ["example.com/mine"],
                "annotations": { "kubernetes.io/change-cause": "why" } },
            "spec": { "replicas": 2, "template": { "metadata": { "labels": { "app": "a" } } } },
        });
        assert_eq!(left("apps/v1", "Deployment", object), kept);
        let bare = json!({ "metadata": { "name": "a", "finalizers": ["orphan"],
            "annotations": { "deployment.kubernetes.io/revision": "7" } } });
        assert_eq!(left("apps/v1", "Deployment", bare), json!({ "metadata": { "name": "a" } }));
    }

    #[test]
    fn a_service_keeps_its_ports_and_no_address_but_the_lack_of_one() {
        let ports = json!([{ "port": 80, "nodePort": 30_080 }]);
        let spec = json!({ "clusterIP": "10.0.0.50", "clusterIPs": ["10.0.0.50"], "healthCheckNodePort": 31_000, "ports": ports });
        assert_eq!(left("v1", "Service", json!({ "spec": spec })), json!({ "spec": { "ports": ports } }));
        let headless = json!({ "spec": { "clusterIP": "None", "clusterIPs": ["None"] } });
        assert_eq!(left("v1", "Service", headless.clone()), headless);
        let other = json!({ "spec": spec });
        assert_eq!(left("serving.knative.dev/v1", "Service", other.clone()), other, "of another group");
    }

    #[test]
    fn a_claim_keeps_a_volume_only_where_somebody_has_named_it() {
        let spec = json!({ "volumeName": "pv-1", "storageClassName": "fast" });
        let bound = json!({ "metadata": { "annotations": { "pv.kubernetes.io/bind-completed": "yes",
            "pv.kubernetes.io/bound-by-controller": "yes", "volume.kubernetes.io/storage-provisioner": "x" } }, "spec": spec });
        assert_eq!(
            left("v1", "PersistentVolumeClaim", bound),
            json!({ "spec": { "storageClassName": "fast" } })
        );
        let named = json!({ "metadata": { "annotations": { "pv.kubernetes.io/bind-completed": "yes" }, "name": "a" }, "spec": spec });
        assert_eq!(
            left("v1", "PersistentVolumeClaim", named),
            json!({ "metadata": { "name": "a" }, "spec": spec })
        );
        let claim = json!({ "spec": { "claimRef": { "name": "a", "uid": "1", "resourceVersion": "2" } } });
        assert_eq!(left("v1", "PersistentVolume", claim), json!({ "spec": { "claimRef": { "name": "a" } } }));
    }

    #[test]
    fn a_job_loses_what_ties_it_to_its_old_pods() {
        let labels = json!({ "controller-uid": "1", "batch.kubernetes.io/controller-uid": "1", "job-name": "a",
            "batch.kubernetes.io/job-name": "a", "app": "a" });
        let job = |manual: bool| {
            json!({ "metadata": { "labels": labels }, "spec": { "manualSelector": manual,
                "selector": { "matchLabels": { "batch.kubernetes.io/controller-uid": "1" } },
                "template": { "metadata": { "labels": labels }, "spec": {} } } })
        };
        let app = json!({ "labels": { "app": "a" } });
        let kept = json!({ "metadata": app, "spec": { "template": { "metadata": app, "spec": {} } } });
        assert_eq!(left("batch/v1", "Job", job(false)), kept);
        assert_eq!(left("batch/v1", "Job", job(true)), job(true));
    }

    #[test]
    fn other_kinds_lose_what_they_are_given() {
        let namespace = json!({ "metadata": { "name": "a", "labels": { "kubernetes.io/metadata.name": "a" } },
            "spec": { "finalizers": ["kubernetes"] } });
        assert_eq!(left("v1", "Namespace", namespace), json!({ "metadata": { "name": "a" } }));
        let pod = json!({ "spec": { "nodeName": "node-1", "containers": [] } });
        assert_eq!(left("v1", "Pod", pod), json!({ "spec": { "containers": [] } }));
        let set = json!({ "spec": { "volumeClaimTemplates": [{ "metadata": { "name": "d" }, "status": { "phase": "Pending" } }] } });
        assert_eq!(
            left("apps/v1", "StatefulSet", set),
            json!({ "spec": { "volumeClaimTemplates": [{ "metadata": { "name": "d" } }] } })
        );
    }
}
