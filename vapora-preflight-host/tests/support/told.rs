//! Answers of checks as text, for snapshots.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by the tests of this folder, each of which uses a part"
)]

use std::{future::Future, io::Write as _, time::Duration};

use vapora_preflight::{Check, CheckContext, CheckError, CheckId, Outcome, Value};
pub(crate) use vapora_preflight_sim::told;

pub(crate) type Answer = Result<Outcome, CheckError>;

/// Nothing here takes longer, unless it hangs.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_mins(1), what).await.expect("it hangs")
}

/// Whether a program is on this machine; where it is not, the test says that it is skipped.
pub(crate) fn is_there(program: &str) -> bool {
    // what it says does not matter, nor whether it knows that option
    let started = std::process::Command::new(program).arg("--version").output();
    let found = !started.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    if !found {
        // past the harness, which keeps what tests print
        let told = format!("\nskipped: there is no `{program}` on this machine\n");
        let _ = std::io::stderr().write_all(told.as_bytes());
    }
    found
}

pub(crate) fn alone() -> CheckContext {
    CheckContext::alone(CheckId::new("host").unwrap(), std::sync::Arc::default())
}

pub(crate) async fn ask(check: &dyn Check) -> Answer {
    soon(check.run(&alone())).await
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
