//! How long things take.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::cluster::{pod::PodTrouble, store::meta};

/// Whether things take their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Pace {
    /// Pods need a while to start and to end.
    #[default]
    Real,
    /// Everything is done at once.
    AtOnce,
    /// The same, and nobody tells it in events: it was long ago.
    Silent,
}

impl Pace {
    pub(crate) fn at_once(self) -> bool {
        self != Self::Real
    }
}

/// How long the Pods of a workload take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Habit {
    /// From when they are made until they are ready.
    pub(crate) ready_after: Duration,
    /// From when they are to end until they have ended; without it, all the time that they are given.
    pub(crate) stops_after: Option<Duration>,
}

impl Default for Habit {
    fn default() -> Self {
        Self { ready_after: Duration::from_secs(5), stops_after: None }
    }
}

/// What was said about how Pods and images behave.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    /// By namespace, and by what the names of the Pods begin with.
    workloads: BTreeMap<(String, String), Habit>,
    /// What is the matter with Pods that are made from an image.
    images: BTreeMap<String, PodTrouble>,
    /// Images that are others under another name.
    aliases: BTreeMap<String, String>,
}

impl Habits {
    pub(crate) fn set(&mut self, namespace: &str, workload: &str, habit: Habit) {
        self.workloads.insert((namespace.to_owned(), workload.to_owned()), habit);
    }

    pub(crate) fn set_image(&mut self, image: &str, trouble: Option<PodTrouble>) {
        match trouble {
            Some(trouble) => self.images.insert(image.to_owned(), trouble),
            None => self.images.remove(image),
        };
    }

    pub(crate) fn set_alias(&mut self, image: &str, other: &str) {
        self.aliases.insert(image.to_owned(), other.to_owned());
    }

    /// The image that is really run.
    pub(crate) fn resolve<'a>(&'a self, image: &'a str) -> &'a str {
        self.aliases.get(image).map_or(image, String::as_str)
    }

    /// How long a Pod takes: as was said of the longest part of its name.
    pub(super) fn of(&self, pod: &Value) -> Habit {
        let (namespace, name) = (meta(pod, "namespace"), meta(pod, "name"));
        let fitting = self.workloads.iter().filter(|((inside, workload), _)| {
            inside == namespace
                && name.strip_prefix(workload.as_str()).is_some_and(|rest| rest.starts_with('-'))
        });
        let longest = fitting.max_by_key(|((_, workload), _)| workload.len());
        longest.map(|(_, habit)| *habit).unwrap_or_default()
    }

    /// What becomes of a Pod because of its images.
    pub(super) fn trouble(&self, pod: &Value) -> Option<PodTrouble> {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers.filter_map(|one| one["image"].as_str()).find_map(|image| self.images.get(image)).copied()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_longest_name_of_a_workload_counts() {
        let mut habits = Habits::default();
        let seconds = |count| Habit { ready_after: Duration::from_secs(count), stops_after: None };
        habits.set("shop", "web", seconds(1));
        habits.set("shop", "web-admin", seconds(2));
        let of = |name: &str| {
            habits.of(&json!({ "metadata": { "namespace": "shop", "name": name } })).ready_after.as_secs()
        };
        assert_eq!([of("web-5d-x"), of("web-admin-5d-x"), of("webmail-5d-x")], [1, 2, 5]);
    }
}
