//! The kinds of this family, one file each.

mod branch_up_to_date;
mod command_succeeds;

pub use self::{
    branch_up_to_date::BranchUpToDate,
    command_succeeds::{CommandSucceeds, Variable},
};
