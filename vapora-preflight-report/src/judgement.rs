//! A gate with its verdict, read for people.

use vapora_preflight::{
    Advice, AllHold, CheckId, ConditionOutline, Decision, Gate, GateInput, GateOutline, GateRecord, Question,
    Reason, Report, Side, Standing, Unknown, Verdict, Weight,
};

use crate::{aged::is_aged, deployment::Course, sign::Sign};

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
    since: Vec<Since>,
    acted_upon: bool,
}

/// A check of the gate that stands otherwise than when the gate was judged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) check: String,
    pub(crate) was: String,
    pub(crate) is: String,
    /// It held then, and has only grown old.
    aged: bool,
}

/// A named condition, and whether it is met.
#[derive(Debug)]
pub(crate) struct ConditionState<'a> {
    pub(crate) outline: &'a ConditionOutline,
    /// Nothing where it is not known.
    pub(crate) met: Option<bool>,
    /// What decides it, each with its status; or else one sentence that names no check.
    pub(crate) deciding: Vec<(Option<CheckId>, String)>,
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

    /// What decides it, in a line: `production-nodes failed, api-latency errored, and 3 more`.
    pub(crate) fn why(&self) -> String {
        const NAMED: usize = 4;
        let mut parts: Vec<String> = self
            .deciding
            .iter()
            .take(NAMED)
            .map(|(check, told)| match check {
                Some(check) => format!("{check} {told}"),
                None => told.clone(),
            })
            .collect();
        if self.deciding.len() > NAMED {
            parts.push(format!("and {} more", self.deciding.len() - NAMED));
        }
        parts.join(", ")
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
        let acted_upon = record.is_some_and(|record| acted_upon(report, gate, record));
        Self { gate, record, reasons, since, acted_upon }
    }

    /// The reasons of one weight apart from those that a check has not been asked yet, and those checks.
    pub(crate) fn told_and_pending(&self, weight: Weight) -> (Vec<&Reason>, Vec<&CheckId>) {
        let (pending, told): (Vec<&Reason>, Vec<&Reason>) = self
            .reasons(weight)
            .into_iter()
            .partition(|reason| reason.status == PENDING && reason.check.is_some());
        (told, pending.into_iter().filter_map(|reason| reason.check.as_ref()).collect())
    }

    /// Reasons that say the same of several checks, with those checks, each once.
    pub(crate) fn together(reasons: &[&'a Reason]) -> Vec<(&'a Reason, Vec<&'a CheckId>)> {
        let mut groups: Vec<(&Reason, Vec<&CheckId>)> = Vec::new();
        for reason in reasons {
            let same = groups.iter_mut().find(|(first, checks)| {
                let told =
                    |reason: &Reason| reason.remedy.clone().filter(|_| reason.weight == Weight::Notice);
                !checks.is_empty()
                    && (&first.status, &first.message) == (&reason.status, &reason.message)
                    && told(first) == told(reason)
            });
            match (same, &reason.check) {
                (Some((_, checks)), Some(check)) => checks.push(check),
                _ => groups.push((reason, reason.check.iter().collect())),
            }
        }
        groups
    }

    /// Whether what it rests on is as it was, save that it has grown old.
    pub(crate) fn still_stands(&self) -> bool {
        self.since.iter().all(|since| since.aged)
    }

    /// The checks that make it out of date. What has only grown old does so where the gate opened and nobody has acted
    /// upon it yet: a decision that was carried out rests on what was so at its time, and age opens no gate.
    pub(crate) fn turned(&self) -> impl Iterator<Item = &Since> {
        let age_matters = !self.acted_upon && self.record.is_some_and(|record| record.verdict.is_go());
        self.since.iter().filter(move |since| !since.aged || age_matters)
    }

    pub(crate) fn is_out_of_date(&self) -> bool {
        self.turned().next().is_some()
    }

    /// How many checks held when it was judged and have grown old since, without making it out of date.
    pub(crate) fn aged_quietly(&self) -> usize {
        self.since.iter().filter(|since| since.aged).count()
            - self.turned().filter(|since| since.aged).count()
    }

    /// The sign and the words at the head of it.
    pub(crate) fn head(&self) -> (Sign, String) {
        let word = self.word();
        let sign = match word {
            Some("GO" | "KEEP") if !self.is_out_of_date() => Sign::Pass,
            Some("GO" | "KEEP" | "INVESTIGATE") => Sign::Warn,
            Some("NO-GO" | "ROLL BACK") => Sign::Fail,
            _ => Sign::Unknown,
        };
        let out_of_date = if self.is_out_of_date() { ", out of date" } else { "" };
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
            return ConditionState { outline, met: Some(!holds), deciding: deciding(&against) };
        }
        if !open.is_empty() {
            return ConditionState { outline, met: None, deciding: deciding(&open) };
        }
        if self.record.is_some() && own.is_empty() {
            let told = "the gate does not tell".to_owned();
            return ConditionState { outline, met: None, deciding: vec![(None, told)] };
        }
        let told = own.iter().find(|reason| reason.check.is_none()).map(|reason| reason.message.clone());
        let count = outline.subjects.len();
        let why = told.unwrap_or_else(|| match count {
            1 => "1 check holds".to_owned(),
            count => format!("{count} checks hold"),
        });
        ConditionState { outline, met: Some(holds), deciding: vec![(None, why)] }
    }
}

fn deciding(reasons: &[&Reason]) -> Vec<(Option<CheckId>, String)> {
    let told = |reason: &&Reason| match &reason.check {
        Some(check) => (Some(check.clone()), reason.status.clone()),
        None => (None, reason.message.clone()),
    };
    reasons.iter().map(told).collect()
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
        let standing = check.standing(report.as_of());
        if was_ok != ok(standing) {
            let aged = is_aged(report, &check);
            let is = match (standing, check.record) {
                (Standing::Unknown(Unknown::Stale { .. }), Some(record)) if !aged => {
                    format!("{}, and stale", record.status.word())
                }
                _ => standing.word().to_owned(),
            };
            changed.push(Since { check: check.id().to_string(), was, is, aged });
        }
    }
    changed
}

/// Whether something was done on the word of a gate, so that it is not asked again: the deployment it let begin has begun,
/// the one it let stay has ended, or a later gate has gone on from there.
fn acted_upon(report: &Report, gate: &GateOutline, record: &GateRecord) -> bool {
    let course = Course::of(report);
    let noted = match gate.question {
        Question::Keep => course.end,
        _ => course.start,
    };
    let goes_on = |later: &GateOutline, verdict: &Verdict| match (later.question, verdict.decision) {
        (_, Decision::Go) => true,
        (question, decision) => question == Question::Keep && decision == Decision::NoGo,
    };
    let mut later = report.gates().skip_while(|(other, _)| other.id != gate.id).skip(1);
    noted.is_some_and(|at| at <= report.as_of())
        || later
            .any(|(gate, then)| then.is_some_and(|then| then.at >= record.at && goes_on(gate, &then.verdict)))
}

/// The status under which a verdict names a check that has not been asked.
const PENDING: &str = "pending";

/// The statuses under which a verdict names a check whose answer is missing, or too old or not for its present definition.
pub(crate) const UNASKED: &[&str] = &[PENDING, "stale", "expired", "changed", "unsettled"];

/// The status under which a verdict names a check that holds.
const WARNED: &str = "warned";
