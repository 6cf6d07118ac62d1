//! A backend that holds a checklist: it is compiled once, asked on request, and answers with the JSON report.
//!
//! Nothing here reads arguments, the environment or files: an embedder decides where texts, clients and time come from.

#![expect(clippy::print_stderr, reason = "an example shows what it does")]

use std::{error::Error, sync::Arc, time::Duration};

use vapora_preflight::{
    Decision, Event, EventKind, Finding, Outcome, Overrides, Plan, PlanBuilder, Registry, Run, Selection,
    Sources, SystemClock, register,
};
use vapora_preflight_report::{Json, render_to_string};

const CHECKLIST: &str = r#"
checklist = "service"

[phase.ready]
title = "Ready for traffic"

[change]
rollback = "kubectl rollout undo deployment/vapora-backend"

[check.rollback-plan]
kind     = "plan.documented"
title    = "The rollback plan is written"
phase    = "ready"
document = "rollback"

[gate.serve]
phase    = "ready"
requires = ["ready"]
"#;

/// The part of a backend that knows its checklist.
struct Preflight {
    plan: Plan,
}

impl Preflight {
    fn new(release: &str) -> Result<Self, Box<dyn Error>> {
        let mut registry = Registry::new();
        register(&mut registry);
        let mut sources = Sources::new();
        sources.add("service.toml", CHECKLIST);
        let overrides = Overrides::new().release(release.parse()?);
        let compiled =
            PlanBuilder::new(&registry).sources(&sources).overrides(overrides).phase(&Cache).build()?;
        Ok(Self { plan: compiled.plan })
    }

    /// What a handler of `GET /preflight` would do.
    async fn ask(&self) -> Result<(u16, String), Box<dyn Error>> {
        let mut settled = 0_usize;
        let mut count =
            |event: &Event| settled += usize::from(matches!(event.kind, EventKind::CheckFinished(_)));
        let outcome = Run::new(&self.plan)
            .clock(Arc::new(SystemClock))
            .deadline(Duration::from_secs(10))
            .select(Selection::everything())
            .by("the backend")
            .observe(&mut count)
            .execute()
            .await?;
        let status = if outcome.decision() == Decision::Go { 200 } else { 503 };
        eprintln!("{settled} checks settled: {}", outcome.decision());
        Ok((status, render_to_string(&Json::new(), &outcome.report)))
    }
}

/// A phase of the backend's own, which asks the process itself.
struct Cache;

impl vapora_preflight::Phase for Cache {
    fn id(&self) -> vapora_preflight::PhaseId {
        vapora_preflight::PhaseId::new("ready").unwrap_or_else(|_| unreachable!("it keeps to the grammar"))
    }

    fn describe(&self, phase: &mut vapora_preflight::PhaseBuilder<'_>) {
        let warm = vapora_preflight::check_fn("cache-warm-v1", |_cx| async {
            let entries = 512;
            Ok(Outcome::Pass(Finding::new(format!("{entries} entries are cached")).with("entries", entries)))
        });
        phase.check("cache-warm", warm).title("The cache is warm").expect("entries >= 100");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let preflight = Preflight::new("2.0.0")?;
    let (status, body) = preflight.ask().await?;
    let report: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!(status, 200);
    eprintln!("{} bytes of JSON, {} checks", body.len(), report["checks"].as_array().map_or(0, Vec::len));
    Ok(())
}
