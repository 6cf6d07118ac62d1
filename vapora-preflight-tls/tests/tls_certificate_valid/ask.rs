//! Asks a check the way the executor does, and tells what came of it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tempfile::NamedTempFile;
use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Clock, Outcome, Resources, Timestamp, Value, async_trait,
};
pub(crate) use vapora_preflight_sim::told;
use vapora_preflight_tls::TlsCertificateValid;

/// The time of the tests: 2026-12-01T12:00:00Z.
pub(crate) const NOW: i64 = 1_796_126_400;

#[derive(Debug)]
struct Standing;

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(NOW)
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
    async fn timer(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A check of these parameters.
pub(crate) fn check(parameters: &str) -> TlsCertificateValid {
    toml::from_str(parameters).unwrap()
}

/// Asks with parameters that say it all.
pub(crate) async fn ask_as_written(parameters: &str) -> CheckResult {
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(Resources::new()));
    check(parameters).run(&cx.with_clock(Arc::new(Standing))).await
}

/// Asks an endpoint for the good name, with the roots in that PEM.
pub(crate) async fn ask(endpoint: SocketAddr, roots: &str, more: &str) -> CheckResult {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), roots).unwrap();
    let name = if more.contains("server_name") { "" } else { "server_name = 'api.example.com'" };
    let path = file.path().display();
    ask_as_written(&format!("endpoint = '{endpoint}'\n{name}\nroots = '{path}'\n{more}")).await
}

/// A value of the evidence.
pub(crate) fn seen<'o>(outcome: &'o Outcome, name: &str) -> &'o Value {
    outcome.finding().evidence.get(name).unwrap()
}

/// A column of the chain, row by row.
pub(crate) fn column(outcome: &Outcome, name: &str) -> Vec<String> {
    let Value::List(rows) = seen(outcome, "chain") else { panic!("{outcome:?}") };
    let cell = |row: &Value| match row {
        Value::Table(cells) => cells.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string()),
        _ => None,
    };
    rows.iter().map(|row| cell(row).unwrap()).collect()
}

/// Holds what came of it against its snapshot, whatever the port and the place of temporary files.
macro_rules! assert_told {
    ($result:expr) => {{
        let told = crate::ask::told(&$result);
        insta::with_settings!({
            filters => vec![
                (r"(127\.0\.0\.1|localhost|api\.example\.com):\d+", "$1:PORT"),
                (r"roots `[^`]*`", "roots `FILE`"),
                (r"sha256 [0-9a-f]{64}", "sha256 FINGERPRINT"),
            ],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
