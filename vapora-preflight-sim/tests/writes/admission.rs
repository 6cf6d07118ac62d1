//! Limits, quotas, PodSecurity, policies and webhooks.

use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, WebhookAnswer};

use crate::{BACKEND, CONFIG_MAPS, DEPLOYMENTS, MERGE, ask, config_map, deployment, pod, post, shop};

const PODS: &str = "/api/v1/namespaces/shop/pods";

fn insert(cluster: &Cluster, version: &str, kind: &str, spec: &Value) {
    let object = json!({
        "apiVersion": version, "kind": kind, "metadata": { "name": "it", "namespace": "shop" }, "spec": spec,
    });
    cluster.insert(object).unwrap();
}

#[tokio::test]
async fn a_quota_counts_what_is_there() {
    let cluster = shop();
    let hard = json!({ "count/configmaps": "2", "requests.memory": "192Mi", "pods": "5" });
    insert(&cluster, "v1", "ResourceQuota", &json!({ "hard": hard }));
    assert_eq!(post(&cluster, CONFIG_MAPS, &config_map("a", &json!({}))).await.code, 201);
    let over = post(&cluster, CONFIG_MAPS, &config_map("b", &json!({}))).await;
    assert_eq!(
        over.message(),
        "configmaps \"b\" is forbidden: exceeded quota: it, requested: count/configmaps=1, used: \
         count/configmaps=2, limited: count/configmaps=2"
    );
    // Two Pods ask for 64Mi each.
    let memory = |amount: &str| json!({ "requests": { "memory": amount } });
    let over = post(&cluster, PODS, &pod("p", &memory("65Mi"))).await;
    assert!(
        over.message().ends_with(
            "requested: requests.memory=65Mi, used: requests.memory=128Mi, limited: \
         requests.memory=192Mi"
        ),
        "{}",
        over.message()
    );
    let silent = post(&cluster, PODS, &pod("p", &json!({}))).await;
    assert!(silent.message().contains("must specify requests.memory for: web"), "{}", silent.message());
    assert_eq!(post(&cluster, PODS, &pod("p", &memory("64Mi"))).await.code, 201);
    // A change of what is there needs no room.
    let patch = json!({ "data": { "level": "debug" } });
    assert_eq!(ask(&cluster, ("PATCH", &format!("{CONFIG_MAPS}/config")), MERGE, &patch).await.code, 200);
}

#[tokio::test]
async fn a_limit_range_fills_in_and_refuses() {
    let cluster = shop();
    let limits = json!([{
        "type": "Container",
        "max": { "memory": "256Mi" }, "min": { "cpu": "50m" }, "default": { "memory": "128Mi" },
        "defaultRequest": { "cpu": "100m", "memory": "64Mi" },
    }]);
    insert(&cluster, "v1", "LimitRange", &json!({ "limits": limits }));
    let filled = post(&cluster, PODS, &pod("a", &json!({}))).await;
    let resources = &filled.body["spec"]["containers"][0]["resources"];
    assert_eq!(
        (&resources["limits"]["memory"], &resources["requests"]["cpu"]),
        (&json!("128Mi"), &json!("100m"))
    );
    let much = post(&cluster, PODS, &pod("b", &json!({ "limits": { "memory": "1Gi" } }))).await;
    assert!(much.message().ends_with("maximum memory usage per Container is 256Mi, but limit is 1Gi"));
    let little = post(&cluster, PODS, &pod("b", &json!({ "requests": { "cpu": "10m" } }))).await;
    assert!(little.message().ends_with("minimum cpu usage per Container is 50m, but request is 10m"));
}

#[tokio::test]
async fn the_level_of_a_namespace_warns_of_templates_and_refuses_pods() {
    let cluster = shop();
    cluster
        .edit("Namespace", "", "shop", |namespace| {
            namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted".into();
            namespace["metadata"]["labels"]["pod-security.kubernetes.io/warn"] = "baseline".into();
        })
        .unwrap();
    assert_eq!(post(&cluster, PODS, &pod("a", &json!({}))).await.code, 403);
    let good = json!({
        "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": { "drop": ["ALL"] },
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    let mut safe = pod("a", &json!({}));
    safe["spec"]["containers"][0]["securityContext"] = good;
    assert_eq!(post(&cluster, PODS, &safe).await.code, 201);

    let mut template = deployment("web", "nginx:1");
    assert!(post(&cluster, &format!("{DEPLOYMENTS}?dryRun=All"), &template).await.warnings.is_empty());
    template["spec"]["template"]["spec"]["hostNetwork"] = true.into();
    template["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "v", "hostPath": { "path": "/" } }]);
    let warned = post(&cluster, DEPLOYMENTS, &template).await;
    assert_eq!(warned.code, 201);
    assert_eq!(
        warned.warnings,
        [
            "299 - \"would violate PodSecurity \\\"baseline:latest\\\": host namespaces (hostNetwork=true), hostPath \
          volumes (volume \\\"v\\\")\""
        ]
    );
}

fn policy(cluster: &Cluster, actions: &Value) {
    for object in [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": "few" },
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": { "resourceRules": [{
                    "apiGroups": ["apps"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                    "resources": ["deployments"],
                }] },
                "variables": [{ "name": "replicas", "expression": "object.spec.replicas" }],
                "validations": [{
                    "expression": "variables.replicas <= 5 || request.operation == 'CREATE'",
                    "messageExpression": "'at most 5, not ' + string(variables.replicas)",
                }],
            },
        }),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": "few" },
            "spec": { "policyName": "few", "validationActions": actions },
        }),
    ] {
        cluster.insert(object).unwrap();
    }
}

#[tokio::test]
async fn a_policy_denies_or_warns_by_its_expressions() {
    let cluster = shop();
    policy(&cluster, &json!(["Deny"]));
    let scale = |replicas: u32| json!({ "spec": { "replicas": replicas } });
    assert_eq!(ask(&cluster, ("PATCH", BACKEND), MERGE, &scale(5)).await.code, 200);
    let denied = ask(&cluster, ("PATCH", BACKEND), MERGE, &scale(6)).await;
    assert_eq!(denied.code, 422);
    assert!(denied.message().ends_with("denied request: at most 5, not 6"), "{}", denied.message());
    policy(&cluster, &json!(["Warn", "Audit"]));
    let warned = ask(&cluster, ("PATCH", BACKEND), MERGE, &scale(6)).await;
    assert_eq!((warned.code, warned.warnings.len()), (200, 1));
    let mut many = deployment("web", "nginx:1");
    many["spec"]["replicas"] = 9.into();
    assert!(post(&cluster, DEPLOYMENTS, &many).await.warnings.is_empty());
}

fn webhook(cluster: &Cluster, policy: &str, effects: &str) {
    let object = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "hook" },
        "webhooks": [{
            "name": "hook.example.com",
            "clientConfig": { "service": { "name": "hook", "namespace": "hooks", "path": "/ask" } },
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"],
            }],
            "failurePolicy": policy,
            "sideEffects": effects,
            "matchConditions": [{ "name": "not-mine", "expression": "object.metadata.name != 'mine'" }],
        }],
    });
    cluster.insert(object).unwrap();
}

#[tokio::test]
async fn a_webhook_answers_what_it_is_told_to() {
    let cluster = shop();
    webhook(&cluster, "Fail", "None");
    let tried = format!("{CONFIG_MAPS}?dryRun=All");
    let down = post(&cluster, &tried, &config_map("a", &json!({}))).await;
    assert_eq!(down.code, 500);
    assert!(down.message().contains("https://hook.hooks.svc:443/ask?timeout=10s"), "{}", down.message());
    assert_eq!(post(&cluster, &tried, &config_map("mine", &json!({}))).await.code, 201);
    cluster.answer_webhook("hook.example.com", WebhookAnswer::Deny("no".to_owned()));
    assert_eq!(post(&cluster, &tried, &config_map("a", &json!({}))).await.code, 403);
    cluster.answer_webhook("hook.example.com", WebhookAnswer::Allow(vec!["mind".to_owned()]));
    assert_eq!(post(&cluster, &tried, &config_map("a", &json!({}))).await.warnings, ["299 - \"mind\""]);
    webhook(&cluster, "Fail", "Unknown");
    assert_eq!(post(&cluster, &tried, &config_map("a", &json!({}))).await.code, 400);
    webhook(&cluster, "Ignore", "None");
    cluster.answer_webhook("hook.example.com", WebhookAnswer::Unreachable);
    assert_eq!(post(&cluster, &tried, &config_map("a", &json!({}))).await.code, 201);
}
