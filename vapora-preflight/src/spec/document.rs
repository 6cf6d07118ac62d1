//! The tables of all files of a checklist, put together.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

use super::{
    fields::{At, Fields, place, unknown_key},
    syntax,
    text::in_words,
};
use crate::{Code, Diagnostic, SourceId, Sources, Span};

type Spanned<T> = toml::Spanned<T>;

/// A named table, such as `[check.nodes]`.
pub(super) struct Entry<'s> {
    pub(super) source: SourceId,
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) value: Spanned<DeValue<'s>>,
    /// The default phase of the file it stands in.
    pub(super) file_phase: Option<At<String>>,
}

/// The tables of all files of a checklist.
#[derive(Default)]
pub(super) struct Document<'s> {
    pub(super) name: Option<At<String>>,
    pub(super) title: Option<At<String>>,
    pub(super) deployment: Option<(SourceId, Spanned<DeValue<'s>>, Span)>,
    pub(super) vars: Vec<Entry<'s>>,
    pub(super) required_vars: Vec<Entry<'s>>,
    pub(super) targets: Vec<Entry<'s>>,
    pub(super) phases: Vec<Entry<'s>>,
    pub(super) checks: Vec<Entry<'s>>,
    pub(super) gates: Vec<Entry<'s>>,
    pub(super) groups: Vec<Entry<'s>>,
    pub(super) roles: Vec<Entry<'s>>,
    pub(super) change: Vec<Entry<'s>>,
    pub(super) messages: Vec<Entry<'s>>,
    pub(super) commands: Vec<Entry<'s>>,
}

/// The keys that may stand at the top of a file.
const TOP: &[&str] = &[
    "checklist",
    "format",
    "title",
    "include",
    "phase",
    "deployment",
    "vars",
    "required_vars",
    "target",
    "check",
    "gate",
    "group",
    "roles",
    "change",
    "message",
    "commands",
];

/// The format that this version reads.
const FORMAT: i64 = 1;

impl<'s> Document<'s> {
    /// Parses every source, and puts their tables together.
    pub(super) fn parse(sources: &'s Sources, out: &mut Vec<Diagnostic>) -> Self {
        let mut document = Self::default();
        for (source, file) in sources.iter() {
            let (table, errors) = DeTable::parse_recoverable(&file.text);
            syntax::tell(source, &file.text, table.get_ref(), &errors, out);
            document.add(source, table.into_inner(), out);
        }
        document.find_duplicates(out);
        document
    }

    fn add(&mut self, source: SourceId, mut table: DeTable<'s>, out: &mut Vec<Diagnostic>) {
        // `phase = "t-4h"` is the default phase of the file, `[phase.t-4h]` declares one
        let mut phases = None;
        let mut file_phase = None;
        if let Some(value) = table.remove("phase") {
            let span = place(source, value.span());
            match value.get_ref() {
                DeValue::String(text) => file_phase = Some(At { value: text.to_string(), span }),
                DeValue::Table(_) => phases = Some(value),
                other => out.push(Diagnostic::error(
                    Code::InvalidValue,
                    format!("expected the name of a phase or tables of phases, found {}", in_words(other)),
                    span,
                )),
            }
        }
        if let Some(value) = phases {
            entries(source, value, "phase", None, &mut self.phases, out);
        }
        for (key, value) in table {
            let span = place(source, value.span());
            let list = match key.get_ref().as_ref() {
                "checklist" => {
                    set_text(&mut self.name, &key, &value, span, out);
                    continue;
                }
                "title" => {
                    set_text(&mut self.title, &key, &value, span, out);
                    continue;
                }
                "format" => {
                    check_format(&value, span, out);
                    continue;
                }
                "include" => {
                    let texts = matches!(value.get_ref(), DeValue::Array(items) if items.iter().all(|it| it.get_ref().is_str()));
                    if !texts {
                        out.push(
                            Diagnostic::error(
                                Code::InvalidValue,
                                "expected a list of paths for `include`",
                                span,
                            )
                            .help("write it as `include = [\"common.toml\"]`"),
                        );
                    }
                    continue;
                }
                "deployment" => {
                    let here = place(source, key.span());
                    if let Some((_, _, first)) = self.deployment {
                        out.push(
                            Diagnostic::error(Code::DuplicateId, "`[deployment]` is declared twice", here)
                                .here("again here")
                                .label(first, "first declared here")
                                .help("declare it in one file of the checklist"),
                        );
                    } else {
                        self.deployment = Some((source, value, here));
                    }
                    continue;
                }
                "vars" => &mut self.vars,
                "required_vars" => &mut self.required_vars,
                "target" => &mut self.targets,
                "check" => &mut self.checks,
                "gate" => &mut self.gates,
                "group" => &mut self.groups,
                "roles" => &mut self.roles,
                "change" => &mut self.change,
                "message" => &mut self.messages,
                "commands" => &mut self.commands,
                _ => {
                    out.push(unknown_key(source, &key, "the checklist", TOP, &[]));
                    continue;
                }
            };
            entries(source, value, key.get_ref(), file_phase.as_ref(), list, out);
        }
        if let Some(unused) = file_phase.filter(|_| self.checks.iter().all(|check| check.source != source)) {
            out.push(
                Diagnostic::warning(
                    Code::MissingPhase,
                    "the file names a default phase and holds no checks",
                    unused.span,
                )
                .help("declare a phase as a table, as in `[phase.t-4h]`"),
            );
        }
    }

    fn find_duplicates(&mut self, out: &mut Vec<Diagnostic>) {
        // checks and gates share one name space
        let mut ids = HashMap::new();
        for list in [&mut self.checks, &mut self.gates] {
            keep_first(list, "name", &mut ids, out);
        }
        let mut variables = HashMap::new();
        for list in [&mut self.required_vars, &mut self.vars] {
            keep_first(list, "variable", &mut variables, out);
        }
        for (list, what) in [
            (&mut self.targets, "target"),
            (&mut self.phases, "phase"),
            (&mut self.groups, "group"),
            (&mut self.roles, "role"),
            (&mut self.change, "section"),
            (&mut self.messages, "message"),
            (&mut self.commands, "list of commands"),
        ] {
            keep_first(list, what, &mut HashMap::new(), out);
        }
    }
}

fn keep_first(
    list: &mut Vec<Entry<'_>>,
    what: &str,
    seen: &mut HashMap<String, Span>,
    out: &mut Vec<Diagnostic>,
) {
    list.retain(|entry| match seen.get(&entry.name) {
        None => {
            seen.insert(entry.name.clone(), entry.name_span);
            true
        }
        Some(first) => {
            out.push(
                Diagnostic::error(
                    Code::DuplicateId,
                    format!("the {what} `{}` is declared twice", entry.name),
                    entry.name_span,
                )
                .here("again here")
                .label(*first, "first declared here")
                .help("give one of them another name"),
            );
            false
        }
    });
}

fn entries<'s>(
    source: SourceId,
    value: Spanned<DeValue<'s>>,
    what: &str,
    file_phase: Option<&At<String>>,
    list: &mut Vec<Entry<'s>>,
    out: &mut Vec<Diagnostic>,
) {
    let Some(fields) = Fields::of(source, value, &format!("`{what}`"), out) else { return };
    for (name, value) in fields.rest() {
        list.push(Entry {
            source,
            name_span: place(source, name.span()),
            name: name.into_inner().into_owned(),
            value,
            file_phase: file_phase.cloned(),
        });
    }
}

fn set_text(
    slot: &mut Option<At<String>>,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    span: Span,
    out: &mut Vec<Diagnostic>,
) {
    let name = key.get_ref();
    match (value.get_ref().as_str(), &slot) {
        (None, _) => out.push(Diagnostic::error(
            Code::InvalidValue,
            format!("expected a text for `{name}`, found {}", in_words(value.get_ref())),
            span,
        )),
        (Some(text), Some(first)) if first.value != text => out.push(
            Diagnostic::error(Code::DuplicateId, format!("`{name}` is given twice, with two values"), span)
                .label(first.span, "first given here"),
        ),
        (Some(_), Some(_)) => {}
        (Some(text), None) => *slot = Some(At { value: text.to_owned(), span }),
    }
}

fn check_format(value: &Spanned<DeValue<'_>>, span: Span, out: &mut Vec<Diagnostic>) {
    let found = value.get_ref().as_integer().and_then(|it| i64::from_str_radix(it.as_str(), it.radix()).ok());
    if found != Some(FORMAT) {
        let found = found.map_or_else(|| in_words(value.get_ref()), |number| number.to_string());
        out.push(
            Diagnostic::error(Code::UnknownFormat, format!("expected format {FORMAT}, found {found}"), span)
                .help("a newer format needs a newer version of this program"),
        );
    }
}
