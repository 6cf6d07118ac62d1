#![doc = include_str!("../README.md")]

mod git;
mod kinds;
mod process;

pub use self::kinds::{BranchUpToDate, CommandSucceeds, Variable};

/// Adds the kinds of this family to a registry.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<CommandSucceeds>().add::<BranchUpToDate>();
}
