//! What containers ask for, what they may use, and what they use.

use serde::Deserialize;

use crate::quantity::Quantity;

/// Amounts of what is measured: of one container, a pod or a node. What is missing is not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Amounts {
    #[serde(default)]
    pub(crate) cpu: Option<Quantity>,
    #[serde(default)]
    pub(crate) memory: Option<Quantity>,
}

/// What a container or a pod asks for and is limited to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Needs {
    #[serde(default)]
    pub(crate) requests: Amounts,
    #[serde(default)]
    pub(crate) limits: Amounts,
}

impl Amounts {
    fn with(self, other: Self, join: fn(Quantity, Quantity) -> Quantity) -> Self {
        let joined = |a: Option<Quantity>, b: Option<Quantity>| match (a, b) {
            (Some(a), Some(b)) => Some(join(a, b)),
            (one, other) => one.or(other),
        };
        Self { cpu: joined(self.cpu, other.cpu), memory: joined(self.memory, other.memory) }
    }

    /// Both together; what only one of them says is kept.
    pub(crate) fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    /// The larger of each.
    pub(crate) fn most(self, other: Self) -> Self {
        self.with(other, Quantity::max)
    }

    /// These, and those of `other` that are missing here.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { cpu: self.cpu.or(other.cpu), memory: self.memory.or(other.memory) }
    }
}
