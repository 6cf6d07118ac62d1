//! What the check has seen.

use vapora_preflight::{Evidence, EvidenceField, Value};

use super::samples::{Taken, with_percentiles};
use crate::HttpAnswer;

const OWN: [EvidenceField; 7] = [
    EvidenceField { name: "samples", about: "how many answers there were" },
    EvidenceField { name: "p50", about: "how long half of the answers took at most, in seconds" },
    EvidenceField { name: "p95", about: "how long 95 of 100 answers took at most, in seconds" },
    EvidenceField { name: "p99", about: "how long 99 of 100 answers took at most, in seconds" },
    EvidenceField { name: "max", about: "how long the slowest answer took, in seconds" },
    EvidenceField {
        name: "steps",
        about: "the steps that were taken: the `name`, `status`, `latency` in seconds and `url` of each",
    },
    EvidenceField { name: "captured", about: "the values that steps have captured; secrets are taken out" },
];

/// The values of the last answer, or of the wrong one, and those of all together.
pub(super) const DECLARED: &[EvidenceField] = &{
    let one = HttpAnswer::EVIDENCE;
    let mut all = [OWN[0]; HttpAnswer::EVIDENCE.len() + OWN.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = if index < one.len() { one[index] } else { OWN[index - one.len()] };
        index += 1;
    }
    all
};

/// The evidence of one answer after several of the same request.
pub(super) fn of(answer: &HttpAnswer, taken: &Taken) -> Evidence {
    complete(answer.evidence(), taken, Value::List(Vec::new()), Value::Table(Vec::new()))
}

/// All of it, in the order in which it is declared.
pub(super) fn complete(answer: Evidence, taken: &Taken, steps: Value, captured: Value) -> Evidence {
    with_percentiles(answer, taken).with("steps", steps).with("captured", captured)
}
