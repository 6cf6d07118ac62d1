//! What is expected of an answer.

use vapora_preflight::{CheckError, CheckResult, Finding, Outcome};

/// What is said to be so, and what to do about it; not what was expected, which says the same in every case.
fn words_of(finding: &Finding) -> String {
    let parts = [Some(&finding.summary), finding.actual.as_ref(), finding.remedy.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn has(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "expected `{word}` in:\n{said}");
    }
}

#[track_caller]
fn finding(result: &CheckResult, sort: fn(&Outcome) -> bool, words: &[&str]) -> Finding {
    match result {
        Ok(outcome) if sort(outcome) => {
            has(&words_of(outcome.finding()), words);
            outcome.finding().clone()
        }
        other => panic!("{other:#?}"),
    }
}

/// It passes, with these words.
#[track_caller]
pub(crate) fn passes(result: &CheckResult, words: &[&str]) -> Finding {
    finding(result, |outcome| matches!(outcome, Outcome::Pass(_)), words)
}

/// It passes and warns, with these words.
#[track_caller]
pub(crate) fn warns(result: &CheckResult, words: &[&str]) -> Finding {
    finding(result, |outcome| matches!(outcome, Outcome::Warn(_)), words)
}

/// It fails, with these words.
#[track_caller]
pub(crate) fn fails(result: &CheckResult, words: &[&str]) -> Finding {
    finding(result, |outcome| matches!(outcome, Outcome::Fail(_)), words)
}

/// It could not find out, and will not by itself, with these words.
#[track_caller]
pub(crate) fn errs(result: &CheckResult, words: &[&str]) {
    error(result, false, words);
}

/// It could not find out for now, with these words.
#[track_caller]
pub(crate) fn waits(result: &CheckResult, words: &[&str]) {
    error(result, true, words);
}

#[track_caller]
fn error(result: &CheckResult, transient: bool, words: &[&str]) {
    let error: &CheckError = match result {
        Err(error) if error.is_transient() == transient => error,
        other => panic!("{other:#?}"),
    };
    let remedy = error.report().remedy.clone().unwrap_or_default();
    has(&format!("{error}\n{remedy}"), words);
}

/// A value of the evidence, as text.
pub(crate) fn evidence(finding: &Finding, name: &str) -> String {
    finding.evidence.get(name).unwrap_or_else(|| panic!("no evidence `{name}`")).to_string()
}

/// What is said of it, in our own words: the evidence is left out, and so are the causes of an error.
pub(crate) fn words(result: &CheckResult) -> String {
    let (sort, words) = match result {
        Ok(outcome @ Outcome::Pass(_)) => ("pass", words_of(outcome.finding())),
        Ok(outcome @ Outcome::Warn(_)) => ("warn", words_of(outcome.finding())),
        Ok(outcome @ Outcome::Fail(_)) => ("fail", words_of(outcome.finding())),
        Ok(other) => panic!("{other:#?}"),
        Err(error) => {
            let remedy = error.report().remedy.clone().unwrap_or_default();
            ("error", format!("{}\n{remedy}", error.message()))
        }
    };
    format!("{sort}: {words}")
}
