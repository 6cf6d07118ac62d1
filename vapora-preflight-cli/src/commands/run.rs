//! `run`

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;
use vapora_preflight::{
    Clock, Decision, Journal, PhaseId, Plan, Run, RunEnd, RunOutcome, Selection, SystemClock,
};
use vapora_preflight_report::{Format, render_to_string};

use super::status::text;
use crate::{
    args::RunArgs,
    exit::{self, Ended, Stop},
    progress::Progress,
    secrets::EnvironmentSecrets,
    setup::{self, Purpose},
    terminal::Terminal,
    waiting::{Record, waiting},
};

/// Runs a checklist, or a part of it.
pub(crate) fn run(args: &RunArgs, terminal: &Terminal) -> Ended {
    let reports = reports_asked(args)?;
    let opened =
        setup::open(args.checklist.checklist.as_deref(), &args.checklist.set, Purpose::Run, terminal)?;
    opened.plan.all_given()?;
    let release = opened.release()?;
    let selection = selection(args, &opened.plan)?;
    selection.fits(&opened.plan)?;
    let by = args.by.clone().unwrap_or_else(setup::who);
    let clock = Arc::new(SystemClock);
    let (mut journal, history) = Journal::open(&opened.dir, &release, &by, clock.now())?;
    if let Some(torn) = &history.dropped {
        terminal.say(&format!("note: {torn}"));
    }
    opened.settings.write(&opened.dir, &release)?;
    let before = history.report()?;

    let outcome = setup::block_on(async {
        // from here on an interrupt ends the run, and no longer the program at once
        let changes = matches!(args.allow, crate::args::Allow::Mutate);
        let interrupt = on_interrupt(changes.then(|| terminal.clone()));
        let connecting = setup::resources(&opened.plan, args);
        let resources = tokio::select! {
            resources = connecting => resources?,
            () = interrupt.cancelled() => {
                terminal.error("interrupted; nothing was asked");
                return Err(Stop::said(exit::INTERRUPTED));
            }
        };
        let mut progress = Progress::new(terminal.clone());
        let mut run = Run::new(&opened.plan)
            .resources(resources)
            .clock(clock)
            .secrets(Arc::new(EnvironmentSecrets))
            .history(before)
            .select(selection)
            .allow(args.allow.into())
            .allow_commands(args.allow_commands)
            .repeat_effects(args.repeat_effects)
            .ignore_windows(args.ignore_windows)
            .ask_again(args.ask_again)
            .cancelled_by(interrupt)
            .by(by)
            .record(&mut journal)
            .observe(&mut progress);
        if let Some(width) = args.width {
            run = run.width(width);
        }
        if let Some(deadline) = args.deadline {
            run = run.deadline(deadline.get());
        }
        Ok(run.execute().await?)
    })?;

    show(&outcome, Record { release: &release, dir: &opened.dir }, terminal);
    for (format, path) in reports {
        write_report(&outcome, format, &path)?;
        terminal.say(&format!("wrote {}", path.display()));
    }
    Ok(match outcome.end {
        RunEnd::Cancelled => exit::INTERRUPTED,
        _ => exit::of(outcome.decision()),
    })
}

/// A run that could not begin, or could not go on.
#[cfg(feature = "demo")]
pub(crate) fn stopped(error: vapora_preflight::RunError) -> Stop {
    error.into()
}

/// The reports to write. What is wrong with them is said before anything runs.
fn reports_asked(args: &RunArgs) -> Result<Vec<(Format, PathBuf)>, Stop> {
    let parse = |(format, path): &(String, String)| {
        let format: Format = format.parse().map_err(|error| Stop::usage(format!("`--report`: {error}")))?;
        let path = PathBuf::from(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if path.as_os_str().is_empty() || path.is_dir() {
            return Err(Stop::usage(format!("`--report`: expected a file, found `{}`", path.display())));
        }
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Stop::usage(format!("`--report`: there is no folder `{}`", folder.display())));
        }
        Ok((format, path))
    };
    args.reports.iter().map(parse).collect()
}

fn write_report(outcome: &RunOutcome, format: Format, path: &std::path::Path) -> Result<(), Stop> {
    let text = render_to_string(&*format.renderer(), &outcome.report);
    std::fs::write(path, text).map_err(|error| Stop::io("write", path, &error))
}

fn selection(args: &RunArgs, plan: &Plan) -> Result<Selection, Stop> {
    let mut selection = Selection::everything();
    for phase in &args.phases {
        let known = PhaseId::new(phase).ok().filter(|id| plan.outline().phase(id.as_str()).is_some());
        let Some(phase) = known else {
            let names: Vec<String> =
                plan.outline().phases.iter().map(|phase| format!("`{}`", phase.id)).collect();
            return Err(Stop::usage(format!("unknown phase `{phase}`"))
                .remedy(format!("the checklist has {}", names.join(", "))));
        };
        selection = selection.phase(phase);
    }
    selection = args.only.iter().fold(selection, Selection::check_glob);
    selection = args.tags.iter().fold(selection, Selection::tag);
    selection = args.exclude.iter().fold(selection, Selection::exclude_glob);
    if args.only_failed {
        selection = selection.only_failed();
    }
    if args.rerun_stale {
        selection = selection.rerun_stale();
    }
    Ok(selection)
}

/// A token that the first interrupt from the terminal, or the system's first request to end, cancels. A second one ends the
/// program at once. Where the run may change something, the terminal is told what the first one waits for.
pub(crate) fn on_interrupt(told: Option<Terminal>) -> CancellationToken {
    use tokio::signal::unix::{SignalKind, signal};
    let token = CancellationToken::new();
    let cancelled = token.clone();
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return token;
    };
    #[expect(clippy::disallowed_methods, reason = "it waits for a signal as long as the program runs")]
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancelled.is_cancelled() {
                #[expect(clippy::exit, reason = "the second interrupt does not wait for anything")]
                std::process::exit(i32::from(exit::INTERRUPTED));
            }
            cancelled.cancel();
            if let Some(terminal) = &told {
                terminal.say(
                    "interrupted: what was changed for a while is put back first; a second interrupt leaves it as it is",
                );
            }
        }
    });
    token
}

/// Writes how the run ended to standard output. A quiet run that is fine says nothing.
fn show(outcome: &RunOutcome, record: Record<'_>, terminal: &Terminal) {
    let warned = outcome.report.counts().warned > 0;
    if terminal.quiet && outcome.decision() == Decision::Go && !warned {
        return;
    }
    terminal.print(&render_to_string(&text(terminal), &outcome.report));
    terminal.print(&format!("this run: {}", outcome.decision()));
    if let Some(text) = waiting(&outcome.report, record) {
        terminal.print(&format!("\n{text}"));
    }
    if !outcome.not_open.is_empty() {
        let opens = |phase: &PhaseId| {
            let outline = outcome.report.outline().phase(phase.as_str());
            let opens = outline.and_then(|phase| phase.opens).map(|at| format!(" until {}", at.to_minute()));
            format!("`{phase}`{}", opens.unwrap_or_default())
        };
        let phases: Vec<String> = outcome.not_open.iter().map(opens).collect();
        terminal.say(&format!("note: not open: {}; `--ignore-windows` asks them anyway", phases.join(", ")));
    }
    match outcome.end {
        RunEnd::Cancelled => terminal.error("interrupted; what was settled is recorded"),
        RunEnd::Deadline => terminal.error("the time of the run was used up; what was settled is recorded"),
        _ => {}
    }
}
