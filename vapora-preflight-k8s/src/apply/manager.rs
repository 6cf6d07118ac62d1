//! Who applies.

use crate::name::text;

fn is_manager(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 128 && !text.chars().any(char::is_control)
}

text! {
    /// The name under which fields are managed, as `kubectl --field-manager` takes it.
    FieldManager, is_manager, "the name of a field manager, of at most 128 letters"
}

impl FieldManager {
    /// That of `kubectl apply --server-side`. The API server lets it take over what `kubectl apply` has applied before, and no
    /// other.
    pub fn kubectl() -> Self {
        Self::new("kubectl").unwrap_or_else(|_| unreachable!("it keeps to the grammar"))
    }
}
