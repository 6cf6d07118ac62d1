//! Pipelines: GitHub Actions and Woodpecker.

mod begin;
mod project;
mod run;
mod settings;

pub use self::settings::{CiApi, CiSettings};
pub(crate) use self::{
    begin::{Beginning, Begun},
    project::Project,
    run::{PipelineRun, RunState, Wanted},
};
