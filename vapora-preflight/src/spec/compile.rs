//! From the tables of a checklist to declarations.

use std::collections::BTreeMap;

use super::{
    Overrides,
    check::compile_checks,
    decode::{Place, Shape, decode_table},
    document::{Document, Entry},
    fields::Fields,
    gate::compile_gates,
    sections::{compile_change, compile_commands, compile_messages, compile_roles},
    text::{Filler, fill, has_template, to_json},
};
use crate::{
    Code, Deployment, Diagnostic, MaintenanceWindow, Offset, PhaseId, PhaseOutline, Registry,
    RequiredVariable, Sources, Span, Target, TargetName, Timestamp,
    diagnostic::nearest,
    expr::{Names, scope, scope_of, value_of},
    plan::draft::{Draft, DraftPhase, Text},
    registry::{property_names, required_names},
};

/// What is known while checks are compiled.
pub(super) struct Known<'a> {
    pub(super) registry: &'a Registry,
    /// What templates and expressions may name: `vars`, `deployment`.
    pub(super) names: Names,
    /// The same, with the values.
    pub(super) values: BTreeMap<String, minijinja::Value>,
    pub(super) scope: minijinja::Value,
    /// The phase of what names none, where there is only one.
    pub(super) only_phase: Option<PhaseId>,
}

impl Known<'_> {
    pub(super) fn filler(&self) -> Filler<'_> {
        Filler { names: &self.names, scope: &self.scope }
    }
}

/// Compiles every table, and tells what is wrong in any of them.
pub(super) fn compile(
    sources: &Sources,
    registry: &Registry,
    overrides: &Overrides,
    out: &mut Vec<Diagnostic>,
) -> Draft {
    let mut document = Document::parse(sources, out);
    let mut draft = Draft {
        name: document.name.take().map(|name| name.value),
        title: document.title.take().map(|title| title.value),
        ..Draft::default()
    };
    let time_told;
    (draft.deployment, time_told) = deployment(&mut document, overrides, out);
    let deployment_json = serde_json::to_value(&draft.deployment).unwrap_or_default();
    (draft.vars, draft.not_given) = required_variables(&mut document, overrides, out);
    variables(&mut document, overrides, &mut draft, &deployment_json, out);

    let vars = serde_json::Value::Object(draft.vars.clone());
    let values: BTreeMap<String, minijinja::Value> =
        [("vars".to_owned(), value_of(&vars)), ("deployment".to_owned(), value_of(&deployment_json))].into();
    let mut known = Known {
        registry,
        names: Names::default().closed("vars", draft.vars.keys()).deployment(&draft.deployment),
        scope: scope_of(values.clone()),
        values,
        only_phase: None,
    };
    targets(&mut document, &known, &mut draft, out);
    groups(&mut document, &known, &mut draft, out);
    phases(&mut document, &known, &mut draft, time_told, out);
    if let [only] = &draft.phases[..] {
        known.only_phase = Some(only.outline.id.clone());
    }
    let mut broken = std::mem::take(&mut draft.broken);
    draft.roles = compile_roles(&mut document, &known, overrides, &mut broken, out);
    draft.change = compile_change(&mut document, &known, overrides, out);
    draft.messages = compile_messages(&mut document, &known, &mut broken, out);
    draft.commands = compile_commands(&mut document, &known, &draft.targets, &mut broken, out);
    draft.checks = compile_checks(&mut document, &known, &draft.targets, &mut broken, out);
    draft.gates = compile_gates(&mut document, &known, &mut broken, out);
    draft.broken = broken;
    draft
}

/// What is known of the deployment, and whether something has been told of its times.
fn deployment(
    document: &mut Document<'_>,
    overrides: &Overrides,
    out: &mut Vec<Diagnostic>,
) -> (Deployment, bool) {
    let names = Names::default();
    let nothing = scope(&serde_json::Value::Null, None, None);
    let filler = Filler { names: &names, scope: &nothing };
    let mut deployment = Deployment::default();
    let mut time_told = false;
    let mut window_span = None;
    if let Some((source, value, _)) = document.deployment.take() {
        let before = out.len();
        if let Some(mut fields) = Fields::of(source, value, "`deployment`", out) {
            deployment.release = fields.plain("release", &filler, out);
            deployment.environment = fields.plain("environment", &filler, out);
            let before = out.len();
            deployment.planned = fields.plain::<Timestamp>("planned", &filler, out);
            if let Some(window) = fields.below("window", out) {
                window_span = Some(window.span);
                deployment.window = maintenance_window(window, &filler, out);
            }
            time_told = out.len() > before;
            fields.finish("`deployment`", out);
        } else {
            time_told = out.len() > before;
        }
    }
    deployment.release = overrides.release.clone().or(deployment.release);
    deployment.environment = overrides.environment.clone().or(deployment.environment);
    deployment.window = overrides.window.or(deployment.window);
    deployment.planned =
        overrides.planned.or(deployment.planned).or(deployment.window.map(|window| window.opens));
    if let Some(window) = deployment.window
        && window.closes <= window.opens
    {
        out.push(
            Diagnostic::error(
                Code::WindowInverted,
                format!("the maintenance window closes at {}, and opens at {}", window.closes, window.opens),
                window_span.filter(|_| overrides.window.is_none()),
            )
            .help("let it close after it opens"),
        );
    }
    (deployment, time_told)
}

fn maintenance_window(
    mut window: Fields<'_>,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<MaintenanceWindow> {
    let span = window.span;
    let lacking = window.lacks("opens") || window.lacks("closes");
    let opens = window.plain::<Timestamp>("opens", filler, out);
    let closes = window.plain::<Timestamp>("closes", filler, out);
    window.finish("`deployment.window`", out);
    if lacking {
        out.push(
            Diagnostic::error(Code::MissingKey, "a maintenance window needs `opens` and `closes`", span)
                .help("say both, as in `{ opens = 2026-12-01T13:30:00Z, closes = 2026-12-01T15:00:00Z }`"),
        );
    }
    Some(MaintenanceWindow { opens: opens?, closes: closes? })
}

type Variables = serde_json::Map<String, serde_json::Value>;

/// Variables that each release has of its own: what the caller gives, or else the examples, with those that are examples.
fn required_variables(
    document: &mut Document<'_>,
    overrides: &Overrides,
    out: &mut Vec<Diagnostic>,
) -> (Variables, Vec<RequiredVariable>) {
    let (mut vars, mut not_given) = (Variables::new(), Vec::new());
    let names = Names::default();
    let nothing = scope(&serde_json::Value::Null, None, None);
    let filler = Filler { names: &names, scope: &nothing };
    for entry in std::mem::take(&mut document.required_vars) {
        let what = format!("`required_vars.{}`", entry.name);
        // it stays known in any case, so that its mistake is told once
        let value = vars.entry(entry.name.clone()).or_insert(serde_json::Value::Null);
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else { continue };
        if fields.lacks("about") || fields.lacks("example") {
            out.push(
                Diagnostic::error(
                    Code::MissingKey,
                    format!("{what} needs `about` and `example`"),
                    entry.name_span,
                )
                .help("say what it is, as in `{ about = \"the number of the ticket\", example = 1287 }`"),
            );
        }
        let about = fields.plain::<String>("about", &filler, out).unwrap_or_default();
        let example = fields.raw("example").map(|value| to_json(value.get_ref()));
        fields.finish(&what, out);
        if let Some(given) = overrides.vars.get(&entry.name) {
            value.clone_from(given);
            continue;
        }
        let Some(example) = example else { continue };
        value.clone_from(&example);
        let message =
            format!("`vars.{}` is not given, and its example `{example}` stands for it", entry.name);
        out.push(
            Diagnostic::warning(Code::VariableNotGiven, message, entry.name_span)
                .help(format!("a run has to be given {about}: `--var {}=…`", entry.name)),
        );
        not_given.push(RequiredVariable { name: entry.name, about, example });
    }
    (vars, not_given)
}

/// Variables may be templates over those declared before them.
fn variables(
    document: &mut Document<'_>,
    overrides: &Overrides,
    draft: &mut Draft,
    deployment: &serde_json::Value,
    out: &mut Vec<Diagnostic>,
) {
    let vars = &mut draft.vars;
    for mut entry in std::mem::take(&mut document.vars) {
        if let Some(value) = overrides.vars.get(&entry.name) {
            vars.insert(entry.name, value.clone());
            continue;
        }
        if !has_template(entry.value.get_ref()) {
            vars.insert(entry.name, to_json(entry.value.get_ref()));
            continue;
        }
        let names = Names::default().closed("vars", vars.keys()).deployment(&draft.deployment);
        let so_far = serde_json::json!({ "vars": &*vars, "deployment": deployment });
        let so_far = scope(&so_far, None, None);
        let filler = Filler { names: &names, scope: &so_far };
        if !fill(entry.source, &mut entry.value, &filler, out) {
            // it stays known, so that its mistake is told once
            vars.insert(entry.name, serde_json::Value::Null);
            continue;
        }
        vars.insert(entry.name, to_json(entry.value.get_ref()));
    }
    for name in overrides.vars.keys().filter(|name| !vars.contains_key(*name)) {
        let help = nearest(name, vars.keys().map(String::as_str))
            .map_or_else(|| "declare it in `[vars]`".to_owned(), |meant| format!("did you mean `{meant}`?"));
        let message = format!("the caller sets `vars.{name}`, which the checklist does not declare");
        out.push(Diagnostic::error(Code::UnknownVariable, message, None).help(help));
    }
}

fn targets(document: &mut Document<'_>, known: &Known<'_>, draft: &mut Draft, out: &mut Vec<Diagnostic>) {
    for entry in std::mem::take(&mut document.targets) {
        let before = out.len();
        let name = entry.name.clone();
        if let Some(target) = target(entry, known, out) {
            draft.targets.insert(target.name.clone(), std::sync::Arc::new(target));
        }
        if out.len() > before {
            draft.broken.targets.insert(name);
        }
    }
}

fn target(entry: Entry<'_>, known: &Known<'_>, out: &mut Vec<Diagnostic>) -> Option<Target> {
    let name = match TargetName::new(&entry.name) {
        Ok(name) => name,
        Err(error) => {
            out.push(Diagnostic::error(Code::InvalidName, error.to_string(), entry.name_span));
            return None;
        }
    };
    let what = format!("`target.{name}`");
    let mut fields = Fields::of(entry.source, entry.value, &what, out)?;
    let mut target = Target::new(name, false);
    target.protected = fields.plain("protected", &known.filler(), out).unwrap_or_default();
    for (key, value) in fields.rest() {
        let span = super::fields::place(entry.source, key.span());
        let family = key.get_ref().as_ref();
        let Some(info) = known.registry.target(family) else {
            let families: Vec<&str> = known.registry.target_families().chain(["protected"]).collect();
            out.push(super::fields::unknown_key(entry.source, &key, &what, &families, &[]));
            continue;
        };
        let what = format!("`target.{}.{family}`", target.name);
        let Some(mut fields) = Fields::of(entry.source, value, &what, out) else { continue };
        if let Some(protected) = fields.plain::<bool>("protected", &known.filler(), out) {
            target.protected |= protected;
        }
        let whole = fields.span;
        let shape = Shape {
            what: &what,
            properties: property_names(&info.schema),
            required: required_names(&info.schema),
            others: &["protected"],
            parameter: "setting",
        };
        let place = Place { source: entry.source, name: span, whole };
        let decoded =
            decode_table(place, fields.rest(), &known.filler(), out, &shape, |value| (info.decode)(value));
        if let Some(decoded) = decoded {
            let family_settings = crate::target::Family { settings: decoded.value, written: decoded.written };
            target.families.insert(family.to_owned(), family_settings);
        }
    }
    Some(target)
}

fn groups(document: &mut Document<'_>, known: &Known<'_>, draft: &mut Draft, out: &mut Vec<Diagnostic>) {
    for entry in std::mem::take(&mut document.groups) {
        let what = format!("`group.{}`", entry.name);
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else { continue };
        let lacking = fields.lacks("width");
        if lacking {
            out.push(
                Diagnostic::error(Code::MissingKey, format!("{what} has no `width`"), entry.name_span)
                    .help("say how many of its checks may run at once, as in `width = 2`"),
            );
        } else if let Some(width) = fields.take::<usize>("width", &known.filler(), out) {
            if width.value == 0 {
                out.push(
                    Diagnostic::error(
                        Code::UnsatisfiableLimit,
                        format!("{what} lets no check run"),
                        width.span,
                    )
                    .help("give it a width of at least 1"),
                );
            }
            draft.groups.insert(entry.name, width.value.max(1));
        }
        fields.finish(&what, out);
    }
}

fn phases(
    document: &mut Document<'_>,
    known: &Known<'_>,
    draft: &mut Draft,
    time_told: bool,
    out: &mut Vec<Diagnostic>,
) {
    let mut around_unknown_t: Option<Span> = None;
    for entry in std::mem::take(&mut document.phases) {
        let id = match PhaseId::new(&entry.name) {
            Ok(id) => id,
            Err(error) => {
                out.push(Diagnostic::error(Code::InvalidName, error.to_string(), entry.name_span));
                draft.broken.phases.insert(entry.name);
                continue;
            }
        };
        let what = format!("`phase.{id}`");
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else {
            draft.broken.phases.insert(entry.name);
            continue;
        };
        let title = fields.plain("title", &known.filler(), out).unwrap_or_else(|| id.to_string());
        let (mut opens, mut due) = (None, None);
        if let Some(mut window) = fields.below("window", out) {
            let span = window.span;
            if window.lacks("opens") && window.lacks("due") {
                out.push(
                    Diagnostic::error(Code::MissingKey, "a window needs `opens`, or `due`, or both", span)
                        .help("say when, as in `{ opens = \"T-24h\", due = \"T-2h\" }`, or leave it out"),
                );
            }
            let mut moment = |key: &'static str, out: &mut Vec<Diagnostic>| {
                let text = window.take::<String>(key, &known.filler(), out)?;
                let at = if text.value.trim_start().starts_with(['T', 't']) {
                    text.value.parse::<Offset>().map(|offset| {
                        if let Some(planned) = draft.deployment.planned {
                            Some(offset.from(planned))
                        } else {
                            around_unknown_t.get_or_insert(text.span);
                            None
                        }
                    })
                } else {
                    text.value.parse::<Timestamp>().map(Some)
                };
                match at {
                    Ok(at) => at,
                    Err(error) => {
                        let code = if error.to_string().starts_with("expected a date with a zone") {
                            Code::DateWithoutZone
                        } else {
                            Code::InvalidValue
                        };
                        let message = format!("`{key}`: {error}");
                        out.push(Diagnostic::error(code, message, text.span).maybe_help(error.help));
                        None
                    }
                }
            };
            opens = moment("opens", out);
            due = moment("due", out);
            window.finish(&format!("`phase.{id}.window`"), out);
            if let (Some(opens), Some(due)) = (opens, due)
                && due <= opens
            {
                out.push(
                    Diagnostic::error(
                        Code::WindowInverted,
                        format!("the phase `{id}` is due at {due}, and opens at {opens}"),
                        span,
                    )
                    .help("let it open before it is due"),
                );
            }
        }
        let needs = texts(&mut fields, "needs", known, true, out);
        fields.finish(&what, out);
        draft.phases.push(DraftPhase {
            outline: PhaseOutline { id, title, opens, due },
            span: Some(entry.name_span),
            needs,
        });
    }
    if let Some(span) = around_unknown_t.filter(|_| !time_told) {
        out.push(
            Diagnostic::warning(
                Code::UnknownTime,
                "the planned time T is not known, so no window around it is kept",
                span,
            )
            .help("give `planned` in `[deployment]`, or let the caller give it"),
        );
    }
}

/// A list of texts, each with its place. An empty one asks for nothing, which may be a mistake.
pub(super) fn texts(
    fields: &mut Fields<'_>,
    key: &'static str,
    known: &Known<'_>,
    may_be_empty: bool,
    out: &mut Vec<Diagnostic>,
) -> Vec<Text> {
    texts_filled(fields, key, &known.filler(), may_be_empty, out)
}

pub(super) fn texts_filled(
    fields: &mut Fields<'_>,
    key: &'static str,
    filler: &Filler<'_>,
    may_be_empty: bool,
    out: &mut Vec<Diagnostic>,
) -> Vec<Text> {
    let source = fields.source;
    let Some(list) = fields.take::<Vec<toml::Spanned<String>>>(key, filler, out) else { return Vec::new() };
    if list.value.is_empty() && !may_be_empty {
        out.push(
            Diagnostic::error(
                Code::EmptyList,
                format!("`{key}` is empty, and would ask for nothing"),
                list.span,
            )
            .help("name at least one, or leave the key out"),
        );
    }
    list.value
        .into_iter()
        .map(|text| Text { span: Some(super::fields::place(source, text.span())), text: text.into_inner() })
        .collect()
}
