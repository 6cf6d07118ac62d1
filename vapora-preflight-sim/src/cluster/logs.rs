//! What containers write.

mod answer;
mod reader;
mod source;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use self::answer::answer;
use self::source::{Line, Source};
use super::{Cluster, kubelet, lock, state::ClusterError, store::meta};
use crate::clock::micros;

/// The name of a container: namespace, Pod, container.
type Place = (String, String, String);

/// What all containers of a cluster have written.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    written: BTreeMap<Place, Log>,
    chatter: Vec<Chatter>,
    changed: watch::Sender<()>,
}

/// What one container has written.
#[derive(Debug, Default)]
struct Log {
    current: Vec<Source>,
    /// Before it was started again.
    previous: Option<Vec<Source>>,
    ended: bool,
}

/// Lines that come again and again from all Pods whose name begins so.
struct Chatter {
    namespace: String,
    pod: String,
    container: Option<String>,
    every: Duration,
    line: source::Text,
}

impl fmt::Debug for Chatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chatter")
            .field("namespace", &self.namespace)
            .field("pod", &self.pod)
            .finish_non_exhaustive()
    }
}

impl Chatter {
    fn is_of(&self, (namespace, pod, container): &Place) -> bool {
        self.namespace == *namespace
            && pod.starts_with(&self.pod)
            && self.container.as_ref().is_none_or(|own| own == container)
    }
}

impl Logs {
    /// Everything that the container has written since it was started at this time.
    fn sources(&self, place: &Place, started: i64) -> Vec<Source> {
        let mut sources = self.written.get(place).map(|log| log.current.clone()).unwrap_or_default();
        let fitting = self.chatter.iter().filter(|chatter| chatter.is_of(place));
        sources.extend(
            fitting.map(|chatter| Source::endless(started, micros(chatter.every), Arc::clone(&chatter.line))),
        );
        sources
    }

    fn previous(&self, place: &Place) -> Option<Vec<Source>> {
        self.written.get(place)?.previous.clone()
    }

    fn has_ended(&self, place: &Place) -> bool {
        self.written.get(place).is_some_and(|log| log.ended)
    }

    fn log(&mut self, place: Place) -> &mut Log {
        self.changed.send_replace(());
        self.written.entry(place).or_default()
    }
}

impl Cluster {
    /// A container writes these lines now.
    pub fn log<L: Into<String>>(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<(), ClusterError> {
        let place = self.container(namespace, pod, container)?;
        let now = self.clock().micros();
        let lines = lines.into_iter().map(|line| Line::new(now, line.into()));
        Line::append(&mut lock(&self.0.runtime.logs).log(place).current, lines);
        Ok(())
    }

    /// A container wrote these lines before it was started again. Where its status says nothing of it, it has been
    /// started again once.
    pub fn log_previous<L: Into<String>>(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<(), ClusterError> {
        let place = self.container(namespace, pod, container)?;
        let at = self.clock().micros();
        self.change(|state, now| {
            let known = state.get("Pod", namespace, pod)?;
            let status = kubelet::container_status(known, container);
            if status.is_some_and(|status| status["lastState"]["terminated"].is_null()) {
                state.edit("Pod", namespace, pod, |pod| restarted_once(pod, container, now))?;
            }
            Ok(())
        })?;
        let lines = lines.into_iter().map(|line| Line::new(at, line.into()));
        Line::append(lock(&self.0.runtime.logs).log(place).previous.get_or_insert_default(), lines);
        Ok(())
    }

    /// A container writes so many lines now, each made when it is read: a log of any length takes no memory.
    pub fn log_many(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        count: u64,
        line: impl Fn(u64) -> String + Send + Sync + 'static,
    ) -> Result<(), ClusterError> {
        let place = self.container(namespace, pod, container)?;
        let source = Source::made(self.clock().micros(), count, Arc::new(line));
        lock(&self.0.runtime.logs).log(place).current.push(source);
        Ok(())
    }

    /// All Pods whose names begin so, now and to come, write a line when a container starts and then again and again.
    /// Without a container, all of their containers do. The closure is given the number of the line, from 0 on.
    pub fn log_every(
        &self,
        namespace: &str,
        pod_prefix: &str,
        container: Option<&str>,
        every: Duration,
        line: impl Fn(u64) -> String + Send + Sync + 'static,
    ) {
        let mut logs = lock(&self.0.runtime.logs);
        logs.chatter.push(Chatter {
            namespace: namespace.to_owned(),
            pod: pod_prefix.to_owned(),
            container: container.map(str::to_owned),
            every,
            line: Arc::new(line),
        });
        logs.changed.send_replace(());
    }

    /// Ends the log of a container: who follows it is told so.
    pub fn end_log(&self, namespace: &str, pod: &str, container: &str) -> Result<(), ClusterError> {
        let place = self.container(namespace, pod, container)?;
        lock(&self.0.runtime.logs).log(place).ended = true;
        Ok(())
    }

    /// The name of a container that there is.
    pub(super) fn container(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
    ) -> Result<Place, ClusterError> {
        let mut state = self.state();
        state.adopt("Pod", namespace, pod);
        let object = state.get("Pod", namespace, pod)?;
        if kubelet::containers(object).any(|name| name == container) {
            return Ok((namespace.to_owned(), pod.to_owned(), container.to_owned()));
        }
        Err(ClusterError::Missing {
            kind: "container".to_owned(),
            namespace: namespace.to_owned(),
            name: format!("{}/{container}", meta(object, "name")),
        })
    }
}

fn restarted_once(pod: &mut Value, container: &str, now: &str) {
    for list in ["containerStatuses", "initContainerStatuses"] {
        let statuses = pod["status"].get_mut(list).and_then(Value::as_array_mut);
        for status in statuses.into_iter().flatten() {
            if status["name"] == container {
                status["lastState"] = json!({ "terminated": {
                    "exitCode": 1,
                    "reason": "Error",
                    "startedAt": now,
                    "finishedAt": now,
                    "containerID": status["containerID"],
                } });
                let restarts = status["restartCount"].as_u64().unwrap_or(0);
                status["restartCount"] = restarts.max(1).into();
            }
        }
    }
}
