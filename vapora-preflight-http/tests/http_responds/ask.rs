//! Asks a check the way the executor does, and tells what came of it.

use std::{fmt::Write as _, sync::Arc};

use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Finding, Outcome, Resources, SecretRef, SecretStore,
    SecretString,
};
use vapora_preflight_http::{HttpClient, HttpResponds};

pub(crate) const TOKEN: &str = "hunter22-token";

struct Secrets;

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(TOKEN.into()),
            SecretRef::Env(name) if name == "TWO_LINES" => Ok(format!("{TOKEN}\n{TOKEN}").into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

/// A check of these parameters.
pub(crate) fn check(parameters: &str) -> HttpResponds {
    toml::from_str(parameters).unwrap()
}

pub(crate) async fn ask(parameters: &str) -> CheckResult {
    ask_with(HttpClient::new().unwrap(), parameters).await
}

pub(crate) async fn ask_with(client: HttpClient, parameters: &str) -> CheckResult {
    let mut resources = Resources::new();
    resources.insert(client);
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources))
        .with_secrets(Arc::new(Secrets));
    check(parameters).run(&cx).await
}

/// What came of it, as an operator reads it. Evidence is left out; it has tests of its own.
pub(crate) fn told(result: &CheckResult) -> String {
    let (word, finding) = match result {
        Ok(Outcome::Pass(finding)) => ("pass", finding.clone()),
        Ok(Outcome::Fail(finding)) => ("fail", finding.clone()),
        Ok(other) => panic!("this kind never says {other:?}"),
        Err(error) => {
            let word = if error.is_transient() { "transient error" } else { "permanent error" };
            let mut finding = Finding::new(error.to_string());
            finding.remedy.clone_from(&error.report().remedy);
            (word, finding)
        }
    };
    let mut text = format!("{word}: {}\n", finding.summary);
    let parts = [("expected", finding.expected), ("actual", finding.actual), ("remedy", finding.remedy)];
    for (name, part) in parts {
        if let Some(part) = part {
            let _ = writeln!(text, "{name}: {part}");
        }
    }
    text
}

/// Holds what came of it against its snapshot, whatever the port.
macro_rules! assert_told {
    ($result:expr) => {{
        let told = crate::ask::told(&$result);
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"\.test:\d+", ".test:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
