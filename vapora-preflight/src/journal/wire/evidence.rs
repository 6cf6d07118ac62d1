//! What a check says, as it is written.

use serde::{Deserialize, Serialize};

use super::mirror;
use crate::{Advice, Digest, Timestamp, Value};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Pass(Finding),
    Warn(Finding),
    Fail(Finding),
    NotApplicable(Finding),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Finding {
    summary: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<WireAdvice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counts_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    lasting: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Item>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<WireUnit>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Attachment {
    name: String,
    media_type: String,
    digest: Digest,
    size: u64,
}

mirror!(WireAdvice of Advice { Investigate, RollBack });
mirror!(WireUnit of crate::Unit { Seconds, Days, Bytes, Percent, Cores });

impl From<crate::Outcome> for Outcome {
    fn from(outcome: crate::Outcome) -> Self {
        match outcome {
            crate::Outcome::Pass(finding) => Self::Pass(finding.into()),
            crate::Outcome::Warn(finding) => Self::Warn(finding.into()),
            crate::Outcome::Fail(finding) => Self::Fail(finding.into()),
            crate::Outcome::NotApplicable(finding) => Self::NotApplicable(finding.into()),
        }
    }
}

impl From<Outcome> for crate::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass(finding) => Self::Pass(finding.into()),
            Outcome::Warn(finding) => Self::Warn(finding.into()),
            Outcome::Fail(finding) => Self::Fail(finding.into()),
            Outcome::NotApplicable(finding) => Self::NotApplicable(finding.into()),
        }
    }
}

impl From<crate::Finding> for Finding {
    fn from(finding: crate::Finding) -> Self {
        let crate::Finding { summary, expected, actual, remedy, advice, counts_until, lasting, evidence } =
            finding;
        Self {
            summary,
            expected,
            actual,
            remedy,
            advice: advice.map(Into::into),
            counts_until,
            lasting,
            evidence: evidence.items().iter().cloned().map(Into::into).collect(),
            attachments: evidence.attachments().iter().cloned().map(Into::into).collect(),
        }
    }
}

impl From<Finding> for crate::Finding {
    fn from(finding: Finding) -> Self {
        let Finding {
            summary,
            expected,
            actual,
            remedy,
            advice,
            counts_until,
            lasting,
            evidence,
            attachments,
        } = finding;
        Self {
            summary,
            expected,
            actual,
            remedy,
            advice: advice.map(Into::into),
            counts_until,
            lasting,
            evidence: crate::Evidence::from_parts(
                evidence.into_iter().map(Into::into).collect(),
                attachments.into_iter().map(Into::into).collect(),
            ),
        }
    }
}

impl From<crate::Item> for Item {
    fn from(item: crate::Item) -> Self {
        let crate::Item { name, value, unit } = item;
        Self { name, value, unit: unit.map(Into::into) }
    }
}

impl From<Item> for crate::Item {
    fn from(item: Item) -> Self {
        let Item { name, value, unit } = item;
        Self { name, value, unit: unit.map(Into::into) }
    }
}

impl From<crate::Attachment> for Attachment {
    fn from(attachment: crate::Attachment) -> Self {
        let crate::Attachment { name, media_type, digest, size, content: _, whole: _ } = attachment;
        Self { name, media_type, digest, size }
    }
}

impl From<Attachment> for crate::Attachment {
    fn from(attachment: Attachment) -> Self {
        let Attachment { name, media_type, digest, size } = attachment;
        Self { name, media_type, digest, size, content: None, whole: false }
    }
}
