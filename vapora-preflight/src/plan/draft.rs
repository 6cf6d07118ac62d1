//! What both front ends lower to: declarations whose names are not resolved yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    Advice, Check, CheckId, Commands, Deployment, Effect, EvidenceField, Gate, Limits, PhaseId, PhaseOutline,
    Question, RequiredVariable, Requirements, Role, Section, Severity, Side, Span, Target, TargetName,
};

/// A text with its place; what is written in Rust has none.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) span: Option<Span>,
}

#[derive(Debug)]
pub(crate) struct DraftPhase {
    pub(crate) outline: PhaseOutline,
    pub(crate) span: Option<Span>,
    /// What all of its checks need.
    pub(crate) needs: Vec<Text>,
}

#[derive(Debug)]
pub(crate) struct DraftCheck {
    pub(crate) id: CheckId,
    pub(crate) span: Option<Span>,
    pub(crate) phase: PhaseId,
    pub(crate) phase_span: Option<Span>,
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) effect: Effect,
    pub(crate) target: Option<(TargetName, Option<Span>)>,
    pub(crate) needs: Vec<Text>,
    pub(crate) limits: Limits,
    pub(crate) group: Option<Text>,
    pub(crate) fresh_for: Option<std::time::Duration>,
    pub(crate) not_applicable: Option<String>,
    pub(crate) on_fail: Option<Advice>,
    pub(crate) hint: Option<String>,
    pub(crate) docs: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) expect: Vec<Text>,
    pub(crate) warn_unless: Vec<Text>,
    pub(crate) baseline: Option<Text>,
    /// Nothing where its parameters are wrong; it still takes part in the rest, so that every mistake is found.
    pub(crate) check: Option<Arc<dyn Check>>,
    pub(crate) requirements: Requirements,
    /// The texts among its parameters, where its requirements name roles or documents.
    pub(crate) texts: Vec<Text>,
    /// The values of its evidence; nothing where any may come, as from a closure.
    pub(crate) evidence: Option<&'static [EvidenceField]>,
    /// The values of `each`.
    pub(crate) each: serde_json::Map<String, serde_json::Value>,
    /// What the definition is made of, besides what is common to all checks.
    pub(crate) parameters: serde_json::Value,
}

#[derive(Debug)]
pub(crate) struct DraftCondition {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) checks: Vec<Text>,
}

#[derive(Debug)]
pub(crate) struct DraftGate {
    pub(crate) id: CheckId,
    pub(crate) span: Option<Span>,
    pub(crate) phase: PhaseId,
    pub(crate) phase_span: Option<Span>,
    pub(crate) title: String,
    pub(crate) question: Question,
    /// Phases, checks, globs and `tag:…`; nothing at all stands for its own phase.
    pub(crate) requires: Vec<Text>,
    pub(crate) conditions: Vec<DraftCondition>,
    /// A gate written in Rust.
    pub(crate) gate: Option<Arc<dyn Gate>>,
}

/// What is declared and cannot be used, as has been told. Nothing is told of those who name it.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    /// Checks and gates, with their phase where it is known.
    pub(crate) nodes: Vec<(String, Option<PhaseId>)>,
    pub(crate) phases: BTreeSet<String>,
    /// Targets, and targets some of whose settings cannot be used.
    pub(crate) targets: BTreeSet<String>,
    pub(crate) roles: BTreeSet<String>,
    /// Messages and commands, as documents are named.
    pub(crate) documents: BTreeSet<String>,
}

/// All declarations of a plan.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) name: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) deployment: Deployment,
    pub(crate) vars: serde_json::Map<String, serde_json::Value>,
    /// Variables that the caller has to give and has not given.
    pub(crate) not_given: Vec<RequiredVariable>,
    pub(crate) targets: BTreeMap<TargetName, Arc<Target>>,
    pub(crate) groups: BTreeMap<String, usize>,
    pub(crate) phases: Vec<DraftPhase>,
    pub(crate) checks: Vec<DraftCheck>,
    pub(crate) gates: Vec<DraftGate>,
    pub(crate) roles: Vec<Role>,
    pub(crate) change: Vec<Section>,
    pub(crate) messages: Vec<Section>,
    pub(crate) commands: Vec<Commands>,
    pub(crate) broken: Broken,
}
