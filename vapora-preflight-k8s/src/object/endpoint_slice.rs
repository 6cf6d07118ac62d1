//! Endpoint slices.

use serde::Deserialize;

use super::{Meta, Object};
use crate::resource::Resource;

/// Some of the endpoints of a service. What is empty may be null.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointSlice {
    pub(crate) metadata: Meta,
    pub(crate) address_type: String,
    endpoints: Option<Vec<Endpoint>>,
    ports: Option<Vec<EndpointPort>>,
}

/// One endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoint {
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: EndpointConditions,
    #[serde(default)]
    target_ref: Option<TargetRef>,
}

/// How an endpoint is. What is not said has a meaning of its own.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct EndpointConditions {
    #[serde(default)]
    ready: Option<bool>,
    #[serde(default)]
    serving: Option<bool>,
    #[serde(default)]
    terminating: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct TargetRef {
    #[serde(default)]
    name: Option<String>,
}

/// One port of a slice.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EndpointPort {
    #[serde(default)]
    name: Option<String>,
}

impl EndpointConditions {
    /// What is not said means ready.
    pub(crate) fn is_ready(self) -> bool {
        self.ready.unwrap_or(true)
    }

    /// Whether it answers, whether it is ending or not. What is not said is that of `ready`.
    pub(crate) fn is_serving(self) -> bool {
        self.serving.unwrap_or_else(|| self.is_ready())
    }

    /// Whether that it answers is said, and not only taken from `ready`.
    pub(crate) fn says_serving(self) -> bool {
        self.serving == Some(true)
    }

    /// What is not said means that it is not ending.
    pub(crate) fn is_terminating(self) -> bool {
        self.terminating.unwrap_or(false)
    }
}

impl Endpoint {
    /// The address that traffic goes to. The others of an endpoint mean the same.
    pub(crate) fn address(&self) -> Option<&str> {
        self.addresses.first().map(String::as_str)
    }

    /// The pod behind it, or its address.
    pub(crate) fn name(&self) -> &str {
        let target = self.target_ref.as_ref().and_then(|target| target.name.as_deref());
        target.or(self.address()).unwrap_or("an endpoint without an address")
    }
}

impl EndpointSlice {
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        self.endpoints.as_deref().unwrap_or_default()
    }

    /// Whether its endpoints have the port of this name.
    pub(crate) fn has_port(&self, name: &str) -> bool {
        self.ports.iter().flatten().any(|port| port.name.as_deref().unwrap_or_default() == name)
    }
}

impl Object for EndpointSlice {
    const RESOURCE: Resource = Resource::ENDPOINT_SLICES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
