//! `run`

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;
use vapora_preflight::{
    Clock, Journal, PhaseId, Plan, Run, RunEnd, RunError, RunOutcome, Selection, SystemClock,
};
use vapora_preflight_report::{Format, Text, render_to_string};

use crate::{
    args::RunArgs,
    exit::{self, Ended, Stop},
    progress::Progress,
    secrets::EnvironmentSecrets,
    setup,
    terminal::Terminal,
};

/// Runs a checklist, or a part of it.
pub(crate) fn run(args: &RunArgs, terminal: &Terminal) -> Ended {
    let reports = reports_asked(args)?;
    let opened = setup::open(args.checklist.checklist.as_deref(), &args.checklist.set, terminal)?;
    let release = opened.release()?;
    let selection = selection(args, &opened.plan)?;
    let by = args.by.clone().unwrap_or_else(setup::who);
    let clock = Arc::new(SystemClock);
    let (mut journal, history) = Journal::open(&opened.dir, &release, &by, clock.now())?;
    if let Some(torn) = &history.dropped {
        terminal.say(&format!("note: {torn}"));
    }
    opened.settings.write(&opened.dir, &release)?;
    let before = history.report()?;

    let outcome = setup::block_on(async {
        let resources = setup::resources(&opened.plan, args.kubeconfig.as_deref()).await?;
        let mut progress = Progress::new(*terminal);
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
            .cancelled_by(on_interrupt())
            .by(by)
            .record(&mut journal)
            .observe(&mut progress);
        if let Some(width) = args.width {
            run = run.width(width);
        }
        if let Some(deadline) = args.deadline {
            run = run.deadline(deadline.get());
        }
        run.execute().await.map_err(stopped)
    })?;

    show(&outcome, terminal);
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
pub(crate) fn stopped(error: RunError) -> Stop {
    match error {
        RunError::Journal(error) => error.into(),
        other => Stop::usage(other.to_string()),
    }
}

fn reports_asked(args: &RunArgs) -> Result<Vec<(Format, PathBuf)>, Stop> {
    let parse = |(format, path): &(String, String)| match format.parse::<Format>() {
        Ok(format) => Ok((format, PathBuf::from(path))),
        Err(error) => Err(Stop::usage(error.to_string())),
    };
    args.reports.iter().map(parse).collect()
}

fn write_report(outcome: &RunOutcome, format: Format, path: &std::path::Path) -> Result<(), Stop> {
    let text = render_to_string(&*format.renderer(), &outcome.report);
    std::fs::write(path, text)
        .map_err(|error| Stop::failed(format!("could not write `{}`: {error}", path.display())))
}

fn selection(args: &RunArgs, plan: &Plan) -> Result<Selection, Stop> {
    let mut selection = Selection::everything();
    for phase in &args.phases {
        let known = PhaseId::new(phase).ok().filter(|id| plan.outline().phase(id.as_str()).is_some());
        let Some(phase) = known else {
            let names: Vec<String> =
                plan.outline().phases.iter().map(|phase| format!("`{}`", phase.id)).collect();
            return Err(Stop::usage(format!("unknown phase `{phase}`; there are {}", names.join(", "))));
        };
        selection = selection.phase(phase);
    }
    selection = args.only.iter().fold(selection, |selection, glob| selection.check_glob(glob));
    selection = args.tags.iter().fold(selection, |selection, tag| selection.tag(tag));
    selection = args.exclude.iter().fold(selection, |selection, glob| selection.exclude_glob(glob));
    if args.only_failed {
        selection = selection.only_failed();
    }
    if args.rerun_stale {
        selection = selection.rerun_stale();
    }
    Ok(selection)
}

/// A token that the first interrupt cancels. A second one ends the program at once.
pub(crate) fn on_interrupt() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    #[expect(clippy::disallowed_methods, reason = "it waits for a signal as long as the program runs")]
    tokio::spawn(async move {
        if interrupt().await.is_ok() {
            cancelled.cancel();
        }
        if interrupt().await.is_ok() {
            #[expect(clippy::exit, reason = "the second interrupt does not wait for anything")]
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
    });
    token
}

/// Waits for an interrupt from the terminal, or for the system's request to end.
async fn interrupt() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

/// Writes how the run ended to standard output.
pub(crate) fn show(outcome: &RunOutcome, terminal: &Terminal) {
    let text = Text::new().color(terminal.colors()).only_problems(terminal.quiet);
    terminal.print(&render_to_string(&text, &outcome.report));
    for phase in &outcome.not_open {
        let opens = outcome.report.outline().phase(phase.as_str()).and_then(|phase| phase.opens);
        let opens = opens.map(|at| format!(" until {}", at.to_minute())).unwrap_or_default();
        terminal
            .say(&format!("note: the phase `{phase}` is not open{opens}; `--ignore-windows` runs it anyway"));
    }
    match outcome.end {
        RunEnd::Cancelled => terminal.say("interrupted; what was settled is recorded"),
        RunEnd::Deadline => terminal.say("the time of the run was used up; what was settled is recorded"),
        _ => {}
    }
    if outcome.decision() != vapora_preflight::Decision::Go || !terminal.quiet {
        terminal.print(&format!("this run: {}", outcome.decision()));
    }
}
