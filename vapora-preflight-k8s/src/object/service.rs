//! Services.

use serde::Deserialize;

use super::{Meta, Object};
use crate::resource::Resource;

/// A service.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Service {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: ServiceSpec,
}

/// What is wanted of a service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceSpec {
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) external_name: Option<String>,
    #[serde(default, rename = "clusterIP")]
    cluster_ip: Option<String>,
    #[serde(default)]
    ip_families: Option<Vec<String>>,
    #[serde(default)]
    selector: Option<serde_json::Map<String, serde_json::Value>>,
    /// Whether addresses of pods that are not ready are given out as ready.
    #[serde(default)]
    pub(crate) publish_not_ready_addresses: bool,
    #[serde(default)]
    ports: Option<Vec<ServicePort>>,
}

/// One port of a service.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ServicePort {
    /// Only the single port of a service may go without.
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) port: u16,
}

impl ServicePort {
    /// Its name; the empty one where it has none, as in the slices.
    pub(crate) fn key(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

impl ServiceSpec {
    pub(crate) fn is_external(&self) -> bool {
        self.kind.as_deref() == Some("ExternalName")
    }

    pub(crate) fn is_headless(&self) -> bool {
        self.cluster_ip.as_deref() == Some("None")
    }

    /// Whether its endpoints are those of the pods with certain labels.
    pub(crate) fn selects(&self) -> bool {
        self.selector.as_ref().is_some_and(|selector| !selector.is_empty())
    }

    pub(crate) fn ports(&self) -> &[ServicePort] {
        self.ports.as_deref().unwrap_or_default()
    }

    /// The families of addresses that it has.
    pub(crate) fn families(&self) -> &[String] {
        self.ip_families.as_deref().unwrap_or_default()
    }
}

impl Object for Service {
    const RESOURCE: Resource = Resource::SERVICES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
