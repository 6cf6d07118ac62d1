//! What an API server warns of in an object that it takes.

use serde_json::Value;

use super::kinds::ServedKind;

/// Labels of Nodes that have newer names.
const LABELS: [(&str, &str); 4] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
];

/// The warnings about an object, in the order of a real server.
pub(crate) fn of(kind: &ServedKind, object: &Value) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(place) = kind.template()
        && let Some(found) = object.pointer(place)
    {
        template(found, &place.trim_start_matches('/').replace('/', "."), &mut said);
    }
    let class = "kubernetes.io/ingress.class";
    if kind.kind == "Ingress" && !object["metadata"]["annotations"][class].is_null() {
        said.push(format!(
            "annotation \"{class}\" is deprecated, please use 'spec.ingressClassName' instead"
        ));
    }
    said
}

fn template(template: &Value, at: &str, said: &mut Vec<String>) {
    let place = |field: &str| if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
    let spec = &template["spec"];
    for (label, what) in LABELS {
        if !spec["nodeSelector"][label].is_null() {
            said.push(format!("{}[{label}]: {what}", place("spec.nodeSelector")));
        }
    }
    annotations(&template["metadata"]["annotations"], &place("metadata.annotations"), said);
    for list in ["initContainers", "containers"] {
        for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            twice(container, &place(&format!("spec.{list}[{index}]")), said);
        }
    }
    for (index, secret) in spec["imagePullSecrets"].as_array().into_iter().flatten().enumerate() {
        if secret["name"].as_str().unwrap_or_default().is_empty() {
            let field = place(&format!("spec.imagePullSecrets[{index}]"));
            said.push(format!("{field}: invalid empty name \"\""));
        }
    }
}

fn annotations(annotations: &Value, at: &str, said: &mut Vec<String>) {
    let seccomp = "seccomp.security.alpha.kubernetes.io/pod";
    if !annotations[seccomp].is_null() {
        let what = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        said.push(format!("{at}[{seccomp}]: {what}"));
    }
    for name in annotations.as_object().into_iter().flatten().map(|(name, _)| name) {
        if name.starts_with("container.seccomp.security.alpha.kubernetes.io/") {
            let what = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
            said.push(format!("{at}[{name}]: {what}"));
        }
        if name.starts_with("container.apparmor.security.beta.kubernetes.io/") {
            let what = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
            said.push(format!("{at}[{name}]: {what}"));
        }
    }
}

/// Variables and ports that are there twice.
fn twice(container: &Value, at: &str, said: &mut Vec<String>) {
    let mut seen: Vec<&Value> = Vec::new();
    for (index, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
        let name = &variable["name"];
        if seen.contains(&name) {
            said.push(format!(
                "{at}.env[{index}]: hides previous definition of {name}, which may be dropped when using apply"
            ));
        }
        seen.push(name);
    }
    let ports: Vec<&Value> = container["ports"].as_array().into_iter().flatten().collect();
    for (index, port) in ports.iter().enumerate() {
        let same = |other: &Value| {
            other["containerPort"] == port["containerPort"] && other["protocol"] == port["protocol"]
        };
        if let Some(first) = ports[..index].iter().position(|other| same(other)) {
            said.push(format!("{at}.ports[{index}]: duplicate port definition with {at}.ports[{first}]"));
        }
    }
}
