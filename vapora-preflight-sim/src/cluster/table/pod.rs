//! Pods in rows.

use serde_json::Value;

use super::{
    age,
    column::{AGE, Columns, NAME, or, text},
};

pub(super) const COLUMNS: Columns = Columns(&[
    NAME,
    text("Ready", "how many of its containers are ready", |pod, _| {
        let wanted = containers(pod, "containers").count() + restartable(pod).count();
        let sidecars = restartable(pod).filter(|status| status["ready"] == true).count();
        let ready = statuses(pod, "containerStatuses")
            .filter(|status| status["ready"] == true && status["state"]["running"].is_object())
            .count();
        format!("{}/{wanted}", ready + sidecars).into()
    }),
    text("Status", "what its containers do, in a word", |pod, _| reason(pod).into()),
    text("Restarts", "how often its containers were started again, and when last", restarts),
    AGE,
    text("IP", "its address", |pod, _| or(&pod["status"]["podIP"], "<none>")).wide(),
    text("Node", "the Node that has it", |pod, _| or(&pod["spec"]["nodeName"], "<none>")).wide(),
    text("Nominated Node", "the Node that makes room for it", |pod, _| {
        or(&pod["status"]["nominatedNodeName"], "<none>")
    })
    .wide(),
    text("Readiness Gates", "how many of its further conditions are met", |pod, _| {
        let gates = pod["spec"]["readinessGates"].as_array().map_or(&[][..], Vec::as_slice);
        if gates.is_empty() {
            return "<none>".into();
        }
        let met =
            gates.iter().filter(|gate| is_true(pod, gate["conditionType"].as_str().unwrap_or_default()));
        format!("{}/{}", met.count(), gates.len()).into()
    })
    .wide(),
]);

fn containers<'a>(pod: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    pod["spec"][field].as_array().into_iter().flatten()
}

fn statuses<'a>(pod: &'a Value, field: &str) -> impl DoubleEndedIterator<Item = &'a Value> {
    pod["status"][field].as_array().into_iter().flatten()
}

/// The init containers that go on beside the others.
fn restartable(pod: &Value) -> impl Iterator<Item = &Value> {
    statuses(pod, "initContainerStatuses").filter(|status| goes_on(pod, status))
}

fn goes_on(pod: &Value, status: &Value) -> bool {
    containers(pod, "initContainers")
        .any(|container| container["name"] == status["name"] && container["restartPolicy"] == "Always")
}

fn is_true(pod: &Value, condition: &str) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|one| one["type"] == condition && one["status"] == "True")
}

fn ended(terminated: &Value) -> String {
    match terminated["signal"].as_i64() {
        Some(signal) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", terminated["exitCode"]),
    }
}

fn said(state: &Value) -> Option<String> {
    state["reason"].as_str().filter(|reason| !reason.is_empty()).map(str::to_owned)
}

/// What an init container is at, where it is not done.
fn initializing(pod: &Value) -> Option<String> {
    let total = containers(pod, "initContainers").count();
    for (number, status) in statuses(pod, "initContainerStatuses").enumerate() {
        let (state, terminated) = (&status["state"], &status["state"]["terminated"]);
        if terminated["exitCode"] == 0 || (goes_on(pod, status) && status["started"] == true) {
            continue;
        }
        return Some(if terminated.is_object() {
            format!("Init:{}", said(terminated).unwrap_or_else(|| ended(terminated)))
        } else {
            match said(&state["waiting"]) {
                Some(reason) if reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{number}/{total}"),
            }
        });
    }
    None
}

fn reason(pod: &Value) -> String {
    let status = &pod["status"];
    let said_itself = said(status);
    let mut reason =
        said_itself.clone().unwrap_or_else(|| status["phase"].as_str().unwrap_or_default().to_owned());
    let gated = status["conditions"].as_array().into_iter().flatten();
    if gated.into_iter().any(|one| one["type"] == "PodScheduled" && one["reason"] == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut reason);
    }
    if let Some(at) = initializing(pod) {
        reason = at;
    } else {
        let mut runs = false;
        for container in statuses(pod, "containerStatuses").rev() {
            let state = &container["state"];
            let terminated = &state["terminated"];
            if let Some(waits) = said(&state["waiting"]).or_else(|| said(terminated)) {
                reason = waits;
            } else if terminated.is_object() {
                reason = ended(terminated);
            } else if container["ready"] == true && state["running"].is_object() {
                runs = true;
            }
        }
        if reason == "Completed" && runs {
            (if is_true(pod, "Ready") { "Running" } else { "NotReady" }).clone_into(&mut reason);
        }
    }
    let over = matches!(status["phase"].as_str(), Some("Succeeded" | "Failed"));
    match (pod["metadata"]["deletionTimestamp"].is_string(), said_itself.as_deref()) {
        (true, Some("NodeLost")) => "Unknown".to_owned(),
        (true, _) if !over => "Terminating".to_owned(),
        _ => reason,
    }
}

fn restarts(pod: &Value, now: i64) -> Value {
    let list = if initializing(pod).is_some() { "initContainerStatuses" } else { "containerStatuses" };
    let counted = statuses(pod, list).chain(restartable(pod).filter(|_| list == "containerStatuses"));
    let (mut count, mut last) = (0, None);
    for status in counted {
        count += status["restartCount"].as_i64().unwrap_or(0);
        last = last.max(status["lastState"]["terminated"]["finishedAt"].as_str());
    }
    match last {
        Some(time) if count > 0 => format!("{count} ({} ago)", age::since(&time.into(), now)).into(),
        _ => count.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(pod: &Value) -> (String, String, String) {
        let text = |cell: fn(&Value, i64) -> Value| cell(pod, 1_795_435_830).as_str().unwrap().to_owned();
        (text(COLUMNS.0[1].cell), text(COLUMNS.0[2].cell), text(COLUMNS.0[3].cell))
    }

    #[test]
    fn a_pod_is_told_in_a_word() {
        let ended = json!({ "finishedAt": "2026-11-23T12:08:45Z", "exitCode": 1 });
        let mut pod = json!({
            "spec": { "containers": [{ "name": "a" }, { "name": "b" }] },
            "status": { "phase": "Running", "containerStatuses": [
                { "name": "a", "restartCount": 7, "ready": false, "lastState": { "terminated": ended },
                  "state": { "waiting": { "reason": "CrashLoopBackOff" } } },
                { "name": "b", "restartCount": 0, "ready": true, "state": { "running": {} } },
            ] },
        });
        let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(shown(&pod), three("1/2", "CrashLoopBackOff", "7 (105s ago)"));
        pod["metadata"]["deletionTimestamp"] = "2026-11-23T12:08:45Z".into();
        assert_eq!(shown(&pod).1, "Terminating");
        let starting = json!({
            "spec": { "containers": [{ "name": "a" }], "initContainers": [{ "name": "i" }, { "name": "j" }] },
            "status": { "phase": "Pending", "initContainerStatuses": [
                { "name": "i", "restartCount": 0, "state": { "terminated": { "exitCode": 0 } } },
                { "name": "j", "restartCount": 2, "state": { "terminated": { "exitCode": 3 } } },
            ] },
        });
        assert_eq!(shown(&starting), three("0/1", "Init:ExitCode:3", "2"));
    }
}
