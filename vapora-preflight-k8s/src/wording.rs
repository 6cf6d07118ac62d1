//! How findings are worded.

/// How many names or lines a finding gives before it only counts the rest.
const SHOWN: usize = 12;
/// How much of a text that comes from the cluster is shown.
const LONGEST: usize = 240;

/// `1 node`, `3 nodes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

pub(crate) fn plural(number: usize, noun: &str) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// `is` or `are`.
pub(crate) fn is(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// Names in backticks, the first of many.
pub(crate) fn names<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    joined(&quoted, ", ")
}

/// Clauses in order, the first of many.
pub(crate) fn clauses<S: AsRef<str>>(clauses: &[S]) -> String {
    joined(clauses, "; ")
}

fn joined<S: AsRef<str>>(all: &[S], by: &str) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let rest = all.len() - shown.len();
    let tail = if rest == 0 { String::new() } else { format!("{by}and {rest} more") };
    format!("{}{tail}", shown.join(by))
}

/// A text from the cluster on one line, cut where it is too long, without a final period.
pub(crate) fn short(text: &str) -> String {
    let line: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line: Vec<&str> = line.into_iter().filter(|word| !word.is_empty()).collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}

/// The reason and the message of a condition, as far as there are any: ` (KubeletNotReady: …)`.
pub(crate) fn because(reason: Option<&str>, message: Option<&str>) -> String {
    let parts: Vec<String> =
        [reason, message].into_iter().flatten().map(short).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(": ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_counted_after_its_beginning() {
        let all: Vec<String> = (0..15).map(|n| format!("pod-{n}")).collect();
        let text = names(&all);
        assert!(text.starts_with("`pod-0`, `pod-1`") && text.ends_with("`pod-11`, and 3 more"), "{text}");
        assert_eq!(names(&["a"]), "`a`");
    }

    #[test]
    fn a_text_from_the_cluster_stays_on_one_line() {
        assert_eq!(short("a\n\u{1b}[31mb\t c."), "a [31mb c");
        assert_eq!(short(&"ä".repeat(300)).chars().count(), 241);
        assert_eq!(because(None, Some("")), "");
        assert_eq!(because(Some("A"), Some("b.")), " (A: b)");
    }
}
