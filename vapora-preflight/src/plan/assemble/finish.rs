//! The plan itself: everything in plan order, each check with its definition.

use std::{collections::HashMap, sync::Arc};

use super::{CheckConditions, ResolvedGate};
use crate::{
    AllHold, CheckId, CheckOutline, ConditionOutline, Conditions, Digest, Gate, GateOutline, Outline,
    PhaseId, Span, TargetOutline,
    expr::Condition,
    outline::document,
    plan::{
        Node, Plan, PlannedCheck, PlannedGate,
        draft::{Draft, Text},
    },
};

pub(super) fn finish(
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
                &scope,
                check.baseline.as_ref(),
                check.requirements.documents.iter().map(|name| {
                    (name.as_str(), document(name, &draft.change, &draft.messages, &draft.commands))
                }),
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
        not_given: draft.not_given,
        nodes,
    }
}

/// What the conditions of a check see besides evidence: of the variables and the deployment,
/// what they use.
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
    let mut of_deployment = None;
    for used in all().flat_map(Condition::uses) {
        let mut parts = used.split('.');
        match (parts.next(), parts.next()) {
            (Some("vars"), Some(name)) => {
                of_vars.extend(vars.get(name).map(|value| (name.to_owned(), value.clone())));
            }
            (Some("vars"), None) => of_vars.clone_from(vars),
            (Some("deployment"), _) => of_deployment = Some(deployment),
            _ => {}
        }
    }
    let target = target.map(crate::Target::in_expressions);
    Arc::new(
        serde_json::json!({ "vars": of_vars, "deployment": of_deployment, "each": each, "target": target }),
    )
}

/// A result counts only for what was asked, of whom, and of which documents: this is its digest.
fn definition<'a>(
    kind: &str,
    parameters: &serde_json::Value,
    target: Option<&crate::Target>,
    conditions: &CheckConditions,
    scope: &serde_json::Value,
    baseline: Option<&Text>,
    documents: impl Iterator<Item = (&'a str, Option<String>)>,
) -> Digest {
    let texts = |conditions: &[Condition]| -> Vec<serde_json::Value> {
        conditions.iter().map(|condition| condition.text().into()).collect()
    };
    let mut whole = serde_json::json!([
        kind,
        parameters,
        target.map(|target| (target.name.as_str(), target.written())),
        texts(&conditions.expect),
        texts(&conditions.warn_unless),
        // the same condition over other values asks something else
        scope,
        baseline.map(|baseline| &baseline.text),
    ]);
    // what is said of a text is not said of another, and what was sent is not that other text
    let documents: Vec<_> = documents.collect();
    if let (Some(parts), false) = (whole.as_array_mut(), documents.is_empty()) {
        parts.push(serde_json::json!(documents));
    }
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
