//! What a checklist expects of what a check saw.

use std::collections::BTreeSet;

use crate::{
    Evidence, Finding, Item, Outcome,
    expr::{self, Condition},
    plan::PlannedCheck,
    status::{ErrorReport, Status},
};

/// An outcome after the conditions of its check: one that holds fails where an `expect` is false, and warns where a
/// `warn_unless` is. A condition that cannot be worked out is an error, and never a pass.
pub(super) fn told(outcome: Outcome, check: &PlannedCheck, baseline: Option<&Evidence>) -> Status {
    let (Outcome::Pass(finding) | Outcome::Warn(finding)) = &outcome else { return Status::Done(outcome) };
    if check.expect.is_empty() && check.warn_unless.is_empty() {
        return Status::Done(outcome);
    }
    let scope = expr::scope(&check.scope, Some(&finding.evidence), baseline);
    let unclear = |mut error: ErrorReport| {
        if !finding.summary.is_empty() {
            error.causes.push(format!("the check itself says: {}", finding.summary));
        }
        Status::Errored(error)
    };
    match weigh(&check.expect, &scope) {
        Weighed::AllTrue => {}
        Weighed::False(conditions) => {
            return Status::Done(Outcome::Fail(differs(finding.clone(), &conditions, baseline)));
        }
        Weighed::Unclear(error) => return unclear(error),
    }
    match weigh(&check.warn_unless, &scope) {
        Weighed::AllTrue => Status::Done(outcome),
        Weighed::False(conditions) => {
            Status::Done(Outcome::Warn(differs(finding.clone(), &conditions, baseline)))
        }
        Weighed::Unclear(error) => unclear(error),
    }
}

enum Weighed<'c> {
    AllTrue,
    False(Vec<&'c str>),
    Unclear(ErrorReport),
}

fn weigh<'c>(conditions: &'c [Condition], scope: &minijinja::Value) -> Weighed<'c> {
    let mut wrong = Vec::new();
    let mut unclear = None;
    for condition in conditions {
        match condition.holds(scope) {
            Ok(true) => {}
            Ok(false) => wrong.push(condition.text()),
            Err(message) => {
                unclear.get_or_insert_with(|| ErrorReport {
                    message: format!("could not work out `{}`", condition.text()),
                    causes: vec![message],
                    transient: false,
                    remedy: None,
                    uncertain: false,
                });
            }
        }
    }
    match unclear {
        _ if !wrong.is_empty() => Weighed::False(wrong),
        Some(error) => Weighed::Unclear(error),
        None => Weighed::AllTrue,
    }
}

/// The finding that conditions are false: it names them, and the values they speak of.
fn differs(finding: Finding, conditions: &[&str], baseline: Option<&Evidence>) -> Finding {
    let quoted: Vec<String> = conditions.iter().map(|condition| format!("`{condition}`")).collect();
    let does = if quoted.len() == 1 { "does" } else { "do" };
    let mut summary = format!("{} {does} not hold", quoted.join(" and "));
    if !finding.summary.is_empty() {
        summary = format!("{summary}: {}", finding.summary);
    }
    let seen = named_values(conditions, &finding.evidence, baseline);
    Finding { summary, expected: Some(quoted.join(" and ")), actual: Some(seen), lasting: false, ..finding }
}

/// The values that the conditions name; all of them, where they name none.
pub(crate) fn named_values(conditions: &[&str], evidence: &Evidence, baseline: Option<&Evidence>) -> String {
    let named: BTreeSet<&str> = conditions.iter().flat_map(|condition| paths(condition)).collect();
    let below = |prefix: &str, item: &Item| {
        named.iter().any(|path| {
            path.strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix(item.name.as_str()))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let mut seen: Vec<String> =
        evidence.items().iter().filter(|item| below("", item)).map(|item| shown("", item)).collect();
    let before = baseline.map(Evidence::items).unwrap_or_default();
    seen.extend(before.iter().filter(|item| below("baseline.", item)).map(|item| shown("baseline.", item)));
    if seen.is_empty() {
        seen.extend(evidence.items().iter().map(|item| shown("", item)));
    }
    seen.join(", ")
}

fn shown(prefix: &str, item: &Item) -> String {
    let unit = item.unit.map(|unit| format!(" {}", unit.sign())).unwrap_or_default();
    format!("{prefix}{}: {}{unit}", item.name, item.value)
}

/// The dotted names in an expression.
fn paths(condition: &str) -> impl Iterator<Item = &str> {
    condition
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .filter(|path| path.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}
