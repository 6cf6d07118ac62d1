//! What one claim comes to.

use std::collections::BTreeMap;

use super::{Class, PvcBound};
use crate::{
    object::VolumeClaim,
    wording::{bytes, short},
};

/// How much something counts that is the matter with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    #[default]
    Good,
    Warn,
    Fail,
}

/// What one claim comes to.
#[derive(Debug, Default)]
pub(super) struct ClaimState {
    /// What is the matter with it.
    pub(super) troubles: Vec<(Level, String)>,
    /// Whether it waits for a pod to mount it.
    pub(super) waits: bool,
    /// Whether its volume is no more.
    pub(super) lost: bool,
}

impl ClaimState {
    fn add(&mut self, level: Level, text: impl Into<String>) {
        self.troubles.push((level, text.into()));
    }

    pub(super) fn level(&self) -> Level {
        self.troubles.iter().map(|(level, _)| *level).max().unwrap_or_default()
    }

    /// What counts so much, in words.
    pub(super) fn spoken(&self, level: Level) -> String {
        let texts: Vec<&str> =
            self.troubles.iter().filter(|(of, _)| *of == level).map(|(_, text)| text.as_str()).collect();
        texts.join(", ")
    }
}

impl PvcBound {
    pub(super) fn state(&self, claim: &VolumeClaim, classes: &BTreeMap<String, Class>) -> ClaimState {
        let mut state = ClaimState::default();
        if claim.metadata.is_going() {
            state.add(Level::Fail, "is being deleted");
        }
        match claim.status.phase.as_deref() {
            Some("Bound") => self.size_of(claim, &mut state),
            Some("Pending") => self.pending(claim, classes, &mut state),
            Some("Lost") => {
                let volume = claim
                    .spec
                    .volume_name
                    .as_deref()
                    .map_or_else(String::new, |name| format!(" `{}`", short(name)));
                state.lost = true;
                state.add(Level::Fail, format!("has lost its volume{volume}"));
            }
            Some(phase) => {
                state.add(Level::Fail, format!("is in the phase `{}`, which is not known", short(phase)));
            }
            None => state.add(Level::Fail, "does not say in which phase it is"),
        }
        let class = claim.spec.storage_class_name.as_deref();
        if let Some(wanted) = &self.storage_class
            && class != Some(wanted.as_str())
        {
            let found = class
                .filter(|class| !class.is_empty())
                .map_or("no class".to_owned(), |class| format!("the class `{}`", short(class)));
            state.add(Level::Fail, format!("is of {found}"));
        }
        if claim.is_bound() {
            let modes = &claim.status.access_modes;
            let lacking = self.access_modes.iter().map(|mode| format!("{mode:?}"));
            for mode in lacking.filter(|mode| !modes.contains(mode)) {
                state.add(Level::Fail, format!("cannot be mounted as {mode}"));
            }
        }
        state
    }

    fn pending(&self, claim: &VolumeClaim, classes: &BTreeMap<String, Class>, state: &mut ClaimState) {
        let name = claim.spec.storage_class_name.as_deref().filter(|name| !name.is_empty());
        let class = name.and_then(|name| classes.get(name)).copied();
        let shown = short(name.unwrap_or_default());
        let text = match (class, &claim.spec.volume_name) {
            (_, Some(volume)) => format!("is pending: it waits for the volume `{}` it names", short(volume)),
            (Some(Class::Waits), None) => {
                state.waits = true;
                if self.allow_waiting {
                    return;
                }
                format!(
                    "is pending: it waits for a pod to mount it (`WaitForFirstConsumer` of the class `{shown}`)"
                )
            }
            (Some(Class::Missing), None) => format!("is pending: its class `{shown}` does not exist"),
            (Some(Class::Immediate), None) => {
                format!("is pending: the class `{shown}` has made no volume for it yet")
            }
            (Some(Class::Unknown), None) => format!("is pending, of the class `{shown}`"),
            (None, None) => "is pending, of no class: it waits for a volume that somebody makes".to_owned(),
        };
        state.add(Level::Fail, text);
    }

    fn size_of(&self, claim: &VolumeClaim, state: &mut ClaimState) {
        let Some(capacity) = claim.capacity() else {
            state.add(Level::Fail, "does not say how large it is");
            return;
        };
        if let Some(size) = self.size
            && capacity < size
        {
            state.add(
                Level::Fail,
                format!("is {} large, {} too little", bytes(capacity), bytes(size.less(capacity))),
            );
        }
        for condition in &claim.status.conditions {
            if condition.is_true()
                && matches!(condition.kind.as_str(), "ControllerResizeError" | "NodeResizeError")
            {
                state.add(Level::Fail, format!("could not be made larger{}", condition.because()));
            }
        }
        if let Some(resizing) =
            claim.resizing().filter(|text| text.ends_with("Infeasible") || text.ends_with("Failed"))
        {
            state.add(Level::Fail, format!("cannot be made larger (`{}`)", short(resizing)));
        }
        let waits_for_pod = |kind: &str| {
            let conditions = &claim.status.conditions;
            conditions.iter().any(|condition| condition.kind == kind && condition.is_true())
        };
        let smaller = claim.requested().filter(|requested| capacity < *requested);
        let of =
            smaller.map_or_else(String::new, |wanted| format!(": {} of {}", bytes(capacity), bytes(wanted)));
        if waits_for_pod("FileSystemResizePending") {
            state.add(Level::Warn, format!("grows when its pod is started again{of}"));
        } else if waits_for_pod("Resizing") || claim.resizing().is_some() {
            state.add(Level::Warn, format!("is growing{of}"));
        } else if smaller.is_some() {
            state.add(Level::Warn, format!("is smaller than it asks for{of}"));
        }
    }
}
