//! Which rights a run has on its targets.

use std::fmt;

use async_trait::async_trait;

use crate::{CheckError, CheckId, Permission, TargetName};

/// Says which rights the run has on one target. A family of kinds gives one to the run's
/// [`Resources`](crate::Resources::review_access_of) for each of its targets.
#[async_trait]
pub trait Access: fmt::Debug + Send + Sync {
    /// Which of these rights are denied. One on which the target cannot decide is not.
    ///
    /// # Errors
    ///
    /// It could not be found out. The checks then find out for themselves.
    async fn denied(&self, rights: &[Permission]) -> Result<Vec<Permission>, CheckError>;
}

/// What a target said at the beginning of a run of the rights that its checks will use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessReview {
    /// The target.
    pub target: TargetName,
    /// How many rights were asked for.
    pub asked: u64,
    /// Those that are denied.
    pub denied: Vec<DeniedRight>,
    /// Why it could not be found out, where that is so.
    pub failed: Option<String>,
}

/// A right that a run has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedRight {
    /// The right, in words: ``list pods in `vapora` ``.
    pub right: String,
    /// Whether the checks are asked without it too.
    pub optional: bool,
    /// The checks that need it.
    pub checks: Vec<CheckId>,
}

/// How much of a target's service a run has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The target, where it is that of one.
    pub target: Option<TargetName>,
    /// What was used: `requests`.
    pub what: String,
    /// How much of it.
    pub amount: u64,
}
