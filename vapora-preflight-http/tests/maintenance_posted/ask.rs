//! Asks a check the way the executor does, and tells what came of it.

use std::sync::Arc;

use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Resources, SecretRef, SecretStore, SecretString,
};
use vapora_preflight_http::{HttpClient, MaintenancePosted};
pub(crate) use vapora_preflight_sim::told;
use vapora_preflight_sim::{SimClock, StatusPage};

/// 2026-12-01T12:00:00Z, two hours before the window opens.
pub(crate) const NOW: i64 = 1_796_126_400;

const WHAT: &str = "name = 'Release 1.4.0'
window = { opens = '2026-12-01T14:00:00Z', closes = '2026-12-01T15:30:00Z' }";

/// The services, each with what is particular to it.
pub(crate) const SERVICES: [&str; 4] = ["statuspage", "cachet", "cachet_v2", "webhook"];

struct Secrets {
    hook: String,
    key: String,
}

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "HOOK" => Ok(self.hook.as_str().into()),
            SecretRef::Env(name) if name == "KEY" => Ok(self.key.as_str().into()),
            SecretRef::Env(name) if name == "WRONG" => Ok("another-key-of-somebody".into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

/// Parameters with which a maintenance is posted to one of the services.
pub(crate) fn posting(page: &StatusPage, service: &str) -> String {
    let place = match service {
        "statuspage" => format!("api = '{}'\npage_id = '{}'", page.statuspage_api(), page.page()),
        "webhook" => format!("webhook = {{ env = 'HOOK' }}\nseen_at = '{}'", page.seen_at()),
        _ => format!("api = '{}'", page.cachet_api()),
    };
    let token = if service == "webhook" { "" } else { "token = { env = 'KEY' }" };
    format!("service = '{service}'\n{place}\n{token}\ntext = 'Services may be unavailable.'\n{WHAT}")
}

pub(crate) async fn ask(page: &StatusPage, parameters: &str) -> CheckResult {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let secrets = Secrets { hook: page.webhook(), key: page.key().to_owned() };
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources))
        .with_clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .with_secrets(Arc::new(secrets));
    let check: MaintenancePosted = toml::from_str(parameters).unwrap();
    check.run(&cx).await
}

/// What came of it, with its evidence.
pub(crate) fn whole(result: &CheckResult) -> String {
    let evidence: Vec<String> = result
        .iter()
        .flat_map(|outcome| outcome.finding().evidence.items())
        .map(|item| format!("  {}: {}", item.name, item.value))
        .collect();
    format!("{}\n{}", told(result), evidence.join("\n"))
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
