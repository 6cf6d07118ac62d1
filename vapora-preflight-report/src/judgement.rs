//! A gate with its verdict, read for people.

use vapora_preflight::{
    Advice, AllHold, CheckId, ConditionOutline, Decision, Gate, GateInput, GateOutline, GateRecord, Question,
    Reason, Report, Side, Standing, Unknown, Verdict, Weight,
};

use crate::sign::Sign;

/// The decision in the words of the checklist: `GO`, `NO-GO` or `UNDECIDED` before a deployment; `KEEP`, `INVESTIGATE`
/// or `ROLL BACK` after it.
///
/// After a deployment only an open gate says `KEEP`; what is not known has to be investigated.
pub fn decision_word(question: Question, verdict: &Verdict) -> &'static str {
    match (question, verdict.decision, verdict.advice) {
        (Question::Keep, Decision::Go, _) => "KEEP",
        (Question::Keep, _, Some(Advice::RollBack)) => "ROLL BACK",
        (Question::Keep, ..) => "INVESTIGATE",
        (_, Decision::Go, _) => "GO",
        (_, Decision::NoGo, _) => "NO-GO",
        (_, Decision::Undecided, _) => "UNDECIDED",
    }
}

/// A gate as it was judged; where it was not, as its checks stand.
#[derive(Debug)]
pub(crate) struct Judgement<'a> {
    pub(crate) gate: &'a GateOutline,
    pub(crate) record: Option<&'a GateRecord>,
    reasons: Vec<Reason>,
    pub(crate) since: Vec<Since>,
}

/// A check of the gate that stands otherwise than when the gate was judged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) check: String,
    pub(crate) was: String,
    pub(crate) is: &'static str,
}

/// A named condition, and whether it is met.
#[derive(Debug)]
pub(crate) struct ConditionState<'a> {
    pub(crate) outline: &'a ConditionOutline,
    /// Nothing where it is not known.
    pub(crate) met: Option<bool>,
    pub(crate) why: String,
}

impl ConditionState<'_> {
    /// Whether it speaks for going ahead; nothing where it is not known.
    pub(crate) fn speaks_for(&self) -> Option<bool> {
        match self.outline.side {
            Side::ProceedIf => self.met,
            Side::RescheduleIf => self.met.map(|met| !met),
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self.met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "not known",
        }
    }
}

impl<'a> Judgement<'a> {
    /// The gate at the head of a report; nothing where the checklist has no gate.
    pub(crate) fn headline(report: &'a Report) -> Option<Self> {
        report.headline().map(|(gate, record)| Self::new(report, gate, record))
    }

    pub(crate) fn new(report: &'a Report, gate: &'a GateOutline, record: Option<&'a GateRecord>) -> Self {
        let (reasons, since) = match record {
            Some(record) => (record.verdict.reasons.clone(), since(report, gate, record)),
            None => (missing(report, gate), Vec::new()),
        };
        Self { gate, record, reasons, since }
    }

    /// The reasons of one weight apart from those that a check has not been asked yet, and those checks.
    pub(crate) fn told_and_pending(&self, weight: Weight) -> (Vec<&Reason>, Vec<&CheckId>) {
        let (pending, told): (Vec<&Reason>, Vec<&Reason>) = self
            .reasons(weight)
            .into_iter()
            .partition(|reason| reason.status == PENDING && reason.check.is_some());
        (told, pending.into_iter().filter_map(|reason| reason.check.as_ref()).collect())
    }

    /// Whether what it rests on is as it was, save that it has grown old.
    pub(crate) fn still_stands(&self) -> bool {
        self.since.iter().all(|since| since.is == STALE)
    }

    /// The sign and the words at the head of it.
    pub(crate) fn head(&self) -> (Sign, String) {
        let word = self.word();
        let sign = match word {
            Some("GO" | "KEEP") if self.since.is_empty() => Sign::Pass,
            Some("GO" | "KEEP" | "INVESTIGATE") => Sign::Warn,
            Some("NO-GO" | "ROLL BACK") => Sign::Fail,
            _ => Sign::Unknown,
        };
        let out_of_date = if self.since.is_empty() { "" } else { ", out of date" };
        (sign, format!("{}{out_of_date}", word.unwrap_or("NOT JUDGED YET")))
    }

    /// The decision in one word; nothing where it was not judged.
    pub(crate) fn word(&self) -> Option<&'static str> {
        self.record.map(|record| decision_word(self.gate.question, &record.verdict))
    }

    /// The reasons of one weight that no condition says already; a check is named once, however many conditions it is in.
    pub(crate) fn reasons(&self, weight: Weight) -> Vec<&Reason> {
        let mut seen: Vec<&Reason> = Vec::new();
        for reason in self.reasons.iter().filter(|reason| reason.weight == weight) {
            let told = |earlier: &&Reason| {
                earlier.check.is_some() && earlier.check == reason.check && earlier.message == reason.message
            };
            let is_condition = reason.condition.is_some() && reason.check.is_none();
            if !is_condition && !seen.iter().any(told) {
                seen.push(reason);
            }
        }
        seen
    }

    /// Its named conditions, in the order of the checklist.
    pub(crate) fn conditions(&self) -> Vec<ConditionState<'a>> {
        self.gate.conditions.iter().map(|outline| self.condition(outline)).collect()
    }

    fn condition(&self, outline: &'a ConditionOutline) -> ConditionState<'a> {
        let own: Vec<&Reason> = match self.record {
            Some(_) => self
                .reasons
                .iter()
                .filter(|reason| reason.condition.as_ref() == Some(&outline.name))
                .collect(),
            None => self
                .reasons
                .iter()
                .filter(|reason| reason.check.as_ref().is_some_and(|check| outline.subjects.contains(check)))
                .collect(),
        };
        let of = |weight| own.iter().filter(|reason| reason.weight == weight).copied().collect::<Vec<_>>();
        let (against, open) = (of(Weight::Against), of(Weight::Open));
        let holds = match outline.side {
            Side::ProceedIf => true,
            Side::RescheduleIf => false,
        };
        if !against.is_empty() {
            return ConditionState { outline, met: Some(!holds), why: named(&against) };
        }
        if !open.is_empty() {
            return ConditionState { outline, met: None, why: named(&open) };
        }
        if self.record.is_some() && own.is_empty() {
            return ConditionState { outline, met: None, why: "the gate does not tell".to_owned() };
        }
        let told = own.iter().find(|reason| reason.check.is_none()).map(|reason| reason.message.clone());
        let count = outline.subjects.len();
        let why = told.unwrap_or_else(|| match count {
            1 => "1 check holds".to_owned(),
            count => format!("{count} checks hold"),
        });
        ConditionState { outline, met: Some(holds), why }
    }
}

/// `production-nodes failed, api-latency errored, and 3 more`.
fn named(reasons: &[&Reason]) -> String {
    const NAMED: usize = 4;
    let mut parts: Vec<String> = reasons
        .iter()
        .take(NAMED)
        .map(|reason| match &reason.check {
            Some(check) => format!("{check} {}", reason.status),
            None => reason.message.clone(),
        })
        .collect();
    if reasons.len() > NAMED {
        parts.push(format!("and {} more", reasons.len() - NAMED));
    }
    parts.join(", ")
}

/// What stands between a gate that was not judged and a go, by the checks it would judge.
fn missing(report: &Report, gate: &GateOutline) -> Vec<Reason> {
    AllHold.judge(&GateInput::new(report, &gate.subjects, report.as_of())).reasons
}

/// The checks of a gate that were settled anew after its verdict, or went stale since, so that it might say otherwise now.
fn since(report: &Report, gate: &GateOutline, record: &GateRecord) -> Vec<Since> {
    let ok = |standing: Standing| standing.holds() || standing == Standing::NotApplicable;
    let mut changed = Vec::new();
    for check in gate.subjects.iter().filter_map(|id| report.check(id.as_str())) {
        let told = record.verdict.reasons.iter().find(|reason| reason.check.as_ref() == Some(check.id()));
        let settled_since = check.record.is_some_and(|settled| settled.finished > record.at);
        let (was_ok, was) = match told {
            Some(reason) => (reason.status == WARNED, reason.status.clone()),
            None if settled_since => (true, "held".to_owned()),
            None => match (check.standing(record.at), check.record) {
                // what is known of these two does not go back to the time of the verdict
                (Standing::Unknown(Unknown::Changed | Unknown::Unsettled { .. }), Some(settled)) => {
                    (settled.status.holds(), settled.status.word().to_owned())
                }
                (standing, _) => (ok(standing), standing.word().to_owned()),
            },
        };
        let is = check.standing(report.as_of());
        if was_ok != ok(is) {
            changed.push(Since { check: check.id().to_string(), was, is: is.word() });
        }
    }
    changed
}

/// The standing of a check whose answer has only grown old.
const STALE: &str = "stale";

/// The status under which a verdict names a check that has not been asked.
const PENDING: &str = "pending";

/// The status under which a verdict names a check that holds.
const WARNED: &str = "warned";
