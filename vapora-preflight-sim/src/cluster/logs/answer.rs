//! The answer to a request for a log.

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::Value;

use super::{
    Place,
    reader::{Extent, Reader},
    source::Source,
};
use crate::{
    answer::BoxError,
    clock::seconds_text,
    cluster::{
        Cluster,
        invalid::Cause,
        kubelet::{self, Kubelet},
        lock,
        reply::Reply,
        routes::Query,
        status,
        store::meta,
    },
};

/// What was asked for.
#[derive(Debug)]
struct Asked {
    container: Option<String>,
    follow: bool,
    previous: bool,
    extent: Extent,
    /// What the API server asks the kubelet.
    query: String,
}

/// The log of a container, as a stream.
pub(crate) fn answer(cluster: &Cluster, namespace: &str, name: &str, query: &Query) -> Reply {
    open(cluster, namespace, name, query).unwrap_or_else(|refused| refused)
}

fn open(cluster: &Cluster, namespace: &str, name: &str, query: &Query) -> Result<Reply, Reply> {
    let now = cluster.clock().micros();
    let asked = read(name, query, now)?;
    let state = cluster.state();
    let Ok(pod) = state.get("Pod", namespace, name) else {
        return Err(status::not_found("", "pods", name));
    };
    let container = kubelet::container(pod, asked.container.as_deref())?;
    match cluster.kubelet_of(&state, pod) {
        Kubelet::Nowhere => {
            let mut nothing = Reply::text(204, "");
            (nothing.content_type, nothing.nosniff) = (None, false);
            return Err(nothing);
        }
        Kubelet::Gone { address } => {
            let path = format!("/containerLogs/{namespace}/{name}/{container}{}", asked.query);
            return Err(status::failed(&format!(
                "Get \"https://{address}:10250{path}\": dial tcp {address}:10250: connect: connection refused"
            )));
        }
        Kubelet::Listening => {}
    }
    let before = which(pod, &container, asked.previous).map_err(|error| status::bad_request(&error))?;
    let started = started(pod, &container).unwrap_or(now);
    let place = (namespace.to_owned(), name.to_owned(), container);
    let uid = meta(pod, "uid").to_owned();
    drop(state);

    let logs = lock(&cluster.0.runtime.logs);
    let current = || logs.sources(&place, started);
    let sources = match logs.previous(&place) {
        Some(previous) if before => previous,
        // What a container that is to be started again has written is all there is.
        None if before && !asked.previous => current(),
        None if before => Vec::new(),
        _ => current(),
    };
    drop(logs);
    let reader = Reader::new(sources, asked.extent, now);
    let following =
        (asked.follow && !before).then(|| Following { cluster: cluster.clone(), place, uid, started });
    Ok(Reply::new(200, "text/plain", stream_of(reader, following, now)))
}

/// Is it the log of before the last start that is asked for?
fn which(pod: &Value, container: &str, previous: bool) -> Result<bool, String> {
    let name = meta(pod, "name");
    let Some(status) = kubelet::container_status(pod, container) else {
        return Err(format!("container \"{container}\" in pod \"{name}\" is not available"));
    };
    let terminated = status["lastState"]["terminated"].is_object();
    if previous {
        return if terminated {
            Ok(true)
        } else {
            Err(format!("previous terminated container \"{container}\" in pod \"{name}\" not found"))
        };
    }
    let state = &status["state"];
    if state["running"].is_object() || state["terminated"].is_object() {
        return Ok(false);
    }
    if terminated {
        return Ok(true);
    }
    let why = match state["waiting"]["reason"].as_str() {
        Some("ErrImagePull") => ": image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => ": trying and failing to pull image".to_owned(),
        Some(reason) => format!(": {reason}"),
        None => " - no logs yet".to_owned(),
    };
    Err(format!("container \"{container}\" in pod \"{name}\" is waiting to start{why}"))
}

/// When the container was started that runs now.
fn started(pod: &Value, container: &str) -> Option<i64> {
    let state = &kubelet::container_status(pod, container)?["state"];
    let text =
        state["running"]["startedAt"].as_str().or_else(|| state["terminated"]["startedAt"].as_str())?;
    Some(text.parse::<vapora_preflight::Timestamp>().ok()?.unix_micros())
}

/// Who goes on reading where a log ends for now.
#[derive(Debug)]
struct Following {
    cluster: Cluster,
    place: Place,
    uid: String,
    started: i64,
}

impl Following {
    /// What there is to read by now, and whether more may come.
    fn look(&self) -> (Vec<Source>, i64, bool) {
        let now = self.cluster.clock().micros();
        let runs = self.runs();
        let logs = lock(&self.cluster.0.runtime.logs);
        (logs.sources(&self.place, self.started), now, runs && !logs.has_ended(&self.place))
    }

    /// Does the container still run that was asked for?
    fn runs(&self) -> bool {
        let (namespace, name, container) = &self.place;
        let state = self.cluster.state();
        state.get("Pod", namespace, name).is_ok_and(|pod| {
            let status = kubelet::container_status(pod, container);
            meta(pod, "uid") == self.uid
                && status.is_some_and(|status| status["state"]["running"].is_object())
                && started(pod, container).is_none_or(|started| started == self.started)
        })
    }
}

fn stream_of(reader: Reader, following: Option<Following>, now: i64) -> Body {
    Body::from_stream(stream::unfold(
        (reader, following, now),
        |(mut reader, following, mut now)| async move {
            loop {
                // Whatever changes from here on is heard of.
                let heard = following.as_ref().map(|following| {
                    let cluster = &following.cluster;
                    let objects = cluster.state().store.history().changes();
                    (lock(&cluster.0.runtime.logs).changed.subscribe(), objects, cluster.clock().moves())
                });
                let mut more = false;
                if let Some(following) = &following {
                    let (sources, later, runs) = following.look();
                    reader.refresh(sources);
                    (now, more) = (later, runs);
                }
                let part = reader.read(now);
                if !part.is_empty() {
                    return Some((Ok::<_, BoxError>(Bytes::from(part)), (reader, following, now)));
                }
                let (mut logs, mut objects, mut clock) = heard.filter(|_| more && !reader.is_full())?;
                tokio::select! {
                    _ = logs.changed() => {}
                _ = objects.changed() => {}
                    _ = clock.changed() => {}
                }
            }
        },
    ))
}

fn read(name: &str, query: &Query, now: i64) -> Result<Asked, Reply> {
    let number = |field: &str| -> Result<Option<i64>, Reply> {
        let Some(text) = query.get(field) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            status::bad_request(&format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
        })
    };
    let (tail, bytes, seconds) = (number("tailLines")?, number("limitBytes")?, number("sinceSeconds")?);
    let since = query.get("sinceTime");
    let time = since.map(str::parse::<vapora_preflight::Timestamp>).transpose();
    let time =
        time.map_err(|error| status::bad_request(&format!("parsing time {}: {error}", quoted(since))))?;
    let mut wrong = Vec::new();
    let mut least = |field: &str, value: Option<i64>, least: i64, what: &str| {
        wrong.extend(
            value.filter(|value| *value < least).map(|value| Cause::invalid(field, &value.into(), what)),
        );
    };
    least("tailLines", tail, 0, "must be greater than or equal to 0");
    least("limitBytes", bytes, 1, "must be greater than 0");
    least("sinceSeconds", seconds, 1, "must be greater than 0");
    if seconds.is_some() && time.is_some() {
        wrong.push(Cause::forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if !wrong.is_empty() {
        return Err(status::invalid("", "PodLogOptions", name, &wrong));
    }
    let (follow, previous) = (query.is_true("follow"), query.is_true("previous"));
    let extent = Extent {
        since: seconds
            .map(|seconds| now.saturating_sub(seconds.saturating_mul(1_000_000)))
            .or(time.map(vapora_preflight::Timestamp::unix_micros)),
        tail: tail.map(i64::unsigned_abs),
        bytes: bytes.map(i64::unsigned_abs),
        timestamps: query.is_true("timestamps"),
    };
    let shown = [
        ("follow", follow.then(|| "true".to_owned())),
        ("limitBytes", bytes.map(|bytes| bytes.to_string())),
        ("previous", previous.then(|| "true".to_owned())),
        ("sinceSeconds", seconds.map(|seconds| seconds.to_string())),
        ("sinceTime", time.map(|time| seconds_text(time.unix_micros()).replace(':', "%3A"))),
        ("tailLines", tail.map(|tail| tail.to_string())),
        ("timestamps", extent.timestamps.then(|| "true".to_owned())),
    ];
    let shown: Vec<String> =
        shown.into_iter().filter_map(|(field, value)| Some(format!("{field}={}", value?))).collect();
    let query_text = if shown.is_empty() { String::new() } else { format!("?{}", shown.join("&")) };
    Ok(Asked {
        container: query.get("container").map(str::to_owned),
        follow,
        previous,
        extent,
        query: query_text,
    })
}

fn quoted(text: Option<&str>) -> String {
    format!("\"{}\"", text.unwrap_or_default())
}
