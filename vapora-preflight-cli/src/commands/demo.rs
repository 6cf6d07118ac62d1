//! `demo`

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use vapora_preflight::{
    Advice, Attestation, CheckId, CheckView, Clock, Counts, Decision, Effect, GateRecord, Journal, Note,
    Offset, Plan, PlanBuilder, Question, ReleaseId, Report, Resources, Run, Selection, Sources, Standing,
    Timestamp, Word, record_attestation, record_note,
};
use vapora_preflight_report::{Format, decision_word, render_to_string};
use vapora_preflight_sim::{SimClock, World, WorldFault};

use super::run::{on_interrupt, stopped};
use crate::{
    args::DemoArgs,
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

mod clock;
mod machine;
mod scene;

use clock::DemoClock;
use scene::Scene;

/// The planned time T of the demonstration. It is fixed, so that every demonstration tells the same.
const PLANNED: &str = "2026-12-01T14:00:00Z";

/// When, in the demonstration, what happens at T has happened.
const DEPLOYED: Duration = Duration::from_mins(4);

/// What a person says only where the dry run has warned, which it does not do here.
const NOT_ASKED_FOR: &str = "dry-run-reviewed";

/// Runs the VAPORA checklist against the simulated world.
pub(crate) fn demo(args: &DemoArgs, terminal: &Terminal) -> Ended {
    if args.list_faults {
        let width = WorldFault::ALL.iter().map(|fault| fault.name().len()).max().unwrap_or_default();
        let lines: Vec<String> = WorldFault::ALL
            .iter()
            .map(|fault| format!("{:<width$}  {}", fault.name(), fault.description()))
            .collect();
        terminal.print(&lines.join("\n"));
        return Ok(exit::GO);
    }
    let faults: Vec<WorldFault> = args
        .faults
        .iter()
        .map(|name| name.parse::<WorldFault>().map_err(|error| Stop::usage(error.to_string())))
        .collect::<Result<_, _>>()?;
    setup::block_on(async {
        if faults.is_empty() {
            terminal.print("A deployment of VAPORA in a simulated world, from T-24h to the sign-off.\n");
            return Act::new(args, "demo", &[], &[], terminal).await?.play().await;
        }
        let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
        terminal.print(&format!("Act one: before the deployment, the world has {}.\n", names.join(", ")));
        let before = Act::new(args, "demo-before", &faults, &[], terminal).await?.play().await?;
        if before == exit::INTERRUPTED {
            return Ok(before);
        }
        terminal.print(&format!(
            "\nAct two: all is well before the deployment, and after it comes {}.\n",
            names.join(", ")
        ));
        let after = Act::new(args, "demo-after", &[], &faults, terminal).await?.play().await?;
        Ok(worse(before, after))
    })
}

/// The code to end with: a no-go weighs more than something undecided, and an interrupt more than both.
fn worse(one: u8, other: u8) -> u8 {
    let both = [one, other];
    let weighs = [exit::INTERRUPTED, exit::NO_GO];
    weighs.into_iter().find(|code| both.contains(code)).unwrap_or(one.max(other))
}

/// One deployment, from the first phase to its end.
struct Act<'t> {
    terminal: &'t Terminal,
    folder: PathBuf,
    plan: Plan,
    world: World,
    after: Vec<WorldFault>,
    clock: SimClock,
    resources: Arc<Resources>,
    scene: Scene,
    journal: Journal,
    report: Option<Report>,
    planned: Timestamp,
}

impl<'t> Act<'t> {
    async fn new(
        args: &DemoArgs,
        name: &str,
        before: &[WorldFault],
        after: &[WorldFault],
        terminal: &'t Terminal,
    ) -> Result<Self, Stop> {
        let release = ReleaseId::new(name)?;
        let folder = args.dir.join(name);
        clear(&folder)?;
        let planned: Timestamp = PLANNED.parse()?;
        let begins = planned.minus(Duration::from_hours(30));
        let world = World::start(&[], begins.unix_seconds()).await?;
        world.schedule(planned);
        let clock = world.clock().clone();
        let (journal, _) = Journal::open(&args.dir, &release, "demo", clock.now())?;

        let scene = Scene::set(&folder, &world).await?;
        let mut sources = Sources::new();
        for (file, text) in scene::CHECKLIST {
            sources.add(*file, *text);
        }
        let registry = setup::registry();
        let overrides = scene.overrides(&world, release, planned);
        let compiled = PlanBuilder::new(&registry).sources(&sources).overrides(overrides).build();
        let plan = compiled
            .map_err(|error| {
                terminal.error(&vapora_preflight_report::render_diagnostics(
                    &error.diagnostics,
                    &sources,
                    false,
                ));
                Stop::failed("the checklist of the demonstration does not compile")
            })?
            .plan;
        Scene::grant(&plan, &world)?;
        for fault in before {
            world.inject(*fault)?;
        }
        let resources = scene.resources(&plan, &world).await?;
        Ok(Self {
            terminal,
            folder,
            plan,
            world,
            after: after.to_vec(),
            clock,
            resources,
            scene,
            journal,
            report: None,
            planned,
        })
    }

    async fn play(mut self) -> Ended {
        let phases: Vec<_> = self.plan.outline().phases.clone();
        let (mut deployed, mut closed) = (false, None);
        for phase in &phases {
            let at = self.moment(phase.id.as_str());
            if at > self.planned && !deployed {
                // everything is looked at before the deployment, and one closed gate prevents it
                if let Some(code) = closed {
                    self.terminal.print("    so there is no deployment");
                    self.write()?;
                    return Ok(code);
                }
                self.deploy()?;
                deployed = true;
            }
            self.clock.advance_to(at);
            self.world.back_up()?;
            self.scene.lay_out(&self.world)?;
            self.people_speak(phase.id.as_str())?;
            let run = Run::new(&self.plan)
                .resources(Arc::clone(&self.resources))
                .clock(Arc::new(DemoClock::new(self.clock.clone())))
                .secrets(Arc::new(self.scene.secrets()))
                .history(self.report.take())
                .select(Selection::everything().phase(phase.id.clone()))
                .allow(Effect::Mutates)
                .allow_commands(true)
                .cancelled_by(on_interrupt(None))
                .by("demo")
                .record(&mut self.journal);
            let outcome = run.execute().await.map_err(stopped)?;
            let interrupted = outcome.end == vapora_preflight::RunEnd::Cancelled;
            let gates = outcome.gates.clone();
            self.report = Some(outcome.report);
            self.tell(phase.id.as_str(), &phase.title, at);
            if interrupted {
                self.write()?;
                return Ok(exit::INTERRUPTED);
            }
            let stop = self.decide(&gates)?;
            closed = closed.into_iter().chain(stop).reduce(worse);
        }
        let code = self
            .report()
            .headline()
            .and_then(|(_, record)| record)
            .map_or(exit::UNDECIDED, |record| exit::of(record.verdict.decision));
        self.write()?;
        Ok(code)
    }

    fn report(&self) -> &Report {
        self.report.as_ref().unwrap_or_else(|| unreachable!("a phase has been run"))
    }

    /// When a phase is run: at the time in its name, or else some time after the deployment.
    fn moment(&self, phase: &str) -> Timestamp {
        match (phase.parse::<Offset>(), phase) {
            (Ok(offset), _) => offset.from(self.planned),
            (_, "after") => self.planned.plus(Duration::from_mins(5)),
            _ => self.planned.plus(Duration::from_hours(1)),
        }
    }

    /// The people of the demonstration give their words on what waits for them. In a real run `attest` records them.
    fn people_speak(&mut self, phase: &str) -> Result<(), Stop> {
        let checks: Vec<(CheckId, String)> = self
            .plan
            .outline()
            .checks
            .iter()
            .filter(|check| check.phase == phase && check.not_applicable.is_none())
            .filter(|check| check.id != NOT_ASKED_FOR)
            .filter_map(|check| Some((check.id.clone(), check.role.clone()?)))
            .collect();
        for (check, role) in checks {
            let person = self.plan.outline().role(&role).map(|role| role.person.clone()).unwrap_or_default();
            let attestation = Attestation {
                definition: self
                    .plan
                    .outline()
                    .check(check.as_str())
                    .map_or_else(|| vapora_preflight::Digest::of(""), |check| check.definition),
                check,
                who: person,
                role,
                word: Word::Yes,
                evidence: Some("said in the demonstration".to_owned()),
                comment: None,
                expires: None,
            };
            let report = record_attestation(
                &self.plan,
                self.report.take(),
                &mut self.journal,
                &self.clock,
                attestation,
            )?;
            self.report = Some(report);
        }
        Ok(())
    }

    fn note(&mut self, topic: &str, text: &str) -> Result<(), Stop> {
        let note = Note { who: "Ada Lovelace".to_owned(), topic: topic.to_owned(), text: text.to_owned() };
        let report = record_note(&self.plan, self.report.take(), &mut self.journal, &self.clock, note)?;
        self.report = Some(report);
        Ok(())
    }

    /// The deployment itself, which is not the checklist's to do.
    fn deploy(&mut self) -> Result<(), Stop> {
        self.clock.advance_to(self.planned);
        self.note("start", &format!("{}", self.planned))?;
        self.world.deploy(World::NEXT_TAG)?;
        let end = self.planned.plus(DEPLOYED);
        self.clock.advance_to(end);
        self.note("end", &format!("{end}"))?;
        self.terminal.print(&format!("{}  the new images are deployed", self.planned.to_minute()));
        for fault in self.after.clone() {
            self.world.inject(fault)?;
            self.terminal.print(&format!("{}  {}: {}", end.to_minute(), fault.name(), fault.description()));
        }
        Ok(())
    }

    /// One line for the phase, and one for each check that is not as it should be.
    fn tell(&self, phase: &str, title: &str, at: Timestamp) {
        let report = self.report();
        let checks: Vec<CheckView<'_>> =
            report.checks().filter(|check| check.outline.phase == phase).collect();
        let counts = Counts::of(checks.iter().copied(), report.as_of());
        let mut parts = vec![format!("{} of {} hold", counts.holding, counts.declared)];
        for (count, word) in [
            (counts.warned, "with a warning"),
            (counts.failing, "failed"),
            (counts.unknown, "not known"),
            (counts.awaiting, "awaited"),
            (counts.not_applicable, "not applicable"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        self.terminal.print(&format!("{}  {title}: {}", at.to_minute(), parts.join(", ")));
        for check in checks {
            let standing = check.standing(report.as_of());
            if matches!(standing, Standing::Holds { warned: false } | Standing::NotApplicable) {
                continue;
            }
            let line =
                format!("    {:<9} {}: {}", standing.word(), check.id(), check.summary(report.as_of()));
            self.terminal.print(&line.replace(|c: char| c.is_control(), " "));
        }
    }

    /// Tells what the gates decided, with the code to end with where one is closed before the deployment.
    fn decide(&mut self, gates: &[CheckId]) -> Result<Option<u8>, Stop> {
        let mut closed = None;
        let mut advice = None;
        for (gate, record) in self.report().gates() {
            let Some(GateRecord { verdict, .. }) = record.filter(|_| gates.contains(&gate.id)) else {
                continue;
            };
            let word = decision_word(gate.question, verdict);
            self.terminal.print(&format!("    ◆ {}: {word}", gate.title));
            if gate.question == Question::Proceed && verdict.decision != Decision::Go {
                let stop = exit::of(verdict.decision);
                closed = Some(closed.map_or(stop, |earlier| worse(earlier, stop)));
            }
            if gate.question == Question::Keep && verdict.decision != Decision::Go {
                advice = verdict.advice;
            }
        }
        if advice == Some(Advice::RollBack) {
            self.terminal
                .print("    the rollback commands are in the report; the checklist advises, people decide");
            if self.report().noted("rollback").next().is_none() {
                self.note("rollback", "advised by the gate `keep-or-roll-back`")?;
            }
        }
        Ok(closed)
    }

    fn write(&self) -> Result<(), Stop> {
        for (format, file) in [(Format::Markdown, "report.md"), (Format::Json, "report.json")] {
            let path = self.folder.join(file);
            fs::write(&path, render_to_string(&*format.renderer(), self.report()))?;
        }
        let word = self
            .report()
            .headline()
            .and_then(|(gate, record)| Some(decision_word(gate.question, &record?.verdict)));
        self.terminal.print(&format!(
            "\n{} — the decision page: {}, for programs: {}",
            word.unwrap_or("NOT DECIDED"),
            self.folder.join("report.md").display(),
            self.folder.join("report.json").display(),
        ));
        Ok(())
    }
}

/// Empties the folder of an earlier demonstration. A folder that is none is left alone.
fn clear(folder: &Path) -> Result<(), Stop> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join("demo").is_dir() {
        let shown = folder.display();
        return Err(Stop::usage(format!(
            "`{shown}` is not of an earlier demonstration; name another with `--dir`"
        )));
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}
