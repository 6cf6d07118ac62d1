//! Asking one check: its attempts, and the time they have.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc::UnboundedSender;

use super::{backoff::pauses, expectations, restoring::put_back, roster::has_effect, until};
use crate::{
    AttestationRecord, CheckContext, CheckError, CheckId, Clock, Digest, Earlier, Outcome, Outline, Report,
    Resources, SecretStore, Status, TimeOut, TimeOutScope,
    check::{Changed, Common, Inner, Moment},
    plan::PlannedCheck,
    secret::Redactor,
};

/// One check being asked. It is the whole of a task: a panic ends that task and nothing else, and dropping it aborts the
/// check.
pub(super) struct Asking {
    pub(super) index: usize,
    pub(super) id: CheckId,
    pub(super) definition: Digest,
    pub(super) check: PlannedCheck,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) resources: Arc<Resources>,
    pub(super) secrets: Arc<dyn SecretStore>,
    pub(super) redactor: Redactor,
    pub(super) outline: Arc<Outline>,
    pub(super) baseline: Option<Earlier>,
    pub(super) attestation: Option<AttestationRecord>,
    pub(super) report: Option<Arc<Report>>,
    pub(super) seed: u64,
    /// How many attempts were begun; the owner reads it even after a panic.
    pub(super) attempts: Arc<AtomicU32>,
    pub(super) failed: UnboundedSender<AttemptFailed>,
    pub(super) progress: Mutex<Progress>,
    pub(super) common: Arc<Common>,
    /// When the last of its needs was settled.
    pub(super) ready_at: Moment,
    /// What it has changed; the owner puts it back where this task cannot.
    pub(super) changed: Arc<Changed>,
}

/// How far a look has come, for the message of a time-out.
#[derive(Default)]
pub(super) struct Progress {
    context: Option<CheckContext>,
    last: Option<String>,
}

/// An attempt came to nothing, and another one follows.
pub(super) struct AttemptFailed {
    pub(super) index: usize,
    pub(super) attempt: u32,
    pub(super) why: String,
}

/// What a look came to.
pub(super) struct Looked {
    pub(super) status: Status,
    /// Whether waiting does not mend it.
    pub(super) lasting: bool,
}

/// What an attempt came to.
struct Attempt {
    status: Status,
    lasting: bool,
    /// Where trying again may help: the shortest pause before that.
    again: Option<Duration>,
}

impl Asking {
    /// Asks until there is an answer, or none is to be had.
    pub(super) async fn ask(self) -> Status {
        let status = match self.check.limits.until {
            Some(until) => until::ask(&self, until).await,
            None => self.look(0).await.status,
        };
        put_back(&self.changed, &*self.clock, status).await
    }

    /// One look: an answer, after as many attempts as it takes and is allowed.
    pub(super) async fn look(&self, look: u32) -> Looked {
        *self.progress() = Progress::default();
        let Some(total) = self.check.limits.total else { return self.attempts(look).await };
        tokio::select! {
            biased;
            status = self.attempts(look) => status,
            () = self.clock.timer(total) => Looked { status: self.used_up(total), lasting: false },
        }
    }

    async fn attempts(&self, look: u32) -> Looked {
        let began = self.clock.now();
        let mut pauses = pauses(self.check.limits.retry, self.seed, &self.id, look);
        loop {
            let Attempt { status, lasting, again } = self.attempt().await;
            let status = put_back(&self.changed, &*self.clock, status).await;
            let hopeless = matches!(&status, Status::Errored(report) if !report.transient);
            let again = again.filter(|_| !hopeless);
            let (Some(least), Some(pause)) = (again, pauses.next()) else {
                return Looked { status, lasting };
            };
            self.tell(&status);
            self.progress().last = Some(status.summary());
            self.clock.sleep(pause.max(least)).await;
            // a simulated clock lets a pause pass at once, and its timers do not see it
            if let Some(total) = self.check.limits.total
                && self.clock.now().since(began) >= total
            {
                return Looked { status: self.used_up(total), lasting: false };
            }
        }
    }

    async fn attempt(&self) -> Attempt {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        let limit = self.check.limits.attempt;
        let asked_at = if number == 1 { self.ready_at } else { self.common.mark() };
        let context = self.context(number, limit, asked_at);
        self.progress().context = Some(context.clone());
        let answer = tokio::select! {
            biased;
            answer = self.check.check.run(&context) => answer,
            () = self.clock.timer(limit) => {
                let doing = context.was_doing();
                let time_out = TimeOut { after: limit, scope: TimeOutScope::Attempt, doing, last: None };
                let status = Status::TimedOut(time_out);
                let again = (!self.may_have_acted(&status)).then_some(Duration::ZERO);
                return Attempt { status, lasting: false, again };
            }
        };
        match answer {
            Ok(outcome) => {
                let before = self.baseline.as_ref().map(|baseline| &baseline.evidence);
                let status = expectations::told(outcome, &self.check, before);
                let lasting = matches!(&status, Status::Done(Outcome::Fail(finding)) if finding.lasting);
                Attempt { status, lasting, again: None }
            }
            Err(error) => errored(error),
        }
    }

    /// Whether the check may have changed something without an answer, so that it is not to do it twice.
    pub(super) fn may_have_acted(&self, status: &Status) -> bool {
        match status {
            Status::TimedOut(_) => has_effect(&self.outline.checks[self.index]),
            Status::Errored(error) => error.uncertain,
            _ => false,
        }
    }

    /// Says that another attempt follows this one.
    pub(super) fn tell(&self, status: &Status) {
        let attempt = self.attempts.load(Ordering::Relaxed);
        // where the owner is gone, nobody needs to know
        let _ = self.failed.send(AttemptFailed { index: self.index, attempt, why: status.summary() });
    }

    fn used_up(&self, after: Duration) -> Status {
        let doing = self.was_doing();
        let last = self.progress().last.clone();
        Status::TimedOut(TimeOut { after, scope: TimeOutScope::Check, doing, last })
    }

    /// What the last attempt said it was doing.
    pub(super) fn was_doing(&self) -> Option<String> {
        self.progress().context.as_ref().and_then(CheckContext::was_doing)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn context(&self, attempt: u32, time: Duration, asked_at: Moment) -> CheckContext {
        CheckContext::from_inner(Inner {
            id: self.id.clone(),
            definition: self.definition,
            target: self.check.target.clone(),
            attempt,
            time,
            clock: Arc::clone(&self.clock),
            resources: Arc::clone(&self.resources),
            outline: Arc::clone(&self.outline),
            baseline: self.baseline.clone(),
            attestation: self.attestation.clone(),
            report: self.report.clone(),
            secrets: Arc::clone(&self.secrets),
            redactor: self.redactor.clone(),
            common: Arc::clone(&self.common),
            asked_at,
            changed: Arc::clone(&self.changed),
            doing: Mutex::new(None),
        })
    }
}

fn errored(error: CheckError) -> Attempt {
    let pause = error.pause().unwrap_or_default();
    let lasting = error.is_lasting();
    let (report, awaiting) = error.into_parts();
    match awaiting {
        Some(awaiting) => Attempt { status: Status::Awaiting(awaiting), lasting: false, again: None },
        None => {
            Attempt { lasting, again: report.transient.then_some(pause), status: Status::Errored(report) }
        }
    }
}
