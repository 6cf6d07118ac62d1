//! The simulated cluster answers as a real kube-apiserver 1.36 did: each recording is asked of a cluster that was built
//! like the recorded one, and the answers are compared whole, but for what is different in every cluster.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{collections::BTreeSet, fs, path::Path};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vapora_preflight_sim::{AccessRule, Cluster, NodeTrouble, PodTrouble, Workload};

const NAMESPACE: &str = "vapora";

fn recorded_cluster() -> Cluster {
    let pods =
        || AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces([NAMESPACE]).role("pod-viewer");
    let workload =
        |name: &str, port: u16| Workload::new(name, 2, "nginx:1.25.5").port(port).env_from("vapora-config");
    let cluster = Cluster::builder("recorded")
        .without_group("metrics.k8s.io")
        .nodes(3)
        .namespace(NAMESPACE)
        .config_map(
            NAMESPACE,
            "vapora-config",
            [
                ("LOG_LEVEL", "info"),
                ("agents.toml", "[registry]\nmax_agents_per_role = 5\n"),
                (
                    "config.toml",
                    "[server]\nhost = \"0.0.0.0\"\nport = 8001\n\n[database]\nurl = \"ws://surrealdb:8000\"\n\n[llm]\n\
                     default_provider = \"local\"\n",
                ),
                ("vapora.json", "{\"features\":{\"a2a\":true,\"mcp\":false}}"),
            ],
        )
        .workload(NAMESPACE, workload("vapora-backend", 8001))
        .workload(NAMESPACE, workload("vapora-agents", 8002))
        .workload(NAMESPACE, workload("vapora-llm-router", 8003))
        .restricted([pods()])
        .identity("restricted-user", [pods()])
        .build();
    for image in ["nginx:1.26.0", "nginx:1.27.0"] {
        for name in ["vapora-backend", "vapora-agents", "vapora-llm-router"] {
            cluster.roll_out(NAMESPACE, name, image).unwrap();
        }
    }
    cluster
}

/// Brings the cluster into the state of one recording.
fn prepare(cluster: &Cluster, recording: &str) {
    let backend = || cluster.pods_of(NAMESPACE, "vapora-backend").remove(0);
    let roll = |replicas: u32, image: &str| {
        let other = Cluster::builder("roll")
            .nodes(3)
            .workload(NAMESPACE, Workload::new("vapora-roll", replicas, image).container("web"))
            .build();
        for kind in ["Deployment", "ReplicaSet", "Pod"] {
            for object in other.objects(kind) {
                cluster.insert(object).unwrap();
            }
        }
    };
    match recording {
        "readyz-plain-etcd-down" => cluster.fail_health_check("etcd-readiness"),
        "nodes-list-one-not-ready" => cluster.trouble_node("node-2", NodeTrouble::NotReady).unwrap(),
        "nodes-list-one-cordoned" => cluster.trouble_node("node-3", NodeTrouble::Cordoned).unwrap(),
        "nodes-list-one-memory-pressure" => {
            cluster.trouble_node("node-3", NodeTrouble::MemoryPressure).unwrap();
        }
        "nodes-list-one-unknown" => cluster.trouble_node("node-3", NodeTrouble::Silent).unwrap(),
        "namespace-get-terminating" => {
            let namespace = json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": { "name": "vapora-going", "labels": { "kubernetes.io/metadata.name": "vapora-going" } },
                "spec": { "finalizers": ["kubernetes"] },
                "status": { "phase": "Active" },
            });
            cluster.insert(namespace).unwrap();
            cluster.terminate_namespace("vapora-going").unwrap();
        }
        "deployment-get-one-replica-unavailable" | "pods-list-one-running-not-ready" => {
            cluster.trouble_pod(NAMESPACE, &backend(), PodTrouble::NotReady).unwrap();
        }
        "pods-list-one-crash-loop-back-off" => {
            cluster.trouble_pod(NAMESPACE, &backend(), PodTrouble::CrashLoop).unwrap();
        }
        "pods-list-one-image-pull-backoff" => {
            roll(2, "nginx:9.99-nope");
            for pod in cluster.pods_of(NAMESPACE, "vapora-roll") {
                cluster.trouble_pod(NAMESPACE, &pod, PodTrouble::ImagePull).unwrap();
            }
        }
        "pod-get-pending-unschedulable" => {
            let mut pod = cluster.object("Pod", NAMESPACE, &backend()).unwrap();
            pod["metadata"]["name"] = "vapora-unschedulable".into();
            cluster.insert(pod).unwrap();
            cluster.trouble_pod(NAMESPACE, "vapora-unschedulable", PodTrouble::Unschedulable).unwrap();
        }
        "deployment-get-paused" => {
            roll(4, "nginx:1.25.5");
            cluster
                .edit("Deployment", NAMESPACE, "vapora-roll", |deployment| {
                    deployment["spec"]["paused"] = true.into();
                    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.26.0".into();
                })
                .unwrap();
            cluster.observe(NAMESPACE, "vapora-roll").unwrap();
        }
        _ => {}
    }
}

/// The parts of an answer that are compared, where the objects are not like those of the recording elsewhere.
fn compared(recording: &str, body: &Value) -> Value {
    let statuses = |body: &Value| -> Value {
        body["items"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect()
    };
    match recording {
        "deployment-get-paused" => json!({ "status": body["status"], "paused": body["spec"]["paused"] }),
        "pod-get-pending-unschedulable" => json!({
            "status": body["status"], "node": body["spec"]["nodeName"], "kind": body["kind"],
            "apiVersion": body["apiVersion"],
        }),
        // These were pods without requests.
        "pods-list-one-image-pull-backoff" => {
            let mut statuses = statuses(body);
            for status in statuses.as_array_mut().unwrap() {
                status.as_object_mut().unwrap().remove("qosClass");
            }
            statuses
        }
        // The order of ReplicaSets is that of their hashes, which are others here.
        "replicasets-list-of-one-deployment" => {
            let mut body = body.clone();
            body["items"].as_array_mut().unwrap().sort_by_key(|set| {
                set["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            });
            body
        }
        // Who they are is said in full; certificate and token have identifiers of their own.
        "selfsubjectreview-admin" | "selfsubjectreview-restricted-serviceaccount" => {
            let mut body = body.clone();
            body["status"]["userInfo"].as_object_mut().unwrap().remove("extra");
            body
        }
        _ => body.clone(),
    }
}

/// Values that are different in every cluster: only their type is compared.
const OWN: [&str; 27] = [
    "uid",
    "resourceVersion",
    "generation",
    "observedGeneration",
    "creationTimestamp",
    "deletionTimestamp",
    "lastHeartbeatTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "timeAdded",
    "startedAt",
    "finishedAt",
    "startTime",
    "time",
    "address",
    "hostIP",
    "podIP",
    "ip",
    "nodeName",
    "containerID",
    "imageID",
    "machineID",
    "systemUUID",
    "bootID",
    "topology.kubernetes.io/zone",
    "continue",
    "serverAddress",
];

fn own(path: &str) -> bool {
    OWN.iter().any(|own| path.ends_with(&format!("/{own}")))
}

/// A text without the parts of it that are made at random: hashes, suffixes, UUIDs.
fn steady(text: &str) -> String {
    let random = |part: &str| {
        let vowels = part.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c));
        let hex = part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit());
        (part.len() >= 5 && vowels) || hex
    };
    let word = |word: &str| {
        let groups: Vec<&str> = word.split('-').collect();
        if word.len() == 36 && groups.len() == 5 {
            return "UUID".to_owned();
        }
        groups.into_iter().map(|part| if random(part) { "#" } else { part }).collect::<Vec<_>>().join("-")
    };
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut steady = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        steady.push_str(&word(&rest[..end]));
        let next = rest[end..].find(in_word).map_or(rest.len(), |at| end + at);
        steady.push_str(&rest[end..next]);
        rest = &rest[next..];
    }
    steady
}

/// Everything in which the two differ.
fn differences(path: &str, recorded: &Value, ours: &Value, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            let both: BTreeSet<&String> = recorded.keys().chain(ours.keys()).collect();
            for key in both {
                match (recorded.get(key), ours.get(key)) {
                    (Some(recorded), Some(ours)) => {
                        differences(&format!("{path}/{key}"), recorded, ours, found);
                    }
                    (Some(recorded), None) => {
                        found.push(format!("{path}/{key}: recorded {recorded}, not here"));
                    }
                    (None, Some(ours)) => found.push(format!("{path}/{key}: not recorded, here {ours}")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (at, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                differences(&format!("{path}/{at}"), recorded, ours, found);
            }
        }
        (Value::String(recorded), Value::String(ours)) => {
            if !own(path) && steady(recorded) != steady(ours) {
                found.push(format!("{path}: recorded {recorded:?}, here {ours:?}"));
            }
        }
        (Value::Number(_), Value::Number(_)) if own(path) => {}
        _ if recorded == ours => {}
        _ => found.push(format!("{path}: recorded {recorded}, here {ours}")),
    }
}

/// Takes away what a real cluster fills in about who wrote a field, which was taken from the recordings too.
fn without_managers(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
                && metadata.contains_key("uid")
            {
                assert!(metadata.remove("managedFields").is_some(), "an object has managed fields");
                if metadata.get("annotations") == Some(&json!({})) {
                    metadata.remove("annotations");
                }
            }
            object.values_mut().for_each(without_managers);
        }
        Value::Array(items) => items.iter_mut().for_each(without_managers),
        _ => {}
    }
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

async fn ask(cluster: &Cluster, identity: &str, request: &Value, target: &str) -> Answer {
    let service = match identity {
        "admin" | "anonymous" | "bad-token" => cluster.service_as(identity),
        "restricted-serviceaccount" => cluster.service_as("restricted"),
        "restricted-user-cert" => cluster.service_as("restricted-user"),
        other => panic!("no identity for {other}"),
    };
    let mut asked = Request::builder().method(request["method"].as_str().unwrap()).uri(target);
    if let Some(accept) = request["accept"].as_str() {
        asked = asked.header("accept", accept);
    }
    if identity == "bad-token" {
        asked = asked.header("authorization", "Bearer nonsense");
    }
    let body =
        if request["body"].is_null() { Body::empty() } else { Body::from(request["body"].to_string()) };
    let response = service.oneshot(asked.body(body).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = || Value::from(String::from_utf8(bytes.to_vec()).unwrap());
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

#[tokio::test]
async fn every_recording_is_answered_as_by_a_real_api_server() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut wrong = Vec::new();
    let mut replayed = 0;
    for file in fs::read_dir(folder).unwrap() {
        let recording: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        let name = recording["name"].as_str().unwrap();
        let cluster = recorded_cluster();
        prepare(&cluster, name);
        let (request, response) = (&recording["request"], &recording["response"]);
        let identity = recording["identity"].as_str().unwrap();
        let target = request["target"].as_str().unwrap();
        // A token of the recorded cluster says nothing here: take the one that this cluster gave for the part before.
        let parts_before = match name {
            "pods-list-limit-2-second" => 1,
            "pods-list-limit-2-chunk-3" => 2,
            _ => 0,
        };
        let path = target.split('?').next().unwrap();
        let mut here = target.to_owned();
        if parts_before > 0 {
            here = format!("{path}?limit=2");
            for _ in 0..parts_before {
                let before = ask(&cluster, identity, request, &here).await;
                here = format!(
                    "{path}?limit=2&continue={}",
                    before.body["metadata"]["continue"].as_str().unwrap()
                );
            }
        }
        let mut answer = ask(&cluster, identity, request, &here).await;
        without_managers(&mut answer.body);

        let mut found = Vec::new();
        if response["status"] != answer.status {
            found.push(format!("status: recorded {}, here {}", response["status"], answer.status));
        }
        assert!(answer.headers.contains_key("audit-id"), "{name}");
        for (header, recorded) in response["headers"].as_object().unwrap() {
            let here = answer.headers.get(header).map(|value| value.to_str().unwrap());
            if here != recorded.as_str() {
                found.push(format!("{header}: recorded {recorded}, here {here:?}"));
            }
        }
        differences("", &compared(name, &response["body"]), &compared(name, &answer.body), &mut found);
        wrong.extend(found.into_iter().map(|difference| format!("{name}: {difference}")));
        replayed += 1;
    }
    assert!(replayed > 70, "{replayed} recordings were found");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn random_parts_of_a_text_are_left_out_and_others_are_not() {
    assert_eq!(steady("vapora-agents-764d68f59b-7w684"), "vapora-agents-#-#");
    assert_eq!(steady("pod=vapora-backend-67dd657545-cczvx_vapora(43cc769e-08fc-41b5-9471-a5b27e0942ee)"), {
        "pod=vapora-backend-#-#_vapora(UUID)"
    });
    assert_eq!(steady("CrashLoopBackOff of node-2"), "CrashLoopBackOff of node-2");
    let mut found = Vec::new();
    differences("", &json!({ "a": [1], "uid": "x" }), &json!({ "a": [2], "uid": "y", "b": 1 }), &mut found);
    assert_eq!(found.len(), 2);
}
