//! A checklist as text.

use crate::{Code, Diagnostic, Level, Phase, Plan, Registry, Sources, plan::assemble::assemble};

mod check;
mod compile;
mod decode;
mod document;
mod each;
mod fields;
mod gate;
mod limits;
mod load;
mod overrides;
mod sections;
mod syntax;
mod text;

pub(crate) use self::{limits::never_met, text::wrong_text};
pub use self::{
    load::{Loaded, load},
    overrides::Overrides,
};

/// The keys of a check's table that mean the same for every kind. No kind may have a parameter of such a name.
pub const RESERVED: &[&str] = &[
    "kind",
    "title",
    "phase",
    "target",
    "needs",
    "severity",
    "timeout",
    "retry",
    "until",
    "fresh_for",
    "group",
    "for_each",
    "when",
    "expect",
    "warn_unless",
    "baseline",
    "on_fail",
    "hint",
    "docs",
    "owner",
    "tags",
];

/// Makes a plan: of a checklist in TOML, of phases in Rust, or of both together.
///
/// It reads no file, clock or environment: the same texts, phases and overrides give the same plan.
#[derive(Debug)]
pub struct PlanBuilder<'a> {
    registry: &'a Registry,
    sources: Option<&'a Sources>,
    overrides: Overrides,
    phases: Vec<&'a dyn Phase>,
}

/// A plan, with what its author should know of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compiled {
    /// The plan.
    pub plan: Plan,
    /// Warnings, in the order of their places.
    pub warnings: Vec<Diagnostic>,
}

/// There is no plan, because of at least one error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the checklist has {}", count(.diagnostics))]
#[non_exhaustive]
pub struct CompileError {
    /// Everything that is wrong, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

fn count(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|it| it.level == Level::Error).count() {
        1 => "1 error".to_owned(),
        errors => format!("{errors} errors"),
    }
}

/// Where a text is no TOML, parts of it are lost. What would be told of the missing parts is no news.
fn forget_consequences(out: &mut Vec<Diagnostic>) {
    let Some(first) = out.iter().filter(|it| it.code == Code::Syntax).map(Diagnostic::span).min() else {
        return;
    };
    out.retain(|it| match it.code {
        Code::Syntax
        | Code::UnknownFormat
        | Code::InvalidValue
        | Code::InvalidName
        | Code::UnknownKind
        | Code::InvalidParameter
        | Code::DuplicateId
        | Code::InvalidTemplate
        | Code::InvalidExpression
        | Code::EmptyList
        | Code::UnsatisfiableLimit
        | Code::DateWithoutZone
        | Code::WindowInverted => true,
        Code::UnknownKey => it.span() < first,
        _ => false,
    });
}

impl<'a> PlanBuilder<'a> {
    /// A plan that may name the kinds of a registry.
    pub fn new(registry: &'a Registry) -> Self {
        Self { registry, sources: None, overrides: Overrides::default(), phases: Vec::new() }
    }

    /// Takes a checklist in TOML.
    pub fn sources(mut self, sources: &'a Sources) -> Self {
        self.sources = Some(sources);
        self
    }

    /// Takes what the caller sets in place of the checklist.
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Adds a phase written in Rust, after those of the checklist; where the checklist declares a phase of that name,
    /// its checks are added to it.
    pub fn phase(mut self, phase: &'a dyn Phase) -> Self {
        self.phases.push(phase);
        self
    }

    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn build(self) -> Result<Compiled, CompileError> {
        let empty = Sources::new();
        let sources = self.sources.unwrap_or(&empty);
        let mut out = Vec::new();
        let mut draft = compile::compile(sources, self.registry, &self.overrides, &mut out);
        for phase in self.phases {
            crate::phase::describe(phase, &mut draft, &mut out);
        }
        let plan = assemble(draft, &mut out);
        forget_consequences(&mut out);
        out.sort_by_key(Diagnostic::span);
        out.dedup();
        match plan {
            Some(plan) if out.iter().all(|diagnostic| diagnostic.level != Level::Error) => {
                Ok(Compiled { plan, warnings: out })
            }
            _ => {
                if out.iter().all(|diagnostic| diagnostic.level != Level::Error) {
                    out.push(Diagnostic::error(Code::EmptyChecklist, "no plan could be made", None));
                }
                Err(CompileError { diagnostics: out })
            }
        }
    }
}
