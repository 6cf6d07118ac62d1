//! Which objects a policy or webhook is about.

use serde_json::Value;

use super::Asking;
use crate::cluster::{kinds::ServedKind, labels::LabelSelector};

fn names(rule: &Value, field: &str, wanted: &str) -> bool {
    rule[field].as_array().into_iter().flatten().any(|one| one == "*" || one == wanted)
}

/// Does one of the rules name this operation on this resource?
pub(super) fn named(rules: &Value, kind: &ServedKind, subresource: Option<&str>, operation: &str) -> bool {
    let full = match subresource {
        Some(subresource) => format!("{}/{subresource}", kind.plural),
        None => kind.plural.to_string(),
    };
    rules.as_array().into_iter().flatten().any(|rule| {
        let resources = rule["resources"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut resources = resources.map(|resource| match (resource, subresource) {
            ("*", None) | ("*/*", _) => true,
            (resource, Some(subresource)) if resource.starts_with("*/") => resource[2..] == *subresource,
            (resource, _) => resource == full || resource.strip_suffix("/*") == Some(&kind.plural),
        });
        let scope = match rule["scope"].as_str() {
            Some("Namespaced") => kind.namespaced,
            Some("Cluster") => !kind.namespaced,
            _ => true,
        };
        scope
            && names(rule, "operations", operation)
            && names(rule, "apiGroups", &kind.group)
            && names(rule, "apiVersions", &kind.version)
            && resources.any(|fits| fits)
    })
}

/// Do the selectors for namespaces and objects fit?
pub(super) fn selected(constraints: &Value, kind: &ServedKind, asking: &Asking<'_>) -> bool {
    let fits = |selector: &Value, object: &Value| {
        selector.is_null() || LabelSelector::of(selector).is_none_or(|selector| selector.fits(object))
    };
    let namespace = match asking.namespace(kind) {
        Some(namespace) => fits(&constraints["namespaceSelector"], namespace),
        // What is in no namespace is selected by none; a namespace is in itself.
        None if kind.kind == "Namespace" => fits(&constraints["namespaceSelector"], asking.object),
        None => true,
    };
    namespace && fits(&constraints["objectSelector"], asking.object)
}
