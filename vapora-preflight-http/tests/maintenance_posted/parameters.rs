//! Parameters that do not go together are told when the checklist is read.

use vapora_preflight::{Kind, Problems};
use vapora_preflight_http::MaintenancePosted;

use crate::ask::assert_told;

fn told(parameters: &str) -> String {
    let mut problems = Problems::default();
    toml::from_str::<MaintenancePosted>(parameters).unwrap().validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n  ")
}

#[test]
fn what_goes_together_is_accepted() {
    for fine in [
        "service = 'statuspage'\npage_id = 'gytm4qzbx9t6'\ntoken = { env = 'K' }\nname = 'n'\ndocument = 'message.maintenance'\ntell_subscribers = false\nautomatic = false",
        "service = 'cachet'\napi = 'https://status.example.com/api'\ntoken = { env = 'K' }\nname = 'n'\ntext = 't'\nzone = 'Europe/Madrid'\ncomponents = ['1']",
        "service = 'webhook'\nwebhook = { env = 'H' }\nseen_at = 'https://status.example.com/'\nname = 'n'\ntext = 't'\nbody = { title = '$name' }",
    ] {
        assert_eq!(told(fine), "", "{fine}");
    }
}

#[test]
fn what_does_not_go_together_is_told() {
    let mut all = Vec::new();
    for wrong in [
        "service = 'statuspage'\nname = ' '",
        "service = 'statuspage'\npage_id = 'a/../b'\ntoken = { env = 'K' }\nname = 'n'\ntext = 't'\ndocument = 'message.x'\nzone = 'Europe/Madrid'",
        "service = 'cachet'\npage_id = 'x'\ntoken = { env = 'K' }\nname = 'n'\ntext = 't'\nautomatic = false\nzone = 'Mars/Olympus'\ncomponents = ['']",
        "service = 'cachet_v2'\napi = 'https://a.test/api'\ntoken = { env = 'K' }\nname = 'n'\ntext = 't'\nwebhook = { env = 'H' }\nheaders = { a = 'b' }\nbody = 'x'\nmethod = 'PUT'\nstatus = [200]\nseen_at = 'https://a.test/'",
        "service = 'webhook'\napi = 'https://a.test/'\ntoken = { env = 'K' }\ncomponents = ['1']\nname = 'n'\ntext = 't'\nbody = 'x'\nstatus = []\nheaders = { cookie = 'b' }",
        "service = 'webhook'\nwebhook = { env = 'H' }\nseen_at = 'https://a.test/'\nname = 'n'\ntext = 't'\nwindow = { opens = '2026-12-01T14:00:00Z', closes = '2026-12-01T13:00:00Z' }",
    ] {
        all.push(format!("{wrong}\n  {}", told(wrong)));
    }
    assert_told!(all.join("\n\n"));
    for wrong in [
        "service = 'other'\nname = 'n'",
        "service = 'webhook'",
        "service = 'webhook'\nname = 'n'\nwebhook = 'https://a.test/'",
    ] {
        assert!(toml::from_str::<MaintenancePosted>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_example_is_a_check() {
    let mut registry = vapora_preflight::Registry::new();
    vapora_preflight_http::register(&mut registry);
    let mut sources = vapora_preflight::Sources::new();
    sources.add("phases.toml", "[phase.before]\n");
    sources.add("checks.toml", format!("phase = \"before\"\n{}", MaintenancePosted::EXAMPLE));
    let compiled = vapora_preflight::PlanBuilder::new(&registry).sources(&sources).build().unwrap();
    let kinds: Vec<&str> = compiled.plan.outline().checks.iter().map(|check| check.kind.as_str()).collect();
    assert_eq!(kinds, [MaintenancePosted::NAME], "{:?}", compiled.warnings);
}
