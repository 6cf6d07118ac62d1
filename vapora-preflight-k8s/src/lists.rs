//! Lists that one check has read and others need too.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use vapora_preflight::{CheckContext, CheckError, Moment, Timestamp};

/// How old a list may be that another check has read, by the clock of the run.
const SHARED_FOR: Duration = Duration::from_secs(15);

type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

/// The lists of one target that were read in a run.
#[derive(Default)]
pub(crate) struct Lists {
    slots: Mutex<HashMap<(String, TypeId), Slot>>,
}

/// A list, and when it was asked for.
struct Kept {
    began: Moment,
    at: Timestamp,
    list: Arc<dyn Any + Send + Sync>,
}

impl Lists {
    /// The list under this key, if it was asked for since the check was; else it is read, while others that need it wait
    /// for it. What could not be read is not kept.
    pub(crate) async fn get_or_read<T, F>(
        &self,
        cx: &CheckContext,
        key: String,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<Vec<T>>, CheckError>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<Vec<T>, CheckError>>,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((key, TypeId::of::<T>())).or_default())
        };
        let mut kept = slot.lock().await;
        let fits = |kept: &&Kept| kept.began > cx.asked_at() && cx.now().since(kept.at) <= SHARED_FOR;
        if let Some(found) = kept.as_ref().filter(fits)
            && let Ok(list) = Arc::clone(&found.list).downcast::<Vec<T>>()
        {
            return Ok(list);
        }
        let (began, at) = (cx.mark(), cx.now());
        let list = Arc::new(read().await?);
        *kept = Some(Kept { began, at, list: Arc::<Vec<T>>::clone(&list) });
        Ok(list)
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}
