//! Answers of checks as text, for snapshots.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by the tests of this folder, each of which uses a part"
)]

use std::{future::Future, time::Duration};

use vapora_preflight::{Check, CheckContext, CheckError, CheckId, Outcome, Value};

pub(crate) type Answer = Result<Outcome, CheckError>;

/// Nothing here takes longer, unless it hangs.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_mins(1), what).await.expect("it hangs")
}

pub(crate) fn alone() -> CheckContext {
    CheckContext::alone(CheckId::new("host").unwrap(), std::sync::Arc::default())
}

pub(crate) async fn ask(check: &dyn Check) -> Answer {
    soon(check.run(&alone())).await
}

pub(crate) fn told(answer: &Answer) -> String {
    let line = |name: &str, text: Option<&str>| text.map(|it| format!("\n{name}: {it}")).unwrap_or_default();
    match answer {
        Ok(outcome) => {
            let finding = outcome.finding();
            let word = match outcome {
                Outcome::Pass(_) => "pass",
                Outcome::Fail(_) => "fail",
                _ => "other",
            };
            format!("{word}: {}", finding.summary)
                + &line("expected", finding.expected.as_deref())
                + &line("actual", finding.actual.as_deref())
                + &line("remedy", finding.remedy.as_deref())
        }
        Err(error) => {
            let word = if error.is_transient() { "transient" } else { "permanent" };
            format!("{word} error: {error}") + &line("remedy", error.report().remedy.as_deref())
        }
    }
}

pub(crate) fn value(answer: &Answer, name: &str) -> Value {
    answer.as_ref().unwrap().finding().evidence.get(name).unwrap().clone()
}

pub(crate) fn text(answer: &Answer, name: &str) -> String {
    match value(answer, name) {
        Value::Text(text) => text,
        other => panic!("`{name}` is {other:?}"),
    }
}

pub(crate) fn passes(answer: &Answer) -> bool {
    matches!(answer, Ok(Outcome::Pass(_)))
}

pub(crate) fn fails(answer: &Answer) -> bool {
    matches!(answer, Ok(Outcome::Fail(_)))
}
