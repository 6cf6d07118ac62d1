//! Objects that are not valid, and writes to the wrong place.

use serde_json::{Value, json};

use crate::{BACKEND, CONFIG_MAPS, DEPLOYMENTS, JSON, MERGE, ask, config_map, deployment, post, shop};

#[tokio::test]
async fn each_mistake_in_a_deployment_is_told_with_its_place() {
    let cluster = shop();
    let container = "spec.template.spec.containers[0]";
    let in_container = |field: &str| format!("{container}.{field}");
    let cases: Vec<(&str, Value, String)> = vec![
        ("/spec/replicas", json!(-1), "spec.replicas".to_owned()),
        ("/spec/template/spec/restartPolicy", json!("Never"), "spec.template.spec.restartPolicy".to_owned()),
        ("/spec/template/spec/containers", json!([]), "spec.template.spec.containers".to_owned()),
        ("/spec/template/spec/containers/0/name", json!("Not_Good"), in_container("name")),
        ("/spec/template/spec/containers/0/imagePullPolicy", json!("Often"), in_container("imagePullPolicy")),
        (
            "/spec/template/spec/containers/0/volumeMounts",
            json!([{ "name": "nothing", "mountPath": "/x" }]),
            in_container("volumeMounts[0].name"),
        ),
        (
            "/spec/template/spec/containers/0/resources",
            json!({ "requests": { "cpu": "2" }, "limits": { "cpu": "1" } }),
            in_container("resources.requests"),
        ),
        ("/spec/template/spec/containers/0/readinessProbe", json!({}), in_container("readinessProbe")),
        (
            "/spec/template/spec/containers/0/livenessProbe",
            json!({ "tcpSocket": { "port": 80 }, "successThreshold": 2 }),
            in_container("livenessProbe.successThreshold"),
        ),
        (
            "/spec/template/spec/containers/0/ports",
            json!([{ "containerPort": 80, "name": "a-name-that-is-too-long" }]),
            in_container("ports[0].name"),
        ),
        ("/spec/strategy", json!({ "type": "Suddenly" }), "spec.strategy.type".to_owned()),
        (
            "/spec/strategy",
            json!({ "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 0 } }),
            "spec.strategy.rollingUpdate.maxUnavailable".to_owned(),
        ),
        ("/metadata/labels", json!({ "a": "not good" }), "metadata.labels".to_owned()),
        ("/spec/progressDeadlineSeconds", json!(0), "spec.progressDeadlineSeconds".to_owned()),
        ("/spec/selector", json!({}), "spec.selector".to_owned()),
    ];
    for (path, value, field) in cases {
        let mut body = deployment("web", "nginx:1");
        let (parent, name) = path.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
        let answer = post(&cluster, DEPLOYMENTS, &body).await;
        assert_eq!((answer.code, answer.fields()), (422, vec![field.as_str()]), "{path} {value}");
    }
    assert!(cluster.object("Deployment", "shop", "web").is_err());
}

#[tokio::test]
async fn other_kinds_are_checked_too() {
    let cluster = shop();
    for (plural, kind, spec, field) in [
        ("/api/v1/namespaces/shop/services", "v1 Service", json!({}), "spec.ports"),
        (
            "/api/v1/namespaces/shop/services",
            "v1 Service",
            json!({ "type": "Odd", "ports": [{ "port": 1 }] }),
            "spec.type",
        ),
        (
            "/api/v1/namespaces/shop/services",
            "v1 Service",
            json!({ "ports": [{ "port": 1, "name": "a" }, { "port": 1, "name": "b" }] }),
            "spec.ports[1]",
        ),
        (
            "/apis/batch/v1/namespaces/shop/cronjobs",
            "batch/v1 CronJob",
            json!({ "schedule": "* * *", "jobTemplate": { "spec": { "template": { "spec": {
                "restartPolicy": "Never", "containers": [{ "name": "a", "image": "a" }],
            } } } } }),
            "spec.schedule",
        ),
        (
            "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
            "policy/v1 PodDisruptionBudget",
            json!({ "minAvailable": "half" }),
            "spec.minAvailable",
        ),
        (
            "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers",
            "autoscaling/v2 HorizontalPodAutoscaler",
            json!({ "maxReplicas": 1, "minReplicas": 3, "scaleTargetRef": { "kind": "Deployment", "name": "a" } }),
            "spec.maxReplicas",
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/shop/ingresses",
            "networking.k8s.io/v1 Ingress",
            json!({ "rules": [{ "http": { "paths": [{ "path": "/", "backend": { "service": { "name": "a" } } }] } }] }),
            "spec.rules[0].http.paths[0].pathType",
        ),
    ] {
        let (version, kind) = kind.split_once(' ').unwrap();
        let body = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "x" }, "spec": spec });
        let answer = post(&cluster, plural, &body).await;
        assert_eq!((answer.code, answer.fields()), (422, vec![field]), "{kind}: {}", answer.message());
    }
    let mut big = config_map("big", &json!({ "a/b": "1" }));
    assert_eq!(post(&cluster, CONFIG_MAPS, &big).await.fields(), ["data[a/b]"]);
    big["data"] = json!({ "a": "x".repeat(1_100_000) });
    assert_eq!(post(&cluster, CONFIG_MAPS, &big).await.code, 422);
}

#[tokio::test]
async fn what_may_not_change_does_not() {
    let cluster = shop();
    let mut fixed = config_map("fixed", &json!({ "a": "1" }));
    fixed["immutable"] = true.into();
    assert_eq!(post(&cluster, CONFIG_MAPS, &fixed).await.code, 201);
    let target = format!("{CONFIG_MAPS}/fixed");
    let changed = ask(&cluster, ("PATCH", &target), MERGE, &json!({ "data": { "a": "2" } })).await;
    assert_eq!((changed.code, changed.fields()), (422, vec!["data"]));

    let labels = json!({ "app": "other" });
    let patch = json!({ "spec": {
        "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels } },
    } });
    let changed = ask(&cluster, ("PATCH", BACKEND), MERGE, &patch).await;
    assert_eq!((changed.code, changed.fields()), (422, vec!["spec.selector"]));

    let pod = cluster.pods_of("shop", "backend").remove(0);
    let target = format!("/api/v1/namespaces/shop/pods/{pod}");
    let patch = json!({ "spec": { "nodeName": "node-9" } });
    assert_eq!(ask(&cluster, ("PATCH", &target), MERGE, &patch).await.fields(), ["spec"]);
}

#[tokio::test]
async fn a_write_to_the_wrong_place_is_refused() {
    let cluster = shop();
    let mut elsewhere = config_map("a", &json!({}));
    elsewhere["metadata"]["namespace"] = "other".into();
    let mut other_version = config_map("a", &json!({}));
    other_version["apiVersion"] = "v2".into();
    for (method, target, body, code) in [
        ("POST", CONFIG_MAPS.to_owned(), elsewhere.clone(), 400),
        ("POST", CONFIG_MAPS.to_owned(), other_version, 400),
        ("POST", CONFIG_MAPS.to_owned(), deployment("a", "b"), 400),
        ("POST", CONFIG_MAPS.to_owned(), json!({ "apiVersion": "v1", "kind": "ConfigMap" }), 422),
        ("POST", "/api/v1/namespaces/nowhere/configmaps".to_owned(), config_map("a", &json!({})), 404),
        ("PUT", format!("{CONFIG_MAPS}/config"), config_map("other", &json!({})), 400),
        ("PUT", format!("{CONFIG_MAPS}/nothing"), config_map("nothing", &json!({})), 404),
        ("POST", "/api/v1/configmaps".to_owned(), config_map("a", &json!({})), 404),
        ("DELETE", format!("{CONFIG_MAPS}/nothing"), Value::Null, 404),
        ("DELETE", "/api/v1/namespaces".to_owned(), Value::Null, 405),
        ("POST", "/api/v1/componentstatuses".to_owned(), json!({}), 405),
    ] {
        let answer = ask(&cluster, (method, &target), JSON, &body).await;
        assert_eq!(answer.code, code, "{method} {target}: {}", answer.message());
    }
    cluster.terminate_namespace("shop").unwrap();
    let answer = post(&cluster, CONFIG_MAPS, &config_map("a", &json!({}))).await;
    assert_eq!((answer.code, answer.fields()), (403, vec!["metadata.namespace"]));
}
