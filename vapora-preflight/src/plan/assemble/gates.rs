//! What a gate judges.

use globset::Glob;

use super::{Assembly, ResolvedGate};
use crate::{
    Code, ConditionOutline, Diagnostic,
    plan::{
        Node,
        draft::{DraftCheck, DraftGate, Text},
    },
};

impl Assembly<'_> {
    /// The checks that an entry of a gate names: a phase, a check, a glob, or `tag:…`.
    fn subjects(&self, entry: &Text, out: &mut Vec<Diagnostic>) -> Vec<usize> {
        let checks = || self.draft.checks.iter().enumerate();
        let text = entry.text.as_str();
        let found: Vec<usize> = if let Some(tag) = text.strip_prefix("tag:") {
            checks().filter(|(_, it)| it.tags.iter().any(|own| own == tag)).map(|(index, _)| index).collect()
        } else if self.phases.contains_key(text) {
            checks().filter(|(_, it)| it.phase.as_str() == text).map(|(index, _)| index).collect()
        } else if let Some(nodes) = self.named(text) {
            if nodes.iter().any(|node| matches!(node, Node::Gate(_))) {
                out.push(
                    Diagnostic::error(
                        Code::UnknownNeed,
                        format!("`{text}` is a gate; a gate judges checks"),
                        entry.span,
                    )
                    .help("name the checks or phases that it judges"),
                );
                return Vec::new();
            }
            nodes
                .into_iter()
                .filter_map(|node| if let Node::Check(index) = node { Some(index) } else { None })
                .collect()
        } else if let (true, Ok(glob)) = (text.contains(['*', '?']), Glob::new(text)) {
            let matcher = glob.compile_matcher();
            checks().filter(|(_, it)| matcher.is_match(it.id.as_str())).map(|(index, _)| index).collect()
        } else {
            Vec::new()
        };
        if found.is_empty() && !self.may_name_broken(text) {
            let names = self.phases.keys().chain(self.checks.keys()).chain(self.bases.keys()).copied();
            let help = match self.suggest(text, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "name a phase, a check, a pattern such as `staging-*`, or `tag:…`".to_owned(),
            };
            out.push(
                Diagnostic::error(Code::UnknownNeed, format!("no check matches `{text}`"), entry.span)
                    .help(help),
            );
        }
        found
    }

    /// Whether an entry of a gate may be meant for something that could not be compiled.
    fn may_name_broken(&self, text: &str) -> bool {
        let pattern = text.starts_with("tag:") || text.contains(['*', '?']);
        self.is_broken(text)
            || self.draft.broken.phases.contains(text)
            || (!self.broken.is_empty() && (pattern || self.phases.contains_key(text)))
    }

    pub(super) fn resolve_gates(&self, out: &mut Vec<Diagnostic>) -> Vec<ResolvedGate> {
        self.draft.gates.iter().map(|gate| self.resolve_gate(gate, out)).collect()
    }

    fn resolve_gate(&self, gate: &DraftGate, out: &mut Vec<Diagnostic>) -> ResolvedGate {
        let before = out.len();
        let mut subjects: Vec<usize> = Vec::new();
        let mut conditions = Vec::new();
        for entry in &gate.requires {
            let found = self.subjects(entry, out);
            self.tell_later(gate, entry, &found, out);
            subjects.extend(found);
        }
        for condition in &gate.conditions {
            let mut own: Vec<usize> = Vec::new();
            for entry in &condition.checks {
                let found = self.subjects(entry, out);
                self.tell_later(gate, entry, &found, out);
                own.extend(found);
            }
            own.sort_unstable();
            own.dedup();
            subjects.extend(&own);
            let outline = ConditionOutline {
                name: condition.name.clone(),
                side: condition.side,
                subjects: own.iter().map(|index| self.draft.checks[*index].id.clone()).collect(),
            };
            conditions.push((outline, own));
        }
        if gate.requires.is_empty() && gate.conditions.is_empty() {
            // its own phase, without what waits for the gate itself
            let waiting = |check: &DraftCheck| check.needs.iter().any(|need| need.text == gate.id.as_str());
            subjects.extend(
                (0..self.draft.checks.len())
                    .filter(|index| self.draft.checks[*index].phase == gate.phase)
                    .filter(|index| !waiting(&self.draft.checks[*index])),
            );
        }
        subjects.sort_unstable();
        subjects.dedup();
        if subjects.is_empty() && out.len() == before && self.broken.is_empty() {
            out.push(
                Diagnostic::error(
                    Code::EmptyGate,
                    format!("the gate `{}` judges nothing", gate.id),
                    gate.span,
                )
                .help("give it `requires` or conditions; a gate over nothing could only be a formality"),
            );
        }
        ResolvedGate { subjects, conditions }
    }

    /// Tells of an entry of a gate that names checks of a later phase, once.
    fn tell_later(&self, gate: &DraftGate, entry: &Text, found: &[usize], out: &mut Vec<Diagnostic>) {
        let Some(order) = self.order(&gate.phase) else { return };
        let mut later = found
            .iter()
            .map(|index| &self.draft.checks[*index])
            .filter(|check| self.order(&check.phase).is_some_and(|phase| phase > order));
        let Some(first) = later.next() else { return };
        let more = match later.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "the gate `{}` of the phase `{}` judges `{}`{more} of the later phase `{}`",
            gate.id, gate.phase, first.id, first.phase
        );
        out.push(
            Diagnostic::error(Code::NeedsLaterPhase, message, entry.span)
                .label(first.span, "declared here")
                .help("move the gate to that phase, or let it judge earlier checks"),
        );
    }
}
