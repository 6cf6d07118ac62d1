//! The clients and other things that checks work with, by type and target.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use crate::{Access, CheckError, TargetName, Usage};

type Slot = Result<Arc<dyn Any + Send + Sync>, Missing>;

/// Why a resource that should be there is not.
#[derive(Debug, Clone)]
struct Missing {
    message: String,
    remedy: Option<String>,
}

/// The things that checks work with: a Kubernetes client per target, one HTTP client for all, and whatever a team's own
/// kinds ask for. A checklist is read and planned without any of them.
#[derive(Default)]
pub struct Resources {
    slots: HashMap<(TypeId, Option<TargetName>), Slot>,
    names: Vec<String>,
    access: HashMap<TargetName, Arc<dyn Access>>,
    meters: Vec<Meter>,
}

/// Counts how much of something is used.
struct Meter {
    target: Option<TargetName>,
    what: String,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Resources {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a resource to every check, in place of an earlier one of that type.
    pub fn insert<T: Any + Send + Sync>(&mut self, resource: T) -> &mut Self {
        self.put::<T>(None, Ok(Arc::new(resource)))
    }

    /// Gives a resource to the checks of one target, where it is preferred to the one given to all.
    pub fn insert_for<T: Any + Send + Sync>(&mut self, target: &TargetName, resource: T) -> &mut Self {
        self.put::<T>(Some(target.clone()), Ok(Arc::new(resource)))
    }

    /// Says why a target has no resource of that type. Its own checks then err with that message, and no others.
    pub fn fail_for<T: Any + Send + Sync>(
        &mut self,
        target: &TargetName,
        message: impl Into<String>,
        remedy: Option<String>,
    ) -> &mut Self {
        self.put::<T>(Some(target.clone()), Err(Missing { message: message.into(), remedy }))
    }

    /// Says why there is no resource of that type. The checks that ask for it then err with that message, and no others.
    pub fn fail<T: Any + Send + Sync>(
        &mut self,
        message: impl Into<String>,
        remedy: Option<String>,
    ) -> &mut Self {
        self.put::<T>(None, Err(Missing { message: message.into(), remedy }))
    }

    fn put<T: Any>(&mut self, target: Option<TargetName>, slot: Slot) -> &mut Self {
        self.names.push(match &target {
            Some(target) => format!("{} for {target}", type_name::<T>()),
            None => type_name::<T>().to_owned(),
        });
        self.slots.insert((TypeId::of::<T>(), target), slot);
        self
    }

    /// Lets the run ask, before anything else, which rights it has on a target.
    pub fn review_access_of(&mut self, target: &TargetName, access: Arc<dyn Access>) -> &mut Self {
        self.access.insert(target.clone(), access);
        self
    }

    pub(crate) fn access(&self, target: &TargetName) -> Option<Arc<dyn Access>> {
        self.access.get(target).cloned()
    }

    /// Lets the report say how much of something a run has used, such as `requests` to a target. `read` gives a count that
    /// only grows; a run reports by how much.
    pub fn meter(
        &mut self,
        target: Option<&TargetName>,
        what: impl Into<String>,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> &mut Self {
        self.meters.push(Meter { target: target.cloned(), what: what.into(), read: Box::new(read) });
        self
    }

    /// How much has been used so far.
    pub(crate) fn used(&self) -> Vec<Usage> {
        let usage = |meter: &Meter| Usage {
            target: meter.target.clone(),
            what: meter.what.clone(),
            amount: (meter.read)(),
        };
        self.meters.iter().map(usage).collect()
    }

    /// The resource of that type for a target, or else the one given to all; nothing where none was given.
    ///
    /// # Errors
    ///
    /// The reason given for that target.
    pub fn find<T: Any + Send + Sync>(
        &self,
        target: Option<&TargetName>,
    ) -> Result<Option<Arc<T>>, CheckError> {
        let given = |target: Option<TargetName>| self.slots.contains_key(&(TypeId::of::<T>(), target));
        if given(target.cloned()) || given(None) { self.get(target).map(Some) } else { Ok(None) }
    }

    /// The resource of that type for a target, or else the one given to all.
    ///
    /// # Errors
    ///
    /// A lasting [`CheckError`] where there is none, or with the reason given for that target.
    pub fn get<T: Any + Send + Sync>(&self, target: Option<&TargetName>) -> Result<Arc<T>, CheckError> {
        let key = (TypeId::of::<T>(), target.cloned());
        let slot = self.slots.get(&key).or_else(|| self.slots.get(&(TypeId::of::<T>(), None)));
        match slot {
            Some(Ok(resource)) => Arc::clone(resource)
                .downcast::<T>()
                .map_err(|_| CheckError::permanent("a resource was filed under the wrong type")),
            Some(Err(missing)) => {
                let error = CheckError::permanent(missing.message.clone());
                Err(match &missing.remedy {
                    Some(remedy) => error.remedy(remedy.clone()),
                    None => error,
                }
                .lasting())
            }
            None => {
                let of = target.map_or_else(String::new, |target| format!(" for the target `{target}`"));
                let message = format!("no `{}` was given to the run{of}", type_name::<T>());
                Err(CheckError::permanent(message).lasting())
            }
        }
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resources").field(&self.names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_preferred_and_a_broken_one_breaks_no_other() {
        let (staging, production) =
            (TargetName::new("staging").unwrap(), TargetName::new("production").unwrap());
        let mut resources = Resources::new();
        resources.insert(1_u8).insert_for(&staging, 2_u8);
        resources.fail_for::<u8>(&production, "no such context", Some("name another".into()));
        assert_eq!(*resources.get::<u8>(None).unwrap(), 1);
        assert_eq!(*resources.get::<u8>(Some(&staging)).unwrap(), 2);
        assert_eq!(resources.get::<u8>(Some(&production)).unwrap_err().message(), "no such context");
        assert!(resources.get::<u16>(None).is_err());
        resources.fail::<u32>("no trusted roots", None);
        assert_eq!(resources.get::<u32>(Some(&staging)).unwrap_err().message(), "no trusted roots");
        assert!(resources.find::<u16>(None).unwrap().is_none());
        assert!(resources.find::<u8>(Some(&production)).is_err());
    }
}
