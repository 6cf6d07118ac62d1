//! What is compared of two answers, and what is different in every cluster.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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

/// A text without the parts of it that are made at random or for one machine: hashes, suffixes, UUIDs, addresses.
pub(crate) fn steady(text: &str) -> String {
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
pub(crate) fn differences(path: &str, recorded: &Value, ours: &Value, found: &mut Vec<String>) {
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

/// Takes from our body what was taken from the recorded one: who wrote which field where that is not recorded, what was
/// last applied, and annotations of which nothing is left.
pub(crate) fn trimmed_like(recorded: &Value, ours: &mut Value) {
    match ours {
        Value::Object(object) => {
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
                && metadata.contains_key("uid")
                && recorded["metadata"]["managedFields"].is_null()
            {
                metadata.remove("managedFields");
                let annotations = metadata.get_mut("annotations").and_then(Value::as_object_mut);
                if let Some(annotations) = annotations {
                    annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
                    if annotations.is_empty() {
                        metadata.remove("annotations");
                    }
                }
            }
            for (key, value) in object {
                trimmed_like(&recorded[key], value);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                trimmed_like(&recorded[at], item);
            }
        }
        _ => {}
    }
}

/// The headers that are compared; all others are those of a connection, or are different at every moment.
const HEADERS: [&str; 16] = [
    "accept-ranges",
    "allow",
    "audit-id",
    "cache-control",
    "content-encoding",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "vary",
    "x-content-type-options",
    "x-kubernetes-pf-flowschema-uid",
    "x-kubernetes-pf-prioritylevel-uid",
];

/// The headers that differ; one whose value is different everywhere has only to be there.
pub(crate) fn headers(recorded: &Value, ours: &http::HeaderMap, found: &mut Vec<String>) {
    let text = |value: &http::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
    for name in HEADERS {
        let here = ours.get(name).map(text);
        let same = match &recorded[name] {
            Value::Null => here.is_none(),
            Value::Bool(_) => here.as_ref().is_some_and(|value| !value.is_empty()),
            other => here.as_deref() == other.as_str(),
        };
        if !same {
            found.push(format!("{name}: recorded {}, here {here:?}", recorded[name]));
        }
    }
    let warnings: Vec<String> = ours.get_all("warning").iter().map(text).collect();
    let recorded = if recorded["warning"].is_null() { json!([]) } else { recorded["warning"].clone() };
    differences("warning", &recorded, &json!(warnings), found);
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

#[test]
fn headers_are_compared_both_ways() {
    let mut ours = http::HeaderMap::new();
    ours.insert("audit-id", "x".parse().unwrap());
    ours.append("warning", "299 - \"é\"".parse().unwrap());
    ours.insert("retry-after", "1".parse().unwrap());
    let mut found = Vec::new();
    headers(&json!({ "audit-id": true, "warning": ["299 - \"é\""], "retry-after": "1" }), &ours, &mut found);
    assert!(found.is_empty(), "{found:?}");
    headers(&json!({ "warning": ["299 - \"e\""], "etag": true, "retry-after": "2" }), &ours, &mut found);
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn what_was_trimmed_from_a_recording_is_taken_from_the_answer() {
    let recorded = json!({ "metadata": { "uid": "x" }, "items": [{ "metadata": { "uid": "y", "managedFields": [1] } }] });
    let mut ours = json!({
        "metadata": { "uid": "x", "managedFields": [], "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "" } },
        "items": [{ "metadata": { "uid": "y", "managedFields": [2] } }],
    });
    trimmed_like(&recorded, &mut ours);
    assert_eq!(ours["metadata"], json!({ "uid": "x" }));
    assert_eq!(ours["items"][0]["metadata"]["managedFields"], json!([2]));
}
