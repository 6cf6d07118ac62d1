//! What has to be put back, whatever becomes of the check that changed it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{CheckError, Clock, Period};

type Undo = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), CheckError>> + Send>> + Send + Sync>;

/// What one check has changed and not put back yet.
#[derive(Default)]
pub(crate) struct Changed {
    entries: Mutex<Vec<Entry>>,
}

#[derive(Clone)]
struct Entry {
    number: u64,
    what: String,
    within: Duration,
    undo: Undo,
}

/// A promise that a change is put back, given by [`CheckContext::put_back`](crate::CheckContext::put_back).
///
/// Dropping it keeps the promise alive: only [`PutBack::settled`] ends it.
#[must_use = "a promise that nobody ends is carried out after the check"]
pub struct PutBack {
    changed: Arc<Changed>,
    number: u64,
}

impl PutBack {
    /// The check itself has put it back, or it need not be.
    pub fn settled(self) {
        self.changed.entries().retain(|entry| entry.number != self.number);
    }
}

impl fmt::Debug for PutBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutBack").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What came of putting one thing back.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) what: String,
    pub(crate) failed: Option<CheckError>,
}

impl Changed {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    pub(crate) fn promise<F, Fut>(self: &Arc<Self>, what: String, within: Duration, undo: F) -> PutBack
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), CheckError>> + Send + 'static,
    {
        let mut entries = self.entries();
        let number = entries.last().map_or(0, |last| last.number + 1);
        entries.push(Entry { number, what, within, undo: Arc::new(move || Box::pin(undo())) });
        PutBack { changed: Arc::clone(self), number }
    }

    /// Puts everything back, the last change first. It may be dropped and begun again: what is not yet put back is kept.
    pub(crate) async fn put_back(&self, clock: &dyn Clock) -> Vec<Restored> {
        let mut all = Vec::new();
        loop {
            let Some(entry) = self.entries().last().cloned() else { return all };
            tracing::info!(what = entry.what, "putting it back");
            let failed = tokio::select! {
                biased;
                done = (entry.undo)() => done.err(),
                () = clock.timer(entry.within) => {
                    let within = Period::from(entry.within);
                    Some(CheckError::permanent(format!("it did not end within {within}")))
                }
            };
            self.entries().retain(|other| other.number != entry.number);
            all.push(Restored { what: entry.what, failed });
        }
    }
}

impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries().iter().map(|entry| &entry.what)).finish()
    }
}
