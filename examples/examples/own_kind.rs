//! A team's own kind: a struct whose fields are the parameters, one method that asks, three lines of wiring.

#![expect(clippy::print_stderr, reason = "an example shows what it does")]

use std::{collections::BTreeMap, error::Error};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, PlanBuilder,
    Problems, Registry, Resources, Run, Sources, async_trait, register,
};
use vapora_preflight_report::{Text, render_diagnostics, render_to_string};

/// A licence has seats left.
///
/// The licence server is asked for the licence's pool; a pool that it does not know is an error, not an empty one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeatsLeft {
    /// The licence, as the server names it.
    licence: String,
    /// How many seats have to be left.
    at_least: u32,
}

/// What the kind works with. The embedder gives it to the run; the checklist knows nothing of it.
struct LicenceServer(BTreeMap<String, u32>);

#[async_trait]
impl Check for SeatsLeft {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let server = cx.resource::<LicenceServer>()?;
        cx.doing("asking the licence server");
        let left = server.0.get(&self.licence).copied().ok_or_else(|| {
            CheckError::permanent(format!("the licence server knows no `{}`", self.licence))
                .remedy("look at the names in its console")
        })?;
        let finding = Finding::new(format!("{left} seats of `{}` are left", self.licence)).with("left", left);
        Ok(if left >= self.at_least {
            Outcome::Pass(finding)
        } else {
            Outcome::Fail(
                finding.expected(format!("at least {}", self.at_least)).remedy("free seats, or buy some"),
            )
        })
    }
}

impl Kind for SeatsLeft {
    const NAME: &'static str = "licence.seats_left";
    const EXAMPLE: &'static str = r#"
[check.seats]
kind     = "licence.seats_left"
licence  = "vapora-enterprise"
at_least = 5
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[EvidenceField { name: "left", about: "how many seats are left" }]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.at_least == 0 {
            problems.at("at_least", "no seat has to be left", "ask for at least 1");
        }
    }
}

const CHECKLIST: &str = r#"
checklist = "seats"

[phase.before]
title = "Before the deployment"

[check.enterprise]
kind        = "licence.seats_left"
title       = "Enterprise has seats left"
phase       = "before"
licence     = "vapora-enterprise"
at_least    = 5
warn_unless = "left >= 20"

[check.solo]
kind     = "licence.seats_left"
phase    = "before"
licence  = "vapora-solo"
at_least = 5
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut registry = Registry::new();
    register(&mut registry);
    registry.add::<SeatsLeft>();

    let mut sources = Sources::new();
    sources.add("seats.toml", CHECKLIST);
    let compiled = PlanBuilder::new(&registry).sources(&sources).build().inspect_err(|error| {
        eprintln!("{}", render_diagnostics(&error.diagnostics, &sources, false));
    })?;

    let mut resources = Resources::new();
    resources.insert(LicenceServer(BTreeMap::from([("vapora-enterprise".to_owned(), 12)])));
    let outcome = Run::new(&compiled.plan).resources(resources).execute().await?;
    eprint!("{}", render_to_string(&Text::new(), &outcome.report));
    eprintln!("this run: {}", outcome.decision());
    Ok(())
}
