//! Events: what kubelets, controllers and the scheduler tell.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{
    Cluster,
    controllers::Pace,
    metadata::Manager,
    state::{ClusterError, State},
    store::meta,
};
use crate::{
    clock::{seconds_text, timestamp},
    ids::hash,
};

/// A store keeps events for an hour, in microseconds.
const KEPT: i64 = 3_600_000_000;

/// Who tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    Scheduler,
    /// The kubelet of the Node of the Pod, perhaps of one of its containers.
    Kubelet(Option<&'a str>),
    Deployments,
    ReplicaSets,
    StatefulSets,
    DaemonSets,
    Jobs,
    Volumes,
    Nodes,
    Other,
}

impl Source<'_> {
    fn component(self) -> &'static str {
        match self {
            Self::Scheduler => "default-scheduler",
            Self::Kubelet(_) => "kubelet",
            Self::Deployments => "deployment-controller",
            Self::ReplicaSets => "replicaset-controller",
            Self::StatefulSets => "statefulset-controller",
            Self::DaemonSets => "daemonset-controller",
            Self::Jobs => "cronjob-controller",
            Self::Volumes => "persistentvolume-controller",
            Self::Nodes => "node-controller",
            Self::Other => "kube-controller-manager",
        }
    }

    /// Who would tell something about an object of this kind.
    fn of(kind: &str) -> Self {
        match kind {
            "Pod" => Self::Kubelet(None),
            "Deployment" => Self::Deployments,
            "ReplicaSet" => Self::ReplicaSets,
            "StatefulSet" => Self::StatefulSets,
            "DaemonSet" => Self::DaemonSets,
            "Job" | "CronJob" => Self::Jobs,
            "PersistentVolumeClaim" => Self::Volumes,
            "Node" => Self::Nodes,
            _ => Self::Other,
        }
    }
}

/// The events that were told, and when they are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The name of the event in which the same was told before.
    told: HashMap<u64, (String, String)>,
    /// By the time at which they are forgotten: namespace, name, and what was told.
    until: BTreeSet<(i64, String, String, u64)>,
}

/// Tells something about an object; what was told before is counted. What was long ago is not told.
pub(crate) fn tell(
    state: &mut State,
    source: Source<'_>,
    object: &Value,
    kind: &str,
    reason: &str,
    message: &str,
    at: i64,
) {
    if state.controllers.pace != Pace::Silent {
        write(state, source, &involved(object, source), (kind, reason, message), 1, at);
    }
}

/// The object that an event is about.
fn involved(object: &Value, source: Source<'_>) -> Value {
    let mut involved = json!({ "kind": object["kind"], "name": meta(object, "name") });
    for (field, value) in [
        ("namespace", &object["metadata"]["namespace"]),
        ("uid", &object["metadata"]["uid"]),
        ("apiVersion", &object["apiVersion"]),
        ("resourceVersion", &object["metadata"]["resourceVersion"]),
    ] {
        if !value.is_null() {
            involved[field] = value.clone();
        }
    }
    if let Source::Kubelet(Some(container)) = source {
        involved["fieldPath"] = format!("spec.containers{{{container}}}").into();
    }
    if let Source::Kubelet(_) = source {
        involved["host"] = object["spec"]["nodeName"].clone();
    }
    involved
}

fn write(
    state: &mut State,
    source: Source<'_>,
    involved: &Value,
    (kind, reason, message): (&str, &str, &str),
    count: u64,
    at: i64,
) {
    let now = seconds_text(at);
    let mut involved = involved.clone();
    let host = involved.as_object_mut().and_then(|fields| fields.remove("host")).unwrap_or_default();
    let namespace = involved["namespace"].as_str().unwrap_or("default").to_owned();
    let component = source.component();
    let same = format!("{component} {} {} {reason} {message}", involved["uid"], involved["fieldPath"]);
    let same = hash(&format!("{namespace} {} {same}", involved["name"]));
    let until = at + KEPT;
    if source != Source::Scheduler
        && let Some((namespace, name)) = state.events.told.get(&same).cloned()
        && let Ok(before) = state.get("Event", &namespace, &name)
    {
        let total = before["count"].as_u64().unwrap_or(0) + count;
        let told = state.edit("Event", &namespace, &name, |event| {
            event["count"] = total.into();
            event["lastTimestamp"] = now.as_str().into();
        });
        if told.is_ok() {
            state.events.until.retain(|(_, _, _, known)| *known != same);
            state.events.until.insert((until, namespace, name, same));
        }
        return;
    }
    let suffix = format!("{:016x}", hash(&format!("{same} {at} {}", state.store.revision())));
    let name = format!("{}.{suffix}", involved["name"].as_str().unwrap_or_default());
    let mut event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": name, "namespace": namespace },
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": kind,
        "reportingComponent": component,
    });
    if source == Source::Scheduler {
        let whole = seconds_text(at);
        let part = at.rem_euclid(1_000_000);
        let action = if reason == "Scheduled" { "Binding" } else { "Scheduling" };
        event["eventTime"] = format!("{}.{part:06}Z", whole.trim_end_matches('Z')).into();
        event["action"] = action.into();
        event["source"] = json!({});
        event["firstTimestamp"] = Value::Null;
        event["lastTimestamp"] = Value::Null;
        event["reportingInstance"] = format!("{component}-0").into();
    } else {
        event["eventTime"] = Value::Null;
        event["source"] = json!({ "component": component });
        event["firstTimestamp"] = now.as_str().into();
        event["lastTimestamp"] = now.as_str().into();
        event["count"] = count.into();
        event["reportingInstance"] = "".into();
        if let Some(host) = host.as_str() {
            event["source"]["host"] = host.into();
            event["reportingInstance"] = host.into();
        }
    }
    if state.insert(event, &now, Manager::Controller).is_ok() {
        state.events.told.insert(same, (namespace.clone(), name.clone()));
        state.events.until.insert((until, namespace, name, same));
    }
}

/// Forgets the events that are too old.
pub(crate) fn forget(state: &mut State, now: i64) {
    while let Some((until, namespace, name, same)) = state.events.until.first().cloned()
        && until <= now
    {
        state.events.until.pop_first();
        let gone = state.events.told.get(&same).is_some_and(|(_, known)| *known == name);
        if gone {
            state.events.told.remove(&same);
        }
        // It may have been taken away by hand.
        if state.remove("Event", &namespace, &name).is_err() {
            tracing::trace!(name, until = %timestamp(until), "the event is gone");
        }
    }
}

impl Cluster {
    /// Somebody tells something about an object, given by kind and name: an Event of the type `Warning` or `Normal`, so
    /// many times by now. The same is counted on. As in a real cluster, an event is forgotten an hour after it was told
    /// last. Both event APIs serve it. The object need not be there.
    pub fn event(
        &self,
        namespace: &str,
        (kind, name): (&str, &str),
        event_type: &str,
        reason: &str,
        message: &str,
        count: u64,
    ) -> Result<(), ClusterError> {
        let at = self.clock().micros();
        let mut state = self.state();
        let Some(served) = state.served(kind) else {
            return Err(ClusterError::UnknownKind { api_version: String::new(), kind: kind.to_owned() });
        };
        let inside = if served.namespaced { namespace } else { "" };
        let source = Source::of(&served.kind);
        let known = state.get(&served.kind, inside, name).map(|object| involved(object, source));
        let about = known.unwrap_or_else(|_| {
            let mut about = json!({ "kind": served.kind, "name": name, "apiVersion": served.api_version() });
            if served.namespaced {
                about["namespace"] = namespace.into();
            }
            about
        });
        write(&mut state, source, &about, (event_type, reason, message), count, at);
        Ok(())
    }
}
