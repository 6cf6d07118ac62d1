//! Resource quotas.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Meta, Object};
use crate::{quantity::Quantity, resource::Resource};

/// A resource quota.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ResourceQuota {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: QuotaSpec,
    #[serde(default)]
    pub(crate) status: QuotaStatus,
}

/// What a quota allows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuotaSpec {
    #[serde(default)]
    pub(crate) hard: BTreeMap<String, Quantity>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    scope_selector: Option<ScopeSelector>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeSelector {
    #[serde(default)]
    match_expressions: Vec<ScopeExpression>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeExpression {
    scope_name: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

/// What the controller has counted.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct QuotaStatus {
    #[serde(default)]
    pub(crate) hard: BTreeMap<String, Quantity>,
    #[serde(default)]
    pub(crate) used: BTreeMap<String, Quantity>,
}

impl ResourceQuota {
    /// The pods it is for, where it is not for all: `NotBestEffort`, `PriorityClass In (high)`.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let expressions = self.spec.scope_selector.iter().flat_map(|selector| &selector.match_expressions);
        let spoken = expressions.map(|one| match (one.operator.as_str(), one.values.is_empty()) {
            ("Exists", _) => one.scope_name.clone(),
            (operator, true) => format!("{} {operator}", one.scope_name),
            (operator, false) => format!("{} {operator} ({})", one.scope_name, one.values.join(", ")),
        });
        self.spec.scopes.iter().cloned().chain(spoken).collect()
    }
}

impl Object for ResourceQuota {
    const RESOURCE: Resource = Resource::QUOTAS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
