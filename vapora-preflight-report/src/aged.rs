//! Answers that held, and have only grown old since.

use vapora_preflight::{
    CheckId, CheckView, Counts, Decision, GateOutline, GateRecord, Outcome, Period, Report, Standing, Status,
    Timestamp, Unknown,
};

use crate::judgement::decision_word;

/// Whether a check held when it was last asked, and nothing has happened to its answer but that it grew old.
///
/// An answer or a word that has expired has grown old, too. A failure that has, or a word that was followed by another one, is not meant.
pub(crate) fn is_aged(report: &Report, check: &CheckView<'_>) -> bool {
    let old =
        matches!(check.standing(report.as_of()), Standing::Unknown(Unknown::Stale { .. } | Unknown::Expired));
    let Some(record) = check.current().filter(|_| old) else { return false };
    let held = matches!(
        record.status,
        Status::Done(Outcome::Pass(_) | Outcome::Warn(_) | Outcome::NotApplicable(_))
    );
    let followed = check.outline.role.is_some()
        && report.attestation(check.id().as_str()).is_some_and(|word| word.at > record.finished);
    held && !followed
}

/// How many checks stand how; those that have only grown old apart from what is not known otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    /// As the core counts; what has grown old is among the unknown.
    pub(crate) counts: Counts,
    pub(crate) aged: usize,
}

impl Tally {
    pub(crate) fn of<'a>(report: &'a Report, checks: impl IntoIterator<Item = CheckView<'a>>) -> Self {
        let checks: Vec<CheckView<'a>> = checks.into_iter().collect();
        let aged = checks.iter().filter(|check| is_aged(report, check)).count();
        Self { counts: Counts::of(checks, report.as_of()), aged }
    }

    /// Not known for another reason than age.
    pub(crate) fn unknown(&self) -> usize {
        self.counts.unknown - self.aged
    }

    /// Whether nothing fails, is waited for or was left unanswered.
    pub(crate) fn is_settled(&self) -> bool {
        self.counts.failing + self.counts.awaiting + self.unknown() == 0
    }
}

/// Checks of one phase that were answered in the same minute, count for as long, and were judged by the same gate.
#[derive(Debug)]
pub(crate) struct AgedGroup<'a> {
    pub(crate) phase: &'a str,
    pub(crate) at: String,
    /// How long the answers counted: `for 4h`, `until 2026-12-01 18:00 UTC`.
    pub(crate) counted: String,
    /// The last gate that opened while the answers were fresh.
    pub(crate) opened: Option<(&'a GateOutline, &'a GateRecord)>,
    pub(crate) checks: Vec<&'a CheckId>,
}

/// The answers that have only grown old, in plan order.
pub(crate) fn groups<'a>(
    report: &'a Report,
    checks: impl IntoIterator<Item = CheckView<'a>>,
) -> Vec<AgedGroup<'a>> {
    let mut groups: Vec<AgedGroup<'a>> = Vec::new();
    for check in checks.into_iter().filter(|check| is_aged(report, check)) {
        let at = check.record.map(|record| record.finished.to_minute()).unwrap_or_default();
        let group = AgedGroup {
            phase: check.outline.phase.as_str(),
            at,
            counted: counted(report, &check),
            opened: opened(report, &check),
            checks: vec![check.id()],
        };
        let gate = |group: &AgedGroup<'a>| group.opened.map(|(gate, _)| &gate.id);
        let same = groups.iter_mut().find(|other| {
            (other.phase, &other.at, &other.counted) == (group.phase, &group.at, &group.counted)
                && gate(other) == gate(&group)
        });
        match same {
            Some(same) => same.checks.push(check.id()),
            None => groups.push(group),
        }
    }
    groups
}

fn counted(report: &Report, check: &CheckView<'_>) -> String {
    if let Standing::Unknown(Unknown::Stale { fresh_for, .. }) = check.standing(report.as_of()) {
        return format!("for {}", Period::from_secs(fresh_for.as_secs()));
    }
    let own = check.record.and_then(|record| match &record.status {
        Status::Done(outcome) => outcome.finding().counts_until,
        _ => None,
    });
    let word = || report.attestation(check.id().as_str())?.attestation.expires;
    let until = own.into_iter().chain(word()).min();
    until.map_or_else(|| "no longer".to_owned(), |until| format!("until {}", until.to_minute()))
}

/// The last gate that opened over a check while its answer was fresh.
pub(crate) fn opened<'a>(
    report: &'a Report,
    check: &CheckView<'_>,
) -> Option<(&'a GateOutline, &'a GateRecord)> {
    let asked = check.record?.finished;
    let fresh = |at: Timestamp| {
        at >= asked && matches!(check.standing(at), Standing::Holds { .. } | Standing::NotApplicable)
    };
    report
        .gates()
        .filter(|(gate, _)| gate.subjects.contains(check.id()))
        .filter_map(|(gate, record)| Some((gate, record?)))
        .filter(|(_, record)| record.verdict.decision == Decision::Go && fresh(record.at))
        .max_by_key(|(_, record)| record.at)
}

/// The groups in a sentence: `15 answers have aged; they held when they were asked at 2026-12-01 10:00 UTC, and when gate
/// go-no-go said GO at 2026-12-01 13:45 UTC`; nothing of no groups.
pub(crate) fn sentence(groups: &[AgedGroup<'_>]) -> Option<String> {
    let count = |groups: &mut dyn Iterator<Item = &AgedGroup<'_>>| -> usize {
        groups.map(|group| group.checks.len()).sum()
    };
    let all = count(&mut groups.iter());
    if all == 0 {
        return None;
    }
    let asked = distinct(groups.iter().map(|group| group.at.clone()));
    let opened = distinct(groups.iter().filter_map(AgedGroup::judged));
    let has =
        if all == 1 { "1 answer has aged; it held" } else { &format!("{all} answers have aged; they held") };
    let mut told = format!("{has} when asked at {}", asked.join(" and "));
    if !opened.is_empty() {
        told = format!("{told}, and when {}", opened.join(" and "));
    }
    match count(&mut groups.iter().filter(|group| group.opened.is_none())) {
        0 => {}
        open if open == all => told.push_str("; no gate has opened on that"),
        open => told = format!("{told}; on {open} of them no gate has opened"),
    }
    Some(told)
}

impl AgedGroup<'_> {
    /// `gate go-no-go said GO at 2026-12-01 13:45 UTC`.
    pub(crate) fn judged(&self) -> Option<String> {
        let (gate, record) = self.opened?;
        let word = decision_word(gate.question, &record.verdict);
        Some(format!("gate {} said {word} at {}", gate.id, record.at.to_minute()))
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}
