//! `plan.in_window`

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, Period, Problems,
    Unit,
};

/// The time is within the maintenance window of the deployment.
///
/// The window is `[deployment] window`, and the time is the run's clock. Without a window the check errs: that there is none
/// is not known to be right.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InWindow {
    /// How much of the window has to be left for the deployment.
    #[serde(default)]
    time_left: Option<Period>,
    /// How long before the window opens the check may already hold, for a decision made shortly before it.
    #[serde(default)]
    early_by: Option<Period>,
}

impl Kind for InWindow {
    const NAME: &'static str = "plan.in_window";
    const EXAMPLE: &'static str = r#"
[check.maintenance-window]
kind      = "plan.in_window"
title     = "Within the designated maintenance window"
time_left = "15m"
early_by  = "15m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "opens", about: "when the window opens" },
            EvidenceField { name: "closes", about: "when the window closes" },
            EvidenceField { name: "left", about: "how much of it is left, in seconds" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.time_left.is_some_and(|left| left.get().is_zero()) {
            problems.at(
                "time_left",
                "no time at all has to be left",
                "give it more than zero, or leave it out",
            );
        }
    }
}

#[async_trait]
impl Check for InWindow {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let window = cx.deployment().window.ok_or_else(|| {
            CheckError::permanent("the deployment has no maintenance window")
                .remedy("give it one, as in `[deployment] window = { opens = …, closes = … }`")
                .lasting()
        })?;
        let now = cx.now();
        let left = window.closes.since(now);
        let finding = |summary: String| {
            Finding::new(summary)
                .with("opens", window.opens)
                .with("closes", window.closes)
                .measured("left", left.as_secs_f64(), Unit::Seconds)
                .expected(format!("between {} and {}", window.opens.to_minute(), window.closes.to_minute()))
                .actual(now.to_minute())
        };
        let whole = |duration: std::time::Duration| Period::from_secs(duration.as_secs());
        let from = window.opens.minus(self.early_by.unwrap_or_default().get());
        if now < from {
            let summary = format!("the window opens in {}", whole(window.opens.since(now)));
            return Ok(Outcome::Fail(finding(summary).remedy("wait for the window, or reschedule")));
        }
        if now >= window.closes {
            let summary = format!("the window closed {} ago", whole(now.since(window.closes)));
            return Ok(Outcome::Fail(finding(summary).remedy("reschedule").lasting()));
        }
        if let Some(needed) = self.time_left.filter(|needed| left < needed.get()) {
            let summary = format!("only {} of the window are left, and {needed} are needed", whole(left));
            return Ok(Outcome::Fail(finding(summary).remedy("reschedule").lasting()));
        }
        let summary = if now < window.opens {
            format!("the window opens in {}", whole(window.opens.since(now)))
        } else {
            format!("the window is open for another {}", whole(left))
        };
        Ok(Outcome::Pass(finding(summary)))
    }
}
