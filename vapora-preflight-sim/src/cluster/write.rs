//! Writes: create, update, patch, apply and delete.

mod aftermath;
mod commit;
mod delete;
mod evict;
mod options;
mod patch;
mod prepare;
mod read;
mod scale;
mod service;

use serde_json::Value;

use self::options::Options;
pub(crate) use self::{delete::gone, scale::shown as scale_shown};
use super::{
    Cluster, kinds::ServedKind, ownership::Writer, reply::Reply, respond::Asked, routes::Target,
    state::State, status, store::meta,
};

/// A body may not be longer than this.
const LIMIT: usize = 3 << 20;

/// A write and what is known about it.
pub(crate) struct Write<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) target: &'a Target,
    pub(crate) kind: &'a ServedKind,
    options: Options,
    pub(crate) now: String,
    pub(crate) warnings: Vec<String>,
}

/// The answer to a write, for a kind that is kept.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Reply {
    let options = match options::read(asked, target, kind) {
        Ok(options) => options,
        Err(reply) => return reply,
    };
    let now = cluster.clock().text();
    let mut write = Write { cluster, asked, target, kind, options, now, warnings: Vec::new() };
    let result = match (target.verb.as_str(), target.subresource.as_deref()) {
        (_, Some("scale")) => write.scale(),
        (_, Some("finalize")) => write.finalize(),
        (_, Some("eviction")) => write.evict(),
        ("create", _) => write.create(),
        ("update", _) => write.update(),
        ("patch", _) => write.patch(),
        ("delete", _) => write.delete(),
        ("deletecollection", _) => write.delete_collection(),
        _ => Ok(asked.unknown()),
    };
    let mut reply = result.unwrap_or_else(|reply| reply);
    reply.warnings.extend(write.warnings);
    reply
}

impl Write<'_> {
    /// The namespace the object is in; empty for kinds without one.
    fn namespace(&self) -> &str {
        self.target.namespace.as_deref().filter(|_| self.kind.namespaced).unwrap_or_default()
    }

    /// The name in the path.
    fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    /// Is it only tried?
    pub(crate) fn tried(&self) -> bool {
        self.options.dry_run
    }

    /// Says something once.
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn writer(&self) -> Writer {
        let writer = Writer::updates(&self.options.manager, &self.kind.api_version());
        writer.through(self.target.subresource.as_deref().unwrap_or_default())
    }

    /// The object in the path, in the form of this version.
    fn live(&self, state: &State) -> Option<Value> {
        let object = state.store.get(self.kind, self.namespace(), self.name())?;
        Some(self.kind.shown(object).into_owned())
    }

    fn missing(&self) -> Reply {
        status::not_found(&self.kind.group, &self.kind.plural, self.name())
    }

    fn create(&mut self) -> Result<Reply, Reply> {
        let mut object = self.object()?;
        let mut state = self.cluster.state();
        if meta(&object, "name").is_empty()
            && let Some(prefix) = Some(meta(&object, "generateName")).filter(|prefix| !prefix.is_empty())
        {
            object["metadata"]["name"] = format!("{prefix}{}", state.ids.suffix(5)).into();
        }
        self.check_namespace(&mut object)?;
        self.commit(&mut state, None, object, None)
    }

    fn update(&mut self) -> Result<Reply, Reply> {
        let mut object = self.object()?;
        self.check_name(&object)?;
        self.check_namespace(&mut object)?;
        let mut state = self.cluster.state();
        let Some(live) = self.live(&state) else {
            if self.target.subresource.is_none() && prepare::made_by_update(self.kind) {
                return self.commit(&mut state, None, object, None);
            }
            return Err(self.missing());
        };
        if meta(&object, "resourceVersion").is_empty() && prepare::needs_version(self.kind) {
            let what = if self.kind.custom.is_some() { "0x0" } else { "\"\"" };
            let cause = super::invalid::Cause::invalid_shown(
                "metadata.resourceVersion",
                what,
                "must be specified for an update",
            );
            return Err(status::invalid(&self.kind.group, &self.kind.plural, self.name(), &[cause]));
        }
        self.commit(&mut state, Some(live), object, None)
    }

    /// Is the object the one in the path?
    fn check_name(&self, object: &Value) -> Result<(), Reply> {
        let (name, namespace) = (meta(object, "name"), meta(object, "namespace"));
        if name != self.name() {
            return Err(status::bad_request(&format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.name()
            )));
        }
        if !namespace.is_empty() && namespace != self.namespace() {
            return Err(status::bad_request(&format!(
                "the namespace of the object ({namespace}) does not match the namespace on the request ({})",
                self.namespace()
            )));
        }
        Ok(())
    }

    /// Puts the object into the namespace of the path.
    fn check_namespace(&self, object: &mut Value) -> Result<(), Reply> {
        let namespace = meta(object, "namespace");
        if !namespace.is_empty() && namespace != self.namespace() {
            return Err(status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        if self.kind.namespaced {
            object["metadata"]["namespace"] = self.namespace().into();
        }
        Ok(())
    }
}
