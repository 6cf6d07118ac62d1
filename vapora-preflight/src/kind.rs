//! Checks that can be written in TOML.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Check, EvidenceField};

/// How far something reaches beyond asking, each further than the one before.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// It only reads.
    #[default]
    Reads,
    /// It keeps a file of the run's own.
    KeepsFiles,
    /// It sends a message to people.
    Notifies,
    /// It changes a target.
    Mutates,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reads => "only reads",
            Self::KeepsFiles => "keeps files",
            Self::Notifies => "notifies people",
            Self::Mutates => "changes a target",
        })
    }
}

/// A check that can be written in TOML: the fields of the struct are the parameters, its documentation is the
/// reference page, and its JSON schema the editor's support.
///
/// ```
/// use serde::Deserialize;
/// use schemars::JsonSchema;
/// use vapora_preflight::{async_trait, Check, CheckContext, CheckResult, Finding, Kind, Outcome, Registry};
///
/// /// A licence server has seats left.
/// #[derive(Debug, Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct SeatsLeft {
///     /// How many seats have to be left.
///     at_least: u32,
/// }
///
/// #[async_trait]
/// impl Check for SeatsLeft {
///     async fn run(&self, _cx: &CheckContext) -> CheckResult {
///         let left = 12;
///         let finding = Finding::new(format!("{left} seats are left")).with("left", left);
///         Ok(if left >= self.at_least { Outcome::Pass(finding) } else { Outcome::Fail(finding) })
///     }
/// }
///
/// impl Kind for SeatsLeft {
///     const NAME: &'static str = "licence.seats_left";
///     const EXAMPLE: &'static str = r#"
/// [check.seats]
/// kind     = "licence.seats_left"
/// at_least = 5
/// "#;
/// }
///
/// let mut registry = Registry::new();
/// registry.add::<SeatsLeft>();
/// ```
pub trait Kind: Check + DeserializeOwned + JsonSchema + Sized + 'static {
    /// Its name: the family, then what holds when it is green, as in `k8s.nodes_ready`.
    const NAME: &'static str;

    /// How far it reaches at most.
    const EFFECT: Effect = Effect::Reads;

    /// An example for the reference page: whole tables of a checklist. A test compiles it.
    const EXAMPLE: &'static str;

    /// The values its evidence holds, for use in `expect` and `warn_unless`. What is not named here cannot be used there.
    fn evidence() -> &'static [EvidenceField] {
        &[]
    }

    /// How far it reaches with these parameters, where they decide it: never further than [`EFFECT`](Self::EFFECT).
    fn effect(&self) -> Effect {
        Self::EFFECT
    }

    /// Checks how its parameters go together. A single parameter is checked by its own type.
    fn validate(&self, problems: &mut Problems) {
        let _ = problems;
    }

    /// Says what it works with, so that it is known when the plan is made.
    fn requires(&self, needs: &mut Requirements) {
        let _ = needs;
    }
}

/// The settings of one family in a target's table, such as `[target.production.kubernetes]`.
pub trait TargetSettings: DeserializeOwned + JsonSchema + fmt::Debug + Send + Sync + 'static {
    /// The name of the table: `kubernetes`.
    const NAME: &'static str;
}

/// What is wrong with a check's parameters taken together.
#[derive(Debug, Default)]
pub struct Problems {
    pub(crate) found: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) parameter: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problems {
    /// Reports a mistake at a parameter.
    pub fn at(&mut self, parameter: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Problem {
            parameter: Some(parameter),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    /// Reports a mistake of the check as a whole.
    pub fn whole(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Problem { parameter: None, message: message.into(), help: Some(help.into()) });
    }

    /// What was reported, each with what to do about it.
    pub fn told(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.found.iter().map(|problem| (problem.message.as_str(), problem.help.as_deref()))
    }

    /// What was reported, a line each.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|problem| problem.message.as_str())
    }
}

/// What a check works with, said when the plan is made.
#[derive(Debug, Default, Clone)]
pub struct Requirements {
    pub(crate) target: Option<&'static str>,
    pub(crate) commands: Vec<String>,
    pub(crate) role: Option<String>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) documents: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) report: bool,
}

/// A right that a check will use on its target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// What is done: `list`, `get`, `create`.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource, with its subresource after a slash: `deployments`, `pods/log`.
    pub resource: String,
    /// The namespace, or none for the whole cluster.
    pub namespace: Option<String>,
    /// The one object it is used on, or none for all of them.
    pub name: Option<String>,
    /// Whether the check is asked without it too: it then says less, or that the right is missing.
    pub optional: bool,
}

impl Permission {
    /// A right in the whole cluster, on all objects.
    pub fn new(verb: impl Into<String>, group: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            namespace: None,
            name: None,
            optional: false,
        }
    }

    /// The same in one namespace.
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }

    /// The same on one object.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same, where the check answers without it too.
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.verb)?;
        let (resource, subresource) = self
            .resource
            .split_once('/')
            .map_or((self.resource.as_str(), None), |(one, sub)| (one, Some(sub)));
        f.write_str(resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(subresource) = subresource {
            write!(f, "/{subresource}")?;
        }
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in `{namespace}`"),
            None => f.write_str(" in the whole cluster"),
        }
    }
}

impl Requirements {
    /// Needs a target that has settings of that family, such as `kubernetes`.
    pub fn target<T: TargetSettings>(&mut self) {
        self.target = Some(T::NAME);
    }

    /// Runs a program of this machine. It does so only when the caller allows programs.
    pub fn command(&mut self, program: impl Into<String>) {
        self.commands.push(program.into());
    }

    /// Uses a right on its target.
    pub fn permission(&mut self, permission: Permission) {
        self.permissions.push(permission);
    }

    /// Waits for the word of that role.
    pub fn word_of(&mut self, role: impl Into<String>) {
        self.role = Some(role.into());
    }

    /// Reads a document of the checklist: a section of `[change]`, or `message.…`, or `commands.…`.
    pub fn document(&mut self, name: impl Into<String>) {
        self.documents.push(name.into());
    }

    /// Reads the report as it stands when the check is started.
    pub fn report(&mut self) {
        self.report = true;
    }

    /// Reads who fills a role.
    pub fn role(&mut self, name: impl Into<String>) {
        self.roles.push(name.into());
    }
}
