//! The laws that every kind obeys.
//!
//! A [`Case`] says how a kind passes: a checklist with one check called `it`, and the world in which it holds. The laws then
//! break that world in every way they know, and look whether the check can be brought to pass, to hang, or to tell a
//! secret.
//!
//! 1. *No false green*: with each of its requests failing in each way, one at a time, it never holds, and in none of the
//!    worlds that the case names as broken.
//! 2. *No hang*: without an answer it times out or errs, and it never blocks the thread.
//! 3. *Cancel-safe*: dropped at any await, it answers the same afterwards.
//! 4. *Repeatable*: two runs over an unchanged world say the same.
//! 5. *Reads only*, unless it declares an effect.
//! 6. *Keeps secrets*: none is in its `Debug`, in an event or in the report.
//! 7. *Documented*: it has documentation, its example compiles and settles, and its evidence is declared.
//!
//! [`breaches`] tries them on one case, [`undocumented`] the last one on a whole registry, and [`without_a_case`] names the
//! kinds that a suite forgets.

mod case;
mod court;
mod documented;
mod folder;
mod timers;

use std::fmt;

use vapora_preflight::{Compiled, PlanBuilder, Registry, Sources};

pub use self::{case::Case, documented::undocumented};

/// The name of the check in a case's checklist.
pub const IT: &str = "it";

/// What every kind obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Law {
    /// The case itself is right: it compiles, it holds, and it can be broken. No law of kinds, but without it none is
    /// tried.
    Case,
    /// What could not be found out is never a pass.
    NoFalseGreen,
    /// Without an answer it comes to an end.
    NoHang,
    /// It can be dropped at any await.
    CancelSafe,
    /// It says the same of an unchanged world.
    Repeatable,
    /// It changes nothing, unless it declares an effect.
    ReadsOnly,
    /// It tells no secret.
    KeepsSecrets,
    /// It is documented, and the documentation is right.
    Documented,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Case => "a case that can be tried",
            Self::NoFalseGreen => "no false green",
            Self::NoHang => "no hang",
            Self::CancelSafe => "cancel safety",
            Self::Repeatable => "repetition",
            Self::ReadsOnly => "reading only",
            Self::KeepsSecrets => "keeping secrets",
            Self::Documented => "documentation",
        })
    }
}

/// A law that a kind broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The kind.
    pub kind: String,
    /// The law.
    pub law: Law,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` breaks the law of {}: {}", self.kind, self.law, self.what)
    }
}

/// The kinds of a registry that have no case: a suite with any of them is not complete.
pub fn without_a_case<'r>(registry: &'r Registry, cases: &[Case]) -> Vec<&'r str> {
    registry
        .kinds()
        .map(|kind| kind.name)
        .filter(|name| cases.iter().all(|case| case.kind() != *name))
        .collect()
}

/// Tries every law on a case, and tells which are broken. Needs a tokio runtime of several threads: on a single one, a kind
/// that blocks its thread blocks the one who looks for that, too.
pub async fn breaches(registry: &Registry, case: &Case) -> Vec<Breach> {
    court::try_case(registry, case).await
}

/// A checklist of some files, or in one line what is wrong with it.
fn compile(registry: &Registry, files: &[&str]) -> Result<Compiled, String> {
    let mut sources = Sources::new();
    for (number, text) in files.iter().enumerate() {
        sources.add(format!("case-{number}.toml"), *text);
    }
    PlanBuilder::new(registry).sources(&sources).build().map_err(|error| {
        let lines: Vec<String> = error.diagnostics.iter().map(ToString::to_string).collect();
        lines.join("; ")
    })
}
