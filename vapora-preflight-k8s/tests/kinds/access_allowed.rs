//! `k8s.access_allowed`

use serde_json::{Value, json};
use vapora_preflight::{Kind, Problems};
use vapora_preflight_k8s::AccessAllowed;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, kind, passes},
};

const ALLOWED: &str = "ssar-list-pods-restricted-cert-user-allowed";
const DENIED: &str = "ssar-create-deployments-restricted-denied";

fn pods() -> Value {
    json!({ "namespace": "vapora", "verbs": ["get", "list"], "resources": ["pods/log"] })
}

#[tokio::test]
async fn every_pair_is_reviewed_and_what_is_denied_is_named() {
    let mut sheet = Sheet::default();
    let (client, asked) = replay(vec![Recording::of(ALLOWED), Recording::of(DENIED), Recording::of(ALLOWED)]);
    let parameters = json!({
        "namespace": "vapora", "verbs": ["get", "patch"], "resources": ["deployments.apps/scale", "configmaps"],
    });
    let result = ask::<AccessAllowed>(parameters, client).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("one denied", &result);
    let bodies: Vec<Value> =
        asked.lock().unwrap().iter().map(|(_, _, body)| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(bodies.len(), 4);
    assert_eq!(
        bodies[1]["spec"]["resourceAttributes"],
        json!({
            "namespace": "vapora", "verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale",
        })
    );
    let result = ask::<AccessAllowed>(pods(), recorded(&[ALLOWED])).await;
    assert!(passes(&result));
    sheet.add("all allowed", &result);
    let everywhere = json!({ "verbs": ["list"], "resources": ["nodes"] });
    let denied = Recording::of(DENIED).edited(|review| review["status"]["reason"] = "no binding".into());
    let result = ask::<AccessAllowed>(everywhere, replay(vec![denied]).0).await;
    assert!(fails(&result));
    sheet.add("denied in the whole cluster, with a reason", &result);
    let result = ask::<AccessAllowed>(pods(), recorded(&["ssar-anonymous-403"])).await;
    assert!(result.is_err());
    sheet.add("no credentials", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_review_that_was_not_decided_is_no_answer() {
    let status = |status: Value| Recording::of(DENIED).edited(|review| review["status"] = status);
    for undecided in [json!({ "allowed": false, "evaluationError": "webhook down" }), json!({}), Value::Null]
    {
        let result = ask::<AccessAllowed>(pods(), replay(vec![status(undecided.clone())]).0).await;
        assert!(result.is_err_and(|error| error.is_transient()), "{undecided}");
    }
    let plain = json!({ "allowed": false, "denied": true, "evaluationError": "webhook down" });
    assert!(fails(&ask::<AccessAllowed>(pods(), replay(vec![status(plain)]).0).await));
    let both = json!({ "allowed": true, "denied": true });
    assert!(fails(&ask::<AccessAllowed>(pods(), replay(vec![status(both)]).0).await));
}

#[test]
fn nothing_to_review_is_a_mistake() {
    for (verbs, resources, problems_found) in [
        (json!([]), json!(["pods"]), 1),
        (json!(["get"]), json!([]), 1),
        (json!([]), json!([]), 2),
        (json!(["Get", ""]), json!(["pods"]), 2),
        (json!(["get", "*"]), json!(["pods", "*"]), 0),
    ] {
        let mut problems = Problems::default();
        kind::<AccessAllowed>(json!({ "verbs": verbs, "resources": resources })).validate(&mut problems);
        assert_eq!(problems.messages().count(), problems_found, "{verbs} {resources}");
    }
}
