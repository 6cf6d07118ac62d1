//! From declarations to a plan: names resolved, the graph checked.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use globset::Glob;

use super::{
    Node, Plan, PlannedCheck, PlannedGate,
    draft::{Draft, DraftCheck, DraftGate, Text},
    graph::cycles,
};
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

    fn resolve_needs(&self, out: &mut Vec<Diagnostic>) -> Vec<Vec<(Node, Option<Span>)>> {
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

    fn resolve_gates(&self, out: &mut Vec<Diagnostic>) -> Vec<ResolvedGate> {
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
            let broken = self.draft.broken.targets.contains(name.as_str());
            let Some(target) = self.draft.targets.get(name) else {
                if !broken && told.insert((*span, Code::UnknownTarget)) {
                    let help = match nearest(
                        name.as_str(),
                        self.draft.targets.keys().map(crate::TargetName::as_str),
                    ) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => match check.requirements.target {
                            Some(family) => format!("declare it, as in `[target.{name}.{family}]`"),
                            None => format!("declare it, as in `[target.{name}]`"),
                        },
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
                && !broken
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
        let draft = self.draft;
        let roles: HashSet<&str> = draft.roles.iter().map(|role| role.id.as_str()).collect();
        let documents: HashSet<String> = draft
            .messages
            .iter()
            .map(|message| format!("message.{}", message.id))
            .chain(draft.commands.iter().map(|commands| format!("commands.{}", commands.id)))
            .collect();
        let mut told = Told::default();
        for check in &draft.checks {
            let id = check.id.base();
            let place = |name: &String| {
                let at = check.texts.iter().find(|text| text.text == *name).and_then(|text| text.span);
                Text { text: name.clone(), span: at.or(check.span) }
            };
            for role in check.requirements.roles.iter().chain(&check.requirements.role) {
                let at = place(role);
                if roles.contains(role.as_str())
                    || draft.broken.roles.contains(role)
                    || !told.first(Code::UnknownRole, &at)
                {
                    continue;
                }
                let help = match self.suggest(role, roles.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it, as in `[roles.{role}]`"),
                };
                let message = format!("`{id}` names the role `{role}`, which is not declared");
                out.push(Diagnostic::error(Code::UnknownRole, message, at.span).help(help));
            }
            for document in &check.requirements.documents {
                let at = place(document);
                // a section of the change record that is not written yet is a finding of the run
                if !(document.starts_with("message.") || document.starts_with("commands."))
                    || documents.contains(document)
                    || draft.broken.documents.contains(document)
                    || !told.first(Code::UnknownDocument, &at)
                {
                    continue;
                }
                let help = match self.suggest(document, documents.iter().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it, as in `[{document}]`"),
                };
                let message = format!("`{id}` names the document `{document}`, which is not declared");
                out.push(Diagnostic::error(Code::UnknownDocument, message, at.span).help(help));
            }
        }
    }

    fn conditions(&self, out: &mut Vec<Diagnostic>) -> Vec<CheckConditions> {
        let mut told = Told::default();
        let mut parsed: HashMap<(Span, &str), Condition> = HashMap::new();
        let common = Names::default()
            .closed("vars", self.draft.vars.keys())
            .deployment(&self.draft.deployment)
            .open("target");
        let mut all = Vec::with_capacity(self.draft.checks.len());
        for check in &self.draft.checks {
            if check.expect.is_empty() && check.warn_unless.is_empty() {
                all.push(CheckConditions { expect: Vec::new(), warn_unless: Vec::new() });
                continue;
            }
            let mut names: Option<Option<Names>> = None;
            let mut parse = |texts: &[Text]| -> Vec<Condition> {
                let mut conditions = Vec::new();
                for text in texts {
                    // the instances of `for_each` share their conditions
                    let key = text.span.filter(|_| check.baseline.is_none()).map(|span| (span, &*check.kind));
                    if let Some(condition) = key.and_then(|key| parsed.get(&key)) {
                        conditions.push(Condition::clone(condition));
                        continue;
                    }
                    let names = names.get_or_insert_with(|| self.names(check, &common));
                    let condition = match names {
                        Some(names) => Condition::parse(&text.text, names),
                        // any evidence may come: only what cannot be read is found now
                        None => Condition::parse_open(&text.text),
                    };
                    match condition {
                        Ok(condition) => {
                            parsed.extend(key.map(|key| (key, condition.clone())));
                            conditions.push(condition);
                        }
                        Err(wrong) => {
                            if told.first(Code::InvalidExpression, text) {
                                let names = names.clone().unwrap_or_default();
                                out.push(wrong_text(&wrong, "expression", &names, text.span));
                            }
                        }
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
    fn names(&self, check: &DraftCheck, common: &Names) -> Option<Names> {
        let mut names = common.clone().closed("each", check.each.keys());
        for field in check.evidence? {
            names = names.open(field.name);
        }
        if let Some(baseline) = &check.baseline {
            let evidence = match self.named(&baseline.text).as_deref() {
                Some([Node::Check(index)]) => self.draft.checks[*index].evidence,
                // that it is no check has been told
                _ => None,
            };
            names = match evidence {
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

    let deployment = serde_json::to_value(&draft.deployment).unwrap_or_default();
    let mut checks: Vec<Option<(CheckOutline, PlannedCheck)>> = Vec::with_capacity(draft.checks.len());
    for ((check, needs), conditions) in draft.checks.into_iter().zip(needs).zip(conditions) {
        let target = check.target.as_ref().and_then(|(name, _)| draft.targets.get(name)).cloned();
        let Some(runs) = check.check else { continue };
        let scope = seen(&conditions, &draft.vars, &deployment, check.each, target.as_deref());
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
            scope,
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

/// What the conditions of a check see besides evidence: of the variables, those that they use.
fn seen(
    conditions: &CheckConditions,
    vars: &serde_json::Map<String, serde_json::Value>,
    deployment: &serde_json::Value,
    each: serde_json::Map<String, serde_json::Value>,
    target: Option<&crate::Target>,
) -> Arc<serde_json::Value> {
    let all = || conditions.expect.iter().chain(&conditions.warn_unless);
    if all().next().is_none() {
        return Arc::new(serde_json::Value::Null);
    }
    let mut of_vars = serde_json::Map::new();
    for used in all().flat_map(Condition::uses) {
        let mut parts = used.split('.');
        match (parts.next(), parts.next()) {
            (Some("vars"), Some(name)) => {
                of_vars.extend(vars.get(name).map(|value| (name.to_owned(), value.clone())));
            }
            (Some("vars"), None) => of_vars.clone_from(vars),
            _ => {}
        }
    }
    let target = target.map(crate::Target::in_expressions);
    Arc::new(serde_json::json!({ "vars": of_vars, "deployment": deployment, "each": each, "target": target }))
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
