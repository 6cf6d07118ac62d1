//! Pods and the templates of Pods.

use serde_json::Value;

use super::{Causes, names, not_negative, workload::port_number};
use crate::cluster::{invalid::Cause, quantity::Quantity};

/// Who makes Pods of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    Controller,
    Job,
}

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];

pub(super) fn validate(spec: &Value, at: &str, owner: Owner, causes: &mut Causes) {
    let volumes = volumes(spec, at, causes);
    let containers: Vec<&Value> = spec["containers"].as_array().into_iter().flatten().collect();
    if containers.is_empty() {
        causes.push(Cause::required(&format!("{at}.containers"), ""));
    }
    let mut seen = Vec::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            let at = format!("{at}.{list}[{index}]");
            self::container(container, &at, &volumes, &mut seen, causes);
        }
    }
    restart_policy(spec, at, owner, causes);
    let dns = spec["dnsPolicy"].as_str().unwrap_or_default();
    if !dns.is_empty() && !DNS_POLICIES.contains(&dns) {
        causes.push(Cause::not_supported(&format!("{at}.dnsPolicy"), &spec["dnsPolicy"], &DNS_POLICIES));
    }
    not_negative(
        &spec["terminationGracePeriodSeconds"],
        &format!("{at}.terminationGracePeriodSeconds"),
        causes,
    );
    names::labels(&spec["nodeSelector"], &format!("{at}.nodeSelector"), causes);
    let account = spec["serviceAccountName"].as_str().unwrap_or_default();
    if let Some(what) = Some(account).filter(|account| !account.is_empty()).and_then(names::wrong_subdomain) {
        let field = format!("{at}.serviceAccountName");
        causes.push(Cause::invalid(&field, &spec["serviceAccountName"], &what));
    }
}

fn restart_policy(spec: &Value, at: &str, owner: Owner, causes: &mut Causes) {
    let field = format!("{at}.restartPolicy");
    let supported: &[&str] = match owner {
        Owner::Nobody => &["Always", "Never", "OnFailure"],
        Owner::Controller => &["Always"],
        Owner::Job => &["Never", "OnFailure"],
    };
    let policy = spec["restartPolicy"].as_str().unwrap_or_default();
    if owner == Owner::Job && policy == "Always" {
        let what = "Required value: valid values: \"OnFailure\", \"Never\"";
        causes.push(Cause::new("FieldValueRequired", &field, what));
    } else if !supported.contains(&policy) && !spec.is_null() {
        causes.push(Cause::not_supported(&field, &spec["restartPolicy"], supported));
    }
}

/// The names of the volumes.
fn volumes(spec: &Value, at: &str, causes: &mut Causes) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (index, volume) in spec["volumes"].as_array().into_iter().flatten().enumerate() {
        let name = volume["name"].as_str().unwrap_or_default();
        let field = format!("{at}.volumes[{index}].name");
        if name.is_empty() {
            causes.push(Cause::required(&field, ""));
        } else if let Some(what) = names::wrong_label(name) {
            causes.push(Cause::invalid(&field, &volume["name"], &what));
        } else if found.iter().any(|other| other == name) {
            causes.push(Cause::duplicate(&field, &volume["name"]));
        }
        let sources =
            volume.as_object().map_or(0, |fields| fields.keys().filter(|key| *key != "name").count());
        if sources > 1 {
            let what = "may not specify more than 1 volume type";
            causes.push(Cause::forbidden(&format!("{at}.volumes[{index}]"), what));
        }
        found.push(name.to_owned());
    }
    found
}

fn container(container: &Value, at: &str, volumes: &[String], seen: &mut Vec<String>, causes: &mut Causes) {
    let name = container["name"].as_str().unwrap_or_default();
    let field = format!("{at}.name");
    if name.is_empty() {
        causes.push(Cause::required(&field, ""));
    } else if let Some(what) = names::wrong_label(name) {
        causes.push(Cause::invalid(&field, &container["name"], &what));
    } else if seen.iter().any(|other| other == name) {
        causes.push(Cause::duplicate(&field, &container["name"]));
    }
    seen.push(name.to_owned());
    let image = container["image"].as_str().unwrap_or_default();
    if image.is_empty() {
        causes.push(Cause::required(&format!("{at}.image"), ""));
    } else if image.trim() != image {
        let what = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(&format!("{at}.image"), &container["image"], what));
    }
    ports(container, at, causes);
    environment(container, at, causes);
    for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}.volumeMounts[{index}]");
        let name = mount["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        } else if !volumes.iter().any(|volume| volume == name) {
            causes.push(Cause::not_found(&format!("{at}.name"), &mount["name"]));
        }
        if mount["mountPath"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(&format!("{at}.mountPath"), ""));
        }
    }
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container[field].is_object() {
            probe(&container[field], &format!("{at}.{field}"), field, causes);
        }
    }
    let policy = container["imagePullPolicy"].as_str().unwrap_or_default();
    if !policy.is_empty() && !PULL_POLICIES.contains(&policy) {
        let field = format!("{at}.imagePullPolicy");
        causes.push(Cause::not_supported(&field, &container["imagePullPolicy"], &PULL_POLICIES));
    }
    resources(&container["resources"], at, causes);
}

fn ports(container: &Value, at: &str, causes: &mut Causes) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}.ports[{index}]");
        if let Some(name) = port["name"].as_str().filter(|name| !name.is_empty()) {
            let field = format!("{at}.name");
            let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if name.len() > 15 {
                causes.push(Cause::invalid(&field, &port["name"], "must be no more than 15 bytes"));
            } else if !letters {
                let what = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
                causes.push(Cause::invalid(&field, &port["name"], what));
            } else if seen.contains(&name) {
                causes.push(Cause::duplicate(&field, &port["name"]));
            }
            seen.push(name);
        }
        if port["containerPort"].as_i64().unwrap_or(0) == 0 {
            causes.push(Cause::required(&format!("{at}.containerPort"), ""));
        } else {
            port_number(&port["containerPort"], &format!("{at}.containerPort"), causes);
        }
        if port["hostPort"].as_i64().unwrap_or(0) != 0 {
            port_number(&port["hostPort"], &format!("{at}.hostPort"), causes);
        }
        if port["protocol"].as_str().is_none_or(|protocol| !PROTOCOLS.contains(&protocol)) {
            causes.push(Cause::not_supported(&format!("{at}.protocol"), &port["protocol"], &PROTOCOLS));
        }
    }
}

fn environment(container: &Value, at: &str, causes: &mut Causes) {
    for (index, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}.env[{index}]");
        let name = variable["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        }
        let set = variable["value"].as_str().is_some_and(|value| !value.is_empty());
        let sources = variable["valueFrom"]
            .as_object()
            .map(|sources| sources.values().filter(|v| v.is_object()).count());
        match sources {
            Some(0) => {
                let what = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
                            `fileKeyRef`";
                causes.push(Cause::invalid(&format!("{at}.valueFrom"), &"".into(), what));
            }
            Some(_) if set => {
                let what = "may not be specified when `value` is not empty";
                causes.push(Cause::invalid(&format!("{at}.valueFrom"), &"".into(), what));
            }
            _ => {}
        }
    }
}

fn probe(probe: &Value, at: &str, name: &str, causes: &mut Causes) {
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
    let count = handlers.iter().filter(|handler| probe[**handler].is_object()).count();
    if count == 0 {
        causes.push(Cause::required(at, "must specify a handler type"));
    }
    for field in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        not_negative(&probe[field], &format!("{at}.{field}"), causes);
    }
    if name != "readinessProbe" && probe["successThreshold"].as_i64().is_some_and(|number| number != 1) {
        let field = format!("{at}.successThreshold");
        causes.push(Cause::invalid(&field, &probe["successThreshold"], "must be 1"));
    }
    for handler in ["httpGet", "tcpSocket"] {
        if probe[handler].is_object() && !probe[handler]["port"].is_string() {
            port_number(&probe[handler]["port"], &format!("{at}.{handler}.port"), causes);
        }
    }
}

fn resources(resources: &Value, at: &str, causes: &mut Causes) {
    for list in ["limits", "requests"] {
        for (name, amount) in resources[list].as_object().into_iter().flatten() {
            let field = format!("{at}.resources.{list}.{name}");
            if !["cpu", "memory", "ephemeral-storage"].contains(&name.as_str())
                && !name.starts_with("hugepages-")
                && !name.contains('/')
            {
                let field = format!("{at}.resources.{list}[{name}]");
                let what = "must be a standard resource type or fully qualified";
                causes.push(Cause::invalid(&field, &name.as_str().into(), what));
            } else if Quantity::of(amount).is_some_and(|amount| amount < Quantity::ZERO) {
                causes.push(Cause::invalid(&field, amount, "must be greater than or equal to 0"));
            }
        }
    }
    for (name, request) in resources["requests"].as_object().into_iter().flatten() {
        let limit = &resources["limits"][name.as_str()];
        if let (Some(asked), Some(most)) = (Quantity::of(request), Quantity::of(limit))
            && asked > most
        {
            let field = format!("{at}.resources.requests");
            let what = format!("must be less than or equal to {name} limit of {most}");
            causes.push(Cause::invalid(&field, request, &what));
        }
    }
}

/// What of a Pod may change is its images, deadlines and tolerations.
pub(super) fn validate_update(spec: &Value, before: &Value, causes: &mut Causes) {
    let rest = |spec: &Value| {
        let mut spec = spec.clone();
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        if let Some(fields) = spec.as_object_mut() {
            let free =
                ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"];
            fields.retain(|name, value| !free.contains(&name.as_str()) && !value.is_null());
        }
        spec
    };
    if rest(spec) != rest(before) {
        let what = "pod updates may not change fields other than `spec.containers[*].image`,\
                    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                    existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                    previously negative)";
        causes.push(Cause::forbidden("spec", what));
    }
}
