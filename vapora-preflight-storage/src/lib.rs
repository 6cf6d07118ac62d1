#![doc = include_str!("../README.md")]

mod filesystems;
mod kinds;

pub use self::{
    filesystems::{Filesystems, Usage},
    kinds::DiskHasSpace,
};

/// Adds the kinds of this family to a registry.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<DiskHasSpace>();
}
