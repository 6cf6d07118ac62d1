//! `plan.unchanged`

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Standing, Unknown, Value,
};

/// Nothing has changed since it was checked.
///
/// No check of the plan was answered under a definition other than the present one; and for each pair in `compare`, the
/// later check saw what the earlier one saw: the same commit, the same digest of an artifact. A value that is missing on
/// either side errs: that nothing changed is then not known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unchanged {
    /// What to compare. The checks named here have to be among the `needs` of this one.
    #[serde(default)]
    compare: Vec<Comparison>,
}

/// Two checks that have to have seen the same.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Comparison {
    /// The earlier check.
    was: String,
    /// The later check.
    now: String,
    /// The names of the values, in the evidence of both.
    evidence: Vec<String>,
}

impl Kind for Unchanged {
    const NAME: &'static str = "plan.unchanged";
    const EXAMPLE: &'static str = r#"
[check.nothing-drifted]
kind    = "plan.unchanged"
title   = "No unexpected changes in code or configuration"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "compared", about: "how many values were compared" },
            EvidenceField {
                name: "answered",
                about: "how many checks were answered under their present definition",
            },
            EvidenceField { name: "changed", about: "what has changed" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.compare.iter().any(|pair| pair.evidence.is_empty()) {
            problems.at(
                "compare",
                "a comparison names no evidence",
                "name a value, as in `evidence = [\"commit\"]`",
            );
        }
        if self.compare.iter().any(|pair| pair.was == pair.now) {
            problems.at("compare", "a check is compared with itself", "name an earlier and a later check");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.report();
    }
}

#[async_trait]
impl Check for Unchanged {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let report = cx.report().ok_or_else(|| CheckError::permanent("the run keeps no report"))?;
        let mut changed: Vec<String> = Vec::new();
        let mut answered = 0_usize;
        for check in report.checks().filter(|check| check.id() != cx.id()) {
            match check.standing(cx.now()) {
                Standing::Unknown(Unknown::Changed) => {
                    changed.push(format!("`{}` was answered under another definition", check.id()));
                }
                Standing::Unknown(_) => {}
                _ => answered += 1,
            }
        }
        let mut compared = 0_usize;
        for pair in &self.compare {
            for name in &pair.evidence {
                let value = |check: &str| {
                    report
                        .evidence(check)
                        .and_then(|evidence| evidence.get(name))
                        .filter(|it| **it != Value::Null)
                        .ok_or_else(|| {
                            CheckError::permanent(format!("`{check}` has no value `{name}` on record"))
                                .remedy(format!("let `{check}` pass first, and name it in `needs`"))
                        })
                };
                let (was, now) = (value(&pair.was)?, value(&pair.now)?);
                compared += 1;
                if was != now {
                    changed
                        .push(format!("`{name}` was {was} at `{}` and is {now} at `{}`", pair.was, pair.now));
                }
            }
        }
        if answered == 0 && compared == 0 {
            return Err(CheckError::permanent(
                "no check has been answered yet, so there is nothing to go by",
            ));
        }
        let finding = |summary: String| {
            Finding::new(summary)
                .with("compared", compared)
                .with("answered", answered)
                .with("changed", Value::from(changed.clone()))
        };
        if changed.is_empty() {
            let summary =
                format!("{answered} answers are for the present definitions, {compared} values are the same");
            return Ok(Outcome::Pass(finding(summary)));
        }
        let summary = format!(
            "{} since it was checked: {}",
            if changed.len() == 1 {
                "1 thing changed".to_owned()
            } else {
                format!("{} things changed", changed.len())
            },
            changed.join("; ")
        );
        Ok(Outcome::Fail(
            finding(summary).remedy("run the phases again whose checks have changed, or reschedule"),
        ))
    }
}
