//! What an attempt is given.

use std::{
    any::Any,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::SecretString;

use super::{Changed, Common, Moment, PutBack};
use crate::{
    AttestationRecord, CheckError, CheckId, Clock, Digest, Evidence, NoSecrets, Outline, Report, Resources,
    SecretRef, SecretStore, SystemClock, Target, Timestamp, outline::Deployment, secret::Redactor,
};

/// What one attempt of a check is given: its target, the clients, the time, and what is on record. Cheap to clone.
#[derive(Clone)]
pub struct CheckContext {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) id: CheckId,
    pub(crate) definition: Digest,
    pub(crate) target: Option<Arc<Target>>,
    pub(crate) attempt: u32,
    pub(crate) time: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) resources: Arc<Resources>,
    pub(crate) outline: Arc<Outline>,
    pub(crate) baseline: Option<Earlier>,
    pub(crate) attestation: Option<AttestationRecord>,
    pub(crate) report: Option<Arc<Report>>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) redactor: Redactor,
    pub(crate) common: Arc<Common>,
    pub(crate) asked_at: Moment,
    pub(crate) changed: Arc<Changed>,
    pub(crate) doing: Mutex<Option<String>>,
}

/// What a check saw earlier.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Earlier {
    /// The check.
    pub check: CheckId,
    /// What it saw.
    pub evidence: Evidence,
    /// When it was settled.
    pub finished: Timestamp,
    /// Whether it passed, without a warning.
    pub passed: bool,
}

impl Earlier {
    pub(crate) fn new(check: CheckId, evidence: Evidence, finished: Timestamp, passed: bool) -> Self {
        Self { check, evidence, finished, passed }
    }
}

impl CheckContext {
    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// A context for asking a check on its own, outside of a run: in a test, or in a program of one's own. It has the
    /// machine's clock, no secrets and no records.
    pub fn alone(id: CheckId, resources: Arc<Resources>) -> Self {
        let outline = Arc::new(Outline::empty());
        let common = Arc::<Common>::default();
        Self::from_inner(Inner {
            definition: Digest::of(id.as_str()),
            id,
            target: None,
            attempt: 1,
            time: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
            resources,
            outline,
            baseline: None,
            attestation: None,
            report: None,
            secrets: Arc::new(NoSecrets),
            redactor: Redactor::default(),
            asked_at: common.mark(),
            common,
            changed: Arc::default(),
            doing: Mutex::new(None),
        })
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let it = &self.inner;
        let mut inner = Inner {
            id: it.id.clone(),
            definition: it.definition,
            target: it.target.clone(),
            attempt: it.attempt,
            time: it.time,
            clock: Arc::clone(&it.clock),
            resources: Arc::clone(&it.resources),
            outline: Arc::clone(&it.outline),
            baseline: it.baseline.clone(),
            attestation: it.attestation.clone(),
            report: it.report.clone(),
            secrets: Arc::clone(&it.secrets),
            redactor: it.redactor.clone(),
            common: Arc::clone(&it.common),
            asked_at: it.asked_at,
            changed: Arc::clone(&it.changed),
            doing: Mutex::new(None),
        };
        change(&mut inner);
        Self::from_inner(inner)
    }

    /// The same context with another clock.
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        self.changed(|inner| inner.clock = clock)
    }

    /// The same context with a target.
    pub fn with_target(&self, target: Arc<Target>) -> Self {
        self.changed(|inner| inner.target = Some(target))
    }

    /// The same context with what another check saw earlier, which passed.
    pub fn with_baseline(&self, check: CheckId, evidence: Evidence, finished: Timestamp) -> Self {
        self.changed(|inner| inner.baseline = Some(Earlier::new(check, evidence, finished, true)))
    }

    /// The same context with a place to find secrets.
    pub fn with_secrets(&self, secrets: Arc<dyn SecretStore>) -> Self {
        self.changed(|inner| inner.secrets = secrets)
    }

    /// The same context for another attempt: what was read before it does not answer that one.
    pub fn next_attempt(&self) -> Self {
        let asked_at = self.mark();
        self.changed(|inner| {
            inner.attempt += 1;
            inner.asked_at = asked_at;
        })
    }

    /// The name of the check.
    pub fn id(&self) -> &CheckId {
        &self.inner.id
    }

    /// The digest of the check's definition.
    pub fn definition(&self) -> Digest {
        self.inner.definition
    }

    /// The number of the attempt, from one.
    pub fn attempt(&self) -> u32 {
        self.inner.attempt
    }

    /// The time in the world of the deployment; certificates and ages are judged by it.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// How long this attempt may take. The executor enforces it; a check may use it to give a better message.
    pub fn time(&self) -> Duration {
        self.inner.time
    }

    /// The target, where the check has one.
    pub fn target(&self) -> Option<&Target> {
        self.inner.target.as_deref()
    }

    /// The settings of one family of the check's target.
    ///
    /// # Errors
    ///
    /// A permanent error where the check has no target, or the target no such settings.
    pub fn settings<T: crate::TargetSettings>(&self) -> Result<&T, CheckError> {
        self.target().and_then(Target::settings::<T>).ok_or_else(|| {
            CheckError::permanent(format!("the check has no target with settings of `{}`", T::NAME)).lasting()
        })
    }

    /// The resource of that type, for the check's target or for all.
    ///
    /// # Errors
    ///
    /// A permanent error where the run was given none.
    pub fn resource<T: Any + Send + Sync>(&self) -> Result<Arc<T>, CheckError> {
        self.inner.resources.get::<T>(self.target().map(|target| &target.name))
    }

    /// The resource of that type, for the check's target or for all; nothing where the run was given none.
    ///
    /// # Errors
    ///
    /// The reason that was given for the check's target.
    pub fn find_resource<T: Any + Send + Sync>(&self) -> Result<Option<Arc<T>>, CheckError> {
        self.inner.resources.find::<T>(self.target().map(|target| &target.name))
    }

    /// All that is declared.
    pub fn outline(&self) -> &Outline {
        &self.inner.outline
    }

    /// What is deployed, where and when.
    pub fn deployment(&self) -> &Deployment {
        &self.inner.outline.deployment
    }

    /// What the check named as `baseline` saw.
    pub fn baseline(&self) -> Option<&Earlier> {
        self.inner.baseline.as_ref()
    }

    /// The last word a person gave on this check, whatever its definition was then.
    pub fn attestation(&self) -> Option<&AttestationRecord> {
        self.inner.attestation.as_ref()
    }

    /// The report as it stood when the check was started, for kinds that ask for it with
    /// [`Requirements::report`](crate::Requirements::report).
    pub fn report(&self) -> Option<&Report> {
        self.inner.report.as_deref()
    }

    /// The value of a secret. It is taken out of everything the run records.
    ///
    /// # Errors
    ///
    /// A permanent error where it cannot be found, or is empty.
    pub fn secret(&self, reference: &SecretRef) -> Result<SecretString, CheckError> {
        self.inner.redactor.resolve(&*self.inner.secrets, reference)
    }

    /// Takes a secret that the check came to know itself, such as the token of a session, out of everything the run records
    /// from now on. Says whether it did: a value of less than four bytes stands in too many places by chance.
    pub fn hide(&self, secret: &SecretString) -> bool {
        self.inner.redactor.hide(secret)
    }

    /// A value that the checks of this run have in common, one for each target; it is made where there is none yet. A
    /// family keeps in it what one check reads and another one needs.
    pub fn shared<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        self.inner.common.get(self.target().map(|target| &target.name))
    }

    /// The moment from which on things have to have been read to answer this attempt: when the last of the check's needs
    /// was settled, or, for a later attempt or look, when that was begun. What was read before it may be older than what
    /// the check waited for.
    pub fn asked_at(&self) -> Moment {
        self.inner.asked_at
    }

    /// A moment after all that this run has marked before.
    pub fn mark(&self) -> Moment {
        self.inner.common.mark()
    }

    /// Waits, in the time of the deployment's world; for kinds that bring something about and see it to its end. To ask a
    /// question again and again is not for the kind but for `until`.
    pub async fn sleep(&self, duration: Duration) {
        self.inner.clock.sleep(duration).await;
    }

    /// Promises that a change is put back, before it is made.
    ///
    /// A check that ends otherwise than by [`PutBack::settled`] (with an error or a panic, by its time-out or because the
    /// run is cancelled) has the executor carry the promise out, and the result on record says what came of it. `undo` may
    /// be called more than once, and also where the change was never made; it may take as long as `within`, of its own
    /// time. Where the whole process is killed, nobody keeps the promise.
    pub fn put_back<F, Fut>(&self, what: impl Into<String>, within: Duration, undo: F) -> PutBack
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), CheckError>> + Send + 'static,
    {
        self.inner.changed.promise(what.into(), within, undo)
    }

    /// Says what the check is doing, for the message of a time-out: `listing the pods of vapora`.
    pub fn doing(&self, what: impl Into<String>) {
        *self.inner.doing.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.into());
    }

    pub(crate) fn was_doing(&self) -> Option<String> {
        self.inner.doing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for CheckContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckContext")
            .field("id", &self.inner.id)
            .field("attempt", &self.inner.attempt)
            .field("target", &self.inner.target.as_ref().map(|target| &target.name))
            .finish_non_exhaustive()
    }
}
