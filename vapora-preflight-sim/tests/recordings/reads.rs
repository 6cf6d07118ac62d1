//! Objects and lists of them.

use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, ClusterError, NodeTrouble, PodTrouble};

use crate::{
    case::{Case, case},
    world::{NAMESPACE, another_pod, backend, namespace, roll},
};

pub(crate) const CASES: &[Case] = &[
    case("configmap-get").built(),
    case("configmap-get-missing-404").built(),
    case("configmap-get-missing-namespace-404").built(),
    case("configmap-get-restricted-403").built(),
    case("configmaps-list"),
    case("secret-get-missing-404"),
    case("namespace-get").built(),
    case("namespace-get-missing-404").built(),
    case("namespace-get-missing-restricted-403").built(),
    case("namespace-get-restricted-403").built(),
    case("namespace-get-terminating").built().before(|cluster| {
        namespace(cluster, "vapora-going", &[])?;
        cluster.terminate_namespace("vapora-going")
    }),
    case("namespaces-list").before(|cluster| {
        let labels = [
            ("pod-security.kubernetes.io/enforce", "baseline"),
            ("pod-security.kubernetes.io/warn", "restricted"),
        ];
        namespace(cluster, "vapora-psa", &labels)?;
        namespace(cluster, "vapora-quota", &[])
    }),
    case("node-get").built(),
    case("node-get-missing-404").built(),
    case("node-get-not-ready").built().before(not_ready),
    case("nodes-list-all-ready").built(),
    case("nodes-list-as-table").part("the descriptions of columns are not recorded", table),
    case("nodes-list-metadata-only").built(),
    case("nodes-list-one-cordoned").built().before(|c| c.trouble_node("node-3", NodeTrouble::Cordoned)),
    case("nodes-list-one-memory-pressure")
        .built()
        .before(|c| c.trouble_node("node-3", NodeTrouble::MemoryPressure)),
    case("nodes-list-one-not-ready").built().before(not_ready),
    case("nodes-list-one-unknown").built().before(|c| c.trouble_node("node-3", NodeTrouble::Silent)),
    case("nodes-list-restricted-403").built(),
    case("deployment-get").built(),
    case("deployment-get-just-patched-generation-ahead").built().before(just_patched).part(
        "its rollout had been another",
        |body| {
            json!({
                "replicas": body["spec"]["replicas"],
                "available": body["status"]["conditions"][0],
                "behind": body["metadata"]["generation"] != body["status"]["observedGeneration"],
            })
        },
    ),
    case("deployment-get-missing-404").built(),
    case("deployment-get-missing-namespace-404").built(),
    case("deployment-get-one-replica-unavailable")
        .built()
        .before(|c| c.trouble_pod(NAMESPACE, &backend(c), PodTrouble::NotReady)),
    case("deployment-get-paused").built().before(paused).part(
        "its Pods had no requests and no probes",
        |body| json!({ "status": body["status"], "paused": body["spec"]["paused"] }),
    ),
    case("deployment-scale-get"),
    case("deployments-list").built(),
    case("deployments-list-label-selector").built(),
    case("deployments-list-missing-namespace-200-empty").built(),
    case("deployments-list-resource-version-0").built(),
    case("deployments-list-restricted-403").built(),
    case("deployments-list-restricted-cert-user-403").built(),
    case("replicasets-list"),
    case("replicasets-list-of-one-deployment")
        .built()
        .part("the order of ReplicaSets is that of their hashes, which are others here", by_revision),
    case("pod-get-crash-loop-back-off")
        .built()
        .adapt(|cluster, request| {
            request.target = request.target.replace("vapora-backend-67dd657545-cczvx", &backend(cluster));
        })
        .before(|c| c.trouble_pod(NAMESPACE, &backend(c), PodTrouble::CrashLoop)),
    case("pod-get-pending-container-creating").built().before(creating).part(
        "it was a Pod without requests",
        |body| {
            let mut body = body.clone();
            let status = body["status"].as_object_mut().unwrap();
            status.remove("qosClass");
            json!({ "status": status, "placed": body["spec"]["nodeName"].is_string() })
        },
    ),
    case("pod-get-pending-unschedulable")
        .built()
        .before(|cluster| {
            another_pod(cluster, "vapora-unschedulable", |_| ())?;
            cluster.trouble_pod(NAMESPACE, "vapora-unschedulable", PodTrouble::Unschedulable)
        })
        .part("it is a copy of another Pod", |body| {
            json!({
                "status": body["status"], "node": body["spec"]["nodeName"], "kind": body["kind"],
                "apiVersion": body["apiVersion"],
            })
        }),
    case("pods-list-all-namespaces").built(),
    case("pods-list-all-running").built(),
    case("pods-list-as-table").part("the descriptions of columns are not recorded", table),
    case("pods-list-field-selector-phase").built(),
    case("pods-list-gzip").built(),
    case("pods-list-metadata-only").built(),
    case("pods-list-no-accept-header").built(),
    case("pods-list-one-crash-loop-back-off")
        .built()
        .before(|c| c.trouble_pod(NAMESPACE, &backend(c), PodTrouble::CrashLoop)),
    case("pods-list-one-image-pull-backoff")
        .built()
        .before(|cluster| {
            roll(cluster, 2, "nginx:9.99-nope")?;
            let pods = cluster.pods_of(NAMESPACE, "vapora-roll");
            pods.iter().try_for_each(|pod| cluster.trouble_pod(NAMESPACE, pod, PodTrouble::ImagePull))
        })
        .part("these were Pods without requests, of a rollout of which others ran", waiting),
    case("pods-list-one-running-not-ready")
        .built()
        .before(|c| c.trouble_pod(NAMESPACE, &backend(c), PodTrouble::NotReady)),
    case("pods-list-protobuf").refused("the simulation does not speak protobuf"),
    case("pods-list-restricted-200").built(),
    case("pods-list-running-with-restarts").built().before(restarted),
    case("pods-list-limit-2-first").built(),
    case("pods-list-limit-2-second").built().after(&["pods-list-limit-2-first"]),
    case("pods-list-limit-2-chunk-3").built().after(&["pods-list-limit-2-first", "pods-list-limit-2-second"]),
    case("pods-list-limit-with-resource-version-0").built(),
    case("services-list"),
    case("endpoints-list-deprecated-warning"),
    case("endpointslices-list"),
    case("persistentvolumeclaims-list"),
    case("poddisruptionbudgets-list").before(budget),
    case("serviceaccounts-list"),
    case("componentstatuses-list-deprecated-warning"),
    case("metrics-apiservice-get-unavailable").before(metrics_service),
    case("events-list"),
    case("events-list-of-one-object"),
    case("events-list-v1-group").part("fewer events are recorded than there were", |body| {
        let mut body = body.clone();
        body["metadata"].as_object_mut().unwrap().remove("remainingItemCount");
        body
    }),
    case("events-list-warnings"),
];

fn not_ready(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.trouble_node("node-2", NodeTrouble::NotReady)
}

fn just_patched(cluster: &Cluster) -> Result<(), ClusterError> {
    roll(cluster, 4, "nginx:1.25.5")?;
    cluster.edit("Deployment", NAMESPACE, "vapora-roll", |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:9.99-nope".into();
    })
}

fn paused(cluster: &Cluster) -> Result<(), ClusterError> {
    roll(cluster, 4, "nginx:1.25.5")?;
    cluster.edit("Deployment", NAMESPACE, "vapora-roll", |deployment| {
        deployment["spec"]["paused"] = true.into();
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.26.0".into();
    })?;
    cluster.observe(NAMESPACE, "vapora-roll")
}

fn restarted(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.edit("Pod", NAMESPACE, &backend(cluster), |pod| {
        let status = &mut pod["status"]["containerStatuses"][0];
        status["restartCount"] = 12.into();
        status["lastState"] = json!({ "terminated": {
            "exitCode": 1,
            "reason": "Error",
            "startedAt": "2026-11-23T12:08:46Z",
            "finishedAt": "2026-11-23T12:08:46Z",
            "containerID": "containerd://1",
        } });
    })
}

/// A Pod that a node has and whose container is not there yet.
pub(crate) fn creating(cluster: &Cluster) -> Result<(), ClusterError> {
    another_pod(cluster, "vapora-creating", |pod| {
        pod["spec"]["containers"][0]["name"] = "web".into();
        pod["status"]["containerStatuses"][0]["name"] = "web".into();
    })?;
    cluster.trouble_pod(NAMESPACE, "vapora-creating", PodTrouble::Creating)
}

/// A budget that lets no Pod of the backend go.
pub(crate) fn budget(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.insert(json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": { "name": "backend", "namespace": NAMESPACE, "generation": 1 },
        "spec": { "minAvailable": 2, "selector": { "matchLabels": { "app": "vapora-backend" } } },
        "status": {
            "observedGeneration": 1,
            "disruptionsAllowed": 0,
            "currentHealthy": 2,
            "desiredHealthy": 2,
            "expectedPods": 2,
            "conditions": [{
                "type": "DisruptionAllowed",
                "status": "False",
                "observedGeneration": 1,
                "lastTransitionTime": "2026-11-23T12:08:16Z",
                "reason": "InsufficientPods",
                "message": "",
            }],
        },
    }))
}

/// The metrics server is registered, and its Service is missing.
#[expect(clippy::unnecessary_wraps, reason = "a step before a recording may fail")]
pub(crate) fn metrics_service(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.metrics_down();
    Ok(())
}

/// A table without what its columns say about themselves at length; what was long ago is so here too.
pub(crate) fn table(body: &Value) -> Value {
    let mut body = body.clone();
    let age = body["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .position(|column| column["name"] == "Age")
        .unwrap();
    for row in body["rows"].as_array_mut().unwrap() {
        let text = row["cells"][age].as_str().unwrap();
        assert!(text.ends_with(['s', 'm', 'h', 'd', 'y']), "{text}");
        row["cells"][age] = "some time".into();
    }
    for column in body["columnDefinitions"].as_array_mut().into_iter().flatten() {
        column.as_object_mut().unwrap().remove("description");
    }
    body
}

fn waiting(body: &Value) -> Value {
    let statuses = body["items"].as_array().unwrap().iter().map(|item| item["status"].clone());
    let mut statuses: Vec<Value> = statuses.filter(|status| status["phase"] == "Pending").collect();
    for status in &mut statuses {
        status.as_object_mut().unwrap().remove("qosClass");
    }
    statuses.into()
}

fn by_revision(body: &Value) -> Value {
    let mut body = body.clone();
    for set in body["items"].as_array_mut().unwrap() {
        set["metadata"]["annotations"].as_object_mut().unwrap().remove("kubernetes.io/change-cause");
    }
    body["items"].as_array_mut().unwrap().sort_by_key(|set| {
        set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str().unwrap().to_owned()
    });
    body
}
