//! A phase and a gate in Rust, in one plan with a checklist in TOML, recorded in a journal and asked twice.

#![expect(clippy::print_stderr, reason = "an example shows what it does")]

use std::{error::Error, sync::Arc, time::Duration};

use vapora_preflight::{
    AllHold, Clock, Finding, GateExt, Journal, Outcome, Phase, PhaseBuilder, PhaseId, PlanBuilder, Registry,
    Run, Sources, SystemClock, Verdict, check_fn, gate_fn, read_journal, register,
};
use vapora_preflight_report::{Markdown, render_to_string};

const CHECKLIST: &str = r#"
checklist = "mixed"

[phase.before]
title = "Before the deployment"

[change]
rollback = "kubectl rollout undo deployment/vapora-backend"

[check.rollback-plan]
kind     = "plan.documented"
title    = "The rollback plan is written"
phase    = "before"
document = "rollback"
"#;

/// Drains the queue before the deployment.
struct Drain;

impl Phase for Drain {
    fn id(&self) -> PhaseId {
        PhaseId::new("drain").unwrap_or_else(|_| unreachable!("it keeps to the grammar"))
    }

    fn describe(&self, phase: &mut PhaseBuilder<'_>) {
        phase.title("The queue is drained");
        let depth = check_fn("queue-depth-v1", |_cx| async {
            let depth = 3;
            Ok(Outcome::Pass(Finding::new(format!("{depth} messages wait")).with("depth", depth)))
        });
        phase
            .check("queue-depth", depth)
            .title("Few messages wait")
            .needs(["rollback-plan"])
            .expect("depth <= 10")
            .timeout(Duration::from_secs(5))
            .fresh_for(Duration::from_mins(1));
        // besides that all hold: never on a report of too few checks
        let enough = gate_fn("enough", |input| {
            if input.subjects().len() >= 2 { Verdict::of([]) } else { Verdict::undecided("too few checks") }
        });
        phase.gate("go", AllHold.and(enough)).requires(["before", "drain"]).title("Proceed?");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("mixed.toml", CHECKLIST);
    let plan = PlanBuilder::new(&registry).sources(&sources).phase(&Drain).build()?.plan;

    let folder = tempfile::tempdir()?;
    let release = "2.0.0".parse()?;
    for attempt in 1..=2 {
        let clock = Arc::new(SystemClock);
        let (mut journal, history) = Journal::open(folder.path(), &release, "the example", clock.now())?;
        let run = Run::new(&plan).clock(clock).history(history.report()?).record(&mut journal);
        let outcome = run.execute().await?;
        // the second time, what passed and is fresh is not asked again
        eprintln!("run {attempt}: {} asked, {}", outcome.asked.len(), outcome.decision());
    }
    let replayed = read_journal(folder.path(), &release)?.report()?.ok_or("nothing is on record")?;
    eprint!("{}", render_to_string(&Markdown::decision(), &replayed));
    Ok(())
}
