//! Nodes in rows.

use serde_json::Value;

use super::column::{AGE, Columns, NAME, or, text};

const ROLE: &str = "node-role.kubernetes.io/";

pub(super) const COLUMNS: Columns = Columns(&[
    NAME,
    text("Status", "whether it is ready", |node, _| {
        let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
        let ready = conditions.into_iter().find(|one| one["type"] == "Ready");
        let word = match ready.map(|one| &one["status"]) {
            Some(status) if status == "True" => "Ready",
            Some(_) => "NotReady",
            None => "Unknown",
        };
        let cordoned = node["spec"]["unschedulable"] == true;
        format!("{word}{}", if cordoned { ",SchedulingDisabled" } else { "" }).into()
    }),
    text("Roles", "what it is for", |node, _| {
        let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
        let mut roles: Vec<&str> = labels
            .filter_map(|(label, value)| match label.strip_prefix(ROLE) {
                Some("") => None,
                Some(role) => Some(role),
                None if label == "kubernetes.io/role" => value.as_str(),
                None => None,
            })
            .collect();
        roles.sort_unstable();
        if roles.is_empty() { "<none>".into() } else { roles.join(",").into() }
    }),
    AGE,
    text("Version", "the version of its kubelet", |node, _| {
        node["status"]["nodeInfo"]["kubeletVersion"].clone()
    }),
    text("Internal-IP", "its address inside", |node, _| address(node, "InternalIP")).wide(),
    text("External-IP", "its address outside", |node, _| address(node, "ExternalIP")).wide(),
    text("OS-Image", "its operating system", |node, _| info(node, "osImage")).wide(),
    text("Kernel-Version", "its kernel and architecture", |node, _| {
        let architecture = node["status"]["nodeInfo"]["architecture"].as_str().unwrap_or_default();
        match (info(node, "kernelVersion").as_str(), architecture) {
            (Some(version), "") => version.into(),
            (Some(version), architecture) => format!("{version} ({architecture})").into(),
            (None, _) => "<unknown>".into(),
        }
    })
    .wide(),
    text("Container-Runtime", "what runs its containers", |node, _| info(node, "containerRuntimeVersion"))
        .wide(),
]);

fn address(node: &Value, kind: &str) -> Value {
    let mut addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    or(addresses.find(|one| one["type"] == kind).map_or(&Value::Null, |one| &one["address"]), "<none>")
}

fn info(node: &Value, field: &str) -> Value {
    or(&node["status"]["nodeInfo"][field], "<unknown>")
}
