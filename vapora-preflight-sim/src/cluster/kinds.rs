//! The kinds of objects that a simulated cluster serves.

mod catalog;
mod conversion;
mod custom;
mod table;

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

pub(crate) use self::{catalog::Catalog, conversion::Conversion, custom::Custom};
use super::schema::{self, Struct, Type};

/// The group of the metrics server, which is another server than that of the API.
pub(crate) const METRICS: &str = "metrics.k8s.io";

/// One kind in one version.
#[derive(Debug, Clone)]
pub(crate) struct ServedKind {
    pub(crate) group: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) plural: Cow<'static, str>,
    pub(crate) singular: Cow<'static, str>,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) namespaced: bool,
    pub(crate) short: Vec<Cow<'static, str>>,
    pub(crate) categories: Vec<Cow<'static, str>>,
    pub(crate) verbs: Verbs,
    pub(crate) subresources: Vec<Subresource>,
    pub(crate) served: Served,
    /// Under which name its objects are kept: `group/plural`, the same for all versions of a kind.
    pub(crate) stored: Arc<str>,
    /// How its form comes from the one in which objects are kept.
    pub(crate) conversion: Conversion,
    /// The version of the server's own kinds whose fields it has.
    pub(crate) typed_as: Cow<'static, str>,
    /// What is said to whoever uses it.
    pub(crate) deprecated: Option<Cow<'static, str>>,
    /// What defines it where it is no kind of the server's own.
    pub(crate) custom: Option<Arc<Custom>>,
}

impl PartialEq for ServedKind {
    fn eq(&self, other: &Self) -> bool {
        (&self.group, &self.version, &self.plural) == (&other.group, &other.version, &other.plural)
    }
}

impl Eq for ServedKind {}

/// Where the objects of a kind come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// They are kept.
    Stored,
    /// They are made for each request: reviews, metrics.
    Made,
}

/// What stands behind the name of an object in a path; without a kind of its own it shows that of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    /// As in `autoscaling/v1`; empty where it is that of the object.
    pub(crate) group_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) verbs: Verbs,
}

/// What can be done, in the order of discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verbs(pub(crate) &'static [&'static str]);

impl Verbs {
    const ALL: Self =
        Self(&["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
    const ALL_BUT_COLLECTIONS: Self = Self(&["create", "delete", "get", "list", "patch", "update", "watch"]);
    const CHANGE: Self = Self(&["get", "patch", "update"]);
    const CONNECT: Self = Self(&["create", "get"]);
    const CREATE: Self = Self(&["create"]);
    const GET: Self = Self(&["get"]);
    const PROXY: Self = Self(&["create", "delete", "get", "patch", "update"]);
    const READ: Self = Self(&["get", "list"]);
    const UPDATE: Self = Self(&["update"]);

    pub(crate) fn allow(self, verb: &str) -> bool {
        self.0.contains(&verb)
    }
}

impl ServedKind {
    /// As in `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Are its objects made for each request, and not kept?
    pub(crate) fn made(&self) -> bool {
        self.served == Served::Made
    }

    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }

    /// Where its objects have the template of Pods, as a JSON pointer: `/spec/template` of a Deployment. A Pod is its own.
    pub(crate) fn template(&self) -> Option<&'static str> {
        match (&*self.group, &*self.kind) {
            ("", "Pod") => Some(""),
            ("", "PodTemplate") => Some("/template"),
            ("", "ReplicationController")
            | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch", "Job") => Some("/spec/template"),
            ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template"),
            _ => None,
        }
    }

    /// Do its objects make Pods?
    pub(crate) fn is_workload(&self) -> bool {
        self.template().is_some_and(|place| place.starts_with("/spec"))
    }

    /// Its fields.
    pub(crate) fn fields(&self) -> Arc<Struct> {
        match &self.custom {
            Some(custom) => Arc::clone(&custom.of),
            None => schema::built_in(&self.typed_as, &self.kind),
        }
    }

    /// The type of its objects.
    pub(crate) fn of(&self) -> Type {
        Type::Struct(self.fields())
    }

    /// An object that is kept, in the form of this version.
    pub(crate) fn shown<'a>(&self, object: &'a Value) -> Cow<'a, Value> {
        self.conversion.shown(object, self)
    }
}

/// The plural with its group behind it.
pub(crate) fn qualified(group: &str, plural: &str) -> String {
    if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
}

/// As in `apps/v1`, or `v1` for the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
