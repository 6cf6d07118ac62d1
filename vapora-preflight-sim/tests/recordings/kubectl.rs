//! What kubectl asks.
//!
//! It prefers protobuf in many places and takes JSON as well, which is what the simulation answers.

use std::time::Duration;

use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, ClusterError};

use crate::{
    case::{Case, case},
    reads::table,
};

const PATCHED: &str = "kubectl/kubectl-rollout-undo-to-revision-1-04-patch-apis-apps-v1-namespaces-vapora-deployments-vapora-agents";

pub(crate) const CASES: &[Case] = &[
    case("kubectl/kubectl-apply-dry-run-server-01-get-openapi-v3")
        .part("the hashes of documents are not recorded", paths),
    case("kubectl/kubectl-apply-dry-run-server-02-get-openapi-v3-apis-apps-v1")
        .adapt(|cluster, request| {
            let hash = crate::discovery::hash(cluster, "apis/apps/v1");
            let (path, _) = request.target.split_once('?').unwrap();
            request.target = format!("{path}?hash={hash}&timeout=32s");
        })
        .part("one path and one type of the document are recorded, and types are described otherwise", document),
    case(
        "kubectl/kubectl-apply-dry-run-server-03-get-apis-apps-v1-namespaces-vapora-deployments-vapora-check",
    ),
    case("kubectl/kubectl-apply-dry-run-server-04-get-api-v1-namespaces-vapora"),
    case("kubectl/kubectl-apply-dry-run-server-05-post-apis-apps-v1-namespaces-vapora-deployments"),
    case("kubectl/kubectl-apply-server-side-dry-run-01-get-openapi-v3")
        .part("the hashes of documents are not recorded", paths),
    case(
        "kubectl/kubectl-apply-server-side-dry-run-02-patch-apis-apps-v1-namespaces-vapora-deployments-vapora-check",
    ),
    case("kubectl/kubectl-auth-can-i-01-get-apis-apps-v1"),
    case("kubectl/kubectl-auth-can-i-02-post-apis-authorization-k8s-io-v1-selfsubjectaccessreviews")
        .in_json(),
    case("kubectl/kubectl-diff-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-backend")
        .before(crate::rollouts::unavailable_once),
    case("kubectl/kubectl-diff-02-get-openapi-v3").part("the hashes of documents are not recorded", paths),
    case("kubectl/kubectl-diff-03-patch-apis-apps-v1-namespaces-vapora-deployments-vapora-backend")
        .before(crate::rollouts::unavailable_once)
        .adapt(crate::rollouts::as_it_is_here),
    case("kubectl/kubectl-get-nodes-01-get-api"),
    case("kubectl/kubectl-get-nodes-02-get-apis"),
    case("kubectl/kubectl-get-nodes-03-get-api-v1-nodes")
        .part("the descriptions of columns are not recorded", table),
    case("kubectl/kubectl-rollout-history-01-get-api"),
    case(
        "kubectl/kubectl-rollout-history-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    ),
    case("kubectl/kubectl-rollout-history-02-get-apis"),
    case("kubectl/kubectl-rollout-history-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents").in_json_like("kubectl/kubectl-rollout-history-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case(
        "kubectl/kubectl-rollout-history-03-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    )
    .before(|cluster| crate::rollouts::unavailable(cluster, "vapora-agents")),
    case("kubectl/kubectl-rollout-history-03-get-apis-apps-v1-namespaces-vapora-replicasets").in_json(),
    case("kubectl/kubectl-rollout-history-04-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents").before(|cluster| crate::rollouts::unavailable(cluster, "vapora-agents")).in_json_like("kubectl/kubectl-rollout-history-03-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-history-05-get-apis-apps-v1-namespaces-vapora-replicasets").in_json(),
    case(
        "kubectl/kubectl-rollout-history-after-undo-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    )
    .after(&[PATCHED])
    .before(one_is_ending),
    case("kubectl/kubectl-rollout-history-after-undo-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents")
        .after(&[PATCHED])
        .before(one_is_ending)
        .in_json_like("kubectl/kubectl-rollout-history-after-undo-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-history-after-undo-03-get-apis-apps-v1-namespaces-vapora-replicasets")
        .in_json(),
    case(
        "kubectl/kubectl-rollout-history-revision-2-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    ),
    case("kubectl/kubectl-rollout-history-revision-2-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents").in_json_like("kubectl/kubectl-rollout-history-revision-2-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-history-revision-2-03-get-apis-apps-v1-namespaces-vapora-replicasets")
        .in_json(),
    case(
        "kubectl/kubectl-rollout-status-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    )
    .after(&[PATCHED])
    .before(half_way),
    case("kubectl/kubectl-rollout-status-02-get-apis-apps-v1-namespaces-vapora-deployments")
        .after(&[PATCHED])
        .part("how far the controllers are at each moment depends on their speed", |events| {
            let last = events.as_array().unwrap().iter().rev().find(|event| event["type"] == "MODIFIED");
            let status = last.map(|event| &event["object"]["status"]);
            json!({
                "first": events[0]["type"],
                "second": events[1],
                "replicas": status.map(|status| &status["replicas"]),
                "updated": status.map(|status| &status["updatedReplicas"]),
                "conditions": status.map(|status| &status["conditions"]),
            })
        }),
    case(
        "kubectl/kubectl-rollout-undo-dry-run-server-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    ),
    case("kubectl/kubectl-rollout-undo-dry-run-server-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents").in_json_like("kubectl/kubectl-rollout-undo-dry-run-server-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-undo-dry-run-server-03-get-apis-apps-v1-namespaces-vapora-replicasets")
        .in_json(),
    case(
        "kubectl/kubectl-rollout-undo-dry-run-server-04-patch-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    )
    .in_json(),
    case(
        "kubectl/kubectl-rollout-undo-missing-revision-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    )
    .after(&[PATCHED])
    .before(rolled_out),
    case("kubectl/kubectl-rollout-undo-missing-revision-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents")
        .after(&[PATCHED])
        .before(rolled_out)
        .in_json_like("kubectl/kubectl-rollout-undo-missing-revision-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-undo-missing-revision-03-get-apis-apps-v1-namespaces-vapora-replicasets")
        .in_json(),
    case(
        "kubectl/kubectl-rollout-undo-previous-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-llm-router",
    ),
    case("kubectl/kubectl-rollout-undo-previous-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-llm-router").in_json_like("kubectl/kubectl-rollout-undo-previous-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-llm-router"),
    case("kubectl/kubectl-rollout-undo-previous-03-get-apis-apps-v1-namespaces-vapora-replicasets").in_json(),
    case(
        "kubectl/kubectl-rollout-undo-previous-04-patch-apis-apps-v1-namespaces-vapora-deployments-vapora-llm-router",
    )
    .in_json(),
    case(
        "kubectl/kubectl-rollout-undo-to-revision-1-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    ),
    case("kubectl/kubectl-rollout-undo-to-revision-1-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents").in_json_like("kubectl/kubectl-rollout-undo-to-revision-1-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents"),
    case("kubectl/kubectl-rollout-undo-to-revision-1-03-get-apis-apps-v1-namespaces-vapora-replicasets")
        .in_json(),
    case(PATCHED).in_json(),
];

/// The patch of a Deployment, and the fields of its `spec`, in a document of OpenAPI.
fn document(body: &Value) -> Value {
    let schemas = body["components"]["schemas"].as_object().unwrap();
    let reference = |value: &Value| -> Option<String> {
        let reference = if value["$ref"].is_string() { &value["$ref"] } else { &value["allOf"][0]["$ref"] };
        Some(reference.as_str()?.rsplit('/').next()?.to_owned())
    };
    let of = |kind: &str| {
        schemas.values().find(|schema| schema["x-kubernetes-group-version-kind"][0]["kind"] == kind)
    };
    let spec = &schemas[&reference(&of("Deployment").unwrap()["properties"]["spec"]).unwrap()];
    let fields = spec["properties"].as_object().unwrap().iter();
    let fields: Value = fields
        .map(|(name, value)| {
            let sort = if reference(value).is_some() { json!("object") } else { value["type"].clone() };
            (name.clone(), sort)
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let patch = &body["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    let parameters = patch["parameters"].as_array().unwrap().iter().map(|parameter| {
        json!({ "name": parameter["name"], "in": parameter["in"], "schema": parameter["schema"] })
    });
    json!({
        "openapi": body["openapi"],
        "info": body["info"],
        "parameters": parameters.collect::<Vec<_>>(),
        "action": patch["x-kubernetes-action"],
        "kind": patch["x-kubernetes-group-version-kind"],
        "required": spec["required"],
        "fields": fields,
    })
}

/// The paths of the documents in an index of OpenAPI.
pub(crate) fn paths(body: &Value) -> Value {
    match &body["paths"] {
        Value::Object(paths) => paths.keys().cloned().collect(),
        paths => paths.clone(),
    }
}

/// A minute passes, in which the rollout comes to its end.
fn rolled_out(cluster: &Cluster) -> Result<(), ClusterError> {
    pass(cluster, 60)
}

/// The rollout has come to its end, and the last of the old Pods is still ending.
fn one_is_ending(cluster: &Cluster) -> Result<(), ClusterError> {
    pass(cluster, 37)
}

/// One of the new Pods is ready.
fn half_way(cluster: &Cluster) -> Result<(), ClusterError> {
    pass(cluster, 7)
}

#[expect(clippy::unnecessary_wraps, reason = "it is the last step of others")]
fn pass(cluster: &Cluster, seconds: u64) -> Result<(), ClusterError> {
    cluster.clock().advance(Duration::from_secs(seconds));
    Ok(())
}
