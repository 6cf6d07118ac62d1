//! Writes that are refused, or warned about, after the rights were checked: quotas, limits, PodSecurity, policies, webhooks.

use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, ClusterError, WebhookAnswer};

use crate::{
    case::{Case, case},
    world::{NAMESPACE, namespace},
};

pub(crate) const CASES: &[Case] = &[
    case("dry-run-apply-psa-enforce-deployment-only-warns-201").before(secured),
    case("dry-run-apply-psa-warn-201").before(secured),
    case("dry-run-create-pod-psa-enforce-403").before(secured),
    case("dry-run-create-pod-missing-service-account-403"),
    case("dry-run-apply-quota-exceeded-403").before(limited),
    case("dry-run-create-pod-limit-range-403").before(limited),
    case("dry-run-apply-validating-policy-deny").before(|cluster| policy(cluster, "Deny")),
    case("dry-run-apply-validating-policy-warn").before(|cluster| policy(cluster, "Warn")),
    case("dry-run-apply-webhook-denied-403").before(|cluster| webhook(cluster, "denies", "deny")),
    case("dry-run-apply-webhook-unreachable-500").before(|cluster| webhook(cluster, "down", "x")),
    case("dry-run-apply-webhook-warnings-201").before(|cluster| webhook(cluster, "warns", "warn")),
];

/// A namespace with the levels of PodSecurity.
fn secured(cluster: &Cluster) -> Result<(), ClusterError> {
    let levels = [
        ("pod-security.kubernetes.io/enforce", "baseline"),
        ("pod-security.kubernetes.io/warn", "restricted"),
    ];
    namespace(cluster, "vapora-psa", &levels)
}

/// A namespace in which nothing more may be made.
fn limited(cluster: &Cluster) -> Result<(), ClusterError> {
    let in_quota = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "v1",
            "kind": kind,
            "metadata": { "name": name, "namespace": "vapora-quota" },
            "spec": spec,
        })
    };
    namespace(cluster, "vapora-quota", &[])?;
    let hard = json!({ "count/deployments.apps": "0" });
    let mut quota = in_quota("ResourceQuota", "few", json!({ "hard": hard }));
    quota["status"] = json!({ "hard": hard, "used": hard });
    cluster.insert(quota)?;
    cluster.insert(in_quota(
        "LimitRange",
        "small",
        json!({ "limits": [{ "type": "Container", "max": { "memory": "256Mi" } }] }),
    ))?;
    cluster.insert(json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": "default", "namespace": "vapora-quota" },
    }))
}

/// No image may be `:latest`.
fn policy(cluster: &Cluster, action: &str) -> Result<(), ClusterError> {
    secured(cluster)?;
    cluster.insert(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": { "name": "no-latest" },
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": [{
                "apiGroups": ["apps"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["deployments"],
            }] },
            "validations": [{
                "expression": "!object.spec.template.spec.containers.exists(c, c.image.endsWith(':latest'))",
                "message": "images must not be :latest",
            }],
        },
    }))?;
    cluster.insert(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": "no-latest" },
        "spec": { "policyName": "no-latest", "validationActions": [action] },
    }))
}

/// A webhook for Deployments.
fn webhook(cluster: &Cluster, name: &str, path: &str) -> Result<(), ClusterError> {
    secured(cluster)?;
    let warnings = ["this is a warning of the webhook", "and \"another\", with quotes and é"];
    cluster.answer_webhook("warns.example.com", WebhookAnswer::Allow(warnings.map(str::to_owned).to_vec()));
    cluster.answer_webhook("denies.example.com", WebhookAnswer::Deny("no deployments on Fridays".to_owned()));
    cluster.insert(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": name },
        "webhooks": [{
            "name": format!("{name}.example.com"),
            "clientConfig": { "url": format!("https://127.0.0.1:9443/{path}") },
            "rules": [{
                "apiGroups": ["apps"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["deployments"],
                "scope": "*",
            }],
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "namespaceSelector": { "matchExpressions": [{
                "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [NAMESPACE],
            }] },
            "objectSelector": {},
            "sideEffects": "None",
            "timeoutSeconds": 2,
            "admissionReviewVersions": ["v1"],
        }],
    }))
}
