//! The rights that the last run lacked on its targets.

use std::fmt;

use vapora_preflight::{CheckId, Report};

use super::line::{Page, style};
use crate::{access::lacking, sign::Sign};

/// How many checks a line names.
const NAMED: usize = 4;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> fmt::Result {
    for review in lacking(report) {
        let target = &review.target;
        if let Some(failed) = &review.failed {
            let text = format!("not known on {target}: {failed}");
            page.line(0, "rights:", style(Sign::Unknown), &text)?;
            continue;
        }
        let text = format!("{} of {} denied on {target}", review.denied.len(), review.asked);
        page.line(0, "rights:", style(Sign::Fail), &text)?;
        for denied in &review.denied {
            let named: Vec<&str> = denied.checks.iter().take(NAMED).map(CheckId::as_str).collect();
            let more = denied.checks.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let optional = if denied.optional { ", which are asked without it too" } else { "" };
            page.plain(4, &format!("{}, for {}{more}{optional}", denied.right, named.join(", ")))?;
        }
    }
    if lacking(report).is_empty() { Ok(()) } else { page.blank() }
}
