//! Field selectors: `status.phase=Running,metadata.name!=x`.

use serde_json::Value;

use super::kinds::ServedKind;

/// A parsed field selector; the empty one fits everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    field: String,
    equal: bool,
    value: String,
}

/// The fields that can be selected by, besides name and namespace.
fn fields(kind: &ServedKind) -> &'static [&'static str] {
    match &*kind.plural {
        "pods" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "nodes" => &["spec.unschedulable"],
        "namespaces" => &["status.phase"],
        "events" if kind.group == "events.k8s.io" => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "secrets" => &["type"],
        "jobs" => &["status.successful"],
        _ => &[],
    }
}

impl FieldSelector {
    /// Reads a selector for a kind, or says why not in the words of an API server.
    pub(crate) fn parse(text: &str, kind: &ServedKind) -> Result<Self, String> {
        let mut requirements = Vec::new();
        for term in text.split(',').filter(|term| !term.is_empty()) {
            let (field, equal, value) = ["!=", "==", "="]
                .iter()
                .filter_map(|operator| {
                    term.split_once(operator).map(|(field, value)| (field, *operator, value))
                })
                .min_by_key(|(field, operator, _)| (field.len(), std::cmp::Reverse(operator.len())))
                .map(|(field, operator, value)| (field, operator != "!=", value))
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            if !["metadata.name", "metadata.namespace"].contains(&field) && !fields(kind).contains(&field) {
                return Err(if fields(kind).is_empty() {
                    let known = "only \"metadata.name\", \"metadata.namespace\"";
                    format!("\"{field}\" is not a known field selector: {known}")
                } else {
                    format!("field label not supported: {field}")
                });
            }
            requirements.push(Requirement { field: field.to_owned(), equal, value: value.to_owned() });
        }
        Ok(Self(requirements))
    }

    /// Does it fit this object?
    pub(crate) fn fits(&self, object: &Value) -> bool {
        self.0.iter().all(|Requirement { field, equal, value }| (text(object, field) == *value) == *equal)
    }
}

fn text(object: &Value, field: &str) -> String {
    let found = field.split('.').fold(object, |value, key| &value[key]);
    match found {
        Value::String(text) => text.clone(),
        Value::Null if matches!(field, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        Value::Null => String::new(),
        Value::Object(source) => {
            source.get("component").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::kinds::Catalog;

    #[test]
    fn a_field_selector_knows_the_fields_of_its_kind() {
        let catalog = Catalog::default();
        let pods = catalog.named("Pod").unwrap();
        let pod = json!({ "metadata": { "name": "p" }, "status": { "phase": "Running" }, "spec": {} });
        for yes in
            ["", "status.phase=Running", "status.phase==Running", "status.phase!=Pending,metadata.name=p"]
        {
            assert!(FieldSelector::parse(yes, pods).unwrap().fits(&pod), "{yes}");
        }
        assert!(!FieldSelector::parse("spec.nodeName=node-1", pods).unwrap().fits(&pod));
        assert!(FieldSelector::parse("spec.hostNetwork=false", pods).unwrap().fits(&pod));
        assert_eq!(
            FieldSelector::parse("status.nope=x", pods).unwrap_err(),
            "field label not supported: status.nope"
        );
        assert!(FieldSelector::parse("status.phase", pods).is_err());
        let maps = catalog.named("ConfigMap").unwrap();
        assert!(
            FieldSelector::parse("data.x=y", maps).unwrap_err().contains("is not a known field selector")
        );
    }
}
