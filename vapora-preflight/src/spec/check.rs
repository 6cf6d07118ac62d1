//! `[check.…]`.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{
    RESERVED,
    compile::{Known, texts_filled},
    document::{Document, Entry},
    fields::{Fields, place, unknown_key},
    limits::{limits, period},
    text::{Filler, diagnose, fill, to_json, wrong_text},
};
use crate::{
    Advice, CheckId, Code, Diagnostic, KindInfo, PhaseId, Registry, Severity, SourceId, Span, TargetName,
    expr::{Names, evaluate_known, scope},
    plan::draft::{Draft, DraftCheck},
};

type Spanned<T> = toml::Spanned<T>;

/// How many instances one `for_each` may make.
const MOST_INSTANCES: usize = 10_000;

pub(super) fn compile_checks(
    document: &mut Document<'_>,
    known: &Known<'_>,
    draft: &Draft,
    out: &mut Vec<Diagnostic>,
) -> Vec<DraftCheck> {
    let mut checks = Vec::new();
    for entry in std::mem::take(&mut document.checks) {
        compile_check(entry, known, draft, &mut checks, out);
    }
    checks
}

/// One instance of a check: the values of `each`.
struct Instance {
    values: Vec<(String, serde_json::Value)>,
}

fn compile_check(
    entry: Entry<'_>,
    known: &Known<'_>,
    draft: &Draft,
    checks: &mut Vec<DraftCheck>,
    out: &mut Vec<Diagnostic>,
) {
    let id = match CheckId::new(&entry.name) {
        Ok(id) if id.base() == id.as_str() => id,
        Ok(id) => {
            let message = format!("`{id}` is the name of an instance; brackets come from `for_each`");
            out.push(Diagnostic::error(Code::InvalidName, message, entry.name_span));
            return;
        }
        Err(error) => {
            out.push(Diagnostic::error(Code::InvalidName, error.to_string(), entry.name_span));
            return;
        }
    };
    let Some(mut fields) = Fields::of(entry.source, entry.value, &format!("`check.{id}`"), out) else {
        return;
    };
    let each = match fields.raw("for_each") {
        None => None,
        Some(value) => match instances(entry.source, value, known, out) {
            Some(instances) => Some(instances),
            None => return,
        },
    };
    let context = CheckSource {
        id: &id,
        name_span: entry.name_span,
        file_phase: entry.file_phase.as_ref(),
        known,
        draft,
    };
    let Some(each) = each else {
        checks.extend(compile_instance(&context, fields, id.clone(), None, out));
        return;
    };
    let (source, span) = (fields.source, fields.span);
    let table = fields.rest();
    let mut told = out.len();
    for instance in each {
        let shown: Vec<String> = instance
            .values
            .iter()
            .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        let fields = Fields::of_table(source, table.clone(), span);
        let mut own = Vec::new();
        checks.extend(compile_instance(&context, fields, id.instance(&shown), Some(&instance), &mut own));
        // a mistake that all instances share is told once
        own.retain(|diagnostic| !out[told.min(out.len())..].contains(diagnostic));
        if !own.is_empty() {
            told = told.min(out.len());
            out.extend(own);
        }
    }
}

/// The instances that `for_each` asks for: every combination of its lists.
fn instances(
    source: SourceId,
    value: Spanned<DeValue<'_>>,
    known: &Known<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Instance>> {
    let whole = place(source, value.span());
    let fields = Fields::of(source, value, "`for_each`", out)?;
    let before = out.len();
    let mut all = vec![Instance { values: Vec::new() }];
    let table = fields.rest();
    if table.is_empty() {
        out.push(
            Diagnostic::error(Code::EmptyList, "`for_each` is empty, and would make no check", whole)
                .help("name a list, as in `for_each = { deployment = \"vars.deployments\" }`"),
        );
    }
    for (name, mut value) in table {
        let span = place(source, value.span());
        let list = match value.get_ref() {
            DeValue::String(text) => match evaluate_known(text, &known.names, &known.scope) {
                Ok(list) => serde_json::to_value(&list).unwrap_or_default(),
                Err(wrong) => {
                    out.push(wrong_text(&wrong, "expression", &known.names, span));
                    continue;
                }
            },
            _ => {
                if !fill(source, &mut value, &known.filler(), out) {
                    continue;
                }
                to_json(value.get_ref())
            }
        };
        let serde_json::Value::Array(list) = list else {
            out.push(
                Diagnostic::error(Code::InvalidValue, "expected a list to make checks of", span)
                    .help("give a list, or an expression that names one, such as `vars.deployments`"),
            );
            continue;
        };
        if list.is_empty() {
            out.push(
                Diagnostic::error(Code::EmptyList, "the list is empty, and would make no check", span)
                    .help("an empty list asks for nothing; use `when` for a check that may not apply"),
            );
            continue;
        }
        if all.len().saturating_mul(list.len()) > MOST_INSTANCES {
            out.push(Diagnostic::error(
                Code::UnsatisfiableLimit,
                format!("`for_each` would make more than {MOST_INSTANCES} checks"),
                span,
            ));
            continue;
        }
        all = all
            .iter()
            .flat_map(|instance| {
                list.iter().map(|value| {
                    let mut values = instance.values.clone();
                    values.push((name.get_ref().to_string(), value.clone()));
                    Instance { values }
                })
            })
            .collect();
    }
    (out.len() == before).then_some(all)
}

struct CheckSource<'a> {
    id: &'a CheckId,
    name_span: Span,
    file_phase: Option<&'a super::fields::At<String>>,
    known: &'a Known<'a>,
    draft: &'a Draft,
}

fn compile_instance(
    context: &CheckSource<'_>,
    mut fields: Fields<'_>,
    id: CheckId,
    instance: Option<&Instance>,
    out: &mut Vec<Diagnostic>,
) -> Option<DraftCheck> {
    let known = context.known;
    // what templates and expressions of this check see
    let mut names = known.names.clone();
    let mut fixed = known.fixed.clone();
    let each: serde_json::Map<String, serde_json::Value> =
        instance.map(|instance| instance.values.iter().cloned().collect()).unwrap_or_default();
    let each_names: Vec<String> = each.keys().cloned().collect();
    if instance.is_some() {
        names = names.closed("each", each_names.iter());
        fixed.insert("each".to_owned(), serde_json::Value::Object(each));
    }
    let first = scope(&serde_json::Value::Object(fixed.clone()), None, None);
    let target = fields.take::<TargetName>("target", &Filler { names: &names, scope: &first }, out);
    if let Some(target) = &target {
        let settings = context.draft.targets.get(&target.value).map(|it| it.written()).unwrap_or_default();
        let mut value = settings.as_object().cloned().unwrap_or_default();
        value.insert("name".to_owned(), target.value.as_str().into());
        fixed.insert("target".to_owned(), serde_json::Value::Object(value));
        names = names.open("target");
    }
    let fixed = serde_json::Value::Object(fixed);
    let values = scope(&fixed, None, None);
    let filler = Filler { names: &names, scope: &values };

    let not_applicable = when(&mut fields, &names, &values, out);
    let given_phase = fields.key_span("phase").is_some();
    let phase = match fields.take::<PhaseId>("phase", &filler, out) {
        Some(phase) => Some((phase.value, Some(phase.span))),
        None if given_phase => None,
        None => match context.file_phase.map(|phase| (PhaseId::new(&phase.value), phase.span)) {
            Some((Ok(phase), span)) => Some((phase, Some(span))),
            Some((Err(error), span)) => {
                out.push(Diagnostic::error(Code::InvalidName, error.to_string(), span));
                None
            }
            None => {
                out.push(
                    Diagnostic::error(
                        Code::MissingPhase,
                        format!("the check `{}` belongs to no phase", context.id),
                        context.name_span,
                    )
                    .help("give it a `phase`, or the file a default one: `phase = \"t-4h\"` at its top"),
                );
                None
            }
        },
    };
    let title: Option<String> = fields.plain("title", &filler, out);
    let severity: Severity = fields.plain("severity", &filler, out).unwrap_or_default();
    let limits = limits(&mut fields, &filler, out);
    let needs = texts_filled(&mut fields, "needs", &filler, true, out);
    let expect = texts_unfilled(&mut fields, "expect", out);
    let warn_unless = texts_unfilled(&mut fields, "warn_unless", out);
    let text =
        |at: super::fields::At<String>| crate::plan::draft::Text { text: at.value, span: Some(at.span) };
    let group = fields.take::<String>("group", &filler, out).map(text);
    let baseline = fields.take::<String>("baseline", &filler, out).map(text);
    let fresh_for = period(&mut fields, "fresh_for", &filler, out);
    let on_fail: Option<Advice> = fields.plain("on_fail", &filler, out);
    let hint = fields.plain("hint", &filler, out);
    let docs = fields.plain("docs", &filler, out);
    let owner = fields.plain("owner", &filler, out);
    let tags =
        texts_filled(&mut fields, "tags", &filler, true, out).into_iter().map(|tag| tag.text).collect();

    let info = find_kind(&mut fields, context, &filler, out);
    let (source, whole) = (fields.source, fields.span);
    let rest = fields.rest();
    let Some(info) = info else {
        // its kind is not known, so neither are its parameters; that has been told
        return None;
    };
    let what = format!("`check.{}`", context.id);
    let shape = Shape {
        what: &what,
        properties: info.parameters(),
        required: info.required(),
        reserved: RESERVED,
        parameter: "parameter",
    };
    let decoded =
        decode_table(source, rest, context.name_span, whole, known, Some(&filler), out, &shape, |value| {
            info.decode(value)
        });
    let (phase, phase_span) = phase?;
    let (check, requirements, parameters) = match decoded {
        Some((decoded, parameters)) => {
            let wrong = !decoded.problems.found.is_empty();
            for problem in &decoded.problems.found {
                out.push(
                    Diagnostic::error(Code::InvalidParameter, &problem.message, context.name_span)
                        .here(problem.parameter.map(|it| format!("at `{it}`")).unwrap_or_default())
                        .maybe_help(problem.help.clone()),
                );
            }
            ((!wrong).then_some(decoded.check), decoded.requirements, parameters)
        }
        None => (None, crate::Requirements::default(), serde_json::Value::Null),
    };
    Some(DraftCheck {
        title: title.unwrap_or_else(|| id.to_string()),
        id,
        span: Some(context.name_span),
        phase,
        phase_span,
        kind: info.name.to_owned(),
        severity,
        effect: info.effect,
        target: target.map(|target| (target.value, Some(target.span))),
        needs,
        limits,
        group,
        fresh_for,
        not_applicable,
        on_fail,
        hint,
        docs,
        owner,
        tags,
        expect,
        warn_unless,
        baseline,
        check,
        requirements,
        evidence: Some(info.evidence),
        each: each_names,
        scope: Arc::new(fixed),
        parameters,
    })
}

/// Why a check does not apply, where its `when` says so.
fn when(
    fields: &mut Fields<'_>,
    names: &Names,
    values: &minijinja::Value,
    out: &mut Vec<Diagnostic>,
) -> Option<String> {
    let nothing = Names::default();
    let raw = Filler { names: &nothing, scope: values };
    let condition = fields.take::<String>("when", &raw, out)?;
    let answer = crate::expr::Condition::parse(&condition.value, names)
        .map_err(|wrong| wrong_text(&wrong, "expression", names, condition.span))
        .and_then(|parsed| {
            parsed.holds(values).map_err(|message| {
                Diagnostic::error(Code::InvalidExpression, format!("`when`: {message}"), condition.span)
            })
        });
    match answer {
        Ok(true) => None,
        Ok(false) => Some(format!("it applies only when `{}`", condition.value)),
        Err(diagnostic) => {
            out.push(diagnostic);
            None
        }
    }
}

/// Expressions, which are no templates: braces in them are tables.
fn texts_unfilled(
    fields: &mut Fields<'_>,
    key: &'static str,
    out: &mut Vec<Diagnostic>,
) -> Vec<crate::plan::draft::Text> {
    let (names, nothing) = (Names::default(), minijinja::Value::UNDEFINED);
    let Some(value) = fields.raw(key) else { return Vec::new() };
    // one expression may stand without its list
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => {
            let mut list = toml::de::DeArray::new();
            list.push(Spanned::new(span.clone(), DeValue::String(text)));
            Spanned::new(span, DeValue::Array(list))
        }
        other => Spanned::new(span, other),
    };
    let mut one = DeTable::new();
    one.insert(Spanned::new(0..0, key.into()), value);
    let mut one = Fields::of_table(fields.source, one, fields.span);
    texts_filled(&mut one, key, &Filler { names: &names, scope: &nothing }, false, out)
}

fn find_kind<'k>(
    fields: &mut Fields<'_>,
    context: &CheckSource<'k>,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<&'k KindInfo> {
    let registry: &'k Registry = context.known.registry;
    if fields.key_span("kind").is_none() {
        out.push(
            Diagnostic::error(
                Code::MissingKey,
                format!("the check `{}` has no `kind`", context.id),
                context.name_span,
            )
            .help("say what is checked, as in `kind = \"k8s.nodes_ready\"`; `kinds` lists them all"),
        );
        return None;
    }
    let kind = fields.take::<String>("kind", filler, out)?;
    let info = registry.kind(&kind.value);
    if info.is_none() {
        let families = registry.families().iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let families = if families.is_empty() { "none".to_owned() } else { families };
        let help = match registry.nearest(&kind.value) {
            Some(meant) => format!("did you mean `{meant}`? registered families: {families}"),
            None => format!("registered families: {families}"),
        };
        out.push(
            Diagnostic::error(Code::UnknownKind, format!("unknown kind `{}`", kind.value), kind.span)
                .help(help),
        );
    }
    info
}

/// What a table of parameters or settings may hold.
pub(super) struct Shape<'a> {
    pub(super) what: &'a str,
    pub(super) properties: Vec<&'a str>,
    pub(super) required: Vec<&'a str>,
    /// What else may stand there, for suggestions.
    pub(super) reserved: &'a [&'a str],
    /// What its keys are called: `parameter`.
    pub(super) parameter: &'a str,
}

/// Decodes a table by its own type. All unknown keys, all missing ones and all wrong ones are told: a wrong one is
/// taken out, and the rest is tried again.
#[expect(clippy::too_many_arguments, reason = "one call each for parameters and for settings")]
pub(super) fn decode_table<'s, T>(
    source: SourceId,
    table: DeTable<'s>,
    name_span: Span,
    whole: Span,
    known: &Known<'_>,
    filler: Option<&Filler<'_>>,
    out: &mut Vec<Diagnostic>,
    shape: &Shape<'_>,
    decode: impl Fn(Spanned<DeValue<'s>>) -> Result<T, toml::de::Error>,
) -> Option<(T, serde_json::Value)> {
    let before = out.len();
    let table: DeTable<'s> = table
        .into_iter()
        .filter(|(name, _)| {
            let fine = shape.properties.contains(&name.get_ref().as_ref());
            if !fine {
                let keys: Vec<&str> = shape.properties.iter().chain(shape.reserved).copied().collect();
                out.push(unknown_key(source, name, shape.what, keys.into_iter()));
            }
            fine
        })
        .collect();
    for name in &shape.required {
        if !table.contains_key(*name) {
            out.push(
                Diagnostic::error(
                    Code::MissingParameter,
                    format!("{} lacks the {} `{name}`", shape.what, shape.parameter),
                    name_span,
                )
                .help(format!("give it, as in `{name} = …`")),
            );
        }
    }
    let mut whole_value = Spanned::new(whole.start..whole.end, DeValue::Table(table));
    let own;
    let filler = match filler {
        Some(filler) => filler,
        None => {
            own = known.filler();
            &own
        }
    };
    let filled = fill(source, &mut whole_value, filler, out);
    let written = to_json(whole_value.get_ref());
    let DeValue::Table(mut table) = whole_value.into_inner() else { return None };
    if !filled {
        return None;
    }
    loop {
        let attempt = Spanned::new(whole.start..whole.end, DeValue::Table(table.clone()));
        let error = match decode(attempt) {
            Ok(decoded) if out.len() == before => return Some((decoded, written)),
            Ok(_) => return None,
            Err(error) => error,
        };
        let missing = error.message().starts_with("missing field");
        let at = error.span();
        let culprit = at.as_ref().filter(|_| table.len() > 0).and_then(|range| {
            table
                .iter()
                .find(|(key, value)| {
                    let (key, value) = (key.span(), value.span());
                    (value.start <= range.start && range.end <= value.end)
                        || (key.start <= range.start && range.end <= key.end)
                })
                .map(|(key, _)| key.get_ref().to_string())
        });
        match culprit {
            Some(key) => {
                let mut diagnostic = diagnose(source, &error, Code::InvalidParameter, name_span);
                diagnostic.message = format!("`{key}`: {}", diagnostic.message);
                out.push(diagnostic);
                table.remove(key.as_str());
            }
            // told above, or the doing of a parameter that was taken out
            None if missing && out.len() > before => return None,
            None => {
                out.push(diagnose(source, &error, Code::InvalidParameter, name_span));
                return None;
            }
        }
    }
}
