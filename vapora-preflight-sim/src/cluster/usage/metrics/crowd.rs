//! What the Pods of a crowd use, made while it is sent: the metrics server knows no parts of lists, so that one answer may be
//! about all of them.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::{Value, json};

use super::WINDOW;
use crate::cluster::{
    crowd::{Crowds, PodCrowd},
    kinds::ServedKind,
    list::Selection,
    reply::Reply,
    state::State,
};

/// How many Pods are measured at once.
const PART: usize = 500;

/// The Pods of a crowd that are measured, in one namespace or in all.
pub(super) struct Measured {
    crowds: Crowds,
    namespace: Option<String>,
    at: String,
}

impl Measured {
    pub(super) fn of(state: &State, namespace: Option<&str>, at: &str) -> Self {
        Self {
            crowds: state.store.crowds().clone(),
            namespace: namespace.map(str::to_owned),
            at: at.to_owned(),
        }
    }

    fn crowds(&self) -> impl Iterator<Item = &PodCrowd> {
        let wanted = |pods: &&PodCrowd| self.namespace.as_deref().is_none_or(|name| pods.namespace() == name);
        self.crowds.pods().iter().map(|pods| &**pods).filter(wanted)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.crowds().next().is_none()
    }

    /// What the Pod of that name uses.
    pub(super) fn named(&self, name: &str) -> Option<Value> {
        self.crowds().find_map(|pods| self.pod(pods, pods.find(name)?))
    }

    /// What a Pod uses; none where it is kept or was deleted.
    fn pod(&self, pods: &PodCrowd, index: usize) -> Option<Value> {
        let (name, namespace) = (pods.name(index), pods.namespace());
        if self.crowds.is_taken_pod(namespace, &name) {
            return None;
        }
        Some(json!({
            "metadata": {
                "name": name,
                "namespace": namespace,
                "creationTimestamp": self.at,
                "labels": pods.labels(index),
            },
            "timestamp": self.at,
            "window": format!("{}s", WINDOW.as_secs()),
            "containers": [{ "name": PodCrowd::CONTAINER, "usage": pods.usage(&name).shown() }],
        }))
    }

    /// The list of these, behind those of the Pods that are kept.
    pub(super) fn list(self, kept: Vec<Value>, selection: Selection, kind: &ServedKind) -> Reply {
        let head = format!(
            "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{{}},\"items\":[",
            kind.kind,
            kind.api_version()
        );
        let sending = Sending {
            measured: self,
            selection,
            kind: kind.clone(),
            kept,
            crowd: 0,
            next: 0,
            begun: false,
            text: head,
            over: false,
        };
        let body = Body::from_stream(stream::unfold(sending, |sending| async { sending.part() }));
        Reply::new(200, "application/json", body)
    }
}

/// A list that is being sent.
struct Sending {
    measured: Measured,
    selection: Selection,
    kind: ServedKind,
    kept: Vec<Value>,
    /// Which crowd is being sent, and which of its Pods is next.
    crowd: usize,
    next: usize,
    /// Whether there is anything in the list.
    begun: bool,
    text: String,
    over: bool,
}

impl Sending {
    fn part(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.over {
            return None;
        }
        for object in std::mem::take(&mut self.kept) {
            self.push(&object);
        }
        let pods = self.measured.crowds().nth(self.crowd);
        let part: Vec<Value> = pods.map_or_else(Vec::new, |pods| {
            let end = (self.next + PART).min(pods.len());
            let measured = (self.next..end).filter_map(|index| self.measured.pod(pods, index));
            measured.filter(|object| self.selection.fits(object, &self.kind)).collect()
        });
        match pods.map(PodCrowd::len) {
            Some(count) if self.next + PART < count => self.next += PART,
            Some(_) => (self.crowd, self.next) = (self.crowd + 1, 0),
            None => self.over = true,
        }
        for object in part {
            self.push(&object);
        }
        if self.over {
            self.text.push_str("]}\n");
        }
        let text = std::mem::take(&mut self.text);
        Some((Ok(text.into()), self))
    }

    fn push(&mut self, object: &Value) {
        if self.begun {
            self.text.push(',');
        }
        self.begun = true;
        self.text.push_str(&object.to_string());
    }
}
