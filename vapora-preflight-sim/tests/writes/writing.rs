//! Creating and updating.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use crate::{BACKEND, CONFIG_MAPS, DEPLOYMENTS, JSON, ask, config_map, deployment, post, shop};

#[tokio::test]
async fn a_client_library_creates_changes_and_replaces_an_object() {
    let cluster = shop();
    let maps = Api::<ConfigMap>::namespaced(Client::new(cluster.service(), "shop"), "shop");
    let new: ConfigMap = serde_json::from_value(config_map("new", &json!({ "a": "1" }))).unwrap();
    let created = maps.create(&PostParams::default(), &new).await.unwrap();
    assert!(created.metadata.uid.is_some() && created.metadata.resource_version.is_some());

    let patch = Patch::Merge(json!({ "data": { "b": "2" } }));
    let patched = maps.patch("new", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.data.unwrap().len(), 2);

    // What was read before the patch is no more what is there.
    let refused = maps.replace("new", &PostParams::default(), &created).await.unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 409 && status.reason == "Conflict"));
    let mut fresh = maps.get("new").await.unwrap();
    fresh.data = None;
    let replaced = maps.replace("new", &PostParams::default(), &fresh).await.unwrap();
    assert_eq!(replaced.data, None);
    assert_ne!(replaced.metadata.resource_version, fresh.metadata.resource_version);
    // What changes nothing is no change.
    let again = maps.replace("new", &PostParams::default(), &replaced).await.unwrap();
    assert_eq!(again.metadata.resource_version, replaced.metadata.resource_version);
}

#[tokio::test]
async fn what_is_only_tried_is_not_kept() {
    let cluster = shop();
    let before = cluster.objects("ConfigMap");
    let tried = post(&cluster, &format!("{CONFIG_MAPS}?dryRun=All"), &config_map("new", &json!({}))).await;
    assert_eq!((tried.code, tried.body["metadata"]["resourceVersion"].clone()), (201, Value::Null));
    let change = json!({ "data": { "level": "debug" } });
    let target = format!("{CONFIG_MAPS}/config?dryRun=All");
    let tried = ask(&cluster, ("PATCH", &target), crate::MERGE, &change).await;
    assert_eq!((tried.code, &tried.body["data"]["level"]), (200, &json!("debug")));
    let tried = ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await;
    assert_eq!(tried.code, 200);
    assert_eq!(cluster.objects("ConfigMap"), before);
}

#[tokio::test]
async fn a_generated_name_is_another_each_time() {
    let cluster = shop();
    let mut body = config_map("", &json!({}));
    body["metadata"] = json!({ "generateName": "part-" });
    let (first, second) =
        (post(&cluster, CONFIG_MAPS, &body).await, post(&cluster, CONFIG_MAPS, &body).await);
    let [first, second] = [first, second].map(|answer| answer.body["metadata"]["name"].clone());
    assert!(first.as_str().unwrap().starts_with("part-") && first != second);
}

#[tokio::test]
async fn a_changed_deployment_is_a_generation_ahead_of_its_controller() {
    let cluster = shop();
    let image = json!({ "spec": { "template": { "spec": { "containers": [
        { "name": "backend", "image": "registry.example.com/backend:2.0" },
    ] } } } });
    let patched = ask(&cluster, ("PATCH", BACKEND), crate::STRATEGIC, &image).await;
    let (metadata, status) = (&patched.body["metadata"], &patched.body["status"]);
    assert_eq!(
        (&metadata["generation"], &status["observedGeneration"], &status["updatedReplicas"]),
        (&json!(2), &json!(1), &json!(2))
    );
    // Its status is written apart, and says nothing about its generation.
    let status = json!({ "status": { "observedGeneration": 2 }, "spec": { "replicas": 7 } });
    let written = ask(&cluster, ("PATCH", &format!("{BACKEND}/status")), crate::MERGE, &status).await;
    assert_eq!(written.body["status"]["observedGeneration"], 2);
    assert_eq!(
        (&written.body["spec"]["replicas"], &written.body["metadata"]["generation"]),
        (&json!(2), &json!(2))
    );
    let ignored = json!({ "status": { "observedGeneration": 9 } });
    let written = ask(&cluster, ("PATCH", BACKEND), crate::MERGE, &ignored).await;
    assert_eq!(written.body["status"]["observedGeneration"], 2);
}

#[tokio::test]
async fn the_scale_of_a_deployment_is_an_object_of_its_own() {
    let cluster = shop();
    let target = format!("{BACKEND}/scale");
    let mut scale = ask(&cluster, ("GET", &target), JSON, &Value::Null).await.body;
    assert_eq!(
        (&scale["spec"]["replicas"], &scale["status"]["selector"]),
        (&json!(2), &json!("app=backend"))
    );
    scale["spec"]["replicas"] = 5.into();
    let put = ask(&cluster, ("PUT", &target), JSON, &scale).await;
    assert_eq!((put.code, &put.body["spec"]["replicas"]), (200, &json!(5)));
    let stale = ask(&cluster, ("PUT", &target), JSON, &scale).await;
    assert_eq!(stale.code, 409);
    let patched =
        ask(&cluster, ("PATCH", &target), crate::MERGE, &json!({ "spec": { "replicas": -1 } })).await;
    assert_eq!((patched.code, patched.fields()), (422, vec!["spec.replicas"]));
    let backend = cluster.object("Deployment", "shop", "backend").unwrap();
    assert_eq!((&backend["spec"]["replicas"], &backend["metadata"]["generation"]), (&json!(5), &json!(2)));
    let owner = backend["metadata"]["managedFields"].as_array().unwrap();
    assert!(owner.iter().any(|entry| entry["subresource"] == "scale"));
}

#[tokio::test]
async fn fields_that_are_not_known_are_refused_warned_of_or_left_out() {
    let cluster = shop();
    let mut body = deployment("web", "nginx:1");
    body["spec"]["replicaz"] = 3.into();
    for (validation, code, warnings) in
        [("Strict", 400, 0), ("Warn", 201, 1), ("Ignore", 201, 0), ("", 201, 1)]
    {
        let target = format!("{DEPLOYMENTS}?dryRun=All&fieldValidation={validation}");
        let answer = post(&cluster, &target, &body).await;
        assert_eq!((answer.code, answer.warnings.len()), (code, warnings), "{validation}");
        assert!(answer.body["spec"].get("replicaz").is_none());
    }
    let twice = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}"#;
    for (validation, code) in [("Strict", 400), ("Warn", 201)] {
        let target = format!("{CONFIG_MAPS}?dryRun=All&fieldValidation={validation}");
        let answer = crate::ask_as(&cluster, "admin", ("POST", &target), JSON, twice).await;
        assert_eq!(answer.code, code);
        let said = if code == 400 { answer.message() } else { &answer.warnings[0] };
        assert!(said.contains("duplicate field"), "{said}");
    }
    let strict = format!("{BACKEND}?fieldValidation=Strict");
    let patched =
        ask(&cluster, ("PATCH", &strict), crate::MERGE, &json!({ "spec": { "replicaz": 1 } })).await;
    assert_eq!((patched.code, patched.fields()), (422, vec!["patch"]));
    assert!(patched.message().contains("strict decoding error: unknown field \"spec.replicaz\""));
}

#[tokio::test]
async fn defaults_are_filled_in() {
    let cluster = shop();
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "web", "namespace": "shop" },
    });
    cluster.insert(account).unwrap();
    let mut pod = crate::pod("web", &json!({ "limits": { "cpu": "1" } }));
    pod["spec"]["serviceAccountName"] = "web".into();
    let pod = post(&cluster, "/api/v1/namespaces/shop/pods", &pod).await;
    let spec = &pod.body["spec"];
    assert_eq!((pod.code, &pod.body["status"]["phase"]), (201, &json!("Pending")));
    assert_eq!(spec["serviceAccount"], "web");
    assert_eq!(spec["containers"][0]["resources"]["requests"]["cpu"], "1");
    assert!(spec["volumes"][0]["name"].as_str().unwrap().starts_with("kube-api-access-"));
    assert_eq!(spec["tolerations"].as_array().unwrap().len(), 2);

    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "stringData": { "key": "value" },
    });
    let secret = post(&cluster, "/api/v1/namespaces/shop/secrets", &secret).await.body;
    assert_eq!((&secret["type"], &secret["data"]["key"]), (&json!("Opaque"), &json!("dmFsdWU=")));
    assert!(secret.get("stringData").is_none());

    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
    });
    let claim = post(&cluster, "/api/v1/namespaces/shop/persistentvolumeclaims", &claim).await.body;
    assert_eq!(
        (&claim["spec"]["volumeMode"], &claim["status"]["phase"]),
        (&json!("Filesystem"), &json!("Pending"))
    );

    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "once" },
        "spec": { "template": { "spec": {
            "restartPolicy": "Never", "containers": [{ "name": "job", "image": "busybox" }],
        } } },
    });
    let job = post(&cluster, "/apis/batch/v1/namespaces/shop/jobs", &job).await;
    assert_eq!((job.code, &job.body["spec"]["backoffLimit"]), (201, &json!(6)));
    let uid = &job.body["spec"]["template"]["metadata"]["labels"]["controller-uid"];
    assert_eq!(*uid, job.body["metadata"]["uid"]);
}

#[tokio::test]
async fn a_new_namespace_is_furnished() {
    let cluster = shop();
    let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "new" } });
    assert_eq!(post(&cluster, "/api/v1/namespaces", &body).await.code, 201);
    assert!(cluster.object("ServiceAccount", "new", "default").is_ok());
    assert!(cluster.object("ConfigMap", "new", "kube-root-ca.crt").is_ok());
    let maps = "/api/v1/namespaces/new/configmaps";
    assert_eq!(post(&cluster, maps, &config_map("a", &json!({}))).await.code, 201);
}
