//! How a kind passes.

use std::{any::Any, fmt, path::PathBuf, sync::Arc, time::Duration};

use vapora_preflight::{Clock, NoSecrets, Resources, SecretStore, SystemClock};

use crate::{Faults, RequestRecord};

/// Lists the requests that a peer has seen.
pub(super) type Requests = Box<dyn Fn() -> Vec<RequestRecord> + Send + Sync>;

/// How a kind passes: a checklist whose check called `it` holds, and the world in which it does.
///
/// A case can be broken: it has a [`peer`](Self::peer) whose requests fail, or [`broken`](Self::broken) checklists, or both.
pub struct Case {
    pub(super) kind: &'static str,
    pub(super) checklist: String,
    pub(super) broken: Vec<(String, String)>,
    pub(super) resources: Arc<Resources>,
    pub(super) secrets: Arc<dyn SecretStore>,
    pub(super) planted: Vec<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) peer: Option<(Faults, Requests)>,
    pub(super) questions: Vec<String>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) volatile: Vec<&'static str>,
    pub(super) attested_by: Option<String>,
    pub(super) patience: Duration,
    world: Vec<Box<dyn Any + Send + Sync>>,
}

impl Case {
    /// A case of a kind: a whole checklist, whose check called `it` holds. Let it have a short `timeout`, since the laws wait
    /// for it once for each request, from when that request is left without an answer. Where the check should hold, it has
    /// more time than that.
    pub fn new(kind: &'static str, checklist: impl Into<String>) -> Self {
        Self {
            kind,
            checklist: checklist.into(),
            broken: Vec::new(),
            resources: Arc::new(Resources::new()),
            secrets: Arc::new(NoSecrets),
            planted: Vec::new(),
            clock: Arc::new(SystemClock),
            peer: None,
            questions: Vec::new(),
            folders: Vec::new(),
            volatile: Vec::new(),
            attested_by: None,
            patience: Duration::from_mins(1),
            world: Vec::new(),
        }
    }

    /// Adds a checklist whose check called `it` must not hold, and what is wrong with that world. It has to compile.
    pub fn broken(mut self, what: impl Into<String>, checklist: impl Into<String>) -> Self {
        self.broken.push((what.into(), checklist.into()));
        self
    }

    /// Gives the run its resources.
    pub fn resources(mut self, resources: Resources) -> Self {
        self.resources = Arc::new(resources);
        self
    }

    /// Gives the run its clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Gives the run its secrets, and names the values that must not be told.
    pub fn secrets(mut self, secrets: impl SecretStore + 'static, planted: &[&str]) -> Self {
        self.secrets = Arc::new(secrets);
        self.planted = planted.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Names the peer that is asked: its faults, and what it has seen. No other case may use it at the same time.
    pub fn peer(
        mut self,
        faults: &Faults,
        requests: impl Fn() -> Vec<RequestRecord> + Send + Sync + 'static,
    ) -> Self {
        self.peer = Some((faults.clone(), Box::new(requests)));
        self
    }

    /// Names a path whose `POST` asks a question and changes nothing, such as `/graphql`.
    pub fn question(mut self, path: impl Into<String>) -> Self {
        self.questions.push(path.into());
        self
    }

    /// Names a folder in which nothing may change.
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folders.push(path.into());
        self
    }

    /// Names the evidence that differs from run to run, such as a latency.
    pub fn volatile(mut self, names: &[&'static str]) -> Self {
        self.volatile.extend(names);
        self
    }

    /// Lets a person give the word that the check waits for.
    pub fn attested_by(mut self, person: impl Into<String>) -> Self {
        self.attested_by = Some(person.into());
        self
    }

    /// How long one run may take before it hangs: a minute, unless said otherwise.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Keeps something alive as long as the case: a server, a folder.
    pub fn keep(mut self, world: impl Any + Send + Sync) -> Self {
        self.world.push(Box::new(world));
        self
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("kind", &self.kind)
            .field("checklist", &self.checklist)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}
