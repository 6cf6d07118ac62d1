//! The kinds that need no client: the word of a person, and what the plan itself says.
//!
//! They use the public interface only; nothing else in the core knows them by name.

use crate::Registry;

mod attested;
mod documented;
mod in_window;
mod roles_filled;
mod unchanged;

pub use self::{
    attested::Attested, documented::Documented, in_window::InWindow, roles_filled::RolesFilled,
    unchanged::Unchanged,
};

/// Adds the kinds of the core: `manual.attested` and `plan.…`.
pub fn register(registry: &mut Registry) {
    registry.add::<Attested>().add::<Documented>().add::<InWindow>().add::<RolesFilled>().add::<Unchanged>();
}
