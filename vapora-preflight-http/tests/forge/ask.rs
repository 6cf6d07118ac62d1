//! Asks a check the way the executor does.

use std::sync::Arc;

use vapora_preflight::{
    CheckContext, CheckId, CheckResult, Kind, Outcome, PlanBuilder, Registry, Resources, Run, SecretRef,
    SecretStore, SecretString, Sources, Status,
};
use vapora_preflight_http::HttpClient;
pub(crate) use vapora_preflight_sim::told;
use vapora_preflight_sim::{ForgeDialect, SimClock, SimForge};

pub(crate) const TOKEN: &str = "hunter22-token";
/// 2026-12-01T14:00:00Z.
pub(crate) const NOW: i64 = 1_796_133_600;
pub(crate) const PROJECT: &str = "vapora/vapora";

pub(crate) struct Secrets;

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(TOKEN.into()),
            SecretRef::Env(name) if name == "OLD_TOKEN" => Ok("hunter11-token".into()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

pub(crate) async fn forge(dialect: ForgeDialect) -> SimForge {
    SimForge::serve(dialect, PROJECT, TOKEN).await.unwrap()
}

/// The settings that lead to a simulated forge.
pub(crate) fn settings(dialect: ForgeDialect, forge: &SimForge) -> String {
    let api = match dialect {
        ForgeDialect::GitHub => "github",
        ForgeDialect::Forgejo => "forgejo",
        _ => "gitlab",
    };
    format!(
        "forge = {{ api = '{api}', url = '{}', project = '{PROJECT}', token = {{ env = 'TOKEN' }} }}\n",
        forge.url()
    )
}

pub(crate) const FORGES: [ForgeDialect; 3] =
    [ForgeDialect::GitHub, ForgeDialect::Forgejo, ForgeDialect::GitLab];

fn resources() -> Resources {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    resources
}

/// What a check of that kind says, asked alone.
pub(crate) async fn ask<K: Kind>(parameters: &str) -> CheckResult {
    let check: K = toml::from_str(parameters).unwrap();
    check.run(&context()).await
}

pub(crate) fn context() -> CheckContext {
    CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources()))
        .with_clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .with_secrets(Arc::new(Secrets))
}

/// What the check `it` of a whole checklist comes to in a run.
pub(crate) async fn run(checklist: &str) -> Status {
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    vapora_preflight_http::register(&mut registry);
    let mut sources = Sources::new();
    sources.add("it.toml", checklist);
    let plan = match PlanBuilder::new(&registry).sources(&sources).build() {
        Ok(compiled) => compiled.plan,
        Err(error) => panic!("{:?}", error.diagnostics),
    };
    let run = Run::new(&plan)
        .resources(Arc::new(resources()))
        .secrets(Arc::new(Secrets))
        .clock(Arc::new(SimClock::at_unix_seconds(NOW)))
        .allow(vapora_preflight::Effect::Mutates)
        .ignore_windows(true);
    let report = run.execute().await.unwrap().report;
    report.check("it").and_then(|check| check.record).unwrap().status.clone()
}

/// The finding of an outcome, as long as it has all the evidence that its kind declares.
pub(crate) fn with_evidence<K: Kind>(outcome: &Outcome) {
    let found: Vec<_> = outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = K::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
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
    ($name:expr, $result:expr) => {{
        let told = crate::ask::told(&$result);
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!($name, told) });
    }};
}
pub(crate) use assert_told;
