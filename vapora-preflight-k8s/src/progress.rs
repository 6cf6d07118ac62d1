//! How far the rollout of one workload has come.

use vapora_preflight::Value;

use crate::{
    object::{DaemonSet, Deployment, StatefulSet, condition},
    wording::count,
    workload::Workload,
};

/// What the parameters of the kind let pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) scaled_to_zero: bool,
    pub(crate) terminating: bool,
    pub(crate) partition: bool,
}

/// What has to be done for a rollout that does not go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// To roll it back, or to mend what stops it.
    Undo,
    /// To resume it.
    Resume,
    /// To delete its pods by hand.
    Delete,
    /// To lower its partition.
    Partition,
    /// To scale it up.
    Scale,
}

impl Need {
    /// Whether a rollout does not go on by itself, where this is needed.
    pub(crate) fn is_stuck(self) -> bool {
        self != Self::Scale
    }
}

/// How far a rollout has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) troubles: Vec<String>,
    pub(crate) need: Option<Need>,
    /// It has used up the time that the workload itself gives its rollout.
    pub(crate) overdue: bool,
    /// It is complete, and the next change to it would not be rolled out.
    pub(crate) paused: bool,
    numbers: Vec<(&'static str, Value)>,
}

/// The numbers of replicas that every workload has.
struct Numbers {
    wanted: u32,
    updated: u32,
    ready: u32,
    available: u32,
    /// Of an older revision.
    old: u32,
}

impl Progress {
    pub(crate) fn of(workload: &Workload, allowed: Allowed) -> Self {
        let mut progress = Self::default();
        if workload.meta().is_going() {
            progress.troubles.push("is being deleted".to_owned());
        }
        let numbers = numbers(workload);
        progress.numbers = vec![
            ("wanted", numbers.wanted.into()),
            ("updated", numbers.updated.into()),
            ("ready", numbers.ready.into()),
            ("available", numbers.available.into()),
            ("old", numbers.old.into()),
            ("terminating", terminating(workload).into()),
            ("generation", workload.meta().generation.into()),
            ("observed_generation", workload.observed_generation().into()),
            ("images", workload.template().images()),
        ];
        if let Some(behind) = workload.unobserved() {
            progress.troubles.push(behind);
            return progress;
        }
        if numbers.wanted == 0 && !allowed.scaled_to_zero {
            progress.need = Some(Need::Scale);
            progress.troubles.push(
                match workload {
                    Workload::DaemonSet(_) => "has no node to run on",
                    _ => "is scaled to zero",
                }
                .to_owned(),
            );
        }
        match workload {
            Workload::Deployment(deployment) => progress.deployment(deployment, &numbers),
            Workload::StatefulSet(set) => progress.stateful_set(set, &numbers, allowed),
            Workload::DaemonSet(set) => progress.daemon_set(set, &numbers),
        }
        if let Some(ending @ 1..) = terminating(workload).filter(|_| !allowed.terminating) {
            progress.troubles.push(format!("still has {} ending", count(ending as usize, "pod")));
        }
        progress
    }

    /// What was counted, as evidence.
    pub(crate) fn evidence(&self) -> Value {
        Value::table(self.numbers.iter().map(|(name, value)| (*name, value.clone())))
    }

    fn counts(&mut self, numbers: &Numbers) {
        let wanted = numbers.wanted;
        let behind: Vec<String> =
            [("updated", numbers.updated), ("ready", numbers.ready), ("available", numbers.available)]
                .into_iter()
                .filter(|(_, number)| *number < wanted)
                .map(|(what, number)| format!("{number} {what}"))
                .collect();
        if !behind.is_empty() {
            let wanted = count(wanted as usize, "replica");
            self.troubles.push(format!("has {} of {wanted} wanted", behind.join(", ")));
        }
        if numbers.old > 0 {
            let old = count(numbers.old as usize, "replica");
            self.troubles.push(format!("still has {old} of an older revision"));
        }
    }

    fn deployment(&mut self, deployment: &Deployment, numbers: &Numbers) {
        self.counts(numbers);
        let conditions = &deployment.status.conditions;
        if let Some(progress) = condition(conditions, "Progressing") {
            self.numbers.push(("progress", progress.reason.clone().into()));
            if progress.reason.as_deref() == Some("ProgressDeadlineExceeded") {
                self.need = Some(Need::Undo);
                self.overdue = true;
                self.troubles.push(format!("exceeded the deadline of its rollout{}", progress.because()));
            } else if progress.is_false() {
                self.need = Some(Need::Undo);
                self.troubles.push(format!("does not progress{}", progress.because()));
            }
        }
        if let Some(refused) = condition(conditions, "ReplicaFailure").filter(|refused| refused.is_true()) {
            self.need = Some(Need::Undo);
            self.troubles.push(format!("is refused pods{}", refused.because()));
        }
        if deployment.spec.paused {
            if self.troubles.is_empty() {
                self.paused = true;
            } else {
                self.troubles.push("is paused, so that its rollout does not go on".to_owned());
                self.need = self.need.or(Some(Need::Resume));
            }
        }
    }

    fn stateful_set(&mut self, set: &StatefulSet, numbers: &Numbers, allowed: Allowed) {
        let (status, strategy) = (&set.status, &set.spec.update_strategy);
        self.numbers.push(("revision", status.update_revision.clone().into()));
        let partition = strategy.partition().min(numbers.wanted);
        if strategy.is_by_hand() {
            self.counts(numbers);
            self.by_hand(numbers);
            return;
        }
        if partition > 0 {
            // Those below the partition keep the older revision, and are not to be updated.
            let updated = numbers.wanted - partition;
            let behind = numbers.updated < updated;
            self.counts(&Numbers {
                updated: if behind { numbers.updated } else { numbers.wanted },
                old: 0,
                ..*numbers
            });
            if !allowed.partition {
                self.need = Some(Need::Partition);
                let kept = count(partition as usize, "pod");
                self.troubles.push(format!("keeps {kept} back by its partition of {}", strategy.partition()));
            }
            return;
        }
        self.counts(numbers);
        if self.troubles.is_empty()
            && (status.update_revision.is_none() || status.update_revision != status.current_revision)
        {
            let shown = |revision: &Option<String>| revision.clone().unwrap_or_else(|| "none".to_owned());
            self.troubles.push(format!(
                "goes on from the revision `{}` to `{}`",
                shown(&status.current_revision),
                shown(&status.update_revision)
            ));
        }
    }

    fn daemon_set(&mut self, set: &DaemonSet, numbers: &Numbers) {
        self.counts(numbers);
        let placed = set.status.current_number_scheduled;
        if placed < numbers.wanted {
            let wanted = count(numbers.wanted as usize, "node");
            self.troubles.push(format!("has pods on {placed} of {wanted}"));
        }
        if set.spec.update_strategy.is_by_hand() {
            self.by_hand(numbers);
        }
    }

    fn by_hand(&mut self, numbers: &Numbers) {
        if numbers.updated < numbers.wanted || numbers.old > 0 {
            self.need = Some(Need::Delete);
            self.troubles.push("replaces a pod only when somebody deletes it (`OnDelete`)".to_owned());
        }
    }
}

fn numbers(workload: &Workload) -> Numbers {
    let (wanted, old) = (workload.wanted(), workload.of_older_revision());
    match workload {
        Workload::Deployment(it) => Numbers {
            wanted,
            updated: it.status.updated_replicas,
            ready: it.status.ready_replicas,
            available: it.status.available_replicas,
            old,
        },
        Workload::StatefulSet(it) => Numbers {
            wanted,
            updated: it.status.updated_replicas,
            ready: it.status.ready_replicas,
            available: it.status.available_replicas.unwrap_or(it.status.ready_replicas),
            old,
        },
        Workload::DaemonSet(it) => Numbers {
            wanted,
            updated: it.status.updated_number_scheduled,
            ready: it.status.number_ready,
            available: it.status.number_available,
            old,
        },
    }
}

/// How many pods are ending; none where the server does not count them.
fn terminating(workload: &Workload) -> Option<u32> {
    match workload {
        Workload::Deployment(it) => it.status.terminating_replicas,
        Workload::StatefulSet(_) | Workload::DaemonSet(_) => None,
    }
}
