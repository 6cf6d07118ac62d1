//! Roles, the change record, messages and commands.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Overrides,
    compile::{Known, texts},
    document::{Document, Entry},
    fields::Fields,
    text::fill,
};
use crate::{
    Code, Commands, Diagnostic, Role, Section, Target, TargetName, diagnostic::nearest, plan::draft::Broken,
};

fn in_words(id: &str) -> String {
    let words = id.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn compile_roles(
    document: &mut Document<'_>,
    known: &Known<'_>,
    overrides: &Overrides,
    broken: &mut Broken,
    out: &mut Vec<Diagnostic>,
) -> Vec<Role> {
    let mut roles = Vec::new();
    for entry in std::mem::take(&mut document.roles) {
        let what = format!("`roles.{}`", entry.name);
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else {
            broken.roles.insert(entry.name);
            continue;
        };
        let filler = known.filler();
        let person: Option<String> = fields.plain("person", &filler, out);
        roles.push(Role {
            title: fields.plain("title", &filler, out).unwrap_or_else(|| in_words(&entry.name)),
            person: overrides.roles.get(&entry.name).cloned().or(person).unwrap_or_default(),
            optional: fields.plain("optional", &filler, out).unwrap_or_default(),
            duties: texts(&mut fields, "duties", known, true, out).into_iter().map(|it| it.text).collect(),
            id: entry.name,
        });
        fields.finish(&what, out);
    }
    for name in overrides.roles.keys().filter(|name| roles.iter().all(|role| role.id != **name)) {
        let help = nearest(name, roles.iter().map(|role| role.id.as_str()))
            .map_or_else(|| "declare it in `[roles]`".to_owned(), |meant| format!("did you mean `{meant}`?"));
        let message = format!("the caller fills the role `{name}`, which the checklist does not declare");
        out.push(Diagnostic::error(Code::UnknownRole, message, None).help(help));
    }
    roles
}

pub(super) fn compile_change(
    document: &mut Document<'_>,
    known: &Known<'_>,
    overrides: &Overrides,
    out: &mut Vec<Diagnostic>,
) -> Vec<Section> {
    let mut sections = Vec::new();
    for mut entry in std::mem::take(&mut document.change) {
        if let Some(text) = overrides.change.get(&entry.name) {
            sections.push(section(&entry.name, text.clone()));
        } else if let Some(text) = text_of(&mut entry, known, out) {
            sections.push(section(&entry.name, text));
        }
    }
    for (name, text) in &overrides.change {
        if sections.iter().all(|section| section.id != *name) {
            sections.push(section(name, text.clone()));
        }
    }
    sections
}

fn section(id: &str, text: String) -> Section {
    Section { id: id.to_owned(), title: in_words(id), text }
}

fn text_of(entry: &mut Entry<'_>, known: &Known<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let span = super::fields::place(entry.source, entry.value.span());
    if !fill(entry.source, &mut entry.value, &known.filler(), out) {
        return None;
    }
    let value = entry.value.get_ref();
    let text = value.as_str().map(str::to_owned);
    if text.is_none() {
        out.push(Diagnostic::error(
            Code::InvalidValue,
            format!("expected a text for `change.{}`, found {}", entry.name, super::text::in_words(value)),
            span,
        ));
    }
    text
}

pub(super) fn compile_messages(
    document: &mut Document<'_>,
    known: &Known<'_>,
    broken: &mut Broken,
    out: &mut Vec<Diagnostic>,
) -> Vec<Section> {
    let mut sections = Vec::new();
    for entry in std::mem::take(&mut document.messages) {
        let what = format!("`message.{}`", entry.name);
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else {
            broken.documents.insert(format!("message.{}", entry.name));
            continue;
        };
        let title = fields.plain("title", &known.filler(), out).unwrap_or_else(|| in_words(&entry.name));
        let missing = fields.lacks("text");
        let text: Option<String> = fields.plain("text", &known.filler(), out);
        if missing {
            out.push(
                Diagnostic::error(Code::MissingKey, format!("{what} has no `text`"), entry.name_span)
                    .help("give it, as in `text = \"…\"`"),
            );
        }
        fields.finish(&what, out);
        sections.push(Section { id: entry.name, title, text: text.unwrap_or_default() });
    }
    sections
}

pub(super) fn compile_commands(
    document: &mut Document<'_>,
    known: &Known<'_>,
    targets: &BTreeMap<TargetName, Arc<Target>>,
    broken: &mut Broken,
    out: &mut Vec<Diagnostic>,
) -> Vec<Commands> {
    let mut all = Vec::new();
    for entry in std::mem::take(&mut document.commands) {
        let what = format!("`commands.{}`", entry.name);
        let Some(mut fields) = Fields::of(entry.source, entry.value, &what, out) else {
            broken.documents.insert(format!("commands.{}", entry.name));
            continue;
        };
        let title = fields.plain("title", &known.filler(), out).unwrap_or_else(|| in_words(&entry.name));
        let target = fields.take::<TargetName>("target", &known.filler(), out);
        if let Some(target) = &target
            && !targets.contains_key(&target.value)
            && !broken.targets.contains(target.value.as_str())
        {
            let help = nearest(target.value.as_str(), targets.keys().map(TargetName::as_str)).map_or_else(
                || format!("declare it, as in `[target.{}]`", target.value),
                |meant| format!("did you mean `{meant}`?"),
            );
            out.push(
                Diagnostic::error(
                    Code::UnknownTarget,
                    format!("unknown target `{}`", target.value),
                    target.span,
                )
                .help(help),
            );
        }
        if fields.lacks("lines") {
            out.push(
                Diagnostic::error(Code::MissingKey, format!("{what} has no `lines`"), entry.name_span)
                    .help("give them, as in `lines = [\"…\"]`"),
            );
        }
        let lines = texts(&mut fields, "lines", known, false, out);
        fields.finish(&what, out);
        all.push(Commands {
            id: entry.name,
            title,
            target: target.map(|at| at.value),
            lines: lines.into_iter().map(|line| line.text).collect(),
        });
    }
    all
}
