//! Asks what is planned: the one place that knows time and concurrency.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

mod access;
mod attempt;
mod attest;
mod backoff;
mod error;
mod expectations;
mod needs;
mod outcome;
mod owner;
mod restoring;
mod roster;
mod schedule;
mod selection;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod until;

pub(crate) use self::expectations::named_values;
pub use self::{
    attest::{AttestError, record_attestation, record_note},
    error::RunError,
    outcome::RunOutcome,
    selection::Selection,
};
use self::{owner::Owner, roster::Roster};
use crate::{
    Clock, Effect, Event, EventKind, NoSecrets, Observer, Plan, Recorder, Report, Resources, RunStarted,
    SecretStore, SystemClock, Timestamp,
};

/// How many checks run at once where the caller does not say.
const WIDTH: NonZeroUsize = NonZeroUsize::new(16).expect("it is not zero");

/// One run of a plan: what to ask, how far it may go, and who is told.
///
/// Everything that happens goes through one owner task in one order: first to the recorder, then into the report, then to
/// the observers. Without more said, a run asks everything that is not known to hold, sixteen checks at a time, and
/// changes nothing outside of its own files.
///
/// ```no_run
/// # async fn run(plan: &vapora_preflight::Plan) -> Result<(), vapora_preflight::RunError> {
/// use vapora_preflight::{Decision, Run, Selection};
///
/// let outcome = Run::new(plan)
///     .select(Selection::everything().check_glob("staging-*"))
///     .by("release tooling")
///     .execute()
///     .await?;
/// assert_eq!(outcome.decision(), Decision::Go);
/// # Ok(())
/// # }
/// ```
pub struct Run<'p> {
    plan: &'p Plan,
    resources: Arc<Resources>,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretStore>,
    history: Option<Report>,
    selection: Selection,
    limits: Reach,
    width: NonZeroUsize,
    deadline: Option<Duration>,
    cancel: CancellationToken,
    by: String,
    jitter_seed: Option<u64>,
    review_access: bool,
    recorder: Option<&'p mut dyn Recorder>,
    observers: Vec<&'p mut dyn Observer>,
}

/// How far a run may go, and what it asks although it need not.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, made by the caller")]
struct Reach {
    effect: Effect,
    commands: bool,
    repeat_effects: bool,
    ignore_windows: bool,
    ask_again: bool,
    only_selected: bool,
}

impl<'p> Run<'p> {
    /// A run of everything in a plan.
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            resources: Arc::new(Resources::new()),
            clock: Arc::new(SystemClock),
            secrets: Arc::new(NoSecrets),
            history: None,
            selection: Selection::everything(),
            limits: Reach {
                effect: Effect::KeepsFiles,
                commands: false,
                repeat_effects: false,
                ignore_windows: false,
                ask_again: false,
                only_selected: false,
            },
            width: WIDTH,
            deadline: None,
            cancel: CancellationToken::new(),
            by: "vapora-preflight".to_owned(),
            jitter_seed: None,
            review_access: true,
            recorder: None,
            observers: Vec::new(),
        }
    }

    /// The clients and other things the checks work with.
    pub fn resources(mut self, resources: impl Into<Arc<Resources>>) -> Self {
        self.resources = resources.into();
        self
    }

    /// Where the time comes from; the clock of the machine by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where secrets are found; nowhere by default.
    pub fn secrets(mut self, secrets: Arc<dyn SecretStore>) -> Self {
        self.secrets = secrets;
        self
    }

    /// What is on record of this deployment: what the journal gave. What passed and is fresh is then not asked again.
    pub fn history(mut self, history: Option<Report>) -> Self {
        self.history = history;
        self
    }

    /// What to ask.
    pub fn select(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// How far the run may go; checks that go further are skipped. It may keep files of its own by default.
    pub fn allow(mut self, effect: Effect) -> Self {
        self.limits.effect = effect;
        self
    }

    /// Whether checks may run programs of this machine; not by default.
    pub fn allow_commands(mut self, allow: bool) -> Self {
        self.limits.commands = allow;
        self
    }

    /// Whether selected checks with an effect are asked although the effect is done, or may be.
    pub fn repeat_effects(mut self, repeat: bool) -> Self {
        self.limits.repeat_effects = repeat;
        self
    }

    /// Whether checks of phases that are not open yet are asked all the same.
    pub fn ignore_windows(mut self, ignore: bool) -> Self {
        self.limits.ignore_windows = ignore;
        self
    }

    /// Whether selected checks are asked although they are known to hold. Effects that are done are not repeated by it.
    pub fn ask_again(mut self, again: bool) -> Self {
        self.limits.ask_again = again;
        self
    }

    /// Whether only the selected checks are asked, so that what they need counts as it is on record. Otherwise what they
    /// need and is not known to hold is asked too, as far as it only reads.
    pub fn only_selected(mut self, only: bool) -> Self {
        self.limits.only_selected = only;
        self
    }

    /// Whether the run first asks each target which of the rights it needs it has not, so that all that are missing are known
    /// at once; so by default. A check that lacks a right is then not asked.
    pub fn review_access(mut self, review: bool) -> Self {
        self.review_access = review;
        self
    }

    /// How many checks run at once.
    pub fn width(mut self, width: NonZeroUsize) -> Self {
        self.width = width;
        self
    }

    /// How long the run may take; what is not settled by then is skipped.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The token that cancels the run.
    pub fn cancelled_by(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// Who or what started it, for the record.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = who.into();
        self
    }

    /// Makes the jitter of pauses repeatable; by default it differs from run to run.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Who keeps the events. Nothing is built on an event that could not be kept.
    pub fn record(mut self, recorder: &'p mut dyn Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Shows every event to an observer, after those named before it.
    pub fn observe(mut self, observer: &'p mut dyn Observer) -> Self {
        self.observers.push(observer);
        self
    }

    /// Runs it, on the tokio runtime of the caller. Dropping the future aborts every check.
    ///
    /// # Errors
    ///
    /// A variable that each release has of its own is not given, the selection fits nothing, or an event could not be recorded. That a check fails or errs is no error of the run.
    pub async fn execute(self) -> Result<RunOutcome, RunError> {
        self.plan.all_given()?;
        let now = self.clock.now();
        let planned = taken_up(self.plan, self.history.as_ref(), now);
        let mut report = self.history.unwrap_or_else(|| Report::new(self.plan.shared_outline(), now));
        if let Some(event) = &planned {
            report.apply(event);
        }
        let chosen = self.selection.choose(self.plan, &report, now)?;
        let roster = Roster::new(self.plan, &report, chosen, self.limits, now);
        let started = RunStarted {
            by: self.by,
            selection: self.selection.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let seed = self.jitter_seed.unwrap_or_else(|| now.unix_micros().unsigned_abs());
        let owner = Owner::new(
            self.plan,
            report,
            roster,
            self.width,
            owner::World {
                clock: self.clock,
                resources: self.resources,
                secrets: self.secrets,
                seed,
                review_access: self.review_access,
            },
            owner::Told { recorder: self.recorder, observers: self.observers },
        );
        owner.run(planned, started, self.cancel, self.deadline).await
    }
}

/// The event that the plan was taken up; none where that plan is on record.
fn taken_up(plan: &Plan, history: Option<&Report>, at: Timestamp) -> Option<Event> {
    let on_record = history.is_some_and(|history| history.outline().digest() == plan.outline().digest());
    (!on_record).then(|| Event { at, kind: EventKind::Planned(plan.shared_outline()) })
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("plan", &self.plan)
            .field("selection", &self.selection)
            .field("limits", &self.limits)
            .field("width", &self.width)
            .field("deadline", &self.deadline)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}
