//! Objects that are written back.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Meta, Object};
use crate::resource::Resource;

/// An object, and the whole of it as the API server has sent it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value", bound = "T: DeserializeOwned")]
pub(crate) struct Whole<T> {
    pub(crate) object: T,
    pub(crate) json: Value,
}

impl<T: DeserializeOwned> TryFrom<Value> for Whole<T> {
    type Error = serde_json::Error;

    fn try_from(json: Value) -> Result<Self, Self::Error> {
        Ok(Self { object: T::deserialize(&json)?, json })
    }
}

impl<T: Object> Object for Whole<T> {
    const RESOURCE: Resource = T::RESOURCE;

    fn meta(&self) -> &Meta {
        self.object.meta()
    }
}
