//! What an API server finds wrong with an object before it keeps it.

mod claim;
mod names;
mod pod;
mod service;
mod workload;

use serde_json::Value;

pub(crate) use self::service::range as address_range;
use super::{invalid::Cause, kinds::ServedKind};

/// A wrong that is said about a place in an object.
type Causes = Vec<Cause>;

/// What is wrong with an object; `before` is what is there already.
pub(crate) fn validate(kind: &ServedKind, object: &Value, before: Option<&Value>) -> Causes {
    let mut causes = Causes::new();
    names::metadata(kind, object, before.is_some(), &mut causes);
    let spec = &object["spec"];
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => match before {
            None => pod::validate(spec, "spec", pod::Owner::Nobody, &mut causes),
            Some(before) => pod::validate_update(spec, &before["spec"], &mut causes),
        },
        _ if kind.is_workload() => workload::validate(&kind.kind, object, before, &mut causes),
        ("", "Service") => service::validate(object, before, &mut causes),
        ("", "PersistentVolumeClaim") => claim::validate(object, before, &mut causes),
        ("", "ConfigMap") => data(object, before, &["data", "binaryData"], &mut causes),
        ("", "Secret") => {
            data(object, before, &["data"], &mut causes);
            if before.is_some_and(|before| before["type"] != object["type"]) {
                causes.push(Cause::invalid("type", &object["type"], "field is immutable"));
            }
        }
        ("policy", "PodDisruptionBudget") => {
            if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
                causes.push(Cause::invalid(
                    "spec",
                    spec,
                    "minAvailable and maxUnavailable cannot be both set",
                ));
            }
            percentage(spec, "minAvailable", &mut causes);
            percentage(spec, "maxUnavailable", &mut causes);
        }
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(spec, &mut causes),
        ("networking.k8s.io", "Ingress") => ingress(spec, &mut causes),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            if before.is_some_and(|before| before["roleRef"] != object["roleRef"]) {
                causes.push(Cause::invalid("roleRef", &object["roleRef"], "cannot change roleRef"));
            }
            if object["roleRef"]["name"].as_str().unwrap_or_default().is_empty() {
                causes.push(Cause::required("roleRef.name", ""));
            }
        }
        ("apiextensions.k8s.io", _) => definition(object, &mut causes),
        _ => {}
    }
    causes
}

const MOST_DATA: usize = 1 << 20;

/// The keys and the size of a ConfigMap or Secret.
fn data(object: &Value, before: Option<&Value>, fields: &[&str], causes: &mut Causes) {
    let mut size = 0;
    for field in fields {
        for (key, value) in object[*field].as_object().into_iter().flatten() {
            size += value.as_str().map_or(0, str::len);
            if let Some(what) = names::wrong_config_key(key) {
                causes.push(Cause::invalid(&format!("{field}[{key}]"), &key.as_str().into(), &what));
            }
        }
    }
    if size > MOST_DATA {
        let what = format!("Too long: may not be more than {MOST_DATA} bytes");
        causes.push(Cause::new("FieldValueTooLong", "", &what));
    }
    let Some(before) = before.filter(|before| before["immutable"] == true) else { return };
    if object["immutable"] != true {
        causes.push(Cause::forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    for field in fields {
        if object[*field] != before[*field] {
            causes.push(Cause::forbidden(field, "field is immutable when `immutable` is set"));
        }
    }
}

/// A number that may not be below zero.
fn not_negative(value: &Value, field: &str, causes: &mut Causes) {
    if value.as_i64().is_some_and(|number| number < 0) {
        causes.push(Cause::invalid(field, value, "must be greater than or equal to 0"));
    }
}

/// A number, or a share in percent.
fn percentage(spec: &Value, field: &str, causes: &mut Causes) {
    let path = format!("spec.{field}");
    match &spec[field] {
        Value::String(text) if text.strip_suffix('%').is_none_or(|number| number.parse::<u32>().is_err()) => {
            let what = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                        '93%', regex used for validation is '[0-9]+%')";
            causes.push(Cause::invalid(&path, &spec[field], what));
        }
        value => not_negative(value, &path, causes),
    }
}

fn autoscaler(spec: &Value, causes: &mut Causes) {
    let most = spec["maxReplicas"].as_i64().unwrap_or(0);
    if most < 1 {
        causes.push(Cause::invalid("spec.maxReplicas", &most.into(), "must be greater than 0"));
    }
    if let Some(least) = spec["minReplicas"].as_i64() {
        if least < 1 {
            causes.push(Cause::invalid(
                "spec.minReplicas",
                &least.into(),
                "must be greater than or equal to 1",
            ));
        }
        if most < least {
            let what = "must be greater than or equal to `minReplicas`";
            causes.push(Cause::invalid("spec.maxReplicas", &most.into(), what));
        }
    }
    for field in ["kind", "name"] {
        if spec["scaleTargetRef"][field].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(&format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
}

fn ingress(spec: &Value, causes: &mut Causes) {
    if spec["rules"].is_null() && spec["defaultBackend"].is_null() {
        let what = "either `defaultBackend` or `rules` must be specified";
        causes.push(Cause::invalid("spec", spec, what));
    }
    for (rule_index, rule) in spec["rules"].as_array().into_iter().flatten().enumerate() {
        for (path_index, path) in rule["http"]["paths"].as_array().into_iter().flatten().enumerate() {
            let at = format!("spec.rules[{rule_index}].http.paths[{path_index}]");
            match path["pathType"].as_str() {
                None => causes.push(Cause::required(&format!("{at}.pathType"), "pathType must be specified")),
                Some("Exact" | "Prefix") => {
                    if !path["path"].as_str().unwrap_or_default().starts_with('/') {
                        let field = format!("{at}.path");
                        causes.push(Cause::invalid(&field, &path["path"], "must be an absolute path"));
                    }
                }
                Some("ImplementationSpecific") => {}
                Some(_) => causes.push(Cause::not_supported(
                    &format!("{at}.pathType"),
                    &path["pathType"],
                    &["Exact", "ImplementationSpecific", "Prefix"],
                )),
            }
        }
    }
}

fn definition(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (plural, group) = (text(&spec["names"]["plural"]), text(&spec["group"]));
    if object["metadata"]["name"] != format!("{plural}.{group}") {
        let what = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &object["metadata"]["name"], what));
    }
    let versions: Vec<&Value> = spec["versions"].as_array().into_iter().flatten().collect();
    let storing = versions.iter().filter(|version| version["storage"] == true).count();
    if storing != 1 {
        let what = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &spec["versions"], what));
    }
    for (index, version) in versions.iter().enumerate() {
        if !version["schema"]["openAPIV3Schema"].is_object() {
            let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
            causes.push(Cause::required(&field, "schemas are required"));
        }
    }
}
