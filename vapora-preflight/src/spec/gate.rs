//! `[gate.…]`.

use super::{
    compile::{Known, texts},
    document::Document,
    fields::{Fields, place},
    text::in_words,
};
use crate::{
    CheckId, Code, Diagnostic, PhaseId, Side,
    plan::draft::{Broken, DraftCondition, DraftGate},
};

const CONDITION: &str = "write a condition as `{ name = \"Staging is fine\", checks = [\"staging-*\"] }`";

pub(super) fn compile_gates(
    document: &mut Document<'_>,
    known: &Known<'_>,
    broken: &mut Broken,
    out: &mut Vec<Diagnostic>,
) -> Vec<DraftGate> {
    let mut gates = Vec::new();
    for entry in std::mem::take(&mut document.gates) {
        let id = match CheckId::new(&entry.name) {
            Ok(id) if id.base() == id.as_str() => id,
            wrong => {
                let message = match wrong {
                    Err(error) => error.to_string(),
                    Ok(id) => {
                        format!("`{id}` cannot be the name of a gate: brackets are for instances of checks")
                    }
                };
                out.push(Diagnostic::error(Code::InvalidName, message, entry.name_span));
                broken.nodes.push((entry.name, None));
                continue;
            }
        };
        let what = format!("`gate.{id}`");
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else {
            broken.nodes.push((entry.name, None));
            continue;
        };
        let title = fields.plain("title", &known.filler(), out).unwrap_or_else(|| id.to_string());
        let question = fields.plain("question", &known.filler(), out).unwrap_or_default();
        let requires = texts(&mut fields, "requires", known, false, out);
        let mut conditions = Vec::new();
        for (key, side) in [("proceed_if", Side::ProceedIf), ("reschedule_if", Side::RescheduleIf)] {
            conditions.extend(compile_conditions(&mut fields, key, side, known, out));
        }
        let given = !fields.lacks("phase");
        let phase = match fields.take::<PhaseId>("phase", &known.filler(), out) {
            Some(phase) => Some((phase.value, Some(phase.span))),
            None if given => None,
            None => entry
                .file_phase
                .as_ref()
                .and_then(|phase| Some((PhaseId::new(&phase.value).ok()?, Some(phase.span))))
                .or_else(|| known.only_phase.clone().map(|phase| (phase, None))),
        };
        fields.finish(&what, out);
        let Some((phase, phase_span)) = phase else {
            if !given {
                out.push(
                    Diagnostic::error(
                        Code::MissingPhase,
                        format!("the gate `{id}` belongs to no phase"),
                        entry.name_span,
                    )
                    .help("give it a `phase`, as in `phase = \"t-15min\"`"),
                );
            }
            broken.nodes.push((entry.name, None));
            continue;
        };
        gates.push(DraftGate {
            id,
            span: Some(entry.name_span),
            phase,
            phase_span,
            title,
            question,
            requires,
            conditions,
            gate: None,
        });
    }
    gates
}

fn compile_conditions(
    fields: &mut Fields<'_>,
    key: &'static str,
    side: Side,
    known: &Known<'_>,
    out: &mut Vec<Diagnostic>,
) -> Vec<DraftCondition> {
    let source = fields.source;
    let Some(value) = fields.raw(key) else { return Vec::new() };
    let span = place(source, value.span());
    let list = match value.into_inner() {
        toml::de::DeValue::Array(list) if !list.is_empty() => list,
        toml::de::DeValue::Array(_) => {
            out.push(
                Diagnostic::error(
                    Code::EmptyList,
                    format!("`{key}` is empty, and would ask for nothing"),
                    span,
                )
                .help("name at least one, or leave the key out"),
            );
            return Vec::new();
        }
        other => {
            let message = format!("expected a list of conditions for `{key}`, found {}", in_words(&other));
            out.push(Diagnostic::error(Code::InvalidValue, message, span).help(CONDITION));
            return Vec::new();
        }
    };
    let mut conditions = Vec::new();
    for value in list {
        let before = out.len();
        let Some(mut table) = Fields::of(source, value, &format!("a condition of `{key}`"), out) else {
            out[before..].iter_mut().for_each(|told| told.help = Some(CONDITION.to_owned()));
            continue;
        };
        let span = table.span;
        for needed in ["name", "checks"] {
            if table.lacks(needed) {
                out.push(
                    Diagnostic::error(
                        Code::MissingKey,
                        format!("a condition of `{key}` has no `{needed}`"),
                        span,
                    )
                    .help(CONDITION),
                );
            }
        }
        let name: Option<String> = table.plain("name", &known.filler(), out);
        let checks = texts(&mut table, "checks", known, false, out);
        table.finish(&format!("a condition of `{key}`"), out);
        if let Some(name) = name {
            conditions.push(DraftCondition { name, side, checks });
        }
    }
    conditions
}
