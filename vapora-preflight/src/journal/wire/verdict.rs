//! What a gate decides, as it is written.

use serde::{Deserialize, Serialize};

use super::{evidence::WireAdvice, mirror};
use crate::{CheckId, Decision, Weight};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Verdict {
    decision: WireDecision,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<WireAdvice>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reason {
    weight: WireWeight,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<CheckId>,
    status: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

mirror!(WireDecision of Decision { Go, NoGo, Undecided });
mirror!(WireWeight of Weight { Against, Open, Notice, For });

impl From<crate::Verdict> for Verdict {
    fn from(verdict: crate::Verdict) -> Self {
        let crate::Verdict { decision, reasons, advice } = verdict;
        Self {
            decision: decision.into(),
            reasons: reasons.into_iter().map(Into::into).collect(),
            advice: advice.map(Into::into),
        }
    }
}

impl From<Verdict> for crate::Verdict {
    fn from(verdict: Verdict) -> Self {
        let Verdict { decision, reasons, advice } = verdict;
        Self {
            decision: decision.into(),
            reasons: reasons.into_iter().map(Into::into).collect(),
            advice: advice.map(Into::into),
        }
    }
}

impl From<crate::Reason> for Reason {
    fn from(reason: crate::Reason) -> Self {
        let crate::Reason { weight, condition, check, status, message, remedy } = reason;
        Self { weight: weight.into(), condition, check, status, message, remedy }
    }
}

impl From<Reason> for crate::Reason {
    fn from(reason: Reason) -> Self {
        let Reason { weight, condition, check, status, message, remedy } = reason;
        Self { weight: weight.into(), condition, check, status, message, remedy }
    }
}
