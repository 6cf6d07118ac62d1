//! Parameters that do not go together are told when the checklist is read.

use vapora_preflight::{Kind, Problems};
use vapora_preflight_http::CalendarClear;

use crate::ask::assert_told;

fn told(parameters: &str) -> String {
    let mut problems = Problems::default();
    toml::from_str::<CalendarClear>(parameters).unwrap().validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n  ")
}

#[test]
fn what_goes_together_is_accepted() {
    for fine in [
        "url = 'https://calendar.example.com/changes.ics'\nbasic = { user = 'me', password = { env = 'P' } }",
        "secret_url = { env = 'URL' }\nsummary = ['*x*']\nexcept = ['VAPORA *']\nzone = 'Europe/Madrid'\nmargin = '1h'",
        "file = 'changes.ics'\nwindow = { opens = '2026-12-01T13:00:00Z', closes = '2026-12-01T15:00:00Z' }",
    ] {
        assert_eq!(told(fine), "", "{fine}");
    }
}

#[test]
fn what_does_not_go_together_is_told() {
    let mut all = Vec::new();
    for wrong in [
        "",
        "url = 'https://a.test/'\nfile = 'x.ics'",
        "file = 'x.ics'\nbearer = { env = 'T' }\nlimit = '0B'",
        "file = 'x.ics'\nsummary = ['[', '']\ncategory = ['{a']\nexcept = ['**']",
        "file = 'x.ics'\nzone = 'Mars/Olympus'\nwindow = { opens = '2026-12-01T13:00:00Z', closes = '2026-12-01T13:00:00Z' }",
        "url = 'https://a.test/'\nheaders = { authorization = 'x' }\nbearer = { env = 'T' }",
    ] {
        all.push(format!("{wrong}\n  {}", told(wrong)));
    }
    assert_told!(all.join("\n\n"));
    for wrong in ["url = 'webcal://a.test/'", "file = 'x.ics'\nsumary = ['x']", "file = 'x.ics'\nzone = 1"] {
        assert!(toml::from_str::<CalendarClear>(wrong).is_err(), "{wrong}");
    }
}
