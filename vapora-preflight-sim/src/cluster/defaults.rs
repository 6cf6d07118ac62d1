//! The values that a server fills in where a client says nothing.

mod pod;

use serde_json::{Value, json};

use super::kinds::ServedKind;

/// Sets a field that is not set; the object it is in is made where there is none.
pub(crate) fn set(value: &mut Value, field: &str, default: impl Into<Value>) {
    if value.is_null() {
        *value = json!({});
    }
    if let Some(fields) = value.as_object_mut()
        && fields.get(field).is_none_or(Value::is_null)
    {
        fields.insert(field.to_owned(), default.into());
    }
}

fn items<'a>(value: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Fills in the defaults of a built-in kind.
pub(crate) fn fill(kind: &ServedKind, object: &mut Value) {
    if !object["spec"].is_object() {
        fill_without_spec(kind, object);
        return;
    }
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => pod::fill_pod(&mut object["spec"]),
        _ if kind.is_workload() => workload(&kind.kind, &mut object["spec"]),
        ("", "Service") => service(&mut object["spec"]),
        ("", "PersistentVolumeClaim") => {
            set(&mut object["spec"], "volumeMode", "Filesystem");
            set(&mut object["status"], "phase", "Pending");
        }
        ("", "PersistentVolume") => {
            set(&mut object["spec"], "volumeMode", "Filesystem");
            set(&mut object["spec"], "persistentVolumeReclaimPolicy", "Retain");
            set(&mut object["status"], "phase", "Pending");
        }
        ("", "LimitRange") => items(&mut object["spec"], "limits").for_each(limits),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(kind, &mut object["spec"]),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(&mut object["spec"]),
        ("apiextensions.k8s.io", _) => definition(object),
        ("apiregistration.k8s.io", _) => {
            if object["spec"]["service"].is_object() {
                set(&mut object["spec"]["service"], "port", 443);
            }
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            set(&mut object["spec"], "failurePolicy", "Fail");
            if let Some(constraints) = object["spec"].get_mut("matchConstraints") {
                matching(constraints, "resourceRules");
            }
        }
        _ => fill_without_spec(kind, object),
    }
}

fn fill_without_spec(kind: &ServedKind, object: &mut Value) {
    match (&*kind.group, &*kind.kind) {
        ("", "Secret") => {
            if let Some(Value::Object(texts)) = object.get_mut("stringData").map(Value::take) {
                use base64::{Engine, engine::general_purpose::STANDARD};
                for (key, text) in texts {
                    object["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
                }
            }
            set(object, "type", "Opaque");
        }
        ("", "PodTemplate") => pod::fill_at(object, "/template/spec"),
        ("", "Namespace") => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        ("", "Endpoints") => {
            for subset in items(object, "subsets") {
                items(subset, "ports").for_each(|port| set(port, "protocol", "TCP"));
            }
        }
        ("discovery.k8s.io", _) => items(object, "ports").for_each(|port| {
            set(port, "name", "");
            set(port, "protocol", "TCP");
        }),
        ("storage.k8s.io", "StorageClass") => {
            set(object, "reclaimPolicy", "Delete");
            set(object, "volumeBindingMode", "Immediate");
        }
        ("scheduling.k8s.io", "PriorityClass") => set(object, "preemptionPolicy", "PreemptLowerPriority"),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            set(&mut object["roleRef"], "apiGroup", "rbac.authorization.k8s.io");
            for subject in items(object, "subjects") {
                if subject["kind"] == "User" || subject["kind"] == "Group" {
                    set(subject, "apiGroup", "rbac.authorization.k8s.io");
                }
            }
        }
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => {
            let mutating = kind.kind == "MutatingWebhookConfiguration";
            for webhook in items(object, "webhooks") {
                set(webhook, "failurePolicy", "Fail");
                set(webhook, "timeoutSeconds", 10);
                if mutating {
                    set(webhook, "reinvocationPolicy", "Never");
                }
                if webhook["clientConfig"]["service"].is_object() {
                    set(&mut webhook["clientConfig"]["service"], "port", 443);
                }
                matching(webhook, "rules");
            }
        }
        _ => {}
    }
}

/// What webhooks and policies are about.
fn matching(value: &mut Value, rules: &str) {
    set(value, "matchPolicy", "Equivalent");
    set(value, "namespaceSelector", json!({}));
    set(value, "objectSelector", json!({}));
    items(value, rules).for_each(|rule| set(rule, "scope", "*"));
}

fn workload(kind: &str, spec: &mut Value) {
    match kind {
        "Deployment" => {
            set(spec, "replicas", 1);
            set(&mut spec["strategy"], "type", "RollingUpdate");
            if spec["strategy"]["type"] == "RollingUpdate" {
                set(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", "25%");
                set(&mut spec["strategy"]["rollingUpdate"], "maxSurge", "25%");
            }
            set(spec, "revisionHistoryLimit", 10);
            set(spec, "progressDeadlineSeconds", 600);
        }
        "StatefulSet" => {
            set(spec, "replicas", 1);
            set(spec, "podManagementPolicy", "OrderedReady");
            set(spec, "revisionHistoryLimit", 10);
            set(&mut spec["updateStrategy"], "type", "RollingUpdate");
            if spec["updateStrategy"]["type"] == "RollingUpdate" {
                set(&mut spec["updateStrategy"]["rollingUpdate"], "partition", 0);
            }
            set(&mut spec["persistentVolumeClaimRetentionPolicy"], "whenDeleted", "Retain");
            set(&mut spec["persistentVolumeClaimRetentionPolicy"], "whenScaled", "Retain");
            for claim in items(spec, "volumeClaimTemplates") {
                set(claim, "apiVersion", "v1");
                set(claim, "kind", "PersistentVolumeClaim");
                set(&mut claim["spec"], "volumeMode", "Filesystem");
                set(&mut claim["status"], "phase", "Pending");
            }
        }
        "DaemonSet" => {
            set(spec, "revisionHistoryLimit", 10);
            set(&mut spec["updateStrategy"], "type", "RollingUpdate");
            if spec["updateStrategy"]["type"] == "RollingUpdate" {
                set(&mut spec["updateStrategy"]["rollingUpdate"], "maxUnavailable", 1);
                set(&mut spec["updateStrategy"]["rollingUpdate"], "maxSurge", 0);
            }
        }
        "Job" => job(spec),
        "CronJob" => {
            set(spec, "concurrencyPolicy", "Allow");
            set(spec, "suspend", false);
            set(spec, "successfulJobsHistoryLimit", 3);
            set(spec, "failedJobsHistoryLimit", 1);
            pod::fill_at(spec, "/jobTemplate/spec/template/spec");
            return;
        }
        "ReplicationController" => {
            set(spec, "replicas", 1);
            let labels = spec["template"]["metadata"]["labels"].clone();
            if !labels.is_null() {
                set(spec, "selector", labels);
            }
        }
        _ => set(spec, "replicas", 1),
    }
    pod::fill_at(spec, "/template/spec");
}

fn job(spec: &mut Value) {
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        set(spec, "completions", 1);
    }
    set(spec, "parallelism", 1);
    set(spec, "backoffLimit", 6);
    set(spec, "completionMode", "NonIndexed");
    set(spec, "suspend", false);
    set(spec, "podReplacementPolicy", "TerminatingOrFailed");
}

fn service(spec: &mut Value) {
    set(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "ClientIP" {
        set(&mut spec["sessionAffinityConfig"]["clientIP"], "timeoutSeconds", 10_800);
    }
    set(spec, "type", "ClusterIP");
    let sort = spec["type"].as_str().unwrap_or_default().to_owned();
    for port in items(spec, "ports") {
        set(port, "protocol", "TCP");
        let number = port["port"].clone();
        if port["targetPort"].is_null() || port["targetPort"] == "" || port["targetPort"] == 0 {
            port["targetPort"] = number;
        }
    }
    if sort == "ExternalName" {
        return;
    }
    set(spec, "internalTrafficPolicy", "Cluster");
    if sort != "ClusterIP" {
        set(spec, "externalTrafficPolicy", "Cluster");
    }
    if sort == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", true);
    }
}

fn limits(item: &mut Value) {
    if item["type"] != "Container" {
        return;
    }
    for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
        for (resource, amount) in item[from].as_object().cloned().into_iter().flatten() {
            set(&mut item[to], &resource, amount);
        }
    }
}

fn autoscaler(kind: &ServedKind, spec: &mut Value) {
    set(spec, "minReplicas", 1);
    if kind.version == "v2" {
        let target = json!({ "type": "Utilization", "averageUtilization": 80 });
        set(
            spec,
            "metrics",
            json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]),
        );
    }
}

fn network_policy(spec: &mut Value) {
    let directions = if spec["egress"].as_array().is_some_and(|rules| !rules.is_empty()) {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    set(spec, "policyTypes", directions);
    for direction in ["ingress", "egress"] {
        for rule in items(spec, direction) {
            items(rule, "ports").for_each(|port| set(port, "protocol", "TCP"));
        }
    }
}

fn definition(object: &mut Value) {
    let names = &mut object["spec"]["names"];
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    set(names, "singular", kind.to_ascii_lowercase());
    set(names, "listKind", format!("{kind}List"));
    set(&mut object["spec"]["conversion"], "strategy", "None");
}
