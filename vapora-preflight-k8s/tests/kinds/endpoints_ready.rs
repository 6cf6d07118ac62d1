//! `k8s.endpoints_ready`

use serde_json::{Value, json};
use vapora_preflight_k8s::EndpointsReady;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes, problems},
};

const SERVICES: &str = "/api/v1/namespaces/vapora/services";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/vapora/endpointslices";

fn backend(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "names": ["vapora-backend"] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn service(edit: impl FnOnce(&mut Value)) -> Recording {
    Recording::of("services-list")
        .edited(|list| {
            let mut service = list["items"][0].clone();
            service["kind"] = "Service".into();
            edit(&mut service);
            *list = service;
        })
        .at(&format!("{SERVICES}/vapora-backend"))
}

fn slices(edit: impl FnOnce(&mut Value)) -> Recording {
    Recording::of("endpointslices-list").edited(|list| edit(&mut list["items"]))
}

fn first(items: &mut Value) -> &mut Value {
    &mut items[0]["endpoints"][0]["conditions"]
}

fn none(_: &mut Value) {}

type Edit = fn(&mut Value);

#[tokio::test]
async fn services_are_judged_by_their_endpoints() {
    let mut sheet = Sheet::default();
    let cases: [(&str, Edit, Edit, Value, bool); 18] = [
        ("recorded", none, none, json!({ "at_least": 2 }), true),
        ("too few", none, none, json!({ "at_least": 3 }), false),
        ("one not ready", none, |items| *first(items) = json!({ "ready": false }), json!({}), false),
        (
            "one not ready, and allowed",
            none,
            |items| *first(items) = json!({ "ready": false }),
            json!({ "allow_unready": true }),
            true,
        ),
        ("nothing said means ready", none, |items| *first(items) = json!({}), json!({ "at_least": 2 }), true),
        (
            "one is ending",
            none,
            |items| *first(items) = json!({ "ready": false, "serving": true, "terminating": true }),
            json!({}),
            true,
        ),
        (
            "all are ending",
            none,
            |items| {
                for endpoint in items[0]["endpoints"].as_array_mut().unwrap() {
                    endpoint["conditions"] = json!({ "ready": false, "serving": true, "terminating": true });
                }
            },
            json!({}),
            false,
        ),
        ("no endpoints", none, |items| items[0]["endpoints"] = Value::Null, json!({}), false),
        ("no slices", none, |items| *items = json!([]), json!({}), false),
        (
            "no slices and no selector",
            |it| drop(it["spec"].as_object_mut().unwrap().remove("selector")),
            |items| *items = json!([]),
            json!({}),
            false,
        ),
        (
            "the port has another name",
            none,
            |items| items[0]["ports"][0]["name"] = "web".into(),
            json!({}),
            false,
        ),
        ("no ports", none, |items| items[0]["ports"] = Value::Null, json!({}), false),
        (
            "a second port that no pod has",
            |it| it["spec"]["ports"].as_array_mut().unwrap().push(json!({ "name": "metrics", "port": 9090 })),
            none,
            json!({}),
            false,
        ),
        (
            "two families, and addresses of one",
            |it| it["spec"]["ipFamilies"] = json!(["IPv4", "IPv6"]),
            none,
            json!({}),
            false,
        ),
        (
            "twice in the slices",
            none,
            |items| {
                let again = items[0].clone();
                items.as_array_mut().unwrap().push(again);
            },
            json!({ "at_least": 3 }),
            false,
        ),
        (
            "another name",
            |it| it["spec"] = json!({ "type": "ExternalName", "externalName": "db.example.com" }),
            none,
            json!({}),
            false,
        ),
        ("of an older service", |it| it["metadata"]["uid"] = "another".into(), none, json!({}), false),
        (
            "being deleted",
            |it| it["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into(),
            none,
            json!({}),
            false,
        ),
    ];
    for (title, of_service, of_slices, more, good) in cases {
        let client = replay(vec![service(of_service), slices(of_slices)]).0;
        let result = ask::<EndpointsReady>(backend(more), client).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn headless_services_and_those_without_a_selector_have_endpoints_too() {
    let headless: Edit = |it| {
        it["spec"]["clusterIP"] = "None".into();
        drop(it["spec"].as_object_mut().unwrap().remove("ports"));
    };
    let by_hand: Edit = |it| {
        drop(it["spec"].as_object_mut().unwrap().remove("selector"));
        it["spec"]["ipFamilies"] = json!(["IPv4", "IPv6"]);
    };
    for edit in [headless, by_hand] {
        let result = ask::<EndpointsReady>(
            backend(json!({ "at_least": 2 })),
            replay(vec![service(edit), slices(none)]).0,
        )
        .await;
        assert!(passes(&result), "{result:?}");
    }
}

#[tokio::test]
async fn what_is_published_before_it_is_ready_has_to_answer() {
    let published: Edit = |it| it["spec"]["publishNotReadyAddresses"] = true.into();
    for (conditions, good) in [
        (json!({ "ready": true, "serving": true, "terminating": false }), true),
        (json!({ "ready": true, "serving": false, "terminating": false }), false),
        (json!({ "ready": true, "serving": true, "terminating": true }), false),
        (json!({ "ready": true }), false),
    ] {
        let all = slices(|items| {
            for endpoint in items[0]["endpoints"].as_array_mut().unwrap() {
                endpoint["conditions"] = conditions.clone();
            }
        });
        let result = ask::<EndpointsReady>(backend(json!({})), replay(vec![service(published), all]).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{conditions}: {result:?}");
    }
}

#[tokio::test]
async fn the_selected_services_are_listed() {
    let labels = json!({ "namespace": "vapora", "selector": "app" });
    let result =
        ask::<EndpointsReady>(labels.clone(), recorded(&["services-list", "endpointslices-list"])).await;
    assert!(passes(&result), "{result:?}");
    let external = json!({ "metadata": { "name": "db" }, "spec": { "type": "ExternalName", "externalName": "db.example.com" } });
    let both = Recording::of("services-list").edited(|list| {
        list["items"].as_array_mut().unwrap().push(external.clone());
    });
    let result = ask::<EndpointsReady>(labels.clone(), replay(vec![both, slices(none)]).0).await;
    assert!(passes(&result), "{result:?}");
    assert!(result.unwrap().finding().summary.ends_with("(besides 1 of the type `ExternalName`)"));
    let alone = Recording::list(SERVICES, "Service", vec![external]);
    assert!(fails(&ask::<EndpointsReady>(labels.clone(), replay(vec![alone]).0).await));
    let empty = Recording::list(SERVICES, "Service", Vec::new());
    let none = replay(vec![empty, Recording::of("namespace-get")]).0;
    assert!(fails(&ask::<EndpointsReady>(labels, none).await));
}

#[tokio::test]
async fn only_the_slices_of_the_named_services_are_asked_for() {
    let (client, asked) = replay(vec![service(none), slices(none)]);
    assert!(passes(&ask::<EndpointsReady>(backend(json!({})), client).await));
    let targets: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert_eq!(targets.len(), 2);
    assert!(
        targets[1].contains("labelSelector=kubernetes.io%2Fservice-name+in+%28vapora-backend%29"),
        "{targets:?}"
    );
}

#[tokio::test]
async fn a_server_without_slices_and_a_missing_service_are_told_apart() {
    let unknown = Recording::of("discovery-unknown-group-404").at(SLICES);
    let result = ask::<EndpointsReady>(backend(json!({})), replay(vec![service(none), unknown]).0).await;
    assert!(!result.unwrap_err().is_transient());
    let missing = Recording::of("namespace-get-missing-404")
        .at(&format!("{SERVICES}/vapora-backend"))
        .edited(|status| {
            status["details"] = json!({ "name": "vapora-backend", "kind": "services" });
        });
    let result =
        ask::<EndpointsReady>(backend(json!({})), replay(vec![missing, Recording::of("namespace-get")]).0)
            .await;
    assert_eq!(result.unwrap().finding().actual.as_deref(), Some("no `vapora-backend`"));
    assert_eq!(problems::<EndpointsReady>(json!({ "namespace": "a" })).len(), 1);
    assert_eq!(problems::<EndpointsReady>(backend(json!({ "selector": "a" }))).len(), 1);
}
