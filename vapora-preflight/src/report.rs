//! The state of a deployment's checklist, folded from events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use crate::{
    AccessReview, Attestation, CheckFinished, CheckId, CheckOutline, Digest, Event, EventKind, Evidence,
    GateOutline, Note, Outcome, Outline, PhaseId, PhaseOutline, RunEnd, RunStarted, Severity, Status,
    Timestamp, Usage, Verdict, outline::Deployment,
};

mod standing;

pub use self::standing::{Standing, Unknown};

/// The state of a deployment's checklist: all that is declared, with what is known of it.
///
/// It is made by folding events and in no other way, so a replayed journal gives the report that the run gave. Everything
/// comes in plan order, whatever order it happened in.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    outline: Arc<Outline>,
    /// Where each check stands in the outline.
    places: Arc<HashMap<CheckId, usize>>,
    records: BTreeMap<CheckId, CheckRecord>,
    begun: BTreeMap<CheckId, (Digest, Timestamp)>,
    verdicts: BTreeMap<CheckId, GateRecord>,
    attestations: Vec<AttestationRecord>,
    notes: Vec<NoteRecord>,
    runs: Vec<RunRecord>,
    as_of: Timestamp,
}

/// What is recorded of a check.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckRecord {
    /// What became of it.
    pub status: Status,
    /// The definition it was asked under.
    pub definition: Digest,
    /// When it was started.
    pub started: Timestamp,
    /// When it was settled.
    pub finished: Timestamp,
    /// How many attempts were made; zero where it was not asked.
    pub attempts: u32,
    /// The number of the run that settled it, from zero.
    pub run: usize,
}

/// What is recorded of a gate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GateRecord {
    /// What it decided.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
}

/// The word of a person, with its time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AttestationRecord {
    /// The word.
    pub attestation: Attestation,
    /// When it was given.
    pub at: Timestamp,
}

/// A note, with its time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NoteRecord {
    /// The note.
    pub note: Note,
    /// When it was made.
    pub at: Timestamp,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// How it began.
    pub start: RunStarted,
    /// When it began.
    pub started: Timestamp,
    /// How and when it ended; nothing where it is going on or was killed.
    pub end: Option<(RunEnd, Timestamp)>,
    /// What each target said at its beginning of the rights it needs.
    pub access: Vec<AccessReview>,
    /// What it has used.
    pub usage: Vec<Usage>,
}

/// A check with what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    report: &'a Report,
    /// As it was declared.
    pub outline: &'a CheckOutline,
    /// What is recorded of it, if anything.
    pub record: Option<&'a CheckRecord>,
}

/// How many checks stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// All that are declared.
    pub declared: usize,
    /// They hold.
    pub holding: usize,
    /// Of those that hold, the ones that came with a warning.
    pub warned: usize,
    /// They fail.
    pub failing: usize,
    /// They wait for a person.
    pub awaiting: usize,
    /// It is not known, for any other reason.
    pub unknown: usize,
    /// They do not apply.
    pub not_applicable: usize,
}

/// The journal holds an event that nothing before it accounts for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no plan is recorded before the first result")]
pub struct NoPlan;

impl Report {
    /// The report of a plan of which nothing is known yet.
    pub fn new(outline: Arc<Outline>, at: Timestamp) -> Self {
        Self {
            places: places(&outline),
            outline,
            records: BTreeMap::new(),
            begun: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            attestations: Vec::new(),
            notes: Vec::new(),
            runs: Vec::new(),
            as_of: at,
        }
    }

    /// Folds events into a report; nothing comes of no events.
    ///
    /// # Errors
    ///
    /// The first event is not the plan.
    pub fn from_events<'e>(events: impl IntoIterator<Item = &'e Event>) -> Result<Option<Self>, NoPlan> {
        let mut report: Option<Self> = None;
        for event in events {
            match (&mut report, &event.kind) {
                (Some(report), _) => report.apply(event),
                (none, EventKind::Planned(outline)) => {
                    *none = Some(Self::new(Arc::clone(outline), event.at));
                }
                (None, _) => return Err(NoPlan),
            }
        }
        Ok(report)
    }

    /// Takes one more event in.
    pub fn apply(&mut self, event: &Event) {
        self.as_of = event.at;
        match &event.kind {
            EventKind::Planned(outline) => {
                self.places = places(outline);
                self.outline = Arc::clone(outline);
            }
            EventKind::RunStarted(start) => {
                self.runs.push(RunRecord {
                    start: start.clone(),
                    started: event.at,
                    end: None,
                    access: Vec::new(),
                    usage: Vec::new(),
                });
            }
            EventKind::AccessReviewed(review) => {
                if let Some(run) = self.runs.last_mut() {
                    run.access.push(review.clone());
                }
            }
            EventKind::Used(usage) => {
                if let Some(run) = self.runs.last_mut() {
                    run.usage.push(usage.clone());
                }
            }
            EventKind::CheckStarted { check, definition } => {
                self.begun.insert(check.clone(), (*definition, event.at));
            }
            EventKind::AttemptFailed { .. } => {}
            EventKind::CheckFinished(finished) => self.settle(finished, event.at),
            EventKind::Attested(attestation) => {
                self.attestations.push(AttestationRecord { attestation: attestation.clone(), at: event.at });
            }
            EventKind::Noted(note) => self.notes.push(NoteRecord { note: note.clone(), at: event.at }),
            EventKind::GateJudged { gate, verdict } => {
                self.verdicts.insert(gate.clone(), GateRecord { verdict: verdict.clone(), at: event.at });
            }
            EventKind::RunFinished(end) => {
                if let Some(run) = self.runs.last_mut() {
                    run.end = Some((*end, event.at));
                }
            }
        }
    }

    fn settle(&mut self, finished: &CheckFinished, at: Timestamp) {
        self.begun.remove(&finished.check);
        self.records.insert(
            finished.check.clone(),
            CheckRecord {
                status: finished.status.clone(),
                definition: finished.definition,
                started: finished.started,
                finished: at,
                attempts: finished.attempts,
                run: self.runs.len().saturating_sub(1),
            },
        );
    }

    /// What is declared.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// What is deployed, where and when.
    pub fn deployment(&self) -> &Deployment {
        &self.outline.deployment
    }

    /// The time of the last event: the report says how things stood then.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// The same report, told at a later time: what is stale by then shows as stale.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.as_of = self.as_of.max(now);
        self
    }

    /// Every declared check, in plan order.
    pub fn checks(&self) -> impl Iterator<Item = CheckView<'_>> {
        self.outline.checks.iter().map(|outline| self.view(outline))
    }

    /// The checks of one phase, in plan order.
    pub fn checks_of<'a>(&'a self, phase: &'a PhaseId) -> impl Iterator<Item = CheckView<'a>> {
        self.checks().filter(move |check| check.outline.phase == *phase)
    }

    fn view<'a>(&'a self, outline: &'a CheckOutline) -> CheckView<'a> {
        CheckView { report: self, outline, record: self.records.get(&outline.id) }
    }

    /// One check.
    pub fn check(&self, id: &str) -> Option<CheckView<'_>> {
        self.places.get(id).map(|place| self.view(&self.outline.checks[*place]))
    }

    /// The phases, in order.
    pub fn phases(&self) -> &[PhaseOutline] {
        &self.outline.phases
    }

    /// Every declared gate with its last verdict, in plan order.
    pub fn gates(&self) -> impl Iterator<Item = (&GateOutline, Option<&GateRecord>)> {
        self.outline.gates.iter().map(|gate| (gate, self.verdicts.get(&gate.id)))
    }

    /// The last verdict of a gate.
    pub fn verdict(&self, gate: &str) -> Option<&GateRecord> {
        self.verdicts.get(gate)
    }

    /// The gate whose verdict stands at the head of a report: the last one judged, in plan order; where none has been, the
    /// first one declared.
    pub fn headline(&self) -> Option<(&GateOutline, Option<&GateRecord>)> {
        let judged = self.gates().filter(|(_, record)| record.is_some()).last();
        judged.or_else(|| self.gates().next())
    }

    /// All words that were given, in order.
    pub fn attestations(&self) -> &[AttestationRecord] {
        &self.attestations
    }

    /// The last word given on a check, whatever its definition was.
    pub fn attestation(&self, check: &str) -> Option<&AttestationRecord> {
        self.attestations.iter().rev().find(|record| record.attestation.check.as_str() == check)
    }

    /// All notes, in order.
    pub fn notes(&self) -> &[NoteRecord] {
        &self.notes
    }

    /// All runs, in order.
    pub fn runs(&self) -> &[RunRecord] {
        &self.runs
    }

    /// What a check saw when it last answered under its present definition.
    pub fn evidence(&self, check: &str) -> Option<&Evidence> {
        let check = self.check(check)?;
        match &check.current()?.status {
            Status::Done(outcome) => Some(&outcome.finding().evidence),
            _ => None,
        }
    }

    /// How many checks stand how, at the time of the report.
    pub fn counts(&self) -> Counts {
        Counts::of(self.checks(), self.as_of)
    }

    /// When a check was begun that was never settled: its run was killed, or is going on.
    pub(crate) fn begun(&self, check: &CheckId) -> Option<(Digest, Timestamp)> {
        self.begun.get(check).copied()
    }

    /// When the deployment itself began and ended, as far as the notes `start` and `end` say.
    pub fn noted(&self, topic: &str) -> impl Iterator<Item = &NoteRecord> {
        self.notes.iter().filter(move |record| record.note.topic == topic)
    }
}

fn places(outline: &Outline) -> Arc<HashMap<CheckId, usize>> {
    Arc::new(outline.checks.iter().enumerate().map(|(place, check)| (check.id.clone(), place)).collect())
}

impl Counts {
    /// Counts some checks, as they stand at a time.
    pub fn of<'a>(checks: impl IntoIterator<Item = CheckView<'a>>, now: Timestamp) -> Self {
        let mut counts = Self::default();
        for check in checks {
            counts.declared += 1;
            match check.standing(now) {
                Standing::Holds { warned } => {
                    counts.holding += 1;
                    counts.warned += usize::from(warned);
                }
                Standing::NotApplicable => counts.not_applicable += 1,
                Standing::Fails => counts.failing += 1,
                Standing::Unknown(Unknown::Awaiting) => counts.awaiting += 1,
                Standing::Unknown(_) => counts.unknown += 1,
            }
        }
        counts
    }
}

impl<'a> CheckView<'a> {
    /// Its name.
    pub fn id(&self) -> &'a CheckId {
        &self.outline.id
    }

    /// The record, where it was made under the present definition.
    pub fn current(&self) -> Option<&'a CheckRecord> {
        self.record.filter(|record| record.definition == self.outline.definition)
    }

    /// How it stands at a time: only what was answered, under the present definition, and is fresh, is known.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.outline.not_applicable.is_some() {
            return Standing::NotApplicable;
        }
        if let Some((_, since)) = self.report.begun(self.id()) {
            return Standing::Unknown(Unknown::Unsettled { since });
        }
        let Some(record) = self.record else { return Standing::Unknown(Unknown::Pending) };
        if record.definition != self.outline.definition {
            return Standing::Unknown(Unknown::Changed);
        }
        let age = now.since(record.finished);
        match &record.status {
            Status::Done(_) if self.outline.fresh_for.is_some_and(|fresh_for| age > fresh_for) => {
                Standing::Unknown(Unknown::Stale {
                    age,
                    fresh_for: self.outline.fresh_for.unwrap_or_default(),
                })
            }
            Status::Done(outcome)
                if outcome.finding().counts_until.is_some_and(|until| now >= until)
                    || self.word_no_longer_counts(record, now) =>
            {
                Standing::Unknown(Unknown::Expired)
            }
            Status::Done(Outcome::Pass(_)) => Standing::Holds { warned: false },
            Status::Done(Outcome::Warn(_)) => Standing::Holds { warned: true },
            Status::Done(Outcome::NotApplicable(_)) => Standing::NotApplicable,
            Status::Done(Outcome::Fail(_)) => Standing::Fails,
            Status::Errored(_) => Standing::Unknown(Unknown::Errored),
            Status::TimedOut(_) => Standing::Unknown(Unknown::TimedOut),
            Status::Panicked { .. } => Standing::Unknown(Unknown::Panicked),
            Status::Skipped(_) => Standing::Unknown(Unknown::Skipped),
            Status::Awaiting(_) => Standing::Unknown(Unknown::Awaiting),
        }
    }

    /// Whether it rests on a word that has expired, or was followed by another one.
    fn word_no_longer_counts(&self, record: &CheckRecord, now: Timestamp) -> bool {
        self.outline.role.is_some()
            && self.report.attestation(self.id().as_str()).is_some_and(|word| {
                word.at > record.finished || word.attestation.expires.is_some_and(|expires| now >= expires)
            })
    }

    /// What is known of it in one line, at a time.
    pub fn summary(&self, now: Timestamp) -> String {
        if let Some(why) = &self.outline.not_applicable {
            return why.clone();
        }
        match (self.standing(now), self.record) {
            (Standing::Unknown(unknown), Some(record)) if unknown.hides_the_record() => {
                format!("{unknown}; then: {}", record.status.summary())
            }
            (Standing::Unknown(unknown), None) => unknown.to_string(),
            (_, Some(record)) => record.status.summary(),
            (standing, None) => standing.word().to_owned(),
        }
    }

    /// What to do about it: what the status says, or else the hint of the checklist.
    pub fn remedy(&self, now: Timestamp) -> Option<String> {
        if matches!(self.standing(now), Standing::Holds { warned: false } | Standing::NotApplicable) {
            return None;
        }
        let own = match self.standing(now) {
            Standing::Unknown(unknown) => unknown.remedy().map(str::to_owned),
            _ => None,
        };
        own.or_else(|| self.record.and_then(|record| record.status.remedy()))
            .or_else(|| self.outline.hint.clone())
    }

    /// Whether it can hold a gate up.
    pub fn blocks(&self) -> bool {
        self.outline.severity != Severity::Advisory
    }

    /// How long it took.
    pub fn took(&self) -> Option<Duration> {
        self.record.map(|record| record.finished.since(record.started))
    }
}
