//! What will be run: immutable, with nothing left to resolve.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use crate::{
    Check, CheckId, CheckOutline, Gate, GateInput, GateOutline, Outline, Permission, Report, RunError,
    Target, TargetName, Timestamp, Verdict, expr::Condition,
};

pub(crate) mod assemble;
pub(crate) mod draft;
mod graph;

/// What will be run: every check with its needs and limits, every gate, every target. It is made from a checklist in
/// TOML, from phases in Rust, or from both, and does not change.
#[derive(Clone)]
pub struct Plan {
    pub(crate) outline: Arc<Outline>,
    /// In the order of `outline.checks`.
    pub(crate) checks: Vec<PlannedCheck>,
    /// In the order of `outline.gates`.
    pub(crate) gates: Vec<PlannedGate>,
    pub(crate) targets: BTreeMap<TargetName, Arc<Target>>,
    /// How many checks of a group may run at once.
    pub(crate) groups: BTreeMap<String, usize>,
    pub(crate) not_given: Vec<RequiredVariable>,
    pub(crate) nodes: HashMap<CheckId, Node>,
}

/// A variable that each release has of its own, such as the number of its ticket: `[required_vars]` of a checklist.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RequiredVariable {
    /// Its name below `vars`.
    pub name: String,
    /// What it is, in a few words.
    pub about: String,
    /// A value as it may be, with which a checklist is looked at without a release.
    pub example: serde_json::Value,
}

/// A check or a gate, by its place in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    Check(usize),
    Gate(usize),
}

#[derive(Clone)]
pub(crate) struct PlannedCheck {
    pub(crate) check: Arc<dyn Check>,
    pub(crate) target: Option<Arc<Target>>,
    /// What has to hold first: its `needs`, and its baseline.
    pub(crate) needs: Vec<Node>,
    pub(crate) limits: Limits,
    pub(crate) group: Option<String>,
    pub(crate) expect: Vec<Condition>,
    pub(crate) warn_unless: Vec<Condition>,
    pub(crate) baseline: Option<CheckId>,
    /// What expressions see besides evidence: `vars`, `each`, `deployment`, `target`.
    pub(crate) scope: Arc<serde_json::Value>,
    pub(crate) wants_report: bool,
    pub(crate) permissions: Vec<Permission>,
}

/// How long a check may take, and how often it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time of one attempt.
    pub attempt: Duration,
    /// The time of all attempts of one look together, pauses included.
    pub total: Option<Duration>,
    /// How often an attempt that errs is made again.
    pub retry: Retry,
    /// Whether it is asked until it holds.
    pub until: Option<Until>,
}

/// How often an attempt that errs is made again. A failure is an answer, and is not retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How many attempts are made at most; at least one.
    pub attempts: u32,
    /// The pause before the second; it doubles from then on, and is jittered.
    pub backoff: Duration,
    /// The longest pause.
    pub max: Duration,
}

/// Asks until the check holds, so many times in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// The pause between two looks.
    pub interval: Duration,
    /// How long to go on.
    pub timeout: Duration,
    /// How many looks in a row have to hold; at least one.
    pub consecutive: u32,
}

#[derive(Clone)]
pub(crate) struct PlannedGate {
    pub(crate) gate: Arc<dyn Gate>,
    /// What is settled before it is judged: its subjects, and those of its conditions.
    pub(crate) needs: Vec<Node>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attempt: Duration::from_secs(30), total: None, retry: Retry::default(), until: None }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 1, backoff: Duration::from_secs(1), max: Duration::from_secs(30) }
    }
}

impl Plan {
    /// All that is declared.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The outline, shared; it is what [`Report::new`] begins with.
    pub fn shared_outline(&self) -> Arc<Outline> {
        Arc::clone(&self.outline)
    }

    /// The targets, in the order of their names.
    pub fn targets(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.targets.values()
    }

    /// A target by its name.
    pub fn target(&self, name: &str) -> Option<&Arc<Target>> {
        self.targets.get(name)
    }

    /// The variables that the caller has to give and has not given. Their examples stand for them, so that such a plan can
    /// be looked at; it can't be run.
    pub fn not_given(&self) -> &[RequiredVariable] {
        &self.not_given
    }

    /// Whether it can be run: every variable that each release has of its own is given. A run finds that out as well; who
    /// keeps a record can ask before it is begun.
    ///
    /// # Errors
    ///
    /// The variables that are not given.
    pub fn all_given(&self) -> Result<(), RunError> {
        if self.not_given.is_empty() {
            Ok(())
        } else {
            Err(RunError::NotGiven { variables: self.not_given.clone() })
        }
    }

    /// The names of what a check or a gate waits for.
    pub fn needs_of(&self, id: &str) -> Vec<&CheckId> {
        let needs = match self.nodes.get(id) {
            Some(Node::Check(index)) => &self.checks[*index].needs,
            Some(Node::Gate(index)) => &self.gates[*index].needs,
            None => return Vec::new(),
        };
        needs.iter().map(|node| self.id_of(*node)).collect()
    }

    /// How long a check may take, and how often it is asked.
    pub fn limits_of(&self, check: &str) -> Option<Limits> {
        match self.nodes.get(check)? {
            Node::Check(index) => Some(self.checks[*index].limits),
            Node::Gate(_) => None,
        }
    }

    /// The conditions of a check, as they are written: what it expects, then what it only warns about.
    pub fn conditions_of(&self, check: &str) -> (Vec<String>, Vec<String>) {
        match self.nodes.get(check) {
            Some(Node::Check(index)) => {
                let check = &self.checks[*index];
                let texts = |conditions: &'_ [Condition]| -> Vec<String> {
                    conditions.iter().map(|condition| condition.text().to_owned()).collect()
                };
                (texts(&check.expect), texts(&check.warn_unless))
            }
            _ => (Vec::new(), Vec::new()),
        }
    }

    /// The check itself, to be asked on its own with a [`CheckContext`](crate::CheckContext).
    pub fn check_of(&self, id: &str) -> Option<Arc<dyn Check>> {
        match self.nodes.get(id)? {
            Node::Check(index) => Some(Arc::clone(&self.checks[*index].check)),
            Node::Gate(_) => None,
        }
    }

    /// The rights that the checks of a target will use, with the checks that use them. A check that does not apply uses
    /// none.
    pub fn permissions(&self, target: &str) -> BTreeMap<Permission, Vec<CheckId>> {
        let mut all: BTreeMap<Permission, Vec<CheckId>> = BTreeMap::new();
        for (outline, check) in self.outline.checks.iter().zip(&self.checks) {
            let applies = outline.not_applicable.is_none();
            if applies && outline.target.as_ref().is_some_and(|name| name.as_str() == target) {
                for permission in &check.permissions {
                    all.entry(permission.clone()).or_default().push(outline.id.clone());
                }
            }
        }
        all
    }

    /// Judges one of its gates over a report, at a time.
    pub fn judge(&self, gate: &str, report: &Report, now: Timestamp) -> Option<Verdict> {
        match self.nodes.get(gate)? {
            Node::Gate(index) => Some(self.judge_at(*index, report, now)),
            Node::Check(_) => None,
        }
    }

    pub(crate) fn judge_at(&self, index: usize, report: &Report, now: Timestamp) -> Verdict {
        let subjects = &self.outline.gates[index].subjects;
        self.gates[index].gate.judge(&GateInput::new(report, subjects, now))
    }

    pub(crate) fn id_of(&self, node: Node) -> &CheckId {
        match node {
            Node::Check(index) => &self.outline.checks[index].id,
            Node::Gate(index) => &self.outline.gates[index].id,
        }
    }

    pub(crate) fn check_outline(&self, index: usize) -> &CheckOutline {
        &self.outline.checks[index]
    }

    pub(crate) fn gate_outline(&self, index: usize) -> &GateOutline {
        &self.outline.gates[index]
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("checklist", &self.outline.checklist)
            .field("checks", &self.checks.len())
            .field("gates", &self.gates.len())
            .finish_non_exhaustive()
    }
}
