//! Watches: what was there, and then what changes.

use std::{collections::VecDeque, sync::Arc};

use axum::body::{Body, Bytes};
use futures::stream;
use http::header;
use serde_json::{Value, json};

use super::{
    Cluster,
    form::{Form, Shape},
    kinds::ServedKind,
    list::{Selection, revision},
    reply::Reply,
    respond::Asked,
    routes::{Query, Target},
    state::State,
    status,
};
use crate::answer::BoxError;

/// How long a watch lasts where nothing is said about it, in seconds.
const LASTS: u64 = 1800;
/// How often the revision is told where nothing changes, in seconds.
const BOOKMARK: i64 = 60;

/// One watch, as far as it has come.
struct Watch {
    cluster: Cluster,
    kind: Arc<ServedKind>,
    form: Form,
    query: Query,
    selection: Selection,
    /// What the place of an object begins with.
    inside: String,
    name: Option<String>,
    /// Everything until here has been sent.
    revision: u64,
    bookmarks: bool,
    bookmarked: i64,
    /// When it ends, in seconds of Unix time.
    until: i64,
    /// The events that were there from the start.
    waiting: VecDeque<Bytes>,
    /// Whether the columns of a table have been sent.
    shown: bool,
    over: bool,
}

/// The answer to a request to watch.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &Arc<ServedKind>) -> Reply {
    let Some(form) = Form::accepted(asked.header(&header::ACCEPT)) else { return status::not_acceptable() };
    match Watch::begin(cluster, asked, target, kind, form) {
        Err(reply) => reply,
        Ok(watch) => {
            let body = Body::from_stream(stream::unfold(watch, Watch::next));
            Reply::new(200, "application/json", body)
        }
    }
}

impl Watch {
    fn begin(
        cluster: &Cluster,
        asked: &Asked<'_>,
        target: &Target,
        kind: &Arc<ServedKind>,
        form: Form,
    ) -> Result<Self, Reply> {
        let query = &asked.query;
        let selection = Selection::parse(query, kind)?;
        let from = revision(query, "resourceVersion")?.filter(|revision| *revision > 0);
        check(query)?;
        let seconds = match query.get("timeoutSeconds").map(str::parse::<u64>) {
            None => LASTS,
            Some(Ok(seconds)) => seconds,
            Some(Err(_)) => return Err(status::bad_request("timeoutSeconds: invalid syntax")),
        };
        let now = cluster.clock().unix_seconds();
        let inside = target.namespace.as_ref().filter(|_| kind.namespaced);
        let mut watch = Self {
            cluster: cluster.clone(),
            kind: Arc::clone(kind),
            form,
            query: query.clone(),
            selection,
            inside: inside.map(|namespace| format!("{namespace}/")).unwrap_or_default(),
            name: target.name.clone(),
            revision: 0,
            bookmarks: query.is_true("allowWatchBookmarks"),
            bookmarked: now,
            until: now.saturating_add_unsigned(seconds),
            waiting: VecDeque::new(),
            shown: false,
            over: false,
        };
        let state = cluster.state();
        // A table that cannot be shown is better said now than in the middle.
        form.shape(&state.store, kind, query, cluster.clock().time())?;
        let current = state.store.revision();
        let oldest = state.store.history().start();
        let streamed = query.is_true("sendInitialEvents");
        match from {
            Some(from) if from < oldest => {
                let gone = status::watch_too_old(from, oldest);
                watch.waiting.push_back(line("ERROR", &gone));
                watch.over = true;
            }
            Some(from) if !streamed => watch.revision = from,
            Some(from) if from > current => return Err(status::revision_of_the_future(from, current)),
            _ => {
                watch.revision = current;
                if !query.has("sendInitialEvents") || streamed {
                    if state.store.crowds().has(kind, inside.map(String::as_str)) {
                        return Err(status::unknown_to_the_simulation(
                            "a watch from the beginning of a crowd",
                        ));
                    }
                    watch.first(&state);
                }
                if streamed && watch.bookmarks {
                    let end = bookmark(kind, current, true);
                    watch.waiting.push_back(line("BOOKMARK", &end));
                }
            }
        }
        Ok(watch)
    }

    /// What is there, as if it had just been made.
    fn first(&mut self, state: &State) {
        let objects: Vec<_> = state
            .store
            .stored_places(&self.kind.stored)
            .filter(|(place, object)| self.fits(place, object))
            .map(|(_, object)| Arc::clone(object))
            .collect();
        for object in objects {
            self.send(state, "ADDED", &object);
        }
    }

    fn fits(&self, place: &str, object: &Value) -> bool {
        let named = self.name.as_ref().is_none_or(|name| object["metadata"]["name"] == **name);
        place.starts_with(&self.inside) && named && self.selection.fits(object, &self.kind)
    }

    fn send(&mut self, state: &State, what: &str, object: &Value) {
        let now = self.cluster.clock().time();
        let Ok(shape) = self.form.shape(&state.store, &self.kind, &self.query, now) else { return };
        let mut shown = shape.one(object);
        if let Shape::Table(_) = shape {
            if self.shown {
                shown["columnDefinitions"] = Value::Null;
            }
            self.shown = true;
        }
        self.waiting.push_back(line(what, &shown));
    }

    /// Takes over what has changed since.
    fn catch_up(&mut self) {
        let cluster = self.cluster.clone();
        let state = cluster.state();
        if self.revision < state.store.history().start() {
            let gone = status::watch_too_old(self.revision, state.store.history().start());
            self.waiting.push_back(line("ERROR", &gone));
            self.over = true;
            return;
        }
        for change in state.store.history().after(self.revision) {
            if change.stored != self.kind.stored {
                continue;
            }
            let before = change.before.as_ref().filter(|object| self.fits(&change.place, object));
            let after = change.after.as_ref().filter(|object| self.fits(&change.place, object));
            match (before, after) {
                (None, None) => {}
                (None, Some(object)) => self.send(&state, "ADDED", object),
                (Some(_), Some(object)) => self.send(&state, "MODIFIED", object),
                (Some(before), None) => {
                    let mut last = Value::clone(before);
                    last["metadata"]["resourceVersion"] = change.revision.to_string().into();
                    self.send(&state, "DELETED", &last);
                }
            }
        }
        self.revision = self.revision.max(state.store.revision());
        let now = cluster.clock().unix_seconds();
        if self.bookmarks && now - self.bookmarked >= BOOKMARK {
            self.bookmarked = now;
            self.waiting.push_back(line("BOOKMARK", &bookmark(&self.kind, self.revision, false)));
        }
        self.over = now >= self.until;
    }

    async fn next(mut self) -> Option<(Result<Bytes, BoxError>, Self)> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Some((Ok(line), self));
            }
            if self.over {
                return None;
            }
            let mut moves = self.cluster.clock().moves();
            let mut changes = self.cluster.state().store.history().changes();
            self.catch_up();
            if self.waiting.is_empty() && !self.over {
                tokio::select! {
                    _ = moves.changed() => {}
                    _ = changes.changed() => {}
                }
            }
        }
    }
}

fn line(what: &str, object: &Value) -> Bytes {
    let mut text = json!({ "type": what, "object": object }).to_string();
    text.push('\n');
    Bytes::from(text)
}

/// Do the parameters of initial events go together?
fn check(query: &Query) -> Result<(), Reply> {
    let matched = query.get("resourceVersionMatch");
    match (query.has("sendInitialEvents"), matched) {
        (true, Some("NotOlderThan")) | (false, None) => Ok(()),
        (true, _) => Err(status::invalid_list_option(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )),
        (false, Some(_)) => Err(status::invalid_list_option(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )),
    }
}

/// What tells a revision and nothing else: an object of which nothing but that is filled in.
fn bookmark(kind: &ServedKind, revision: u64, end_of_the_first: bool) -> Value {
    let template = json!({ "metadata": {}, "spec": { "containers": null } });
    let mut object = match &*kind.stored {
        "/pods" => json!({ "spec": { "containers": null }, "status": {} }),
        "apps/deployments" => json!({
            "spec": { "replicas": 0, "selector": null, "template": template, "strategy": {} },
            "status": {},
        }),
        _ => json!({}),
    };
    object["kind"] = (&*kind.kind).into();
    object["apiVersion"] = kind.api_version().into();
    object["metadata"] = json!({ "resourceVersion": revision.to_string() });
    if end_of_the_first {
        object["metadata"]["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
    }
    object
}

impl Cluster {
    /// Forgets what has changed until now, as a store does every five minutes: who watches, or lists, from a revision of
    /// before is told that it has expired.
    pub fn compact(&self) {
        self.state().store.compact();
    }
}
