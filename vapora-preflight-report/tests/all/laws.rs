//! What holds for every renderer.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use vapora_preflight::Report;
use vapora_preflight_report::{Format, Json, Markdown, Renderer, Renderers, Text, render_to_string};

use crate::{battery, hostile};

fn renderers() -> Vec<Box<dyn Renderer>> {
    let mut renderers: Vec<Box<dyn Renderer>> = Format::ALL.iter().map(|format| format.renderer()).collect();
    renderers.push(Box::new(Text::new().color(true).width(60)));
    renderers.push(Box::new(Text::new().ascii(true).only_problems(true)));
    renderers.push(Box::new(Markdown::decision()));
    renderers.push(Box::new(Markdown::sign_off()));
    renderers.push(Box::new(Json::new().compact(true)));
    renderers
}

/// What a reader of the page sees, without its markup.
fn page_text(markdown: &str) -> String {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) => text.into_string(),
            _ => " ".to_owned(),
        })
        .collect()
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in battery::all() {
        let again = report.clone();
        for renderer in renderers() {
            let text = render_to_string(&*renderer, &report);
            assert_eq!(text, render_to_string(&*renderer, &again), "{name}");
            assert!(text.ends_with('\n'), "{name}");
        }
    }
}

#[test]
fn every_declared_check_is_named() {
    let table = Renderers::builtin();
    for (name, report) in battery::all() {
        let page = page_text(&render_to_string(table.get("markdown").unwrap(), &report));
        let text = render_to_string(table.get("text").unwrap(), &report);
        let json: serde_json::Value =
            serde_json::from_str(&render_to_string(table.get("json").unwrap(), &report)).unwrap();
        for (index, check) in report.checks().enumerate() {
            let id = check.id().as_str();
            let shown = id.replace('\u{202e}', "\u{27e8}U+202E\u{27e9}");
            assert!(page.contains(&shown), "{name}: {id} on the page");
            assert!(text.contains(&shown), "{name}: {id} in the text");
            assert_eq!(json["checks"][index]["id"], id, "{name}");
        }
    }
}

#[test]
fn no_escape_sequence_and_no_override_reaches_a_reader() {
    let report = hostile::report();
    for renderer in [&Markdown::new() as &dyn Renderer, &Text::new(), &Text::new().width(50)] {
        let text = render_to_string(renderer, &report);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    }
    let coloured = render_to_string(&Text::new().color(true), &report);
    assert!(coloured.contains("\x1b[") && !coloured.contains("\x1b[31m\u{202e}"), "{coloured:?}");
    assert!(!coloured.contains('\u{202e}'));
}

/// The markup of a page: its elements, in order, without their texts.
fn markup(report: &Report) -> Vec<String> {
    let page = render_to_string(&Markdown::new(), report);
    Parser::new_ext(&page, Options::all())
        .filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(_)) => Some("block".to_owned()),
            Event::Start(tag) => Some(format!("{tag:?}")),
            Event::Html(html) | Event::InlineHtml(html) if &*html != "<br>" => Some(format!("html {html}")),
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => Some("extension".to_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn hostile_texts_bring_no_markup_of_their_own() {
    let tame = markup(&hostile::report_of("tame"));
    assert_eq!(markup(&hostile::report()), tame);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_renderer_panic_or_changes_the_markup(harm in any::<String>()) {
        prop_assume!(!harm.is_empty());
        let report = hostile::report_of(&harm);
        for renderer in renderers() {
            prop_assert!(!render_to_string(&*renderer, &report).is_empty());
        }
        prop_assert_eq!(markup(&report), markup(&hostile::report_of("tame")));
    }
}
