//! How findings are worded.

/// How many clauses a finding gives before it only counts the rest.
const SHOWN: usize = 12;
/// How much of a text that a service sent is shown, in characters.
const LONGEST: usize = 200;

/// `1 alert`, `3 alerts`. What is many of a noun is told where it is not with an `s`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Clauses in order, the first of many.
pub(crate) fn clauses<S: AsRef<str>>(all: &[S]) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let rest = all.len() - shown.len();
    let tail = if rest == 0 { String::new() } else { format!("; and {rest} more") };
    format!("{}{tail}", shown.join("; "))
}

/// A text on one line, cut where it is too long, without a final period.
pub(crate) fn short(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}
