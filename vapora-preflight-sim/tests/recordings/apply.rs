//! Writes, most of them dry runs: server-side apply, patches, and what is wrong with a manifest.

use serde_json::json;
use vapora_preflight_sim::{AccessRule, Cluster, ClusterError};

use crate::{
    case::{Case, case},
    world::{NAMESPACE, namespace, roll},
};

pub(crate) const CASES: &[Case] = &[
    case("configmap-get-after-dry-run-404").after(&["dry-run-apply-configmap-valid-new-201"]),
    case("deployment-delete").before(|cluster| roll(cluster, 4, "nginx:1.25.5")),
    case("dry-run-apply-bad-dry-run-value"),
    case("dry-run-apply-bad-field-validation-value"),
    case("dry-run-apply-bad-name-422"),
    case("dry-run-apply-bad-quantity"),
    case("dry-run-apply-bad-token-401"),
    case("dry-run-apply-body-over-3-mib-413").adapt(|_, request| {
        let text = String::from_utf8(std::mem::take(&mut request.body)).unwrap();
        let head = text.split("xxx").next().unwrap();
        request.body = format!("{head}{}\n", "x".repeat(3_300_000)).into_bytes();
    }),
    case("dry-run-apply-configmap-number-value"),
    case("dry-run-apply-configmap-valid-existing-200"),
    case("dry-run-apply-configmap-valid-new-201"),
    case("dry-run-apply-conflict-409"),
    case("dry-run-apply-conflict-forced-200"),
    case("dry-run-apply-conflict-several-409"),
    case("dry-run-apply-custom-resource-201").before(widgets),
    case("dry-run-apply-custom-resource-deprecated-version").before(widgets),
    case("dry-run-apply-custom-resource-invalid-422").before(widgets),
    case("dry-run-apply-custom-resource-unknown-field-ignore").before(widgets),
    case("dry-run-apply-custom-resource-unknown-field-strict").before(widgets),
    case("dry-run-apply-custom-resource-unknown-field-warn").before(widgets),
    case("dry-run-apply-custom-resource-wrong-type").before(widgets),
    case("dry-run-apply-deployment-deprecated-annotation-warnings"),
    case("dry-run-apply-deployment-immutable-selector-422"),
    case("dry-run-apply-deployment-invalid-422"),
    case("dry-run-apply-deployment-missing-selector-422"),
    case("dry-run-apply-deployment-valid-new-201"),
    case("dry-run-apply-deployment-valid-warn-mode-201"),
    case("dry-run-apply-duplicate-env-name"),
    case("dry-run-apply-duplicate-field-warn"),
    case("dry-run-apply-existing-with-patch-only-200").before(|cluster| {
        let patch = AccessRule::new(["get", "patch"], [""], ["configmaps"]).in_namespaces([NAMESPACE]);
        cluster.set_rules("restricted-user", [patch])
    }),
    case("dry-run-apply-in-terminating-namespace-403").before(|cluster| {
        namespace(cluster, "vapora-going", &[])?;
        cluster.terminate_namespace("vapora-going")
    }),
    case("dry-run-apply-json-body-201"),
    case("dry-run-apply-kind-mismatch-400"),
    case("dry-run-apply-managed-fields-set-400"),
    case("dry-run-apply-missing-api-version"),
    case("dry-run-apply-name-mismatch-400"),
    case("dry-run-apply-new-namespace-201"),
    case("dry-run-apply-pvc-shrink-422"),
    case("dry-run-apply-restricted-403"),
    case("dry-run-apply-service-201"),
    case("dry-run-apply-service-bad-node-port-accepted-201"),
    case("dry-run-apply-service-cluster-ip-outside-range-422"),
    case("dry-run-apply-unknown-fields-default"),
    case("dry-run-apply-unknown-fields-ignore"),
    case("dry-run-apply-unknown-fields-strict"),
    case("dry-run-apply-unknown-kind-404"),
    case("dry-run-apply-wrong-namespace-404"),
    case("dry-run-apply-wrong-type"),
    case("dry-run-create-crd-201"),
    case("dry-run-create-post-already-exists-409"),
    case("dry-run-create-post-unknown-field-ignore"),
    case("dry-run-create-post-unknown-field-strict"),
    case("dry-run-create-post-unknown-field-warn"),
    case("dry-run-merge-patch-missing-404"),
    case("dry-run-patch-unsupported-media-type-415"),
    case("real-apply-service-bad-node-port-422"),
    case("real-apply-service-cluster-ip-outside-range-422"),
    case("real-apply-service-cluster-ip-taken-422").before(|cluster| {
        cluster.insert(json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "kubernetes", "namespace": "default" },
            "spec": {
                "ports": [{ "name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443 }],
                "clusterIP": "10.0.0.1",
                "clusterIPs": ["10.0.0.1"],
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "internalTrafficPolicy": "Cluster",
            },
            "status": { "loadBalancer": {} },
        }))
    }),
];

/// The definition of the kind `Widget`, with a version that is deprecated.
fn widgets(cluster: &Cluster) -> Result<(), ClusterError> {
    let schema = |size: serde_json::Value| {
        let spec = json!({ "type": "object", "properties": { "size": size } });
        json!({ "openAPIV3Schema": { "type": "object", "properties": { "spec": spec } } })
    };
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "lastTransitionTime": "2026-11-23T12:17:04Z", "reason": reason,
            "message": message,
        })
    };
    let names =
        json!({ "plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList" });
    cluster.insert(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.com", "generation": 1 },
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": names,
            "versions": [
                {
                    "name": "v1", "served": true, "storage": true,
                    "schema": schema(json!({ "type": "integer", "maximum": 5 })),
                },
                {
                    "name": "v1beta1", "served": true, "storage": false, "deprecated": true,
                    "schema": schema(json!({ "type": "integer" })),
                },
            ],
            "conversion": { "strategy": "None" },
        },
        "status": {
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
            "acceptedNames": names,
            "storedVersions": ["v1"],
        },
    }))
}
