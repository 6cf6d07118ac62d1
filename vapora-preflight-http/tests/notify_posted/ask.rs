//! Asks a check the way the executor does, and tells what came of it.

use std::sync::Arc;

use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Resources, SecretRef, SecretStore, SecretString,
};
use vapora_preflight_http::{HttpClient, NotifyPosted};
pub(crate) use vapora_preflight_sim::told;
use vapora_preflight_sim::{Chat, SimClock};

/// 2026-12-01T14:00:00Z.
pub(crate) const NOW: i64 = 1_796_133_600;

/// Knows the URL of one webhook as `HOOK`, and the token of the bot as `TOKEN`.
pub(crate) struct Secrets {
    pub(crate) hook: String,
    pub(crate) token: String,
}

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "HOOK" => Ok(self.hook.as_str().into()),
            SecretRef::Env(name) if name == "TOKEN" => Ok(self.token.as_str().into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

/// A check of these parameters.
pub(crate) fn check(parameters: &str) -> NotifyPosted {
    toml::from_str(parameters).unwrap()
}

pub(crate) fn resources() -> Resources {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    resources
}

/// Asks it with this URL as the secret `HOOK`.
pub(crate) async fn ask_at(hook: impl Into<String>, parameters: &str) -> CheckResult {
    let secrets = Secrets { hook: hook.into(), token: String::new() };
    ask_with(secrets, parameters).await
}

/// Asks a bot's check: `api` is put among the parameters.
pub(crate) async fn ask_bot(chat: &Chat, parameters: &str) -> CheckResult {
    let secrets = Secrets { hook: String::new(), token: chat.slack_token() };
    let parameters =
        format!("service = 'slack'\ntoken = {{ env = 'TOKEN' }}\napi = '{}'\n{parameters}", chat.slack_api());
    ask_with(secrets, &parameters).await
}

async fn ask_with(secrets: Secrets, parameters: &str) -> CheckResult {
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources()))
        .with_clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .with_secrets(Arc::new(secrets));
    check(parameters).run(&cx).await
}

/// A check of a service by its webhook, with this text.
pub(crate) fn saying(service: &str, text: &str) -> String {
    format!("service = '{service}'\nwebhook = {{ env = 'HOOK' }}\ntext = '{text}'")
}

/// The services that take a webhook, each with that of the simulation.
pub(crate) fn hooks(chat: &Chat) -> [(&'static str, String); 5] {
    [
        ("slack", chat.slack_webhook()),
        ("mattermost", chat.mattermost_webhook()),
        ("discord", chat.discord_webhook()),
        ("teams", chat.teams_webhook()),
        ("webhook", chat.webhook()),
    ]
}

/// Holds what came of it against its snapshot, whatever the port.
macro_rules! assert_told {
    ($told:expr) => {{
        let told = $told;
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
