//! What the checks of one run have in common.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::TargetName;

/// A place in the order in which one run does things. What was read after a moment cannot be older than it.
///
/// It is no time of a clock: two moments of one run can be compared even where its clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

type Key = (TypeId, Option<TargetName>);

/// The values that the checks of one run share, and the order in which it does things.
#[derive(Default)]
pub(crate) struct Common {
    values: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
    moments: AtomicU64,
}

impl Common {
    pub(crate) fn get<T: Any + Send + Sync + Default>(&self, target: Option<&TargetName>) -> Arc<T> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values
            .entry((TypeId::of::<T>(), target.cloned()))
            .or_insert_with(|| Arc::new(T::default()) as Arc<dyn Any + Send + Sync>);
        Arc::clone(value).downcast().unwrap_or_else(|_| unreachable!("values are filed under their own type"))
    }

    /// A moment after all that were given before.
    pub(crate) fn mark(&self) -> Moment {
        Moment(self.moments.fetch_add(1, Ordering::SeqCst))
    }
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shared_by_target_and_moments_are_in_order() {
        let common = Common::default();
        let staging = TargetName::new("staging").unwrap();
        *common.get::<Mutex<u8>>(None).lock().unwrap() = 1;
        *common.get::<Mutex<u8>>(Some(&staging)).lock().unwrap() = 2;
        assert_eq!(*common.get::<Mutex<u8>>(None).lock().unwrap(), 1);
        assert_eq!(*common.get::<Mutex<u16>>(None).lock().unwrap(), 0);
        assert!(common.mark() < common.mark());
    }
}
