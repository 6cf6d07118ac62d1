//! The kinds of this family, one file each.

mod disk_has_space;

pub use self::disk_has_space::DiskHasSpace;
