//! Texts that are not written yet.

/// What people leave in a text that is not written yet. Whole words, in capitals.
const PLACEHOLDERS: &[&str] = &["TODO", "TBD", "FIXME", "XXX", "[DATE TIME UTC]", "HH:MM"];

/// The first placeholder that is left in a text, such as `TODO` or `[DATE TIME UTC]`: the text is not finished then.
///
/// ```
/// use vapora_preflight::placeholder_in;
///
/// assert_eq!(placeholder_in("starts at HH:MM UTC"), Some("HH:MM"));
/// assert_eq!(placeholder_in("starts at 14:00 UTC, see TODOS.md"), None);
/// ```
pub fn placeholder_in(text: &str) -> Option<&'static str> {
    let stands_alone = |placeholder: &str| {
        text.match_indices(placeholder).any(|(at, _)| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            edge(text[..at].chars().next_back()) && edge(text[at + placeholder.len()..].chars().next())
        })
    };
    PLACEHOLDERS.iter().copied().find(|placeholder| stands_alone(placeholder))
}
