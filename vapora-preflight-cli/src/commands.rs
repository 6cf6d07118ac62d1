//! The commands, one each.

pub(crate) mod attest;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod gate;
pub(crate) mod kinds;
pub(crate) mod lint;
pub(crate) mod note;
pub(crate) mod plan;
pub(crate) mod rbac;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod status;
