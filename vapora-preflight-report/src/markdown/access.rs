//! The rights that the last run lacked on its targets.

use std::fmt;

use vapora_preflight::Report;

use super::{
    escape::{code, prose, text},
    table,
};
use crate::access::lacking;

/// How many checks a row names.
const NAMED: usize = 8;

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let reviews = lacking(report);
    if reviews.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Missing rights\n")?;
    for review in reviews {
        if let Some(failed) = &review.failed {
            writeln!(
                out,
                "On {} it could not be found out which rights there are: {}.\n",
                code(review.target.as_str()),
                prose(failed)
            )?;
            continue;
        }
        let rows: Vec<Vec<String>> = review
            .denied
            .iter()
            .map(|denied| {
                let named: Vec<String> =
                    denied.checks.iter().take(NAMED).map(|check| code(check.as_str())).collect();
                let more = denied.checks.len().saturating_sub(NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let optional = if denied.optional { "they are asked without it too" } else { "" };
                vec![text(&denied.right), format!("{}{more}", named.join(", ")), optional.to_owned()]
            })
            .collect();
        writeln!(
            out,
            "On {}, {} of {} rights are denied.\n",
            code(review.target.as_str()),
            review.denied.len(),
            review.asked
        )?;
        table::write(out, &["Right", "Needed by", "Note"], &rows)?;
    }
    writeln!(out, "`vapora-preflight rbac` prints the roles that grant them.\n")
}
