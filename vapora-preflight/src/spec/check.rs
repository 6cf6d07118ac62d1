//! `[check.…]`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use toml::de::{DeTable, DeValue};

use super::{
    RESERVED,
    compile::{Known, texts_filled},
    decode::{Place, Shape, decode_table, texts_of},
    document::{Document, Entry},
    each::{Instance, instances},
    fields::{Fields, place, unknown_key},
    limits::{limits, period},
    text::{Filler, wrong_text},
};
use crate::{
    Advice, Check, CheckId, Code, Diagnostic, Effect, KindInfo, PhaseId, Registry, Requirements, Severity,
    Span, Target, TargetName,
    expr::{Names, scope_of, value_of},
    plan::draft::{Broken, DraftCheck},
};

type Spanned<T> = toml::Spanned<T>;

/// Compiles every check. One that cannot take part in the rest is put among the broken ones.
pub(super) fn compile_checks(
    document: &mut Document<'_>,
    known: &Known<'_>,
    targets: &BTreeMap<TargetName, Arc<Target>>,
    broken: &mut Broken,
    out: &mut Vec<Diagnostic>,
) -> Vec<DraftCheck> {
    let mut checks = Vec::new();
    for entry in std::mem::take(&mut document.checks) {
        let name = entry.name.clone();
        let before = checks.len();
        let phase = compile_check(entry, known, targets, &mut checks, out);
        if checks.len() == before {
            broken.nodes.push((name, phase));
        }
    }
    checks
}

/// Compiles the instances of one check, and says which phase it belongs to where that can be seen.
fn compile_check(
    entry: Entry<'_>,
    known: &Known<'_>,
    targets: &BTreeMap<TargetName, Arc<Target>>,
    checks: &mut Vec<DraftCheck>,
    out: &mut Vec<Diagnostic>,
) -> Option<PhaseId> {
    let id = match CheckId::new(&entry.name) {
        Ok(id) if id.base() == id.as_str() => id,
        Ok(id) => {
            let message = format!("`{id}` is the name of an instance; brackets come from `for_each`");
            out.push(
                Diagnostic::error(Code::InvalidName, message, entry.name_span)
                    .help("name the check without brackets"),
            );
            return None;
        }
        Err(error) => {
            out.push(Diagnostic::error(Code::InvalidName, error.to_string(), entry.name_span));
            return None;
        }
    };
    let mut fields = Fields::of(entry.source, entry.value, &format!("`check.{id}`"), out)?;
    let phase = fields.text("phase").or_else(|| entry.file_phase.as_ref().map(|phase| phase.value.as_str()));
    let phase = phase.and_then(|phase| PhaseId::new(phase).ok());
    let context = CheckSource {
        id: &id,
        name_span: entry.name_span,
        file_phase: entry.file_phase.as_ref(),
        known,
        targets,
    };
    let Some(value) = fields.raw("for_each") else {
        checks.extend(compile_instance(&context, fields, id.clone(), None, out));
        return phase;
    };
    let each_span = place(entry.source, value.span());
    let Some(each) = instances(entry.source, value, known, out) else { return phase };
    let (source, span) = (fields.source, fields.span);
    let table = fields.rest();
    let mut names = HashSet::new();
    let mut told: HashSet<(Code, Option<Span>)> = HashSet::new();
    for instance in each {
        let name = id.instance(&instance.shown());
        if !names.insert(name.clone()) {
            let message = format!("`for_each` makes `{name}` twice");
            if told.insert((Code::DuplicateId, Some(each_span))) {
                out.push(
                    Diagnostic::error(Code::DuplicateId, message, each_span)
                        .help("let each of its values occur once"),
                );
            }
            continue;
        }
        let fields = Fields::of_table(source, table.clone(), span);
        let mut own = Vec::new();
        checks.extend(compile_instance(&context, fields, name, Some(instance), &mut own));
        // what is wrong with one instance is as a rule wrong with all: it is told once
        let before = told.clone();
        own.retain(|diagnostic| {
            let at = (diagnostic.code, diagnostic.span());
            told.insert(at);
            !before.contains(&at)
        });
        out.extend(own);
    }
    phase
}

/// Whether what looks like a misspelt key is a parameter of the kind.
fn is_parameter(fields: &Fields<'_>, registry: &Registry, key: &str) -> bool {
    let Some(name) = fields.misspelt(key) else { return false };
    let info = fields.text("kind").and_then(|kind| registry.kind(kind));
    info.is_some_and(|info| info.parameters().contains(&name.get_ref().as_ref()))
}

struct CheckSource<'a> {
    id: &'a CheckId,
    name_span: Span,
    file_phase: Option<&'a super::fields::At<String>>,
    known: &'a Known<'a>,
    targets: &'a BTreeMap<TargetName, Arc<Target>>,
}

fn compile_instance(
    context: &CheckSource<'_>,
    mut fields: Fields<'_>,
    id: CheckId,
    instance: Option<Instance>,
    out: &mut Vec<Diagnostic>,
) -> Option<DraftCheck> {
    let known = context.known;
    // what templates and expressions of this check see
    let mut names = known.names.clone();
    let mut values = known.values.clone();
    let mut each = serde_json::Map::new();
    if let Some(instance) = instance {
        each.extend(instance.values);
        names = names.closed("each", each.keys());
        values.insert("each".to_owned(), value_of(&serde_json::Value::Object(each.clone())));
    }
    let first = if each.is_empty() { known.scope.clone() } else { scope_of(values.clone()) };
    let target = fields.take::<TargetName>("target", &Filler { names: &names, scope: &first }, out);
    if let Some(target) = &target {
        let settings = context.targets.get(&target.value).map(|it| it.in_expressions());
        values.insert("target".to_owned(), value_of(&settings.unwrap_or_default()));
        names = names.open("target");
    }
    let values = if target.is_some() { scope_of(values) } else { first };
    let filler = Filler { names: &names, scope: &values };

    let not_applicable = when(&mut fields, &names, &values, out);
    let given_phase = !fields.lacks("phase") && !is_parameter(&fields, known.registry, "phase");
    let phase = match fields.take::<PhaseId>("phase", &filler, out) {
        Some(phase) => Some((phase.value, Some(phase.span))),
        None if given_phase => None,
        None => match context.file_phase.map(|phase| (PhaseId::new(&phase.value), phase.span)) {
            Some((Ok(phase), span)) => Some((phase, Some(span))),
            Some((Err(error), span)) => {
                out.push(Diagnostic::error(Code::InvalidName, error.to_string(), span));
                None
            }
            None if known.only_phase.is_some() => known.only_phase.clone().map(|phase| (phase, None)),
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
    let at = Place { source: fields.source, name: context.name_span, whole: fields.span };
    let rest = fields.rest();
    let (phase, phase_span) = match (phase, info) {
        (Some(phase), _) => phase,
        // its parameters are looked at all the same
        (None, Some(info)) => {
            let _ = parameters(info, at, context, rest, &filler, out);
            return None;
        }
        (None, None) => return None,
    };
    // where its kind is not known, neither are its parameters; that has been told
    let parameters = info.map(|info| parameters(info, at, context, rest, &filler, out)).unwrap_or_default();
    Some(DraftCheck {
        title: title.unwrap_or_else(|| id.to_string()),
        id,
        span: Some(context.name_span),
        phase,
        phase_span,
        kind: info.map(|info| info.name.to_owned()).unwrap_or_default(),
        severity,
        effect: parameters.effect,
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
        check: parameters.check,
        requirements: parameters.requirements,
        texts: parameters.texts,
        evidence: info.map(|info| info.evidence),
        each,
        parameters: parameters.written,
    })
}

/// What the parameters of a check come to. There is no check where they are wrong.
#[derive(Default)]
struct Parameters {
    check: Option<Arc<dyn Check>>,
    effect: Effect,
    requirements: Requirements,
    texts: Vec<crate::plan::draft::Text>,
    written: serde_json::Value,
}

fn parameters(
    info: &KindInfo,
    at: Place,
    context: &CheckSource<'_>,
    table: DeTable<'_>,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
) -> Parameters {
    let what = format!("`check.{}`", context.id);
    let shape = Shape {
        what: &what,
        properties: info.parameters(),
        required: info.required(),
        others: RESERVED,
        parameter: "parameter",
    };
    let Some(decoded) = decode_table(at, table, filler, out, &shape, |value| info.decode(value)) else {
        // how far it would reach is not known, so the kind's own word counts
        return Parameters { effect: info.effect, ..Parameters::default() };
    };
    let crate::registry::Decoded { check, effect, problems, requirements } = decoded.value;
    for problem in &problems.found {
        let value = problem.parameter.and_then(|name| decoded.table.get(name));
        let (span, message) = match (value, problem.parameter) {
            (Some(value), Some(name)) => {
                (place(at.source, value.span()), format!("`{name}`: {}", problem.message))
            }
            (None, Some(name)) => (at.name, format!("`{name}`: {}", problem.message)),
            _ => (at.name, problem.message.clone()),
        };
        out.push(Diagnostic::error(Code::InvalidParameter, message, span).maybe_help(problem.help.clone()));
    }
    let named =
        !requirements.roles.is_empty() || !requirements.documents.is_empty() || requirements.role.is_some();
    Parameters {
        check: problems.found.is_empty().then_some(check),
        effect,
        texts: if named { texts_of(at.source, &decoded.table) } else { Vec::new() },
        requirements,
        written: decoded.written,
    }
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
            parsed
                .holds_now(names, values)
                .map_err(|wrong| wrong_text(&wrong, "expression", names, condition.span))
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
    if let Some(name) = fields.misspelt("kind") {
        let what = format!("`check.{}`", context.id);
        out.push(unknown_key(fields.source, name, &what, &["kind"], &[]));
        return None;
    }
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
