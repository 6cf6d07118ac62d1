//! What holds for any text at all, taken as a checklist: the entry of the property tests and of the fuzzer.

use vapora_preflight::{Diagnostic, Level, PlanBuilder, Registry, Sources};

/// Compiles the texts, and makes sure that there is a plan or an error, that every place lies in its source, and that
/// the diagnostics can be shown.
pub(crate) fn compile_anything(registry: &Registry, texts: &[&str]) {
    let mut sources = Sources::new();
    for (number, text) in texts.iter().enumerate() {
        sources.add(format!("{number}.toml"), *text);
    }
    let diagnostics = match PlanBuilder::new(registry).sources(&sources).build() {
        Ok(compiled) => {
            assert!(!compiled.plan.outline().checks.is_empty(), "a plan without checks");
            assert!(compiled.warnings.iter().all(|it| it.level == Level::Warning), "{:?}", compiled.warnings);
            compiled.warnings
        }
        Err(error) => {
            assert!(error.diagnostics.iter().any(|it| it.level == Level::Error), "{error:?}");
            error.diagnostics
        }
    };
    for diagnostic in &diagnostics {
        for label in &diagnostic.labels {
            let text = &sources.get(label.span.source).expect("its source is there").text;
            assert!(text.get(label.span.start..label.span.end).is_some(), "{diagnostic:?}");
        }
    }
    assert!(diagnostics.is_sorted_by_key(Diagnostic::span), "{diagnostics:?}");
    for color in [false, true] {
        let shown = vapora_preflight_report::render_diagnostics(&diagnostics, &sources, color);
        assert_eq!(shown.is_empty(), diagnostics.is_empty());
    }
}
