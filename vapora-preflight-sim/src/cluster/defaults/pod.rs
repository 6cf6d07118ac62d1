//! The defaults of Pods and of the templates of Pods.

use serde_json::{Value, json};

use super::{items, set};

/// Fills in the defaults of the template at that place, where there is one.
pub(super) fn fill_at(value: &mut Value, place: &str) {
    if let Some(spec) = value.pointer_mut(place).filter(|spec| spec.is_object()) {
        fill(spec);
    }
}

fn fill(spec: &mut Value) {
    set(spec, "restartPolicy", "Always");
    set(spec, "terminationGracePeriodSeconds", 30);
    set(spec, "dnsPolicy", "ClusterFirst");
    set(spec, "securityContext", json!({}));
    set(spec, "schedulerName", "default-scheduler");
    // The older of the two names is kept beside the newer one.
    for (from, to) in [("serviceAccountName", "serviceAccount"), ("serviceAccount", "serviceAccountName")] {
        if let Some(name) = spec[from].as_str().filter(|name| !name.is_empty()).map(str::to_owned) {
            set(spec, to, name);
        }
    }
    let host_network = spec["hostNetwork"] == true;
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        items(spec, list).for_each(|one| container(one, host_network));
    }
    items(spec, "volumes").for_each(volume);
}

/// Fills in the defaults of a Pod.
pub(super) fn fill_pod(spec: &mut Value) {
    fill(spec);
    set(spec, "enableServiceLinks", true);
    for list in ["initContainers", "containers"] {
        for container in items(spec, list) {
            for (resource, limit) in
                container["resources"]["limits"].as_object().cloned().into_iter().flatten()
            {
                set(&mut container["resources"]["requests"], &resource, limit);
            }
        }
    }
}

fn container(container: &mut Value, host_network: bool) {
    let image = container["image"].as_str().unwrap_or_default();
    let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
    set(container, "imagePullPolicy", policy);
    set(container, "terminationMessagePath", "/dev/termination-log");
    set(container, "terminationMessagePolicy", "File");
    for port in items(container, "ports") {
        set(port, "protocol", "TCP");
        if host_network {
            let number = port["containerPort"].clone();
            set(port, "hostPort", number);
        }
    }
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container[field].is_object() {
            probe(&mut container[field]);
        }
    }
    for hook in ["postStart", "preStop"] {
        if container["lifecycle"][hook]["httpGet"].is_object() {
            http_get(&mut container["lifecycle"][hook]["httpGet"]);
        }
    }
    for variable in items(container, "env") {
        if variable["valueFrom"]["fieldRef"].is_object() {
            set(&mut variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
        }
    }
}

/// Is the image that of the tag `latest`, by name or for want of another?
fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    if image.is_empty() || name.contains('@') {
        return false;
    }
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn probe(probe: &mut Value) {
    for (field, number) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        if probe[field] == 0 {
            probe[field] = Value::Null;
        }
        set(probe, field, number);
    }
    if probe["httpGet"].is_object() {
        http_get(&mut probe["httpGet"]);
    }
    if probe["grpc"].is_object() {
        set(&mut probe["grpc"], "service", "");
    }
}

fn http_get(action: &mut Value) {
    set(action, "path", "/");
    set(action, "scheme", "HTTP");
}

fn volume(volume: &mut Value) {
    if volume.as_object().is_some_and(|fields| fields.keys().all(|field| field == "name")) {
        volume["emptyDir"] = json!({});
    }
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if volume[source].is_object() {
            set(&mut volume[source], "defaultMode", 420);
        }
    }
    if volume["hostPath"].is_object() {
        set(&mut volume["hostPath"], "type", "");
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in items(projected, "sources") {
            if source["serviceAccountToken"].is_object() {
                set(&mut source["serviceAccountToken"], "expirationSeconds", 3600);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_latest_is_always_pulled() {
        for (image, latest) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1.27.0", false),
            ("registry.example.com:5000/team/nginx", true),
            ("registry.example.com:5000/team/nginx:1", false),
            ("nginx@sha256:00", false),
            ("", false),
        ] {
            assert_eq!(is_latest(image), latest, "{image}");
        }
    }

    #[test]
    fn what_is_set_stays() {
        let mut spec = json!({
            "terminationGracePeriodSeconds": 5,
            "serviceAccountName": "web",
            "containers": [{ "name": "web", "image": "nginx:1", "readinessProbe": { "httpGet": { "port": 80 } } }],
        });
        fill(&mut spec);
        assert_eq!(spec["terminationGracePeriodSeconds"], 5);
        assert_eq!(spec["serviceAccount"], "web");
        let container = &spec["containers"][0];
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
        assert_eq!(container["readinessProbe"]["periodSeconds"], 10);
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/");
    }
}
