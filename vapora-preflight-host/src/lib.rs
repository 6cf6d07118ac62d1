#![doc = include_str!("../README.md")]

mod endpoint;
mod git;
mod kinds;
mod process;

pub use self::{
    endpoint::{Endpoint, InvalidEndpoint},
    kinds::{
        BranchUpToDate, CommandSucceeds, CommitsExpected, DockerReachable, InvalidRequirement, RecordKind,
        Resolves, TcpConnects, ToolVersion, WorktreeClean,
    },
};

/// Adds the kinds of this family to a registry.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry
        .add::<CommandSucceeds>()
        .add::<ToolVersion>()
        .add::<DockerReachable>()
        .add::<BranchUpToDate>()
        .add::<CommitsExpected>()
        .add::<WorktreeClean>()
        .add::<TcpConnects>()
        .add::<Resolves>();
}
