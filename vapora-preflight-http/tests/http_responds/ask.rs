//! Asks a check the way the executor does, and tells what came of it.

use std::sync::Arc;

use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Resources, SecretRef, SecretStore, SecretString,
};
use vapora_preflight_http::{HttpClient, HttpResponds};
pub(crate) use vapora_preflight_sim::told;

pub(crate) const TOKEN: &str = "hunter22-token";

pub(crate) struct Secrets;

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(TOKEN.into()),
            SecretRef::Env(name) if name == "TWO_LINES" => Ok(format!("{TOKEN}\n{TOKEN}").into()),
            SecretRef::File(path) => Ok(std::fs::read_to_string(path).map_err(|it| it.to_string())?.into()),
            SecretRef::Env(_) => Err("it is not set".to_owned()),
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
