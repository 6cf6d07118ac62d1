//! PodSecurity: what the labels of a namespace allow Pods to do.

use serde_json::Value;

use crate::cluster::{reply::Reply, state::State, status, store::meta, write::Write};

const LABEL: &str = "pod-security.kubernetes.io";

/// Warns of a template of Pods that breaks the rules of its namespace, and refuses a Pod that does.
pub(super) fn check(
    write: &mut Write<'_>,
    state: &State,
    before: Option<&Value>,
    object: &Value,
) -> Result<(), Reply> {
    let Some(place) = write.kind.template() else { return Ok(()) };
    let is_pod = place.is_empty();
    let spec = &object.pointer(place).unwrap_or(&Value::Null)["spec"];
    let Ok(namespace) = state.get("Namespace", "", meta(object, "namespace")) else { return Ok(()) };
    let label = |mode: &str| namespace["metadata"]["labels"][format!("{LABEL}/{mode}")].as_str();
    let version = |mode: &str| label(&format!("{mode}-version")).unwrap_or("latest");
    if is_pod
        && before.is_none()
        && let Some(level) = label("enforce")
    {
        let broken = broken(level, spec);
        if !broken.is_empty() {
            let why =
                format!("violates PodSecurity \"{level}:{}\": {}", version("enforce"), broken.join(", "));
            return Err(status::forbidden_because(write.kind, meta(object, "name"), &why));
        }
    }
    if let Some(level) = label("warn") {
        let broken = broken(level, spec);
        if !broken.is_empty() {
            let version = version("warn");
            write.warn(format!("would violate PodSecurity \"{level}:{version}\": {}", broken.join(", ")));
        }
    }
    Ok(())
}

fn containers(spec: &Value) -> Vec<&Value> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|list| spec[list].as_array().into_iter().flatten())
        .collect()
}

/// `container "a"`, or `containers "a", "b"`.
fn named(containers: &[&Value]) -> String {
    let names: Vec<String> = containers.iter().map(|one| one["name"].to_string()).collect();
    format!("container{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}

/// What of a Pod is not allowed on that level.
fn broken(level: &str, spec: &Value) -> Vec<String> {
    let mut said = Vec::new();
    if level == "privileged" {
        return said;
    }
    said.extend(privileged(spec));
    let restricted = level == "restricted";
    said.extend(host(spec, restricted));
    said.extend(capabilities(spec, restricted));
    if restricted {
        said.extend(restricted_only(spec));
    }
    // In the order of the names of their checks, as a real server has it.
    let order = [
        "host namespaces",
        "privileged",
        "non-default capabilities",
        "hostPath volumes",
        "hostPort",
        "allowPrivilegeEscalation",
        "unrestricted capabilities",
        "restricted volume types",
        "runAsNonRoot",
        "runAsUser",
        "seccompProfile",
    ];
    said.sort_by_key(|text: &String| order.iter().position(|start| text.starts_with(start)));
    said
}

fn privileged(spec: &Value) -> Option<String> {
    let bad: Vec<&Value> =
        containers(spec).into_iter().filter(|one| one["securityContext"]["privileged"] == true).collect();
    (!bad.is_empty())
        .then(|| format!("privileged ({} must not set securityContext.privileged=true)", named(&bad)))
}

fn host(spec: &Value, restricted: bool) -> Vec<String> {
    let mut said = Vec::new();
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| spec[*field] == true)
        .map(|field| format!("{field}=true"))
        .collect();
    if !shared.is_empty() {
        said.push(format!("host namespaces ({})", shared.join(", ")));
    }
    let volumes: Vec<&Value> = spec["volumes"].as_array().into_iter().flatten().collect();
    let of = |fits: &dyn Fn(&Value) -> bool| -> Vec<String> {
        volumes.iter().filter(|volume| fits(volume)).map(|volume| volume["name"].to_string()).collect()
    };
    let paths = of(&|volume| volume["hostPath"].is_object());
    if !paths.is_empty() {
        let plural = if paths.len() == 1 { "" } else { "s" };
        said.push(format!("hostPath volumes (volume{plural} {})", paths.join(", ")));
    }
    if restricted {
        let allowed = [
            "name",
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "image",
            "persistentVolumeClaim",
            "projected",
            "secret",
        ];
        for volume in &volumes {
            let sources = volume.as_object().into_iter().flatten().map(|(source, _)| source);
            for source in sources.filter(|source| !allowed.contains(&source.as_str())) {
                let name = &volume["name"];
                let what = format!(
                    "restricted volume types (volume {name} uses restricted volume type \"{source}\")"
                );
                said.push(what);
            }
        }
    }
    for container in containers(spec) {
        let ports = container["ports"].as_array().into_iter().flatten();
        let ports: Vec<String> = ports
            .filter_map(|port| port["hostPort"].as_i64())
            .filter(|port| *port != 0)
            .map(|port| port.to_string())
            .collect();
        if !ports.is_empty() {
            let plural = if ports.len() == 1 { "" } else { "s" };
            said.push(format!(
                "hostPort ({} uses hostPort{plural} {})",
                named(&[container]),
                ports.join(", ")
            ));
        }
    }
    said
}

/// The capabilities that every container may have.
const USUAL: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "NET_RAW",
];

fn capabilities(spec: &Value, restricted: bool) -> Option<String> {
    let list = |one: &Value, field: &str| -> Vec<String> {
        let list = one["securityContext"]["capabilities"][field].as_array();
        list.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    if !restricted {
        let mut added: Vec<String> = Vec::new();
        let bad: Vec<&Value> = containers(spec)
            .into_iter()
            .filter(|one| {
                let unusual =
                    list(one, "add").into_iter().filter(|name| !USUAL[..13].contains(&name.as_str()));
                let before = added.len();
                added.extend(unusual);
                added.len() > before
            })
            .collect();
        let added: Vec<String> = added.iter().map(|name| format!("{name:?}")).collect();
        return (!bad.is_empty()).then(|| {
            format!(
                "non-default capabilities ({} must not include {} in securityContext.capabilities.add)",
                named(&bad),
                added.join(", ")
            )
        });
    }
    let all = containers(spec);
    let keeps: Vec<&Value> =
        all.iter().filter(|one| !list(one, "drop").iter().any(|name| name == "ALL")).copied().collect();
    let adds: Vec<&Value> = all
        .iter()
        .filter(|one| list(one, "add").iter().any(|name| name != "NET_BIND_SERVICE"))
        .copied()
        .collect();
    let mut said = Vec::new();
    if !keeps.is_empty() {
        said.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", named(&keeps)));
    }
    if !adds.is_empty() {
        let names: Vec<String> = adds
            .iter()
            .flat_map(|one| list(one, "add"))
            .filter(|name| name != "NET_BIND_SERVICE")
            .map(|name| format!("{name:?}"))
            .collect();
        said.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            named(&adds),
            names.join(", ")
        ));
    }
    (!said.is_empty()).then(|| format!("unrestricted capabilities ({})", said.join("; ")))
}

fn restricted_only(spec: &Value) -> Vec<String> {
    let mut said = Vec::new();
    let all = containers(spec);
    let bad = |fits: &dyn Fn(&Value) -> bool| -> Vec<&Value> {
        all.iter().filter(|one| fits(&one["securityContext"])).copied().collect()
    };
    let escalating = bad(&|context| context["allowPrivilegeEscalation"] != false);
    if !escalating.is_empty() {
        said.push(format!(
            "allowPrivilegeEscalation != false ({} must set securityContext.allowPrivilegeEscalation=false)",
            named(&escalating)
        ));
    }
    let pod = &spec["securityContext"];
    let safe = pod["runAsNonRoot"] == true;
    let root = bad(&|context| match &context["runAsNonRoot"] {
        Value::Bool(value) => !value,
        _ => !safe,
    });
    if !root.is_empty() {
        said.push(format!(
            "runAsNonRoot != true (pod or {} must set securityContext.runAsNonRoot=true)",
            named(&root)
        ));
    }
    let zero = bad(&|context| context["runAsUser"] == 0);
    if pod["runAsUser"] == 0 {
        said.push("runAsUser=0 (pod must not set runAsUser=0)".to_owned());
    } else if !zero.is_empty() {
        said.push(format!("runAsUser=0 ({} must not set runAsUser=0)", named(&zero)));
    }
    let profile = |context: &Value| context["seccompProfile"]["type"].as_str().map(str::to_owned);
    let good = |profile: &str| profile == "RuntimeDefault" || profile == "Localhost";
    let of_pod = profile(pod);
    let open = bad(&|context| !profile(context).or_else(|| of_pod.clone()).is_some_and(|one| good(&one)));
    if !open.is_empty() {
        said.push(format!(
            "seccompProfile (pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
             \"Localhost\")",
            named(&open)
        ));
    }
    said
}
