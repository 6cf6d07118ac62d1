//! Templates and annotations, as they go from one revision of a deployment to another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::object::Whole;

/// The label that tells the pods of one revision from those of another; the controller adds it.
pub(super) const HASH: &str = "pod-template-hash";
/// The annotations that the controller does not hand from a deployment to its replica sets, nor `kubectl` back.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

pub(super) type Annotations = BTreeMap<String, String>;

/// The template of a deployment or replica set, as the deployment has it.
pub(super) fn template<T>(of: &Whole<T>) -> Value {
    let mut template = of.json["spec"]["template"].clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH);
    }
    // older servers write an empty `creationTimestamp`
    if let Some(fields) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        fields.retain(|_, value| !value.is_null());
    }
    template
}

/// The annotations that belong to the revision.
pub(super) fn annotations<T>(of: &Whole<T>) -> Annotations {
    let all = of.json["metadata"]["annotations"].as_object().into_iter().flatten();
    let own = all.filter(|(key, _)| !OWN.contains(&key.as_str()));
    own.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The operations that give an object the annotations of `to` wherever those of `from` are others.
pub(super) fn annotate<T>(now: &Whole<T>, from: &Annotations, to: &Annotations) -> Vec<Value> {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let current = annotations(now);
    let mut operations = Vec::new();
    if now.json["metadata"]["annotations"].is_null() {
        operations.push(json!({ "op": "add", "path": "/metadata/annotations", "value": {} }));
    }
    for key in keys.into_iter().filter(|key| from.get(*key) != to.get(*key)) {
        let path = format!("/metadata/annotations/{}", escaped(key));
        match to.get(key) {
            value if value == current.get(key) => {}
            Some(value) => operations.push(json!({ "op": "add", "path": path, "value": value })),
            None => operations.push(json!({ "op": "remove", "path": path })),
        }
    }
    operations
}

/// A name as it stands in the path of an operation.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(json: Value) -> Whole<()> {
        Whole { object: (), json }
    }

    #[test]
    fn a_template_is_that_of_its_deployment_without_what_the_controller_adds() {
        let labels = json!({ "app": "a", HASH: "1" });
        let set = json!({ "spec": { "template": { "metadata": { "labels": labels, "creationTimestamp": null }, "spec": {} } } });
        let deployment =
            json!({ "spec": { "template": { "metadata": { "labels": { "app": "a" } }, "spec": {} } } });
        assert_eq!(template(&whole(set)), template(&whole(deployment)));
    }

    #[test]
    fn only_the_annotations_that_differ_are_touched() {
        let of = |rows: &[(&str, &str)]| -> Annotations {
            rows.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let (from, to) = (
            of(&[("a/b", "1"), ("gone", "1"), ("same", "1")]),
            of(&[("a/b", "2"), ("new", "1"), ("same", "1")]),
        );
        let now = json!({ "metadata": { "annotations": { "a/b": "1", "gone": "1", "same": "other", "own~": "1" } } });
        assert_eq!(
            annotate(&whole(now), &from, &to),
            [
                json!({ "op": "add", "path": "/metadata/annotations/a~1b", "value": "2" }),
                json!({ "op": "remove", "path": "/metadata/annotations/gone" }),
                json!({ "op": "add", "path": "/metadata/annotations/new", "value": "1" }),
            ]
        );
        assert_eq!(annotate(&whole(json!({})), &to, &to)[0]["path"], "/metadata/annotations");
        assert_eq!(escaped("a~/b"), "a~0~1b");
    }
}
