//! `scale`: how many there are to be.

use serde_json::{Value, json};

use super::{Write, options::Media};
use crate::cluster::{
    invalid::Cause,
    kinds::ServedKind,
    labels::LabelSelector,
    patch::{self, NotDone},
    reply::Reply,
    status,
};

/// An object as its scale shows it.
pub(crate) fn shown(kind: &ServedKind, object: &Value) -> Value {
    let selector = match &*kind.kind {
        "ReplicationController" => LabelSelector::of(&json!({ "matchLabels": object["spec"]["selector"] })),
        _ => LabelSelector::of(&object["spec"]["selector"]),
    };
    let mut metadata = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = object["metadata"].get(field) {
            metadata[field] = value.clone();
        }
    }
    let mut spec = json!({});
    if let Some(replicas) = object["spec"]["replicas"].as_u64().filter(|replicas| *replicas > 0) {
        spec["replicas"] = replicas.into();
    }
    let mut status = json!({ "replicas": object["status"]["replicas"].as_u64().unwrap_or(0) });
    if let Some(selector) = selector.map(|selector| selector.to_string()).filter(|text| !text.is_empty()) {
        status["selector"] = selector.into();
    }
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    })
}

impl Write<'_> {
    pub(super) fn scale(&mut self) -> Result<Reply, Reply> {
        if self.options.media == Media::Apply {
            return Ok(self.asked.unknown());
        }
        let sent = self.decoded()?.value;
        let mut state = self.cluster.state();
        let live = self.live(&state).ok_or_else(|| self.missing())?;
        let before = shown(self.kind, &live);
        let mut after = before.clone();
        match self.options.media {
            Media::JsonPatch => {
                after = patch::json(&before, &sent).map_err(|not_done| match not_done {
                    NotDone::Impossible => status::unprocessable(),
                    NotDone::Unreadable(why) => status::bad_request(&why),
                })?;
            }
            Media::Json | Media::Yaml => after = sent,
            _ => patch::merge(&mut after, &sent),
        }
        let replicas = &after["spec"]["replicas"];
        let replicas = if replicas.is_null() { json!(0) } else { replicas.clone() };
        if replicas.as_i64().is_none_or(|replicas| replicas < 0) {
            let cause = Cause::invalid("spec.replicas", &replicas, "must be greater than or equal to 0");
            return Err(status::invalid("autoscaling", "Scale", self.name(), &[cause]));
        }
        let mut object = live.clone();
        object["spec"]["replicas"] = replicas;
        object["metadata"]["resourceVersion"] = after["metadata"]["resourceVersion"].clone();
        let committed = self.commit(&mut state, Some(live), object.clone(), None)?;
        let object = if self.tried() { object } else { self.live(&state).unwrap_or(object) };
        let reply = Reply::json(200, &shown(self.kind, &object));
        Ok(Reply { warnings: committed.warnings, ..reply })
    }
}
