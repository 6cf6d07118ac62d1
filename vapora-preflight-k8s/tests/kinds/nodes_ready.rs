//! `k8s.nodes_ready`

use serde_json::json;
use vapora_preflight_k8s::NodesReady;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes},
};

#[tokio::test]
async fn nodes_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    for name in [
        "nodes-list-all-ready",
        "nodes-list-one-not-ready",
        "nodes-list-one-unknown",
        "nodes-list-one-cordoned",
        "nodes-list-one-memory-pressure",
        "nodes-list-restricted-403",
    ] {
        let result = ask::<NodesReady>(json!({}), recorded(&[name])).await;
        assert_eq!(passes(&result), name == "nodes-list-all-ready", "{name}");
        sheet.add(name, &result);
    }
    for (title, edit) in [
        ("no conditions at all", json!([])),
        (
            "ready and without network",
            json!([
                { "type": "Ready", "status": "True" },
                { "type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated" },
            ]),
        ),
        (
            "ready and a pressure unknown",
            json!([
                { "type": "Ready", "status": "True" }, { "type": "DiskPressure", "status": "Unknown" },
            ]),
        ),
    ] {
        let recording = Recording::of("nodes-list-all-ready")
            .edited(|list| list["items"][1]["status"]["conditions"] = edit);
        let result = ask::<NodesReady>(json!({}), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_nodes_never_pass() {
    let empty = Recording::of("nodes-list-all-ready").edited(|list| list["items"] = json!([]));
    let (client, asked) = replay(vec![empty]);
    let result = ask::<NodesReady>(json!({ "selector": "pool=a,zone in (x,y)" }), client).await;
    assert!(fails(&result));
    let mut sheet = Sheet::default();
    sheet.add("no nodes", &result);
    insta::assert_snapshot!(sheet.text());
    let target = &asked.lock().unwrap()[0].1;
    assert!(target.contains("labelSelector=pool%3Da%2Czone+in+%28x%2Cy%29"), "{target}");
    assert!(target.contains("limit=500"), "{target}");
}

#[tokio::test]
async fn what_is_allowed_passes_and_does_not_count_as_usable() {
    let cordoned = || recorded(&["nodes-list-one-cordoned"]);
    let result = ask::<NodesReady>(json!({ "allow_cordoned": true, "at_least": 2 }), cordoned()).await;
    assert!(passes(&result), "{result:?}");
    assert!(result.unwrap().finding().summary.ends_with("1 of them cordoned"));
    assert!(fails(&ask::<NodesReady>(json!({ "allow_cordoned": true, "at_least": 3 }), cordoned()).await));
    let pressed = recorded(&["nodes-list-one-memory-pressure"]);
    assert!(passes(&ask::<NodesReady>(json!({ "allow_pressure": true }), pressed).await));
}

#[test]
fn at_least_no_node_is_no_demand() {
    assert!(serde_json::from_value::<NodesReady>(json!({ "at_least": 0 })).is_err());
    assert!(serde_json::from_value::<NodesReady>(json!({ "selector": "" })).is_err());
}
