//! Disruption budgets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Condition, Meta, Object};
use crate::resource::Resource;

/// A disruption budget.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DisruptionBudget {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: BudgetSpec,
    #[serde(default)]
    pub(crate) status: Option<BudgetStatus>,
}

/// What is wanted of a budget.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetSpec {
    /// A number, or a share with its sign.
    #[serde(default)]
    min_available: Option<Value>,
    #[serde(default)]
    max_unavailable: Option<Value>,
    /// None selects nothing; an empty one selects all.
    #[serde(default)]
    pub(crate) selector: Option<Selector>,
}

impl BudgetSpec {
    /// What it asks for: `minAvailable 2`.
    pub(crate) fn asks(&self) -> String {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (&self.min_available, &self.max_unavailable) {
            (Some(least), _) => format!("minAvailable {}", plain(least)),
            (None, Some(most)) => format!("maxUnavailable {}", plain(most)),
            (None, None) => "minAvailable 1".to_owned(),
        }
    }
}

/// What the controller says of a budget.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetStatus {
    #[serde(default)]
    pub(crate) observed_generation: Option<i64>,
    pub(crate) disruptions_allowed: u32,
    pub(crate) current_healthy: u32,
    pub(crate) desired_healthy: u32,
    pub(crate) expected_pods: u32,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

/// Which labels an object has to have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selector {
    #[serde(default)]
    match_labels: BTreeMap<String, String>,
    #[serde(default)]
    match_expressions: Vec<Expression>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expression {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

/// The server knows no others.
#[derive(Debug, Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Whether an object with these labels is one of those it selects.
    pub(crate) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let holds = |expression: &Expression| {
            let value = labels.get(&expression.key);
            let among = value.is_some_and(|value| expression.values.contains(value));
            match expression.operator {
                Operator::In => among,
                Operator::NotIn => !among,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        };
        self.match_labels.iter().all(|(name, value)| labels.get(name) == Some(value))
            && self.match_expressions.iter().all(holds)
    }
}

impl Object for DisruptionBudget {
    const RESOURCE: Resource = Resource::DISRUPTION_BUDGETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_selects_by_labels_and_expressions() {
        let selects = |selector: Value, labels: Value| {
            let selector: Selector = serde_json::from_value(selector).unwrap();
            selector.selects(&serde_json::from_value(labels).unwrap())
        };
        let tier = |operator: &str, values: &[&str]| json!({ "matchExpressions": [{ "key": "tier", "operator": operator, "values": values }] });
        let (web, none) = (json!({ "app": "a", "tier": "web" }), json!({ "app": "a" }));
        assert!(selects(json!({}), web.clone()));
        assert!(selects(json!({ "matchLabels": { "app": "a" } }), web.clone()));
        assert!(!selects(json!({ "matchLabels": { "app": "b" } }), web.clone()));
        for (selector, of_web, of_none) in [
            (tier("In", &["web", "api"]), true, false),
            (tier("NotIn", &["web"]), false, true),
            (tier("NotIn", &["api"]), true, true),
            (tier("Exists", &[]), true, false),
            (tier("DoesNotExist", &[]), false, true),
        ] {
            assert_eq!(selects(selector.clone(), web.clone()), of_web, "{selector}");
            assert_eq!(selects(selector.clone(), none.clone()), of_none, "{selector}");
        }
        assert!(serde_json::from_value::<Selector>(tier("Gt", &["1"])).is_err());
    }
}
