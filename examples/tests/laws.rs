//! Every shipped kind obeys the laws of `vapora_preflight_sim::laws`, and none is left out.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::sync::Arc;

use tokio::task::JoinSet;
use vapora_preflight::{ExposeSecret, Registry, SecretRef, SecretStore, SecretString};
use vapora_preflight_sim::laws::{Breach, Case, breaches, undocumented, without_a_case};

#[path = "laws/forge.rs"]
mod forge;
#[path = "laws/kubernetes.rs"]
mod kubernetes;
#[path = "laws/machine.rs"]
mod machine;
#[path = "laws/network.rs"]
mod network;
#[path = "laws/plan.rs"]
mod plan;
#[path = "support/registry.rs"]
mod registry;
#[path = "laws/storage.rs"]
mod storage;

use registry::registry;

/// What the simulated clock shows: 2026-12-01T14:00:00Z.
const NOW: i64 = 1_796_133_600;

/// Knows one secret, under the environment variable `TOKEN`.
struct Token(SecretString);

impl Token {
    fn new(value: &str) -> Self {
        Self(SecretString::from(value))
    }
}

impl SecretStore for Token {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(self.0.expose_secret().into()),
            _ => Err("it is not known".to_owned()),
        }
    }
}

/// A checklist with this check, and what else it needs.
fn checklist(check: &str, rest: &str) -> String {
    format!(
        "checklist = \"case\"\n{rest}\n[phase.before]\n[check.it]\nphase = \"before\"\ntimeout = \"1s\"\n{check}\n"
    )
}

/// Tries the cases all at once: most of the time they wait for the time-outs of their checks.
async fn try_all(registry: Registry, cases: Vec<Case>) -> Vec<Breach> {
    let registry = Arc::new(registry);
    let mut trials = JoinSet::new();
    for case in cases {
        let registry = Arc::clone(&registry);
        trials.spawn(async move { breaches(&registry, &case).await });
    }
    let mut found = trials.join_all().await.concat();
    found.sort_by(|one, other| (&one.kind, one.law, &one.what).cmp(&(&other.kind, other.law, &other.what)));
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_obeys_the_laws() {
    let registry = registry();
    let mut cases = kubernetes::cases(&registry).await;
    cases.extend(network::cases().await);
    cases.extend(forge::cases().await);
    cases.extend(machine::cases());
    cases.extend(plan::cases());
    cases.extend(storage::cases());
    // those of Kubernetes have their cases in their own crate, where none may be without one; here are those asked over TLS
    let without: Vec<&str> =
        without_a_case(&registry, &cases).into_iter().filter(|kind| !kind.starts_with("k8s.")).collect();
    let without: Vec<&str> =
        without.into_iter().filter(|kind| !kind.starts_with("git.") || machine::is_git_there()).collect();
    assert_eq!(without, Vec::<&str>::new());
    let found: Vec<String> = try_all(registry, cases).await.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the examples of the kinds may name.
const PRELUDE: &str = r#"
checklist  = "examples"
deployment = { window = { opens = 2026-12-01T13:30:00Z, closes = 2026-12-01T15:00:00Z } }

[vars]
namespace = "vapora"

[roles.on_call]
person = "Ada"

[change]
rollback = "kubectl rollout undo deployment/vapora-backend -n vapora"

[target.staging.kubernetes]
context = "staging"
[target.production.kubernetes]
context = "production"

[phase.before]
"#;

#[tokio::test]
async fn every_kind_is_documented() {
    let found: Vec<String> =
        undocumented(&registry(), PRELUDE).await.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
