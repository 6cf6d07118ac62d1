//! Asks a check the way the executor does, and tells what came of it.

use std::sync::Arc;

use vapora_preflight::{
    CheckContext, CheckId, CheckResult, Kind, Outcome, Resources, SecretRef, SecretStore, SecretString, Value,
};
use vapora_preflight_http::HttpClient;
use vapora_preflight_sim::SimClock;
pub(crate) use vapora_preflight_sim::told;

/// What the clock of the checks shows: 2026-12-01T14:00:00Z.
pub(crate) const NOW: i64 = 1_796_133_600;
pub(crate) const TOKEN: &str = "hunter22-token";

struct Secrets;

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(TOKEN.into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

/// The context of a check without a clock of its own.
pub(crate) fn context(client: HttpClient) -> CheckContext {
    let mut resources = Resources::new();
    resources.insert(client);
    CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources)).with_secrets(Arc::new(Secrets))
}

pub(crate) fn at_now() -> CheckContext {
    context(HttpClient::new().unwrap()).with_clock(Arc::new(SimClock::at_unix_seconds(NOW)))
}

/// Asks with these parameters.
pub(crate) async fn ask_in<K: Kind>(cx: &CheckContext, parameters: &str) -> CheckResult {
    let check: K = toml::from_str(parameters).unwrap();
    let result = check.run(cx).await;
    if let Ok(outcome) = &result {
        let found: Vec<_> =
            outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
        let declared: Vec<_> = K::evidence().iter().map(|field| field.name).collect();
        assert_eq!(found, declared, "the evidence is what the kind declares, in every outcome");
    }
    result
}

pub(crate) async fn ask<K: Kind>(parameters: &str) -> CheckResult {
    ask_in::<K>(&at_now(), parameters).await
}

/// A value of the evidence; of a table by a dotted path.
pub(crate) fn seen(outcome: &Outcome, path: &[&str]) -> Value {
    let evidence = &outcome.finding().evidence;
    let mut value = evidence.get(path[0]).unwrap_or_else(|| panic!("no {path:?} in {evidence:?}")).clone();
    for name in &path[1..] {
        let Value::Table(rows) = &value else { panic!("{path:?}: {value:?}") };
        value = rows.iter().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {path:?}")).1.clone();
    }
    value
}

/// Holds what came of it against its snapshot, whatever the port.
macro_rules! assert_told {
    ($result:expr) => {{
        let told = crate::ask::told(&$result);
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
