//! A report made event by event.

use std::{sync::Arc, time::Duration};

use serde_json::{Value as Json, json};
use vapora_preflight::{
    AccessReview, AllHold, Attestation, CheckFinished, CheckId, Conditions, DeniedRight, Digest, Event,
    EventKind, Gate, GateInput, Note, Outcome, Outline, Report, RunEnd, RunStarted, SkipReason, Status,
    TargetName, Timestamp, Usage, Word,
};

pub(crate) struct Scene {
    outline: Arc<Outline>,
    now: Timestamp,
    events: Vec<Event>,
}

/// The release of the fixture.
pub(crate) fn release() -> Json {
    serde_json::from_str(include_str!("../fixtures/release.json")).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn id(text: &str) -> CheckId {
    text.parse().unwrap()
}

/// An outline; a check without a definition gets one.
pub(crate) fn outline(mut json: Json) -> Arc<Outline> {
    for check in json["checks"].as_array_mut().unwrap() {
        if check.get("definition").is_none() {
            check["definition"] = json!(Digest::of(check["id"].as_str().unwrap()).to_string());
        }
    }
    Arc::new(serde_json::from_value(json).unwrap())
}

impl Scene {
    pub(crate) fn new(json: Json, now: &str) -> Self {
        let mut scene = Self { outline: outline(json), now: at(now), events: Vec::new() };
        scene.planned();
        scene
    }

    fn planned(&mut self) {
        let outline = Arc::clone(&self.outline);
        self.event(EventKind::Planned(outline));
    }

    /// The plan changes.
    pub(crate) fn replan(mut self, json: Json) -> Self {
        self.outline = outline(json);
        self.planned();
        self
    }

    pub(crate) fn event(&mut self, kind: EventKind) {
        self.events.push(Event { at: self.now, kind });
    }

    pub(crate) fn later(mut self, seconds: u64) -> Self {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self
    }

    pub(crate) fn run(mut self, selection: &str) -> Self {
        self.event(EventKind::RunStarted(RunStarted {
            by: "ana".to_owned(),
            selection: selection.to_owned(),
            version: "0.1.0".to_owned(),
        }));
        self
    }

    /// The target said which rights it denies, each with the checks that need it, or why it could not.
    pub(crate) fn reviewed(
        mut self,
        target: &str,
        denied: &[(&str, bool, &[&str])],
        failed: Option<&str>,
    ) -> Self {
        let denied = denied.iter().map(|(right, optional, checks)| DeniedRight {
            right: (*right).to_owned(),
            optional: *optional,
            checks: checks.iter().map(|check| id(check)).collect(),
        });
        self.event(EventKind::AccessReviewed(AccessReview {
            target: TargetName::new(target).unwrap(),
            asked: 14,
            denied: denied.collect(),
            failed: failed.map(str::to_owned),
        }));
        self
    }

    /// So many requests went to the target.
    pub(crate) fn requests(mut self, target: &str, amount: u64) -> Self {
        let target = Some(TargetName::new(target).unwrap());
        self.event(EventKind::Used(Usage { target, what: "requests".to_owned(), amount }));
        self
    }

    pub(crate) fn ended(mut self, end: RunEnd) -> Self {
        self.event(EventKind::RunFinished(end));
        self
    }

    pub(crate) fn settled(mut self, check: &str, millis: u64, attempts: u32, status: Status) -> Self {
        let started = self.now;
        self.now = self.now.plus(Duration::from_millis(millis));
        let definition = self.outline.check(check).unwrap().definition;
        self.event(EventKind::CheckFinished(CheckFinished {
            check: id(check),
            definition,
            started,
            attempts,
            status,
        }));
        self
    }

    pub(crate) fn begun(mut self, check: &str) -> Self {
        let definition = self.outline.check(check).unwrap().definition;
        self.event(EventKind::CheckStarted { check: id(check), definition });
        self
    }

    pub(crate) fn done(self, check: &str, millis: u64, outcome: Outcome) -> Self {
        self.settled(check, millis, 1, Status::Done(outcome))
    }

    pub(crate) fn pass(self, check: &str, summary: &str) -> Self {
        self.done(check, 240, Outcome::pass(summary))
    }

    pub(crate) fn skipped(self, check: &str, chain: &[&str], because: &str) -> Self {
        let chain = chain.iter().map(|name| id(name)).collect();
        self.settled(check, 0, 0, Status::Skipped(SkipReason::Need { chain, because: because.to_owned() }))
    }

    pub(crate) fn attested(mut self, check: &str, who: &str, word: Word, expires: Option<&str>) -> Self {
        let outline = self.outline.check(check).unwrap();
        let attestation = Attestation {
            check: outline.id.clone(),
            definition: outline.definition,
            who: who.to_owned(),
            role: outline.role.clone().unwrap_or_default(),
            word,
            evidence: Some("https://tickets.example.com/VAP-7".to_owned()),
            comment: None,
            expires: expires.map(at),
        };
        self.event(EventKind::Attested(attestation));
        self
    }

    pub(crate) fn noted(mut self, topic: &str, text: &str) -> Self {
        let note = Note { who: "ana".to_owned(), topic: topic.to_owned(), text: text.to_owned() };
        self.event(EventKind::Noted(note));
        self
    }

    /// Judges a gate by what is known so far.
    pub(crate) fn judged(mut self, gate: &str) -> Self {
        let report = self.clone_report();
        let outline = self.outline.gate(gate).unwrap();
        let input = GateInput::new(&report, &outline.subjects, self.now);
        let verdict = if outline.conditions.is_empty() {
            AllHold.judge(&input)
        } else {
            Conditions::new(outline.conditions.clone()).judge(&input)
        };
        self.event(EventKind::GateJudged { gate: id(gate), verdict });
        self
    }

    fn clone_report(&self) -> Report {
        Report::from_events(&self.events).unwrap().unwrap()
    }

    pub(crate) fn report(self) -> Report {
        let now = self.now;
        self.clone_report().at(now)
    }
}
