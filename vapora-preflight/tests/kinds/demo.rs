//! Two kinds and a family of targets, for tests of the front ends.

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckResult, Effect, EvidenceField, Finding, Kind, Outcome, Period, Problems,
    Registry, Requirements, SecretRef, TargetSettings, Timestamp, async_trait,
};

/// A question that has a parameter of every sort.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its decoding is tested")]
pub(crate) struct Answers {
    /// What is asked.
    question: String,
    /// How many answers are needed.
    at_least: Count,
    /// How many there may be.
    #[serde(default)]
    at_most: Option<u32>,
    /// Words that have to come.
    #[serde(default)]
    words: Option<Vec<String>>,
    /// In which mood it is asked.
    #[serde(default)]
    mood: Mood,
    /// Who is asked.
    #[serde(default)]
    peer: Option<Peer>,
    /// How old an answer may be.
    #[serde(default)]
    within: Option<Period>,
    /// How long an answer may be.
    #[serde(default)]
    size: Option<Bytes>,
    /// From when on answers count.
    #[serde(default)]
    since: Option<Timestamp>,
    /// What opens the door.
    #[serde(default)]
    token: Option<SecretRef>,
}

/// A number above zero.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
struct Count(u32);

impl TryFrom<u32> for Count {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        if number == 0 {
            return Err("expected a number above zero, found `0`".to_owned());
        }
        Ok(Self(number))
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mood {
    #[default]
    Calm,
    Hurried,
    Cheerful,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its decoding is tested")]
struct Peer {
    /// Its name.
    host: String,
    /// Its port.
    #[serde(default)]
    port: Option<u16>,
}

impl Kind for Answers {
    const NAME: &'static str = "demo.answers";
    const EXAMPLE: &'static str =
        "[check.answers]\nkind = \"demo.answers\"\nquestion = \"ready?\"\nat_least = 1";

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "value", about: "how many answers came" },
            EvidenceField { name: "words", about: "the words that came" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.at_most.is_some_and(|most| most < self.at_least.0) {
            problems.at(
                "at_most",
                format!("expected at least {}, as `at_least` asks, found fewer", self.at_least.0),
                "raise `at_most`, or lower `at_least`",
            );
        }
        if self.words.is_some() && self.peer.is_none() {
            problems.whole("words can only be asked of a peer", "name it, as in `peer = { host = … }`");
        }
    }
}

#[async_trait]
impl Check for Answers {
    async fn run(&self, _: &CheckContext) -> CheckResult {
        Ok(Outcome::Pass(
            Finding::new(format!("{} answers to {}", self.at_least.0, self.question))
                .with("value", self.at_least.0),
        ))
    }
}

/// Changes its target.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutates {
    /// Whether it only looks what it would change.
    #[serde(default)]
    pub(crate) only_looks: bool,
    /// Which page it is about, a word that is near to `phase`.
    #[serde(default)]
    #[expect(dead_code, reason = "only its decoding is tested")]
    page: Option<u32>,
}

impl Kind for Mutates {
    const NAME: &'static str = "demo.mutates";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = "[check.mutates]\nkind = \"demo.mutates\"\ntarget = \"staging\"";

    fn effect(&self) -> Effect {
        if self.only_looks { Effect::Reads } else { Self::EFFECT }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<DemoTarget>();
    }
}

#[async_trait]
impl Check for Mutates {
    async fn run(&self, _: &CheckContext) -> CheckResult {
        Ok(Outcome::pass("changed"))
    }
}

/// Where the demo is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its decoding is tested")]
pub(crate) struct DemoTarget {
    /// Its address.
    address: String,
    /// Its port.
    #[serde(default)]
    port: Option<u16>,
}

impl TargetSettings for DemoTarget {
    const NAME: &'static str = "demo";
}

/// Another family, which the demo does not ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherTarget {}

impl TargetSettings for OtherTarget {
    const NAME: &'static str = "other";
}

/// The kinds of the core and these.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    registry.add::<Answers>().add::<Mutates>();
    registry.add_target::<DemoTarget>().add_target::<OtherTarget>();
    registry
}
