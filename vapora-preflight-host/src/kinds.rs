//! The kinds of this family, one file each.

mod branch_up_to_date;
mod command_succeeds;
mod commits_expected;
mod docker_reachable;
mod resolves;
mod tcp_connects;
mod tool_version;
mod worktree_clean;

pub use self::{
    branch_up_to_date::BranchUpToDate,
    command_succeeds::CommandSucceeds,
    commits_expected::CommitsExpected,
    docker_reachable::DockerReachable,
    resolves::{RecordKind, Resolves},
    tcp_connects::TcpConnects,
    tool_version::{InvalidRequirement, ToolVersion},
    worktree_clean::WorktreeClean,
};
