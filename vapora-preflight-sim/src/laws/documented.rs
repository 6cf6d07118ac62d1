//! The law of documentation, over a whole registry.

use std::time::Duration;

use vapora_preflight::{KindInfo, Registry, Run};

use super::{Breach, Law, compile};

/// The phase to which the examples belong.
const PHASE: &str = "before";

/// How long the example of a kind may take without any client.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tries the law of documentation on every kind. Its example is compiled as a file of its own beside `prelude`, a checklist
/// with the targets, roles, variables and documents that examples may name. The prelude has to declare the phase
/// `before`, which is where an example belongs that names no phase.
pub async fn undocumented(registry: &Registry, prelude: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for kind in registry.kinds() {
        let told = described(kind).into_iter().chain(example(registry, kind, prelude).await.err());
        found.extend(told.map(|what| Breach { kind: kind.name.to_owned(), law: Law::Documented, what }));
    }
    found
}

/// What has no words.
fn described(kind: &KindInfo) -> Vec<String> {
    let mut found = Vec::new();
    if kind.docs().trim().is_empty() {
        found.push("it has no documentation".to_owned());
    }
    for name in kind.parameters() {
        if kind.schema["properties"][name]["description"].as_str().is_none_or(str::is_empty) {
            found.push(format!("the parameter `{name}` has no documentation"));
        }
    }
    let mut names: Vec<&str> = kind.evidence.iter().map(|field| field.name).collect();
    names.sort_unstable();
    for twice in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        found.push(format!("the evidence `{}` is declared twice", twice[0]));
    }
    for field in kind.evidence.iter().filter(|field| field.about.trim().is_empty()) {
        found.push(format!("the evidence `{}` has no documentation", field.name));
    }
    found
}

/// Compiles the example and asks it without any client: every check settles, be it with an error.
async fn example(registry: &Registry, kind: &KindInfo, prelude: &str) -> Result<(), String> {
    let compiled = compile(registry, &[prelude, &format!("phase = \"{PHASE}\"\n{}", kind.example)])
        .map_err(|message| format!("its example does not compile: {message}"))?;
    if compiled.plan.outline().checks.iter().all(|check| check.kind != kind.name) {
        return Err("its example holds no check of the kind".to_owned());
    }
    let run = Run::new(&compiled.plan).ignore_windows(true).deadline(PATIENCE).execute();
    let outcome = run.await.map_err(|error| format!("its example cannot be run: {error}"))?;
    let open = outcome.report.checks().find(|check| check.record.is_none());
    open.map_or(Ok(()), |check| Err(format!("its example leaves `{}` unsettled", check.id())))
}
