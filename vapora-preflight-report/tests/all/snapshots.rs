//! What every renderer makes of every canonical report.

use insta::assert_snapshot;
use vapora_preflight_report::{Json, Markdown, Text, render_to_string};

use crate::battery;

#[test]
fn every_page_is_as_it_was() {
    for (name, report) in battery::small() {
        assert_snapshot!(format!("{name}.md"), render_to_string(&Markdown::new(), &report));
    }
}

#[test]
fn every_terminal_text_is_as_it_was() {
    for (name, report) in battery::small() {
        assert_snapshot!(format!("{name}.txt"), render_to_string(&Text::new(), &report));
    }
}

#[test]
fn every_json_is_as_it_was() {
    for (name, report) in [("empty", battery::empty()), ("roll_back", battery::roll_back())] {
        assert_snapshot!(format!("{name}.json"), render_to_string(&Json::new(), &report));
    }
}

#[test]
fn a_narrow_terminal_gets_hanging_indents_and_ascii_signs() {
    let text = Text::new().width(72).ascii(true).only_problems(true);
    let text = render_to_string(&text, &battery::no_go());
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
    assert_snapshot!("no_go.narrow.txt", text);
}

#[test]
fn no_line_but_a_command_is_wider_than_the_terminal() {
    // names are never broken, and those of the hostile report are wider than any terminal
    let tame = battery::small().into_iter().filter(|(name, _)| *name != "hostile");
    for (name, report) in tame {
        for width in [60, 80, 120] {
            let text = render_to_string(&Text::new().width(width), &report);
            let wide = |line: &&str| line.chars().count() > width && !line.trim_start().starts_with("$ ");
            assert_eq!(text.lines().find(wide), None, "{name} at {width}");
        }
    }
    let text = Text::new().width(60).only_problems(true);
    assert_snapshot!("roll_back.narrow.txt", render_to_string(&text, &battery::roll_back()));
}

#[test]
fn the_problems_of_two_thousand_checks_fit_a_screen() {
    let text = render_to_string(&Text::new().only_problems(true).width(100), &battery::many());
    let tail: Vec<&str> = text.lines().rev().take(60).collect();
    assert!(tail.iter().any(|line| line.starts_with("NO-GO")), "{text}");
    let page = render_to_string(&Markdown::decision(), &battery::many());
    assert_snapshot!("many.decision.md", page);
}
