//! Diagnostics with carets.

use insta::assert_snapshot;
use proptest::prelude::*;
use vapora_preflight::{Code, Diagnostic, Level, SourceId, Sources, Span};
use vapora_preflight_report::render_diagnostics;

const MAIN: &str = "checklist = \"vapora-release\"\ninclude = [\"common.toml\"]\n\n[check.nodes]\nkind = \"k8s.node_ready\"\ntimeuot = \"20s\"\n";
const COMMON: &str = "[check.nodes]\nkind = \"k8s.nodes_ready\"\n";

fn span(sources: &Sources, source: SourceId, text: &str) -> Span {
    let start = sources.get(source).unwrap().text.find(text).unwrap();
    Span { source, start, end: start + text.len() }
}

fn canonical() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let main = sources.add("vapora.toml", MAIN);
    let common = sources.add("common.toml", COMMON);
    let kind = Diagnostic::error(
        Code::UnknownKind,
        "no kind is named `k8s.node_ready`",
        span(&sources, main, "\"k8s.node_ready\""),
    )
    .here("unknown kind")
    .help("did you mean `k8s.nodes_ready`?");
    let key =
        Diagnostic::error(Code::UnknownKey, "`timeuot` has no meaning here", span(&sources, main, "timeuot"))
            .here("unknown key")
            .label(span(&sources, main, "[check.nodes]"), "in this check")
            .help("did you mean `timeout`?");
    let twice = Diagnostic::error(
        Code::DuplicateId,
        "two checks are named `nodes`",
        span(&sources, main, "[check.nodes]"),
    )
    .here("again here")
    .label(span(&sources, common, "[check.nodes]"), "first here");
    let mut warning =
        Diagnostic::error(Code::EmptyList, "nothing is asked for", span(&sources, common, "kind"));
    warning.level = Level::Warning;
    (sources, vec![kind, key, twice, warning])
}

#[test]
fn every_label_and_help_is_shown() {
    let (sources, diagnostics) = canonical();
    let text = render_diagnostics(&diagnostics, &sources, false);
    assert_snapshot!("diagnostics.txt", text);
    assert!(text.ends_with("3 errors, 1 warning in 2 files\n"));
    assert!(!text.contains('\x1b'));
    assert!(render_diagnostics(&diagnostics, &sources, true).contains("\x1b["));
}

#[test]
fn nothing_wrong_is_nothing_said() {
    assert_eq!(render_diagnostics(&[], &Sources::new(), true), "");
}

#[test]
fn a_diagnostic_without_a_place_is_told_too() {
    let (sources, mut diagnostics) = canonical();
    diagnostics.truncate(1);
    diagnostics[0].labels.clear();
    let text = render_diagnostics(&diagnostics, &sources, false);
    assert!(text.contains("error[unknown-kind]: no kind is named `k8s.node_ready`"), "{text}");
    assert!(text.ends_with("\n1 error\n"), "{text}");
}

#[test]
fn a_source_that_is_not_at_hand_is_told() {
    let (_, diagnostics) = canonical();
    let text = render_diagnostics(&diagnostics, &Sources::new(), false);
    assert!(text.contains("a place lies in a source that is not at hand"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_place_makes_it_panic(
        texts in prop::collection::vec(prop_oneof![any::<String>(), "[aé\u{202e}\x1b\t\r\n]{0,12}"], 1..3),
        places in prop::collection::vec((0_usize..4, any::<usize>(), any::<usize>(), any::<String>()), 0..4),
        near in prop::collection::vec((0_usize..4, 0_usize..14, 0_usize..14), 1..5),
        message in any::<String>(),
    ) {
        let mut more = Sources::new();
        let ids: Vec<SourceId> = (0..4).map(|_| more.add("x", "")).collect();
        let mut sources = Sources::new();
        for text in &texts {
            sources.add(text.clone(), text.clone());
        }
        let (file, start, end) = near[0];
        let mut diagnostic = Diagnostic::error(Code::Syntax, message.clone(), Span { source: ids[file], start, end }).help(message);
        for (file, start, end) in near {
            diagnostic = diagnostic.label(Span { source: ids[file], start, end }, "near");
        }
        for (file, start, end, text) in places {
            diagnostic = diagnostic.label(Span { source: ids[file], start, end }, text);
        }
        let plain = render_diagnostics(&[diagnostic.clone()], &sources, false);
        prop_assert!(!plain.chars().any(|c| c == '\x1b' || c == '\u{202e}'), "{:?}", plain);
        prop_assert!(render_diagnostics(&[diagnostic], &sources, true).len() >= plain.len());
    }
}
