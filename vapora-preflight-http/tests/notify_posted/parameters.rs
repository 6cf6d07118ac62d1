//! Parameters that do not go together are told when the checklist is read.

use vapora_preflight::{Kind, Problems};

use crate::ask::{assert_told, check};

fn told(parameters: &str) -> String {
    let mut problems = Problems::default();
    check(parameters).validate(&mut problems);
    problems.messages().collect::<Vec<_>>().join("\n  ")
}

const HOOK: &str = "webhook = { env = 'HOOK' }";

#[test]
fn what_goes_together_is_accepted() {
    for fine in [
        format!("service = 'slack'\n{HOOK}\ntext = 'x'\nmention = ['here', '@U024BE7LH']"),
        "service = 'slack'\ntoken = { env = 'T' }\nchannel = '#a'\ndocument = 'message.start'".to_owned(),
        format!("service = 'mattermost'\n{HOOK}\nchannel = 'town-square'\ndocument = 'message.start'"),
        format!(
            "service = 'webhook'\n{HOOK}\ntext = 'x'\nheaders = {{ authorization = {{ env = 'T' }} }}\nbody = ['$text']"
        ),
    ] {
        assert_eq!(told(&fine), "", "{fine}");
    }
}

#[test]
fn what_does_not_go_together_is_told() {
    let mut all = Vec::new();
    for wrong in [
        "service = 'slack'".to_owned(),
        format!("service = 'slack'\n{HOOK}\ntoken = {{ env = 'T' }}\ntext = 'x'\ndocument = 'message.start'"),
        format!("service = 'slack'\n{HOOK}\ntext = ' '\nchannel = '#a'\nmention = ['ada']"),
        "service = 'slack'\ntoken = { env = 'T' }\ntext = 'x'".to_owned(),
        "service = 'discord'\ntoken = { env = 'T' }\nchannel = ''\ntext = 'x'".to_owned(),
        format!(
            "service = 'teams'\n{HOOK}\ntext = 'x'\nheaders = {{ a = 'b' }}\nbody = 'x'\nmethod = 'PUT'\nstatus = [200]"
        ),
        format!(
            "service = 'webhook'\n{HOOK}\ntext = 'x'\nbody = {{ text = 'text', at = 2026-01-01 }}\nstatus = []\nheaders = {{ authorization = 'b', 'a b' = 'c' }}\nmention = ['here']"
        ),
    ] {
        all.push(format!("{wrong}\n  {}", told(&wrong)));
    }
    assert_told!(all.join("\n\n"));
}

#[test]
fn what_is_not_known_is_an_error() {
    for wrong in [
        format!("service = 'irc'\n{HOOK}\ntext = 'x'"),
        "service = 'slack'\nwebhook = 'https://hooks.slack.com/services/T/B/x'\ntext = 'x'".to_owned(),
        format!("service = 'webhook'\n{HOOK}\ntext = 'x'\nmethod = 'DELETE'"),
        format!("service = 'slack'\n{HOOK}\ntext = 'x'\nchanel = '#a'"),
        format!("service = 'slack'\n{HOOK}\ntext = 'x'\nmention = 'here'"),
    ] {
        assert!(toml::from_str::<vapora_preflight_http::NotifyPosted>(&wrong).is_err(), "{wrong}");
    }
}
