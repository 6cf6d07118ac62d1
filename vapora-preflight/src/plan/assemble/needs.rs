//! What needs what: names resolved, later phases and circles found.

use std::collections::HashSet;

use super::{Assembly, ResolvedGate, Told, Why};
use crate::{
    Code, Diagnostic, Span,
    plan::{Node, draft::DraftCheck, graph::cycles},
};

impl Assembly<'_> {
    pub(super) fn resolve_needs(&self, out: &mut Vec<Diagnostic>) -> Vec<Vec<(Node, Option<Span>)>> {
        // an instance of `for_each` repeats the mistakes of its siblings
        let mut told = Told::default();
        self.draft.checks.iter().map(|check| self.needs_of(check, &mut told, out)).collect()
    }

    fn needs_of(
        &self,
        check: &DraftCheck,
        told: &mut Told,
        out: &mut Vec<Diagnostic>,
    ) -> Vec<(Node, Option<Span>)> {
        let id = check.id.base();
        let phase = self.order(&check.phase);
        let of_phase = phase.map_or(&[][..], |index| &self.draft.phases[index].needs);
        let (own, baseline) = (check.needs.iter(), check.baseline.iter());
        let all = own
            .map(|need| (need, Why::Need))
            .chain(of_phase.iter().map(|need| (need, Why::Phase)))
            .chain(baseline.map(|need| (need, Why::Baseline)));
        let mut needs: Vec<(Node, Option<Span>)> = Vec::new();
        let mut seen: HashSet<Node> = HashSet::new();
        for (need, why) in all {
            let Some(nodes) = self.named(&need.text) else {
                if !self.is_broken(&need.text) && told.first(Code::UnknownNeed, need) {
                    let text = &need.text;
                    out.push(self.unknown_need(
                        need,
                        match why {
                            Why::Need => format!("`{id}` needs `{text}`, which is not declared"),
                            Why::Phase => {
                                format!("the phase `{}` needs `{text}`, which is not declared", check.phase)
                            }
                            Why::Baseline => {
                                format!("`{id}` is compared with `{text}`, which is not declared")
                            }
                        },
                    ));
                }
                continue;
            };
            if why == Why::Baseline
                && !matches!(nodes[..], [Node::Check(_)])
                && told.first(Code::InvalidBaseline, need)
            {
                out.push(
                    Diagnostic::error(
                        Code::InvalidBaseline,
                        format!("`{}` cannot be a baseline: expected one check", need.text),
                        need.span,
                    )
                    .help("name a single check; of a check with `for_each`, one instance"),
                );
            }
            for node in nodes {
                // what all checks of a phase need, need not need itself
                if why == Why::Phase && *self.id_of(node) == check.id {
                    continue;
                }
                let later = self.order(self.phase_of(node)) > phase;
                if later && phase.is_some() && told.first(Code::NeedsLaterPhase, need) {
                    let message = format!(
                        "`{id}` of the phase `{}` needs `{}` of the later phase `{}`",
                        check.phase,
                        self.id_of(node),
                        self.phase_of(node)
                    );
                    out.push(
                        Diagnostic::error(Code::NeedsLaterPhase, message, need.span)
                            .help("move one of them, or drop the need"),
                    );
                }
                if seen.insert(node) {
                    needs.push((node, need.span));
                }
            }
        }
        needs
    }

    /// Nodes are numbered checks first, then gates.
    pub(super) fn check_cycles(
        &self,
        needs: &[Vec<(Node, Option<Span>)>],
        gates: &[ResolvedGate],
        out: &mut Vec<Diagnostic>,
    ) {
        let checks = needs.len();
        let number = |node: &Node| match node {
            Node::Check(index) => *index,
            Node::Gate(index) => checks + index,
        };
        let mut edges: Vec<Vec<usize>> =
            needs.iter().map(|needs| needs.iter().map(|(node, _)| number(node)).collect()).collect();
        edges.extend(gates.iter().map(|gate| gate.subjects.clone()));
        let node = |number: usize| {
            if number < checks { Node::Check(number) } else { Node::Gate(number - checks) }
        };
        for cycle in cycles(&edges) {
            let ids: Vec<String> = cycle.iter().map(|at| format!("`{}`", self.id_of(node(*at)))).collect();
            let path = format!("{} → {}", ids.join(" → "), ids[0]);
            let mut diagnostic = Diagnostic::error(
                Code::DependencyCycle,
                format!("checks need one another in a circle: {path}"),
                None,
            )
            .help("drop one of these needs");
            for (place, at) in cycle.iter().enumerate() {
                let next = cycle[(place + 1) % cycle.len()];
                let span = match node(*at) {
                    Node::Check(index) => needs[index]
                        .iter()
                        .find(|(need, _)| number(need) == next)
                        .and_then(|(_, span)| *span)
                        .or(self.draft.checks[index].span),
                    Node::Gate(index) => self.draft.gates[index].span,
                };
                diagnostic =
                    diagnostic.label(span, format!("{} needs {}", ids[place], ids[(place + 1) % ids.len()]));
            }
            out.push(diagnostic);
        }
    }
}
