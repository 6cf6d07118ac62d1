//! What has a template of Pods.

use serde_json::Value;

use super::{Causes, names, not_negative, pod};
use crate::cluster::{invalid::Cause, labels::LabelSelector};

/// The number of a port.
pub(super) fn port_number(value: &Value, field: &str, causes: &mut Causes) {
    match value.as_i64() {
        Some(1..=65_535) => {}
        Some(_) => causes.push(Cause::invalid(field, value, "must be between 1 and 65535, inclusive")),
        None => causes.push(Cause::invalid_shown(field, "0", "must be between 1 and 65535, inclusive")),
    }
}

pub(super) fn validate(kind: &str, object: &Value, before: Option<&Value>, causes: &mut Causes) {
    let spec = &object["spec"];
    let before = before.map(|before| &before["spec"]);
    match kind {
        "CronJob" => return cron_job(spec, causes),
        "Job" => return job(spec, before, causes),
        "ReplicationController" => {
            not_negative(&spec["replicas"], "spec.replicas", causes);
            template(spec, pod::Owner::Controller, causes);
            return;
        }
        _ => {}
    }
    not_negative(&spec["replicas"], "spec.replicas", causes);
    not_negative(&spec["minReadySeconds"], "spec.minReadySeconds", causes);
    not_negative(&spec["revisionHistoryLimit"], "spec.revisionHistoryLimit", causes);
    selector(kind, spec, causes);
    template(spec, pod::Owner::Controller, causes);
    if kind == "Deployment" {
        deployment(spec, causes);
    }
    let Some(before) = before else { return };
    if kind == "StatefulSet" {
        stateful_set(spec, before, causes);
    } else if spec["selector"] != before["selector"] {
        causes.push(Cause::invalid("spec.selector", &spec["selector"], "field is immutable"));
    }
}

fn selector(kind: &str, spec: &Value, causes: &mut Causes) {
    let selector = &spec["selector"];
    if selector.is_null() {
        causes.push(Cause::required("spec.selector", ""));
    } else if selector.as_object().is_some_and(serde_json::Map::is_empty) {
        let kind = match kind {
            "DaemonSet" => "daemonset",
            "StatefulSet" => "statefulset",
            "ReplicaSet" => "replicaset",
            _ => "deployment",
        };
        let what = format!("empty selector is invalid for {kind}");
        causes.push(Cause::invalid("spec.selector", selector, &what));
    }
    names::labels(&selector["matchLabels"], "spec.selector.matchLabels", causes);
    let labels = &spec["template"]["metadata"]["labels"];
    let fits = LabelSelector::of(selector).is_some_and(|selector| selector.fits(&spec["template"]));
    if !fits {
        let shown = if labels.is_null() { "null".to_owned() } else { labels.to_string() };
        let what = "`selector` does not match template `labels`";
        causes.push(Cause::invalid_shown("spec.template.metadata.labels", &shown, what));
    }
}

fn template(spec: &Value, owner: pod::Owner, causes: &mut Causes) {
    names::labels(&spec["template"]["metadata"]["labels"], "spec.template.labels", causes);
    pod::validate(&spec["template"]["spec"], "spec.template.spec", owner, causes);
}

fn deployment(spec: &Value, causes: &mut Causes) {
    let strategy = &spec["strategy"];
    match strategy["type"].as_str() {
        Some("RollingUpdate") => {
            let rolling = &strategy["rollingUpdate"];
            let none = |value: &Value| *value == 0 || *value == "0%";
            if none(&rolling["maxUnavailable"]) && none(&rolling["maxSurge"]) {
                let field = "spec.strategy.rollingUpdate.maxUnavailable";
                let what = "may not be 0 when `maxSurge` is 0";
                causes.push(Cause::invalid(field, &rolling["maxUnavailable"], what));
            }
        }
        Some("Recreate") if strategy["rollingUpdate"].is_object() => {
            let what = "may not be specified when strategy `type` is 'Recreate'";
            causes.push(Cause::forbidden("spec.strategy.rollingUpdate", what));
        }
        Some("Recreate") => {}
        _ => {
            let supported = ["Recreate", "RollingUpdate"];
            causes.push(Cause::not_supported("spec.strategy.type", &strategy["type"], &supported));
        }
    }
    let (deadline, ready) = (spec["progressDeadlineSeconds"].as_i64(), spec["minReadySeconds"].as_i64());
    if deadline.is_some_and(|deadline| deadline <= ready.unwrap_or(0)) {
        let field = "spec.progressDeadlineSeconds";
        let what = "must be greater than minReadySeconds";
        causes.push(Cause::invalid(field, &spec["progressDeadlineSeconds"], what));
    }
}

/// What of a StatefulSet may change.
const CHANGEABLE: [&str; 8] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "paused",
];

fn stateful_set(spec: &Value, before: &Value, causes: &mut Causes) {
    let rest = |value: &Value| {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| !CHANGEABLE.contains(&name.as_str()));
        }
        value
    };
    if rest(spec) != rest(before) {
        let what = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                    'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                    'minReadySeconds' are forbidden";
        causes.push(Cause::forbidden("spec", what));
    }
}

fn job(spec: &Value, before: Option<&Value>, causes: &mut Causes) {
    for field in
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"]
    {
        not_negative(&spec[field], &format!("spec.{field}"), causes);
    }
    template(spec, pod::Owner::Job, causes);
    let Some(before) = before else { return };
    for field in ["completions", "selector", "completionMode"] {
        if spec[field] != before[field] {
            causes.push(Cause::invalid(&format!("spec.{field}"), &spec[field], "field is immutable"));
        }
    }
    if spec["template"] != before["template"] && before["suspend"] != true {
        causes.push(Cause::invalid("spec.template", &spec["template"], "field is immutable"));
    }
}

fn cron_job(spec: &Value, causes: &mut Causes) {
    let schedule = spec["schedule"].as_str().unwrap_or_default();
    let fields = schedule.split_whitespace().count();
    if schedule.is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    } else if fields != 5 && !schedule.starts_with('@') {
        let what = format!("expected exactly 5 fields, found {fields}: {}", go_list(schedule));
        causes.push(Cause::invalid("spec.schedule", &spec["schedule"], &what));
    }
    let policies = ["Allow", "Forbid", "Replace"];
    if spec["concurrencyPolicy"].as_str().is_none_or(|policy| !policies.contains(&policy)) {
        causes.push(Cause::not_supported("spec.concurrencyPolicy", &spec["concurrencyPolicy"], &policies));
    }
    let pod_spec = &spec["jobTemplate"]["spec"]["template"]["spec"];
    pod::validate(pod_spec, "spec.jobTemplate.spec.template.spec", pod::Owner::Job, causes);
}

fn go_list(text: &str) -> String {
    format!("[{}]", text.split_whitespace().collect::<Vec<_>>().join(" "))
}
