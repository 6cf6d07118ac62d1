//! An object by its resource and name.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::{InvalidName, ResourceRef};

const EXPECTED: &str = "an object as in `configmaps/vapora-config` or `deployments.apps/vapora-backend`";

/// An object by its resource and name, as `kubectl` takes it: `configmaps/vapora-config`, `deployments.apps/vapora-backend`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectRef {
    resource: ResourceRef,
    name: String,
}

impl ObjectRef {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// No resource as [`ResourceRef`] has it, or a name that no object can have.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let read = || {
            let (resource, name) = text.split_once('/')?;
            let resource = ResourceRef::new(resource).ok().filter(|resource| resource.whole().is_some())?;
            // some resources of the whole cluster have names with a colon
            let sign = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
            let is_name = !name.is_empty() && name.len() <= 253 && name.chars().all(sign);
            let leads_out = name == "." || name == "..";
            (is_name && !leads_out).then(|| Self { resource, name: name.to_owned() })
        };
        match read() {
            Some(read) => Ok(read),
            None => Err(InvalidName { expected: EXPECTED, found: text }),
        }
    }

    /// Its resource.
    pub fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl TryFrom<String> for ObjectRef {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource, self.name)
    }
}

impl JsonSchema for ObjectRef {
    fn schema_name() -> Cow<'static, str> {
        "ObjectRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 3, "description": EXPECTED })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_its_resource_and_name() {
        for good in [
            "configmaps/a",
            "deployments.apps/vapora-backend",
            "clusterroles.rbac.authorization.k8s.io/system:node",
        ] {
            assert_eq!(ObjectRef::new(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "a",
            "/a",
            "configmaps/",
            "configmaps/..",
            "configmaps/a/b",
            "ConfigMap/a",
            "*/a",
            "configmaps/a?b",
            "a.*/b",
        ] {
            assert!(ObjectRef::new(bad).is_err(), "{bad}");
        }
    }
}
