//! What a check said, as text.

use vapora_preflight::{CheckResult, Outcome};

/// What a check said, as an operator reads it: a word, the summary, and what was expected, seen and advised. For
/// snapshots in the tests of kinds; the evidence is left out.
///
/// ```
/// use vapora_preflight::{CheckError, Finding, Outcome};
/// use vapora_preflight_sim::told;
///
/// let failed = Ok(Outcome::Fail(Finding::new("2 of 5 nodes are not ready").remedy("look at the kubelets")));
/// assert_eq!(told(&failed), "fail: 2 of 5 nodes are not ready\nremedy: look at the kubelets");
/// let erred = Err(CheckError::transient("connection refused"));
/// assert_eq!(told(&erred), "transient error: connection refused");
/// ```
pub fn told(answer: &CheckResult) -> String {
    let line = |name: &str, text: Option<&str>| text.map(|it| format!("\n{name}: {it}")).unwrap_or_default();
    match answer {
        Ok(outcome) => {
            let finding = outcome.finding();
            let word = match outcome {
                Outcome::Pass(_) => "pass",
                Outcome::Warn(_) => "warn",
                Outcome::Fail(_) => "fail",
                _ => "not applicable",
            };
            format!("{word}: {}", finding.summary)
                + &line("expected", finding.expected.as_deref())
                + &line("actual", finding.actual.as_deref())
                + &line("remedy", finding.remedy.as_deref())
        }
        Err(error) => {
            let word = match error.report() {
                report if report.uncertain => "uncertain",
                report if report.transient => "transient",
                _ => "permanent",
            };
            format!("{word} error: {error}") + &line("remedy", error.report().remedy.as_deref())
        }
    }
}
