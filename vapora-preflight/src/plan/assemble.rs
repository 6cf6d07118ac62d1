//! From declarations to a plan: names resolved, the graph checked.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use globset::Glob;

use super::{Node, Plan, PlannedCheck, PlannedGate, draft::*, graph::cycles};
use crate::{
    AllHold, Check, CheckId, CheckOutline, Code, ConditionOutline, Conditions, Diagnostic, Digest, Effect,
    Gate, GateOutline, Outline, PhaseId, Span, TargetOutline,
    diagnostic::nearest,
    expr::{Condition, Names},
    spec::wrong_text,
};

/// Resolves every name, and tells everything that is wrong. There is a plan where nothing is.
pub(crate) fn assemble(draft: Draft, out: &mut Vec<Diagnostic>) -> Option<Plan> {
    let before = out.len();
    if draft.checks.is_empty() && out.is_empty() {
        out.push(
            Diagnostic::error(Code::EmptyChecklist, "the checklist holds no checks", None)
                .help("a checklist without checks would decide nothing; declare one, as in `[check.nodes]`"),
        );
    }
    let mut assembly = Assembly::new(&draft);
    assembly.find_duplicates(out);
    assembly.check_phases(out);
    let needs = assembly.resolve_needs(out);
    let gates = assembly.resolve_gates(out);
    assembly.check_cycles(&needs, &gates, out);
    assembly.check_targets(out);
    assembly.check_people_and_documents(out);
    let conditions = assembly.conditions(out);
    let failed = out[before..].iter().any(|diagnostic| diagnostic.level == crate::Level::Error)
        || draft.checks.iter().any(|check| check.check.is_none());
    if failed { None } else { Some(finish(draft, needs, gates, conditions)) }
}

/// What a gate comes to.
struct ResolvedGate {
    subjects: Vec<usize>,
    conditions: Vec<(ConditionOutline, Vec<usize>)>,
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
        let mut used = HashSet::new();
        let named = self.draft.checks.iter().map(|it| (&it.phase, it.phase_span));
        for (phase, span) in named.chain(self.draft.gates.iter().map(|it| (&it.phase, it.phase_span))) {
            used.insert(phase.as_str());
            if !self.phases.contains_key(phase.as_str()) {
                let help = match nearest(phase.as_str(), self.phases.keys().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it, as in `[phase.{phase}]`"),
                };
                out.push(
                    Diagnostic::error(Code::UnknownPhase, format!("unknown phase `{phase}`"), span)
                        .help(help),
                );
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

    fn unknown_need(&self, need: &Text, by: &str) -> Diagnostic {
        let names = self.checks.keys().chain(self.bases.keys()).chain(self.gates.keys()).copied();
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        let help = match nearest(&need.text, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name a check or a gate of this checklist".to_owned(),
        };
        Diagnostic::error(
            Code::UnknownNeed,
            format!("`{by}` needs `{}`, which is not declared", need.text),
            need.span,
        )
        .help(help)
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

    fn resolve_needs(&self, out: &mut Vec<Diagnostic>) -> Vec<Vec<(Node, Option<Span>)>> {
        let mut all = Vec::with_capacity(self.draft.checks.len());
        // an instance of `for_each` repeats the mistakes of its siblings
        let mut told: HashSet<(Option<Span>, String)> = HashSet::new();
        for check in &self.draft.checks {
            let mut needs: Vec<(Node, Option<Span>)> = Vec::new();
            let of_phase = self.order(&check.phase).map_or(&[][..], |index| &self.draft.phases[index].needs);
            for need in check.needs.iter().chain(of_phase).chain(&check.baseline) {
                let once = told.insert((need.span, need.text.clone()));
                let Some(nodes) = self.named(&need.text) else {
                    if once {
                        out.push(self.unknown_need(need, check.id.base()));
                    }
                    continue;
                };
                for node in nodes {
                    let later = self.order(self.phase_of(node)) > self.order(&check.phase);
                    if later && once && self.order(&check.phase).is_some() {
                        out.push(
                            Diagnostic::error(
                                Code::NeedsLaterPhase,
                                format!(
                                    "`{}` of the phase `{}` needs `{}` of the later phase `{}`",
                                    check.id.base(),
                                    check.phase,
                                    self.id_of(node),
                                    self.phase_of(node)
                                ),
                                need.span,
                            )
                            .help("move one of them, or drop the need"),
                        );
                    }
                    if !needs.iter().any(|(known, _)| *known == node) {
                        needs.push((node, need.span));
                    }
                }
            }
            if let Some(baseline) = &check.baseline
                && let Some(nodes) = self.named(&baseline.text)
                && !matches!(nodes[..], [Node::Check(_)])
                && told.insert((baseline.span, format!("baseline {}", baseline.text)))
            {
                out.push(
                    Diagnostic::error(
                        Code::InvalidBaseline,
                        format!("`{}` cannot be a baseline: expected one check", baseline.text),
                        baseline.span,
                    )
                    .help("name a single check; of a check with `for_each`, one instance"),
                );
            }
            all.push(needs);
        }
        all
    }

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
        if found.is_empty() {
            let names = self.phases.keys().chain(self.checks.keys()).chain(self.bases.keys()).copied();
            let mut names: Vec<&str> = names.collect();
            names.sort_unstable();
            let help = match nearest(text, names) {
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

    fn resolve_gates(&self, out: &mut Vec<Diagnostic>) -> Vec<ResolvedGate> {
        self.draft.gates.iter().map(|gate| self.resolve_gate(gate, out)).collect()
    }

    fn resolve_gate(&self, gate: &DraftGate, out: &mut Vec<Diagnostic>) -> ResolvedGate {
        let before = out.len();
        let mut subjects: Vec<usize> = Vec::new();
        let mut add = |found: &[usize]| subjects.extend(found);
        let mut conditions = Vec::new();
        for entry in &gate.requires {
            add(&self.subjects(entry, out));
        }
        for condition in &gate.conditions {
            let mut own: Vec<usize> = Vec::new();
            for entry in &condition.checks {
                own.extend(self.subjects(entry, out));
            }
            own.sort_unstable();
            own.dedup();
            add(&own);
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
        if subjects.is_empty() && out.len() == before {
            out.push(
                Diagnostic::error(
                    Code::EmptyGate,
                    format!("the gate `{}` judges nothing", gate.id),
                    gate.span,
                )
                .help("give it `requires` or conditions; a gate over nothing could only be a formality"),
            );
        }
        for index in &subjects {
            let check = &self.draft.checks[*index];
            if self.order(&check.phase) > self.order(&gate.phase) && self.order(&gate.phase).is_some() {
                out.push(
                    Diagnostic::error(
                        Code::NeedsLaterPhase,
                        format!(
                            "the gate `{}` of the phase `{}` judges `{}` of the later phase `{}`",
                            gate.id, gate.phase, check.id, check.phase
                        ),
                        gate.span,
                    )
                    .label(check.span, "declared here"),
                );
            }
        }
        ResolvedGate { subjects, conditions }
    }

    /// Nodes are numbered checks first, then gates.
    fn check_cycles(
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

    fn check_targets(&self, out: &mut Vec<Diagnostic>) {
        let mut told: HashSet<(Option<Span>, Code)> = HashSet::new();
        for check in &self.draft.checks {
            let id = check.id.base();
            let Some((name, span)) = &check.target else {
                if let Some(family) = check.requirements.target
                    && told.insert((check.span, Code::MissingTarget))
                {
                    out.push(
                        Diagnostic::error(
                            Code::MissingTarget,
                            format!("`{id}` has no target, and `{}` asks one", check.kind),
                            check.span,
                        )
                        .help(format!("give it a `target` that has settings of `{family}`")),
                    );
                }
                continue;
            };
            let Some(target) = self.draft.targets.get(name) else {
                if told.insert((*span, Code::UnknownTarget)) {
                    let help = match nearest(
                        name.as_str(),
                        self.draft.targets.keys().map(crate::TargetName::as_str),
                    ) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("declare it, as in `[target.{name}.kubernetes]`"),
                    };
                    out.push(
                        Diagnostic::error(Code::UnknownTarget, format!("unknown target `{name}`"), *span)
                            .help(help),
                    );
                }
                continue;
            };
            if let Some(family) =
                check.requirements.target.filter(|family| !target.families.contains_key(*family))
                && told.insert((*span, Code::MissingTarget))
            {
                out.push(
                    Diagnostic::error(
                        Code::MissingTarget,
                        format!(
                            "the target `{name}` has no settings of `{family}`, which `{}` asks",
                            check.kind
                        ),
                        *span,
                    )
                    .help(format!("declare them, as in `[target.{name}.{family}]`")),
                );
            }
            if target.protected
                && check.effect >= Effect::Mutates
                && told.insert((*span, Code::ProtectedTarget))
            {
                out.push(
                    Diagnostic::error(
                        Code::ProtectedTarget,
                        format!("`{id}` would change `{name}`, which is protected"),
                        *span,
                    )
                    .help("point it at a target that may be changed; nothing overrides this"),
                );
            }
        }
    }

    fn check_people_and_documents(&self, out: &mut Vec<Diagnostic>) {
        let roles: Vec<&str> = self.draft.roles.iter().map(|role| role.id.as_str()).collect();
        for check in &self.draft.checks {
            for role in check.requirements.roles.iter().chain(&check.requirements.role) {
                if !roles.contains(&role.as_str()) {
                    let help = match nearest(role, roles.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("declare it, as in `[roles.{role}]`"),
                    };
                    out.push(
                        Diagnostic::error(
                            Code::UnknownRole,
                            format!("`{}` names the role `{role}`, which is not declared", check.id.base()),
                            check.span,
                        )
                        .help(help),
                    );
                }
            }
            for document in &check.requirements.documents {
                let known = |sections: &[crate::Section], id: &str| sections.iter().any(|it| it.id == id);
                let (there, table) = if let Some(id) = document.strip_prefix("message.") {
                    (known(&self.draft.messages, id), format!("[message.{id}]"))
                } else if let Some(id) = document.strip_prefix("commands.") {
                    (self.draft.commands.iter().any(|it| it.id == id), format!("[commands.{id}]"))
                } else {
                    // a section of the change record that is not written yet is a finding of the run
                    (true, String::new())
                };
                if !there {
                    out.push(
                        Diagnostic::error(
                            Code::UnknownDocument,
                            format!(
                                "`{}` names the document `{document}`, which is not declared",
                                check.id.base()
                            ),
                            check.span,
                        )
                        .help(format!("declare it, as in `{table}`")),
                    );
                }
            }
        }
    }

    fn conditions(&self, out: &mut Vec<Diagnostic>) -> Vec<CheckConditions> {
        let mut told: HashSet<(Option<Span>, String)> = HashSet::new();
        let mut all = Vec::with_capacity(self.draft.checks.len());
        for check in &self.draft.checks {
            if check.expect.is_empty() && check.warn_unless.is_empty() {
                all.push(CheckConditions { expect: Vec::new(), warn_unless: Vec::new() });
                continue;
            }
            let names = self.names(check);
            let mut parse = |texts: &[Text]| -> Vec<Condition> {
                let mut conditions = Vec::new();
                for text in texts {
                    match (&names, names.as_ref().map(|names| Condition::parse(&text.text, names))) {
                        (_, Some(Ok(condition))) => conditions.push(condition),
                        (Some(names), Some(Err(wrong))) => {
                            if told.insert((text.span, text.text.clone())) {
                                out.push(wrong_text(&wrong, "expression", names, text.span));
                            }
                        }
                        // any evidence may come: only what cannot be read is found now
                        _ => match Condition::parse_open(&text.text) {
                            Ok(condition) => conditions.push(condition),
                            Err(wrong) => {
                                out.push(wrong_text(&wrong, "expression", &Names::default(), text.span))
                            }
                        },
                    }
                }
                conditions
            };
            let (expect, warn_unless) = (parse(&check.expect), parse(&check.warn_unless));
            all.push(CheckConditions { expect, warn_unless });
        }
        all
    }

    /// What the conditions of a check may name; nothing where its evidence is not known beforehand.
    fn names(&self, check: &DraftCheck) -> Option<Names> {
        let mut names = Names::default()
            .closed("vars", self.draft.vars.keys())
            .closed("each", check.each.iter())
            .open("deployment")
            .open("target");
        for field in check.evidence? {
            names = names.open(field.name);
        }
        if let Some(baseline) = &check.baseline
            && let Some([Node::Check(index)]) = self.named(&baseline.text).as_deref()
        {
            names = match self.draft.checks[*index].evidence {
                Some(fields) => names.closed("baseline", fields.iter().map(|field| field.name)),
                None => names.open("baseline"),
            };
        }
        Some(names)
    }
}

fn finish(
    draft: Draft,
    needs: Vec<Vec<(Node, Option<Span>)>>,
    gates: Vec<ResolvedGate>,
    conditions: Vec<CheckConditions>,
) -> Plan {
    // plan order: phase by phase, as declared
    let phase_order: HashMap<String, usize> = draft
        .phases
        .iter()
        .enumerate()
        .map(|(index, phase)| (phase.outline.id.as_str().to_owned(), index))
        .collect();
    let place = |phase: &PhaseId| phase_order.get(phase.as_str()).copied().unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..draft.checks.len()).collect();
    order.sort_by_key(|index| (place(&draft.checks[*index].phase), *index));
    let mut gate_order: Vec<usize> = (0..draft.gates.len()).collect();
    gate_order.sort_by_key(|index| (place(&draft.gates[*index].phase), *index));
    let renumber = |order: &[usize]| {
        let mut new = vec![0; order.len()];
        for (to, from) in order.iter().enumerate() {
            new[*from] = to;
        }
        new
    };
    let (check_number, gate_number) = (renumber(&order), renumber(&gate_order));
    let move_node = |node: Node| match node {
        Node::Check(index) => Node::Check(check_number[index]),
        Node::Gate(index) => Node::Gate(gate_number[index]),
    };
    let ids: Vec<CheckId> = draft.checks.iter().map(|check| check.id.clone()).collect();
    let gate_ids: Vec<CheckId> = draft.gates.iter().map(|gate| gate.id.clone()).collect();
    let id_of = |node: &Node| match node {
        Node::Check(index) => ids[*index].clone(),
        Node::Gate(index) => gate_ids[*index].clone(),
    };

    let mut checks: Vec<Option<(CheckOutline, PlannedCheck)>> = Vec::with_capacity(draft.checks.len());
    for ((check, needs), conditions) in draft.checks.into_iter().zip(needs).zip(conditions) {
        let target = check.target.as_ref().and_then(|(name, _)| draft.targets.get(name)).cloned();
        let Some(runs) = check.check else { continue };
        let outline = CheckOutline {
            definition: definition(
                &check.kind,
                &check.parameters,
                target.as_deref(),
                &conditions,
                check.baseline.as_ref(),
            ),
            id: check.id,
            phase: check.phase,
            kind: check.kind,
            title: check.title,
            severity: check.severity,
            effect: check.effect,
            target: check.target.map(|(name, _)| name),
            needs: needs.iter().map(|(node, _)| id_of(node)).collect(),
            fresh_for: check.fresh_for,
            not_applicable: check.not_applicable,
            on_fail: check.on_fail,
            role: check.requirements.role,
            runs_commands: !check.requirements.commands.is_empty(),
            hint: check.hint,
            docs: check.docs,
            owner: check.owner,
            tags: check.tags,
        };
        let planned = PlannedCheck {
            check: runs,
            target,
            needs: needs.into_iter().map(|(node, _)| move_node(node)).collect(),
            limits: check.limits,
            group: check.group.map(|group| group.text),
            expect: conditions.expect,
            warn_unless: conditions.warn_unless,
            baseline: check.baseline.and_then(|baseline| CheckId::new(baseline.text).ok()),
            scope: check.scope,
            wants_report: check.requirements.report,
            permissions: check.requirements.permissions,
        };
        checks.push(Some((outline, planned)));
    }
    let (check_outlines, planned_checks): (Vec<_>, Vec<_>) =
        order.iter().filter_map(|index| checks.get_mut(*index).and_then(Option::take)).unzip();

    let mut all_gates: Vec<Option<(GateOutline, PlannedGate)>> = Vec::with_capacity(draft.gates.len());
    for (gate, resolved) in draft.gates.into_iter().zip(gates) {
        let conditions: Vec<ConditionOutline> =
            resolved.conditions.into_iter().map(|(condition, _)| condition).collect();
        let judge: Arc<dyn Gate> = match gate.gate {
            Some(own) => own,
            None if conditions.is_empty() => Arc::new(AllHold),
            None => Arc::new(Conditions::new(conditions)),
        };
        let mut subjects: Vec<usize> = resolved.subjects.iter().map(|index| check_number[*index]).collect();
        subjects.sort_unstable();
        let outline = GateOutline {
            id: gate.id,
            phase: gate.phase,
            title: gate.title,
            question: gate.question,
            subjects: subjects.iter().map(|index| check_outlines[*index].id.clone()).collect(),
            conditions: judge.conditions(),
        };
        let needs = subjects.into_iter().map(Node::Check).collect();
        all_gates.push(Some((outline, PlannedGate { gate: judge, needs })));
    }
    let (gate_outlines, planned_gates): (Vec<_>, Vec<_>) =
        gate_order.iter().filter_map(|index| all_gates.get_mut(*index).and_then(Option::take)).unzip();

    let targets_outline = draft
        .targets
        .values()
        .map(|target| TargetOutline {
            name: target.name.clone(),
            protected: target.protected,
            settings: settings_in_words(&target.written()),
        })
        .collect();
    let mut nodes = HashMap::new();
    nodes.extend(check_outlines.iter().enumerate().map(|(index, it)| (it.id.clone(), Node::Check(index))));
    nodes.extend(gate_outlines.iter().enumerate().map(|(index, it)| (it.id.clone(), Node::Gate(index))));
    let outline = Outline {
        checklist: draft.name.unwrap_or_else(|| "checklist".to_owned()),
        title: draft.title,
        deployment: draft.deployment,
        phases: draft.phases.into_iter().map(|phase| phase.outline).collect(),
        checks: check_outlines,
        gates: gate_outlines,
        targets: targets_outline,
        roles: draft.roles,
        change: draft.change,
        messages: draft.messages,
        commands: draft.commands,
    };
    Plan {
        outline: Arc::new(outline),
        checks: planned_checks,
        gates: planned_gates,
        targets: draft.targets,
        groups: draft.groups,
        nodes,
    }
}

/// A result counts only for what was asked, of whom: this is its digest.
fn definition(
    kind: &str,
    parameters: &serde_json::Value,
    target: Option<&crate::Target>,
    conditions: &CheckConditions,
    baseline: Option<&Text>,
) -> Digest {
    let texts = |conditions: &[Condition]| -> Vec<serde_json::Value> {
        conditions.iter().map(|condition| condition.text().into()).collect()
    };
    let whole = serde_json::json!([
        kind,
        parameters,
        target.map(|target| (target.name.as_str(), target.written())),
        texts(&conditions.expect),
        texts(&conditions.warn_unless),
        baseline.map(|baseline| &baseline.text),
    ]);
    Digest::of(sorted(&whole).to_string())
}

/// The same value with the keys of its tables in the order of their names: their order in the file means nothing.
fn sorted(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(values) => values.iter().map(sorted).collect(),
        serde_json::Value::Object(rows) => {
            let mut rows: Vec<_> = rows.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            rows.sort_by(|a, b| a.0.cmp(&b.0));
            rows.into_iter().collect()
        }
        other => other.clone(),
    }
}

fn settings_in_words(written: &serde_json::Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (family, settings) in written.as_object().into_iter().flatten() {
        for (name, value) in settings.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            rows.push((format!("{family}.{name}"), text));
        }
    }
    rows
}

/// Makes sure that a check written in Rust can be asked through a shared pointer.
pub(crate) fn shared(check: impl Check + 'static) -> Arc<dyn Check> {
    Arc::new(check)
}
