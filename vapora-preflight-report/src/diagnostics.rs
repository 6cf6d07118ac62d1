//! What is wrong with a checklist, shown in its text.

use std::collections::BTreeSet;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Shown, Renderer, Snippet};
use vapora_preflight::{Diagnostic, Label, Level, SourceId, Sources};

use crate::{visible::visible, wording};

/// The diagnostics as text for a terminal, each with carets below its places, and a line at the end that counts them; empty
/// where there are none.
///
/// It is total: a place that lies outside of its source, or inside of a character, is moved to the nearest one there is.
pub fn render_diagnostics(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    text.push_str(&closing(diagnostics));
    text.push('\n');
    text
}

fn group<'a>(diagnostic: &Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let title = level.primary_title(visible(&diagnostic.message)).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        let Some(source) = sources.get(file) else {
            group = group.element(Shown::NOTE.message("a place lies in a source that is not at hand"));
            continue;
        };
        let places = diagnostic.labels.iter().enumerate().filter(|(_, label)| label.span.source == file);
        let annotations = places.map(|(index, label)| annotation(index == 0, label, &source.text));
        let snippet =
            Snippet::source(source.text.as_str()).path(visible(&source.name)).annotations(annotations);
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(visible(help)));
    }
    group
}

/// The sources of a diagnostic, in the order of its labels.
fn files(diagnostic: &Diagnostic) -> Vec<SourceId> {
    let mut files: Vec<SourceId> = Vec::new();
    for label in &diagnostic.labels {
        if !files.contains(&label.span.source) {
            files.push(label.span.source);
        }
    }
    files
}

fn annotation(primary: bool, label: &Label, text: &str) -> Annotation<'static> {
    let start = text.floor_char_boundary(label.span.start.min(text.len()));
    let end = text.ceil_char_boundary(label.span.end.clamp(start, text.len()));
    let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(start..end);
    if label.text.is_empty() { annotation } else { annotation.label(visible(&label.text)) }
}

/// `3 errors, 1 warning in 2 files`.
fn closing(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
    let warnings = diagnostics.len() - errors;
    let told: Vec<String> = [(errors, "error", "errors"), (warnings, "warning", "warnings")]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, more)| wording::many(count, one, more))
        .collect();
    let files: BTreeSet<SourceId> =
        diagnostics.iter().filter_map(Diagnostic::span).map(|span| span.source).collect();
    let place = if files.is_empty() {
        String::new()
    } else {
        format!(" in {}", wording::many(files.len(), "file", "files"))
    };
    format!("{}{place}", told.join(", "))
}
