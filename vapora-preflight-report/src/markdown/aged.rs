//! The answers that held, and have only grown old since.

use std::fmt;

use vapora_preflight::Report;

use super::escape::{code, codes};
use crate::{aged, judgement::decision_word};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let groups = aged::groups(report, report.checks());
    let count: usize = groups.iter().map(|group| group.checks.len()).sum();
    if count == 0 {
        return Ok(());
    }
    let open = groups.iter().any(|group| group.opened.is_none());
    writeln!(out, "## 🕒 {count} {}\n", if count == 1 { "answer has aged" } else { "answers have aged" })?;
    let advice = if open {
        "A gate that is still to be judged wants them asked again; one that opened while they were fresh has had them."
    } else {
        "A gate opened on each while it was fresh, so nothing is to be done, unless that gate is to be judged again."
    };
    writeln!(out, "Each held when it was asked, and counts no longer. {advice}\n")?;
    for group in &groups {
        let judged = match group.opened {
            Some((gate, record)) => {
                let word = decision_word(gate.question, &record.verdict);
                format!("gate {} said {word} at {}", code(gate.id.as_str()), record.at.to_minute())
            }
            None => "**no gate has opened on it**".to_owned(),
        };
        writeln!(
            out,
            "- {} ({}), asked at {}, counted {}; {judged}: {}",
            code(group.phase),
            group.checks.len(),
            group.at,
            group.counted,
            codes(&group.checks)
        )?;
    }
    writeln!(out)
}
