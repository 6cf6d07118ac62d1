//! What the last run learnt of its rights.

use vapora_preflight::{AccessReview, Report};

/// The targets on which the last run lacked a right, or could not find out.
pub(crate) fn lacking(report: &Report) -> Vec<&AccessReview> {
    let reviews = report.runs().last().map(|run| run.access.as_slice()).unwrap_or_default();
    reviews.iter().filter(|review| !review.denied.is_empty() || review.failed.is_some()).collect()
}
