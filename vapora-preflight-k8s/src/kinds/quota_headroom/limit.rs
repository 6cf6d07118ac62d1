//! One limit of a quota.

use std::collections::BTreeMap;

use vapora_preflight::Value;

use crate::{object::ResourceQuota, quantity::Quantity, wording::amount_of};

/// How much of something a quota allows, and how much of it is used.
#[derive(Debug)]
pub(super) struct Limit {
    quota: String,
    scopes: Vec<String>,
    resource: String,
    hard: Quantity,
    used: Quantity,
    /// What is needed besides.
    needed: Quantity,
}

/// The other name that quotas have for the same.
fn other_name(resource: &str) -> Option<&'static str> {
    Some(match resource {
        "cpu" => "requests.cpu",
        "requests.cpu" => "cpu",
        "memory" => "requests.memory",
        "requests.memory" => "memory",
        "pods" => "count/pods",
        "count/pods" => "pods",
        _ => return None,
    })
}

impl Limit {
    pub(super) fn new(
        quota: &ResourceQuota,
        resource: &str,
        hard: Quantity,
        used: Quantity,
        fits: &BTreeMap<String, Quantity>,
    ) -> Self {
        let needed = fits.get(resource).or_else(|| fits.get(other_name(resource)?));
        Self {
            quota: quota.metadata.name.clone(),
            scopes: quota.scopes(),
            resource: resource.to_owned(),
            hard,
            used,
            needed: needed.copied().unwrap_or_default(),
        }
    }

    /// Whether it is of what a quota may call so.
    pub(super) fn is_of(&self, resource: &str) -> bool {
        self.resource == resource || other_name(&self.resource) == Some(resource)
    }

    fn left(&self) -> Quantity {
        self.hard.less(self.used)
    }

    /// How much is left, in percent, rounded down to a tenth. A limit of nothing has no share.
    pub(super) fn left_percent(&self) -> f64 {
        match self.used.part_of(self.hard) {
            Some(used) => ((1000.0 - used * 10.0).round() / 10.0).max(0.0),
            None => f64::INFINITY,
        }
    }

    /// Which one it is.
    pub(super) fn name(&self) -> String {
        format!("`{}` of `{}`", self.resource, self.quota)
    }

    fn amount(&self, amount: Quantity) -> String {
        amount_of(&self.resource, amount)
    }

    /// What is the matter with it.
    pub(super) fn troubles(&self, left_percent: u32) -> impl Iterator<Item = String> {
        let (used, hard) = (self.amount(self.used), self.amount(self.hard));
        let of = match self.scopes.as_slice() {
            [] => self.name(),
            scopes => format!("{} ({})", self.name(), scopes.join(", ")),
        };
        let tight = !self.hard.is_zero() && self.used.exceeds(100 - left_percent.min(100), self.hard);
        let tight = tight.then(|| {
            if self.used > self.hard {
                format!("{of} is exceeded: {used} used of {hard}")
            } else {
                format!("{of} has {}% left: {used} used of {hard}", self.left_percent())
            }
        });
        let lacks = (self.needed > self.left()).then(|| {
            let (needed, left) = (self.amount(self.needed), self.amount(self.left()));
            format!("{of} has no room for {needed} more: {left} left")
        });
        tight.into_iter().chain(lacks)
    }

    /// It as evidence.
    pub(super) fn row(&self) -> (String, Value) {
        let left_percent = Some(self.left_percent()).filter(|percent| percent.is_finite());
        let values = Value::table([
            ("hard", Value::from(self.hard.as_f64())),
            ("used", Value::from(self.used.as_f64())),
            ("left", Value::from(self.left().as_f64())),
            ("left_percent", Value::from(left_percent)),
            ("scopes", Value::from(self.scopes.clone())),
        ]);
        (format!("{}/{}", self.quota, self.resource), values)
    }
}
