//! `plan.documented`

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Check, CheckContext, CheckResult, EvidenceField, Finding, Kind, Outcome, Problems, Requirements,
    placeholder_in,
};

/// A document of the checklist is written: a section of the change record, a message, or commands.
///
/// A text that is missing, or too short to say anything, fails the check. So does one that still holds a placeholder,
/// such as `TODO` or `[DATE TIME UTC]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Documented {
    /// The document: a section of `[change]` such as `rollback`, or `message.start`, or `commands.rollback`.
    document: String,
    /// How many characters it has to have at least.
    #[serde(default = "ten")]
    at_least: u32,
    /// Texts it has to hold, such as a command.
    #[serde(default)]
    mentions: Vec<String>,
}

fn ten() -> u32 {
    10
}

impl Kind for Documented {
    const NAME: &'static str = "plan.documented";
    const EXAMPLE: &'static str = r#"
[check.documented-rollback]
kind     = "plan.documented"
title    = "The rollback plan is written"
document = "rollback"
mentions = ["kubectl rollout undo"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "document", about: "the name of the document" },
            EvidenceField { name: "characters", about: "how many characters it has" },
            EvidenceField { name: "text", about: "the text, cut to 1,000 characters" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.at_least == 0 {
            problems.at("at_least", "an empty text would do", "ask for at least 1 character");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.document(&self.document);
    }
}

#[async_trait]
impl Check for Documented {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let text = cx.outline().document(&self.document).unwrap_or_default();
        let text = text.trim();
        let characters = text.chars().count();
        let found = |summary: String| {
            Finding::new(summary)
                .with("document", &self.document)
                .with("characters", characters)
                .with("text", text.chars().take(1_000).collect::<String>())
        };
        // the documents are those of the plan, and stay as they are
        let wrong = |summary: String| found(summary).lasting();
        let remedy = format!("write it in `[change]`, or hand it over with `--change {}=…`", self.document);
        if characters < self.at_least as usize {
            let summary = if text.is_empty() {
                format!("`{}` is not written", self.document)
            } else {
                format!("`{}` is too short to say anything", self.document)
            };
            let expected = format!("at least {} characters", self.at_least);
            return Ok(Outcome::Fail(
                wrong(summary).expected(expected).actual(format!("{characters} characters")).remedy(remedy),
            ));
        }
        if let Some(left) = placeholder_in(text) {
            let summary = format!("`{}` still holds a placeholder", self.document);
            return Ok(Outcome::Fail(wrong(summary).expected("a finished text").actual(left).remedy(remedy)));
        }
        let missing: Vec<String> = self
            .mentions
            .iter()
            .filter(|mention| !text.contains(mention.as_str()))
            .map(|mention| format!("`{mention}`"))
            .collect();
        if !missing.is_empty() {
            let summary = format!("`{}` does not mention {}", self.document, missing.join(", "));
            return Ok(Outcome::Fail(wrong(summary).remedy(remedy)));
        }
        Ok(Outcome::Pass(found(format!("`{}` is written, {characters} characters", self.document))))
    }
}
