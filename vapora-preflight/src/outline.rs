//! What is recorded of a plan, so that a report can be folded from events alone.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Advice, CheckId, Digest, Effect, PhaseId, ReleaseId, TargetName, Timestamp};

/// The recorded form of a [`Plan`](crate::Plan): all that is declared, and nothing that can be run.
///
/// It is written to the journal as it stands here; a field may be added to it, none may change its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outline {
    /// The name of the checklist.
    pub checklist: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is deployed, and when.
    pub deployment: Deployment,
    /// The phases, in order.
    pub phases: Vec<PhaseOutline>,
    /// The checks, in plan order.
    pub checks: Vec<CheckOutline>,
    /// The gates, in plan order.
    #[serde(default)]
    pub gates: Vec<GateOutline>,
    /// The targets, in the order of their names.
    #[serde(default)]
    pub targets: Vec<TargetOutline>,
    /// Who does what.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The change record, section by section.
    #[serde(default)]
    pub change: Vec<Section>,
    /// Messages prepared beforehand.
    #[serde(default)]
    pub messages: Vec<Section>,
    /// Commands to have at hand.
    #[serde(default)]
    pub commands: Vec<Commands>,
}

/// What is deployed, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// The release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseId>,
    /// The environment it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The planned time T; where none is given, the opening of the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Timestamp>,
    /// The maintenance window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<MaintenanceWindow>,
}

/// When the deployment may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// Its first instant.
    pub opens: Timestamp,
    /// The first instant after it.
    pub closes: Timestamp,
}

/// A phase as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PhaseOutline {
    /// Its name.
    pub id: PhaseId,
    /// What people call it.
    pub title: String,
    /// From when on its checks mean something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<Timestamp>,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// How much a check counts at a gate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// It never blocks.
    Advisory,
    /// It has to hold.
    #[default]
    Required,
    /// It has to hold, and cannot be waived.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Advisory => "advisory",
            Self::Required => "required",
            Self::Critical => "critical",
        })
    }
}

/// A check as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckOutline {
    /// Its name.
    pub id: CheckId,
    /// The phase it belongs to.
    pub phase: PhaseId,
    /// Its kind; of a check written in Rust, what it calls itself.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// How much it counts.
    pub severity: Severity,
    /// How far it reaches.
    pub effect: Effect,
    /// What is asked, and of whom, as a digest: a result counts only for the definition it was made for.
    pub definition: Digest,
    /// The target it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetName>,
    /// The checks and gates that have to hold before it is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<CheckId>,
    /// How long its result counts.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub fresh_for: Option<Duration>,
    /// Why it does not apply, where `when` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    /// What its failure asks for after a deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_fail: Option<Advice>,
    /// The role whose word it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it runs a program of this machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runs_commands: bool,
    /// What to try by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What a gate is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// Before the deployment: go, or no-go?
    #[default]
    Proceed,
    /// After the deployment: keep it, investigate, or roll back?
    Keep,
}

/// A gate as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GateOutline {
    /// Its name.
    pub id: CheckId,
    /// The phase it closes.
    pub phase: PhaseId,
    /// What people call it.
    pub title: String,
    /// What it is asked.
    pub question: Question,
    /// The checks it judges.
    pub subjects: Vec<CheckId>,
    /// Its conditions by name, where it has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionOutline>,
}

/// A named condition of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionOutline {
    /// What the checklist calls it: `Staging deployment successful`.
    pub name: String,
    /// Which way it decides.
    pub side: Side,
    /// The checks that decide it.
    pub subjects: Vec<CheckId>,
}

/// Which way a condition decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It has to be met: all its checks hold.
    ProceedIf,
    /// It must not be met: it is met as soon as one of its checks fails.
    RescheduleIf,
}

/// A target as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TargetOutline {
    /// Its name.
    pub name: TargetName,
    /// Whether nothing may change it.
    pub protected: bool,
    /// Its settings, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<(String, String)>,
}

/// Who does what during the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// Its name, as attestations use it: `on_call`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Who fills it; nobody yet where empty.
    pub person: String,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What that person does.
    pub duties: Vec<String>,
}

/// A named text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its name: `rollback`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The text.
    pub text: String,
}

/// Commands to have at hand, as `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Commands {
    /// Their name: `rollback`.
    pub id: String,
    /// What people call them.
    pub title: String,
    /// The target they are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetName>,
    /// The lines to type.
    pub lines: Vec<String>,
}

impl Outline {
    /// Nothing is declared.
    pub(crate) fn empty() -> Self {
        Self {
            checklist: String::new(),
            title: None,
            deployment: Deployment::default(),
            phases: Vec::new(),
            checks: Vec::new(),
            gates: Vec::new(),
            targets: Vec::new(),
            roles: Vec::new(),
            change: Vec::new(),
            messages: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// The digest of all that is declared.
    pub fn digest(&self) -> Digest {
        Digest::of(serde_json::to_vec(self).unwrap_or_default())
    }

    /// A check by its name.
    pub fn check(&self, id: &str) -> Option<&CheckOutline> {
        self.checks.iter().find(|check| check.id.as_str() == id)
    }

    /// A gate by its name.
    pub fn gate(&self, id: &str) -> Option<&GateOutline> {
        self.gates.iter().find(|gate| gate.id.as_str() == id)
    }

    /// A phase by its name.
    pub fn phase(&self, id: &str) -> Option<&PhaseOutline> {
        self.phases.iter().find(|phase| phase.id.as_str() == id)
    }

    /// A role by its name.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// A document by its name: a section of the change record (`rollback`), a message (`message.start`) or commands
    /// (`commands.rollback`).
    pub fn document(&self, name: &str) -> Option<String> {
        document(name, &self.change, &self.messages, &self.commands)
    }
}

/// A document by its name, among those that are declared.
pub(crate) fn document(
    name: &str,
    change: &[Section],
    messages: &[Section],
    commands: &[Commands],
) -> Option<String> {
    let text = |sections: &[Section], id: &str| {
        sections.iter().find(|section| section.id == id).map(|section| section.text.clone())
    };
    if let Some(id) = name.strip_prefix("message.") {
        return text(messages, id);
    }
    if let Some(id) = name.strip_prefix("commands.") {
        return commands.iter().find(|commands| commands.id == id).map(|it| it.lines.join("\n"));
    }
    text(change, name)
}

mod seconds {
    //! A duration as whole and broken seconds.

    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "the form that serde's `with` asks for")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(duration) => serializer.serialize_f64(duration.as_secs_f64()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<f64>::deserialize(deserializer)?
            .map(|seconds| Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom))
            .transpose()
    }
}
