//! The forms of one object in several versions of its kind.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::ServedKind;

/// How the form of a version comes from the one in which objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// It is that form.
    Same,
    /// `apiVersion` is another, and nothing else.
    Version,
    /// `events.k8s.io/v1` from `v1`.
    Event,
    /// `autoscaling/v1` from `autoscaling/v2`.
    AutoscalerV1,
}

/// The fields of an event by their names in `v1` and in `events.k8s.io/v1`.
const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";

impl Conversion {
    pub(crate) fn shown<'a>(self, object: &'a Value, kind: &ServedKind) -> Cow<'a, Value> {
        if self == Self::Same {
            return Cow::Borrowed(object);
        }
        let mut object = object.clone();
        object["apiVersion"] = kind.api_version().into();
        match self {
            Self::Same | Self::Version => {}
            Self::Event => {
                rename(&mut object, EVENT);
                // `v1` has these even where they are empty.
                if let Some(fields) = object.as_object_mut() {
                    let empty = |field: &str| ["reportingController", "reportingInstance"].contains(&field);
                    fields.retain(|field, value| !(empty(field) && value == ""));
                }
            }
            Self::AutoscalerV1 => to_v1(&mut object),
        }
        Cow::Owned(object)
    }

    /// The form in which an object of this form is kept, but for its `apiVersion`.
    pub(crate) fn kept(self, mut object: Value) -> Value {
        match self {
            Self::Same | Self::Version => {}
            Self::Event => rename(&mut object, EVENT.map(|(kept, shown)| (shown, kept))),
            Self::AutoscalerV1 => to_v2(&mut object),
        }
        object
    }
}

fn rename(object: &mut Value, names: impl IntoIterator<Item = (&'static str, &'static str)>) {
    let Some(fields) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}

fn is_cpu_utilization(metric: &Value) -> bool {
    metric["type"] == "Resource" && metric["resource"]["name"] == "cpu"
}

fn take(object: &mut Value, part: &str, field: &str) -> Option<Value> {
    object.get_mut(part)?.as_object_mut()?.remove(field)
}

fn to_v1(object: &mut Value) {
    let metrics = take(object, "spec", "metrics");
    let mut metrics = metrics.and_then(|metrics| metrics.as_array().cloned()).unwrap_or_default();
    let utilization =
        |metric: &Value| is_cpu_utilization(metric) && metric["resource"]["target"]["type"] == "Utilization";
    if let Some(at) = metrics.iter().position(utilization) {
        let cpu = metrics.remove(at);
        object["spec"]["targetCPUUtilizationPercentage"] =
            cpu["resource"]["target"]["averageUtilization"].clone();
    }
    if !metrics.is_empty() {
        object["metadata"]["annotations"][METRICS] = Value::Array(metrics).to_string().into();
    }
    if let Some(current) = take(object, "status", "currentMetrics")
        && let Some(cpu) = current.as_array().into_iter().flatten().find(|metric| is_cpu_utilization(metric))
    {
        object["status"]["currentCPUUtilizationPercentage"] =
            cpu["resource"]["current"]["averageUtilization"].clone();
    }
    take(object, "status", "conditions");
    take(object, "spec", "behavior");
}

fn to_v2(object: &mut Value) {
    let mut metrics = object["metadata"]
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
        .and_then(|annotations: &mut Map<String, Value>| annotations.remove(METRICS))
        .and_then(|text| serde_json::from_str::<Vec<Value>>(text.as_str()?).ok())
        .unwrap_or_default();
    if let Some(percentage) = take(object, "spec", "targetCPUUtilizationPercentage") {
        metrics.insert(
            0,
            json!({
                "type": "Resource",
                "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": percentage } },
            }),
        );
    }
    if !metrics.is_empty() {
        object["spec"]["metrics"] = metrics.into();
    }
    if let Some(percentage) = take(object, "status", "currentCPUUtilizationPercentage") {
        object["status"]["currentMetrics"] = json!([{
            "type": "Resource",
            "resource": { "name": "cpu", "current": { "averageUtilization": percentage } },
        }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kinds::Catalog;

    #[test]
    fn an_event_has_two_forms() {
        let kept = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "involvedObject": { "kind": "Pod" },
            "message": "m",
            "reason": "r",
            "count": 3,
            "reportingComponent": "kubelet",
        });
        let kind = Catalog::default().of("events.k8s.io/v1", "Event").unwrap();
        let shown = kind.shown(&kept).into_owned();
        assert_eq!(
            shown,
            json!({
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "regarding": { "kind": "Pod" },
                "note": "m",
                "reason": "r",
                "deprecatedCount": 3,
                "reportingController": "kubelet",
            })
        );
        let mut back = kind.conversion.kept(shown);
        back["apiVersion"] = "v1".into();
        assert_eq!(back, kept);
    }

    #[test]
    fn an_autoscaler_of_version_1_has_its_cpu_in_a_field_and_the_rest_in_an_annotation() {
        let memory = json!({ "type": "Resource", "resource": { "name": "memory", "target": { "type": "Utilization" } } });
        let cpu = json!({
            "type": "Resource",
            "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 70 } },
        });
        let kept = json!({
            "apiVersion": "autoscaling/v2",
            "metadata": { "annotations": {} },
            "spec": { "maxReplicas": 5, "metrics": [cpu, memory] },
        });
        let kind = Catalog::default().of("autoscaling/v1", "HorizontalPodAutoscaler").unwrap();
        let shown = kind.shown(&kept).into_owned();
        assert_eq!(shown["spec"], json!({ "maxReplicas": 5, "targetCPUUtilizationPercentage": 70 }));
        let mut back = kind.conversion.kept(shown);
        back["apiVersion"] = "autoscaling/v2".into();
        assert_eq!(back, kept);
    }
}
