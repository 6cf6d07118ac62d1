//! Deployments, stateful sets and daemon sets, by one name.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use vapora_preflight::{CheckError, Requirements};

use crate::{
    InvalidName, Namespace, ObjectName,
    object::{DaemonSet, Deployment, Meta, Object, ReplicaSet, StatefulSet, Template},
    read::Reader,
    resource::Resource,
};

const EXPECTED: &str = "the name of a workload, as in `deployment/vapora-backend`, `statefulset/vapora-db` or \
                        `daemonset/vapora-agent`; a name alone is that of a deployment";

/// What sort of workload it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkloadKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
}

impl WorkloadKind {
    pub(crate) fn resource(self) -> Resource {
        match self {
            Self::Deployment => Resource::DEPLOYMENTS,
            Self::StatefulSet => Resource::STATEFUL_SETS,
            Self::DaemonSet => Resource::DAEMON_SETS,
        }
    }

    /// The names that kubectl takes for it.
    fn of(text: &str) -> Option<Self> {
        match text.strip_suffix(".apps").unwrap_or(text) {
            "deployment" | "deployments" | "deploy" => Some(Self::Deployment),
            "statefulset" | "statefulsets" | "sts" => Some(Self::StatefulSet),
            "daemonset" | "daemonsets" | "ds" => Some(Self::DaemonSet),
            _ => None,
        }
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
        })
    }
}

/// The name of a workload as kubectl takes it: `deployment/vapora-backend`. A name alone says nothing of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct WorkloadName {
    kind: Option<WorkloadKind>,
    name: ObjectName,
}

impl WorkloadName {
    /// Checks `text` against the grammar.
    ///
    /// # Errors
    ///
    /// A kind that is none of the three, or a name that Kubernetes would not take.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let wrong = || InvalidName { expected: EXPECTED, found: text.clone() };
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(WorkloadKind::of(kind).ok_or_else(wrong)?), name),
            None => (None, text.as_str()),
        };
        Ok(Self { kind, name: ObjectName::new(name).map_err(|_| wrong())? })
    }

    /// Its kind, where the name says it.
    pub fn kind(&self) -> Option<WorkloadKind> {
        self.kind
    }

    /// Its name without the kind.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    pub(crate) fn or(&self, kind: WorkloadKind) -> Named<'_> {
        Named { kind: self.kind.unwrap_or(kind), name: &self.name }
    }
}

impl TryFrom<String> for WorkloadName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl JsonSchema for WorkloadName {
    fn schema_name() -> Cow<'static, str> {
        "WorkloadName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": EXPECTED })
    }
}

/// A workload by its kind and name, shown as `deployment/vapora-backend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named<'a> {
    pub(crate) kind: WorkloadKind,
    pub(crate) name: &'a ObjectName,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.kind, self.name))
    }
}

impl Named<'_> {
    /// Reads it; none where it does not exist.
    pub(crate) async fn read(
        self,
        reader: &Reader<'_>,
        namespace: &Namespace,
    ) -> Result<Option<Workload>, CheckError> {
        let (here, name) = (Some(namespace), self.name.as_str());
        Ok(match self.kind {
            WorkloadKind::Deployment => reader.get(here, name).await?.map(Workload::Deployment),
            WorkloadKind::StatefulSet => reader.get(here, name).await?.map(Workload::StatefulSet),
            WorkloadKind::DaemonSet => reader.get(here, name).await?.map(Workload::DaemonSet),
        })
    }

    /// The right that [`read`](Self::read) uses.
    pub(crate) fn requires(self, needs: &mut Requirements, namespace: &Namespace) {
        needs.permission(self.kind.resource().permission("get", Some(namespace)).named(self.name.as_str()));
    }
}

/// A workload of one of the three kinds.
#[derive(Debug, Clone)]
pub(crate) enum Workload {
    Deployment(Deployment),
    StatefulSet(StatefulSet),
    DaemonSet(DaemonSet),
}

impl Workload {
    pub(crate) fn meta(&self) -> &Meta {
        match self {
            Self::Deployment(it) => it.meta(),
            Self::StatefulSet(it) => it.meta(),
            Self::DaemonSet(it) => it.meta(),
        }
    }

    /// The uids of those that own its pods: its own, or those of its replica sets among these.
    pub(crate) fn owners_of_pods<'a>(&'a self, sets: &'a [ReplicaSet]) -> BTreeSet<&'a str> {
        let uid = self.meta().uid.as_deref();
        match self {
            Self::Deployment(_) => {
                let own = sets.iter().filter(|set| uid.is_some() && set.metadata.controlled_by() == uid);
                own.filter_map(|set| set.metadata.uid.as_deref()).collect()
            }
            Self::StatefulSet(_) | Self::DaemonSet(_) => uid.into_iter().collect(),
        }
    }

    pub(crate) fn template(&self) -> &Template {
        match self {
            Self::Deployment(it) => &it.spec.template,
            Self::StatefulSet(it) => &it.spec.template,
            Self::DaemonSet(it) => &it.spec.template,
        }
    }

    /// How many pods it is to have.
    pub(crate) fn wanted(&self) -> u32 {
        match self {
            Self::Deployment(it) => it.spec.replicas,
            Self::StatefulSet(it) => it.spec.replicas,
            Self::DaemonSet(it) => it.status.desired_number_scheduled,
        }
    }

    /// How many of its pods are of an older revision.
    pub(crate) fn of_older_revision(&self) -> u32 {
        match self {
            Self::Deployment(it) => it.status.replicas.saturating_sub(it.status.updated_replicas),
            Self::StatefulSet(it) => it.status.replicas.saturating_sub(it.status.updated_replicas),
            Self::DaemonSet(it) => {
                it.status.current_number_scheduled.saturating_sub(it.status.updated_number_scheduled)
            }
        }
    }

    pub(crate) fn observed_generation(&self) -> Option<i64> {
        match self {
            Self::Deployment(it) => it.status.observed_generation,
            Self::StatefulSet(it) => it.status.observed_generation,
            Self::DaemonSet(it) => it.status.observed_generation,
        }
    }

    /// That its controller has not seen the newest change yet, where it has not.
    pub(crate) fn unobserved(&self) -> Option<String> {
        self.meta().unobserved(self.observed_generation())
    }

    /// How many revisions besides the present one are kept, where it says so.
    pub(crate) fn history_limit(&self) -> Option<u32> {
        match self {
            Self::Deployment(it) => it.spec.revision_history_limit,
            Self::StatefulSet(it) => it.spec.revision_history_limit,
            Self::DaemonSet(it) => it.spec.revision_history_limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_named_as_kubectl_names_it() {
        let shown = |text: &str| WorkloadName::new(text).unwrap().or(WorkloadKind::StatefulSet).to_string();
        for (text, long) in [
            ("deployment/a", "deployment/a"),
            ("deploy/a.b", "deployment/a.b"),
            ("deployments.apps/a", "deployment/a"),
            ("sts/a", "statefulset/a"),
            ("ds/a", "daemonset/a"),
            ("daemonset/a", "daemonset/a"),
            ("a", "statefulset/a"),
        ] {
            assert_eq!(shown(text), long);
        }
        for bad in ["", "/a", "deployment/", "pod/a", "deployment/a/b", "Deployment/a", "a b"] {
            let error = WorkloadName::new(bad).unwrap_err();
            assert_eq!(error.found, bad);
        }
    }
}
