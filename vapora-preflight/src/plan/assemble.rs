//! From declarations to a plan: names resolved, the graph checked.

mod conditions;
mod finish;
mod gates;
mod needs;
mod references;

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use self::finish::finish;
use super::{
    Node, Plan,
    draft::{Draft, Text},
};
use crate::{
    Check, CheckId, Code, ConditionOutline, Diagnostic, PhaseId, Span, diagnostic::nearest, expr::Condition,
};

/// Resolves every name, and tells everything that is wrong. There is a plan where nothing is.
pub(crate) fn assemble(draft: Draft, out: &mut Vec<Diagnostic>) -> Option<Plan> {
    let before = out.len();
    let declared = !draft.checks.is_empty() || !draft.broken.nodes.is_empty();
    if !declared && out.iter().all(|diagnostic| diagnostic.level != crate::Level::Error) {
        out.push(
            Diagnostic::error(Code::EmptyChecklist, "the checklist holds no checks", None)
                .help("a checklist without checks would decide nothing; declare one, as in `[check.nodes]`"),
        );
    }
    let assembly = Assembly::new(&draft);
    assembly.find_duplicates(out);
    assembly.check_phases(out);
    let needs = assembly.resolve_needs(out);
    let gates = assembly.resolve_gates(out);
    assembly.check_cycles(&needs, &gates, out);
    assembly.check_targets(out);
    assembly.check_people_and_documents(out);
    assembly.check_groups(out);
    let conditions = assembly.conditions(out);
    let failed = out[before..].iter().any(|diagnostic| diagnostic.level == crate::Level::Error)
        || draft.checks.iter().any(|check| check.check.is_none());
    if failed { None } else { Some(finish(draft, needs, gates, conditions)) }
}

/// How many names are compared with all others, to suggest one; beyond that the author has other worries.
const MOST_SUGGESTIONS: usize = 20;

/// What a gate comes to.
struct ResolvedGate {
    subjects: Vec<usize>,
    conditions: Vec<(ConditionOutline, Vec<usize>)>,
}

/// Why a check waits for another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Need,
    Phase,
    Baseline,
}

/// What has been told at a place; of what has none, by its text.
#[derive(Default)]
struct Told(HashSet<(Code, Option<Span>, String)>);

impl Told {
    fn first(&mut self, code: Code, at: &Text) -> bool {
        self.0.insert((code, at.span, at.span.map_or_else(|| at.text.clone(), |_| String::new())))
    }
}

struct CheckConditions {
    expect: Vec<Condition>,
    warn_unless: Vec<Condition>,
}

struct Assembly<'d> {
    draft: &'d Draft,
    /// Phase name to its place.
    phases: HashMap<&'d str, usize>,
    /// Name of a check to its place.
    checks: HashMap<&'d str, usize>,
    /// Name before the brackets to its instances.
    bases: HashMap<&'d str, Vec<usize>>,
    gates: HashMap<&'d str, usize>,
    /// What is declared and cannot be used.
    broken: HashMap<&'d str, Option<&'d PhaseId>>,
    suggestions: Cell<usize>,
}

impl<'d> Assembly<'d> {
    fn new(draft: &'d Draft) -> Self {
        let mut bases: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, check) in draft.checks.iter().enumerate() {
            if check.id.base() != check.id.as_str() {
                bases.entry(check.id.base()).or_default().push(index);
            }
        }
        let named = |index: usize, name: &'d str| (name, index);
        Self {
            draft,
            phases: draft.phases.iter().enumerate().map(|(i, it)| named(i, it.outline.id.as_str())).collect(),
            checks: draft.checks.iter().enumerate().rev().map(|(i, it)| named(i, it.id.as_str())).collect(),
            gates: draft.gates.iter().enumerate().rev().map(|(i, it)| named(i, it.id.as_str())).collect(),
            bases,
            broken: draft.broken.nodes.iter().map(|(name, phase)| (name.as_str(), phase.as_ref())).collect(),
            suggestions: Cell::new(0),
        }
    }

    fn find_duplicates(&self, out: &mut Vec<Diagnostic>) {
        let mut seen: HashMap<&str, Option<Span>> = HashMap::new();
        let ids = self.draft.checks.iter().map(|it| (&it.id, it.span));
        for (id, span) in ids.chain(self.draft.gates.iter().map(|it| (&it.id, it.span))) {
            if let Some(first) = seen.insert(id.as_str(), span) {
                out.push(
                    Diagnostic::error(Code::DuplicateId, format!("the name `{id}` is declared twice"), span)
                        .label(first.filter(|first| Some(*first) != span), "first declared here")
                        .help("give one of them another name"),
                );
            }
        }
        let mut phases = HashSet::new();
        for phase in &self.draft.phases {
            if !phases.insert(phase.outline.id.as_str()) {
                let message = format!("the phase `{}` is declared twice", phase.outline.id);
                out.push(Diagnostic::error(Code::DuplicateId, message, phase.span));
            }
        }
    }

    fn check_phases(&self, out: &mut Vec<Diagnostic>) {
        let (mut used, mut told) = (HashSet::new(), HashSet::new());
        let named = self.draft.checks.iter().map(|it| (&it.phase, it.phase_span));
        for (phase, span) in named.chain(self.draft.gates.iter().map(|it| (&it.phase, it.phase_span))) {
            used.insert(phase.as_str());
            let broken = self.draft.broken.phases.contains(phase.as_str());
            // the default phase of a file is told once
            if !self.phases.contains_key(phase.as_str())
                && !broken
                && told.insert((span.map_or(phase.as_str(), |_| ""), span))
            {
                let help = match self.suggest(phase.as_str(), self.phases.keys().copied()) {
                    Some(meant) => {
                        used.insert(meant);
                        format!("did you mean `{meant}`?")
                    }
                    None => format!("declare it, as in `[phase.{phase}]`"),
                };
                out.push(
                    Diagnostic::error(Code::UnknownPhase, format!("unknown phase `{phase}`"), span)
                        .help(help),
                );
            }
        }
        for phase in self.broken.values() {
            match phase {
                Some(phase) => {
                    used.insert(phase.as_str());
                }
                // it may belong to any
                None => return,
            }
        }
        for phase in &self.draft.phases {
            if !used.contains(phase.outline.id.as_str()) {
                out.push(
                    Diagnostic::error(
                        Code::EmptyPhase,
                        format!("the phase `{}` holds no checks", phase.outline.id),
                        phase.span,
                    )
                    .help("an empty phase would decide nothing; give it a check, or remove it"),
                );
            }
        }
    }

    fn order(&self, phase: &PhaseId) -> Option<usize> {
        self.phases.get(phase.as_str()).copied()
    }

    /// The checks and gates that one need names.
    fn named(&self, need: &str) -> Option<Vec<Node>> {
        if let Some(index) = self.checks.get(need) {
            return Some(vec![Node::Check(*index)]);
        }
        if let Some(index) = self.gates.get(need) {
            return Some(vec![Node::Gate(*index)]);
        }
        self.bases.get(need).map(|all| all.iter().copied().map(Node::Check).collect())
    }

    /// The name that is nearest, for the first few mistakes.
    fn suggest<'n>(&self, found: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        if self.suggestions.replace(self.suggestions.get() + 1) >= MOST_SUGGESTIONS {
            return None;
        }
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        nearest(found, names)
    }

    /// Whether a name is that of something that could not be compiled, or of an instance of it.
    fn is_broken(&self, name: &str) -> bool {
        self.broken.contains_key(name)
            || name.split_once('[').is_some_and(|(base, _)| self.broken.contains_key(base))
    }

    fn unknown_need(&self, need: &Text, message: String) -> Diagnostic {
        let names = self.checks.keys().chain(self.bases.keys()).chain(self.gates.keys()).copied();
        let help = match self.suggest(&need.text, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name a check or a gate of this checklist".to_owned(),
        };
        Diagnostic::error(Code::UnknownNeed, message, need.span).help(help)
    }

    fn phase_of(&self, node: Node) -> &PhaseId {
        match node {
            Node::Check(index) => &self.draft.checks[index].phase,
            Node::Gate(index) => &self.draft.gates[index].phase,
        }
    }

    fn id_of(&self, node: Node) -> &CheckId {
        match node {
            Node::Check(index) => &self.draft.checks[index].id,
            Node::Gate(index) => &self.draft.gates[index].id,
        }
    }
}

/// Makes sure that a check written in Rust can be asked through a shared pointer.
pub(crate) fn shared(check: impl Check + 'static) -> Arc<dyn Check> {
    Arc::new(check)
}
