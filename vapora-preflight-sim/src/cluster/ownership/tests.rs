use serde_json::{Value, json};

use super::*;
use crate::cluster::schema::{built_in, empty};

fn deployment() -> Type {
    Type::Struct(built_in("apps/v1", "Deployment"))
}

fn object(replicas: u32, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web", "labels": { "app": "web" } },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": image, "resources": {} }] },
            },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%" } },
        },
        "status": {},
    })
}

fn created() -> (Value, Owners) {
    let mut owners = Owners::default();
    let object = object(2, "nginx:1");
    let before = empty(&built_in("apps/v1", "Deployment"));
    owners.update(&deployment(), &before, &object, Writer::updates("kubectl", "apps/v1"), "t1");
    (object, owners)
}

fn applies(manager: &str) -> Writer {
    Writer { applies: true, ..Writer::updates(manager, "apps/v1") }
}

fn try_apply(
    live: &Value,
    owners: &mut Owners,
    manager: &str,
    what: &Value,
    force: bool,
) -> Result<Value, Refusal> {
    apply(&deployment(), live, what, owners, &applies(manager), force, "t2")
}

#[test]
fn who_creates_an_object_owns_what_was_not_there_before() {
    let (object, owners) = created();
    let mut shown = object.clone();
    owners.clone().put(&mut shown);
    assert_eq!(
        shown["metadata"]["managedFields"][0]["fieldsV1"],
        json!({
            "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {} }, "f:type": {} },
                "f:template": {
                    "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
                    "f:spec": { "f:containers": {
                        "k:{\"name\":\"web\"}": { ".": {}, "f:image": {}, "f:name": {}, "f:resources": {} },
                    } },
                },
            },
        })
    );
    assert_eq!(Owners::take(&mut shown), owners);
    assert_eq!(shown, object);
}

#[test]
fn who_changes_a_field_owns_it_from_then_on() {
    let (before, mut owners) = created();
    let after = object(3, "nginx:1");
    owners.update(
        &deployment(),
        &before,
        &after,
        Writer::updates("scaler", "apps/v1").through("scale"),
        "t2",
    );
    let replicas = [Element::field("spec"), Element::field("replicas")];
    let has: Vec<(&str, bool)> = owners
        .0
        .iter()
        .map(|(writer, owned)| (writer.manager.as_str(), owned.fields.contains(&replicas)))
        .collect();
    assert_eq!(has, [("kubectl", false), ("scaler", true)]);
}

#[test]
fn a_field_of_another_manager_with_another_value_is_a_conflict() {
    let (live, mut owners) = created();
    let what = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 5,
            "template": { "spec": { "containers": [{ "name": "web", "image": "nginx:2" }] } },
        },
    });
    let refusal = try_apply(&live, &mut owners, "other", &what, false).unwrap_err();
    assert_eq!(
        refusal.message(),
        "Apply failed with 2 conflicts: conflicts with \"kubectl\" using apps/v1:\n- .spec.replicas\n\
         - .spec.template.spec.containers[name=\"web\"].image"
    );
    assert_eq!(owners, created().1);

    let forced = try_apply(&live, &mut owners, "other", &what, true).unwrap();
    assert_eq!(forced["spec"]["replicas"], 5);
    assert_eq!(forced["spec"]["strategy"]["type"], "RollingUpdate");
    // A value that is the same is owned by both.
    let same = json!({ "spec": { "replicas": 5 } });
    try_apply(&forced, &mut owners, "third", &same, false).unwrap();
    let replicas = [Element::field("spec"), Element::field("replicas")];
    let with: Vec<&str> = owners
        .0
        .iter()
        .filter(|(_, owned)| owned.fields.contains(&replicas))
        .map(|(writer, _)| writer.manager.as_str())
        .collect();
    assert_eq!(with, ["other", "third"]);
}

#[test]
fn kubectl_takes_over_what_it_has_applied_by_itself_before() {
    let (mut live, owners) = created();
    let what = json!({ "spec": { "replicas": 5 } });
    let by = |live: &Value, manager: &str| try_apply(live, &mut owners.clone(), manager, &what, false);
    assert!(by(&live, "other").is_err());
    let mut keep = |replicas: u32| {
        let kept = json!({ "spec": { "replicas": replicas } }).to_string();
        live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = kept.into();
        live.clone()
    };
    // what was changed since by somebody else is theirs
    let stale = keep(3);
    assert!(by(&stale, "kubectl").is_err());
    let same = keep(2);
    assert_eq!(by(&same, "kubectl").unwrap()["spec"]["replicas"], 5);
    assert!(by(&same, "other").is_err(), "nobody else may");
}

#[test]
fn what_a_manager_applies_no_more_goes_unless_somebody_else_owns_it() {
    let (live, mut owners) = created();
    let first = json!({
        "metadata": { "annotations": { "a": "1", "b": "2" } },
        "spec": { "replicas": 2, "template": { "spec": { "containers": [
            { "name": "web", "image": "nginx:1", "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }] },
            { "name": "side", "image": "side:1" },
        ] } } },
    });
    let live = try_apply(&live, &mut owners, "mine", &first, false).unwrap();
    assert_eq!(live["spec"]["template"]["spec"]["containers"].as_array().unwrap().len(), 2);
    let second = json!({
        "metadata": { "annotations": { "b": "2" } },
        "spec": { "template": { "spec": { "containers": [
            { "name": "web", "image": "nginx:1", "env": [{ "name": "B", "value": "2" }] },
        ] } } },
    });
    let after = try_apply(&live, &mut owners, "mine", &second, false).unwrap();
    assert_eq!(after["metadata"]["annotations"], json!({ "b": "2" }));
    let containers = after["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    assert_eq!(containers[0]["env"], json!([{ "name": "B", "value": "2" }]));
    assert_eq!(after["spec"]["replicas"], 2, "the one who created it owns it still");
    let before = owners.clone();
    let again = try_apply(&after, &mut owners, "mine", &second, false).unwrap();
    assert_eq!((again, owners), (after, before), "applying again changes nothing");
}
