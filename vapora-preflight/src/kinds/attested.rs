//! `manual.attested`

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Awaiting, Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, Period,
    Problems, Requirements, Value, Word,
};

/// A person of a given role says that something is so.
///
/// The check waits until that word is recorded with `attest`. The word counts for the present definition of the check,
/// until it expires, and until it is withdrawn; a `no` fails the check. It is never given by a machine.
///
/// Some things need a person only now and then, such as the warnings of a check that has some. With `unless_passed`, nobody
/// is asked as long as the check that `baseline` names has passed without a warning; a word that was given counts all the same.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The role whose word it is, as declared in `[roles]`.
    role: String,
    /// What that person says is so.
    statement: String,
    /// How to make sure of it by hand.
    #[serde(default)]
    how: Option<String>,
    /// Whether the word has to come with something that shows it: a link, a ticket, a sentence.
    #[serde(default)]
    evidence: EvidenceRule,
    /// How long the word counts.
    #[serde(default = "a_day")]
    valid_for: Period,
    /// Whether the word has to come from the person who fills the role, and from nobody else.
    #[serde(default)]
    in_person: bool,
    /// Whether nobody is asked where the check that `baseline` names has passed without a warning, for as long as a word would
    /// count.
    #[serde(default)]
    unless_passed: bool,
}

fn a_day() -> Period {
    Period::from_secs(24 * 60 * 60)
}

/// Whether a word has to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EvidenceRule {
    /// It has to be shown.
    Required,
    /// It may be shown.
    #[default]
    Optional,
}

impl Kind for Attested {
    const NAME: &'static str = "manual.attested";
    const EXAMPLE: &'static str = r#"
[check.on-call-briefed]
kind      = "manual.attested"
title     = "The on-call engineer is briefed"
role      = "on_call"
statement = "I know the plan and the rollback procedure"
valid_for = "36h"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "who", about: "who gave the word" },
            EvidenceField { name: "role", about: "the role in which it was given" },
            EvidenceField { name: "given", about: "when it was given" },
            EvidenceField { name: "expires", about: "from when on it no longer counts" },
            EvidenceField { name: "evidence", about: "what shows it" },
            EvidenceField { name: "comment", about: "a remark" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.statement.trim().is_empty() {
            problems.at("statement", "the statement is empty", "say what the person is to make sure of");
        }
        if self.valid_for.get().is_zero() {
            problems.at("valid_for", "the word would never count", "give it more than zero");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.word_of(&self.role);
    }
}

impl Attested {
    fn awaiting(&self, because: Option<String>) -> CheckError {
        let statement = match &self.how {
            Some(how) => format!("{} (how: {how})", self.statement),
            None => self.statement.clone(),
        };
        CheckError::awaiting(Awaiting { role: self.role.clone(), statement, because })
    }

    /// The answer without a word: that of the other check where it will do, and else a person's is awaited.
    fn nobody_spoke(&self, cx: &CheckContext) -> CheckResult {
        if !self.unless_passed {
            return Err(self.awaiting(None));
        }
        let earlier = cx.baseline().ok_or_else(|| {
            CheckError::permanent("`unless_passed` is set, and no check is named that could have passed")
                .remedy("name it, as in `baseline = \"staging-dry-run\"`")
        })?;
        let until = earlier.finished.plus(self.valid_for.get());
        if !earlier.passed {
            return Err(self.awaiting(Some(format!("`{}` did not simply pass", earlier.check))));
        }
        if cx.now() >= until {
            let since = earlier.finished.to_minute();
            return Err(self.awaiting(Some(format!("`{}` passed too long ago, at {since}", earlier.check))));
        }
        let finding = Finding::new(format!("`{}` passed, so nobody has to look", earlier.check));
        let fields = Self::evidence().iter();
        let finding = fields.fold(finding, |finding, field| finding.with(field.name, Value::Null));
        Ok(Outcome::Pass(finding.counts_until(until)))
    }
}

#[async_trait]
impl Check for Attested {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let Some(record) = cx.attestation() else { return self.nobody_spoke(cx) };
        let word = &record.attestation;
        let expires = record.at.plus(self.valid_for.get());
        let expires = word.expires.map_or(expires, |own| own.min(expires));
        let not_yet = |because: String| Err(self.awaiting(Some(because)));
        if word.definition != cx.definition() {
            return not_yet(format!(
                "the word of {} was given for an earlier definition of the check",
                word.who
            ));
        }
        if word.role != self.role {
            return not_yet(format!("{} spoke as {}", word.who, word.role));
        }
        let person = cx.outline().role(&self.role).map(|role| role.person.as_str()).unwrap_or_default();
        if self.in_person && word.who != person {
            return not_yet(format!("{} does not fill the role", word.who));
        }
        if cx.now() >= expires {
            return not_yet(format!("the word of {} expired at {}", word.who, expires.to_minute()));
        }
        let finding = |summary: String| {
            Finding::new(summary)
                .with("who", &word.who)
                .with("role", &word.role)
                .with("given", record.at)
                .with("expires", expires)
                .with("evidence", word.evidence.clone())
                .with("comment", word.comment.clone())
                .counts_until(expires)
        };
        match word.word {
            Word::Withdrawn => not_yet(format!("{} withdrew the word", word.who)),
            Word::No => Ok(Outcome::Fail(
                finding(format!(
                    "{} says no: {}",
                    word.who,
                    word.comment.as_deref().unwrap_or(&self.statement)
                ))
                .expected(&self.statement),
            )),
            Word::Yes if self.evidence == EvidenceRule::Required && word.evidence.is_none() => {
                not_yet(format!("the word of {} came without the evidence it needs", word.who))
            }
            Word::Yes => {
                Ok(Outcome::Pass(finding(format!("{} says so, until {}", word.who, expires.to_minute()))))
            }
        }
    }
}
