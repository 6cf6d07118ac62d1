//! How findings are worded.

use vapora_preflight::Bytes;

use crate::quantity::Quantity;

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

/// An amount of processor time: `0.25 cores`, `1 core`.
pub(crate) fn cores(amount: Quantity) -> String {
    let shown = (amount.as_f64() * 1000.0).round() / 1000.0;
    format!("{shown} {}", if amount == Quantity::of_whole(1) { "core" } else { "cores" })
}

/// An amount of memory or disk space: `1.5GiB`.
pub(crate) fn bytes(amount: Quantity) -> String {
    Bytes::new(amount.whole()).to_string()
}

/// An amount of what has this name in a quota: `cpu`, `requests.memory`, `pods`.
pub(crate) fn amount_of(resource: &str, amount: Quantity) -> String {
    match resource.rsplit('.').next() {
        Some("cpu") => cores(amount),
        Some("memory" | "storage" | "ephemeral-storage") => bytes(amount),
        _ => amount.to_string(),
    }
}

/// What is counted and not judged, in brackets: ` (besides 2 finished, 1 of jobs)`.
pub(crate) fn aside(parts: &[(usize, &str)]) -> String {
    let some = parts.iter().filter(|(number, _)| *number > 0);
    let said: Vec<String> = some.map(|(number, what)| format!("{number} {what}")).collect();
    if said.is_empty() { String::new() } else { format!(" (besides {})", said.join(", ")) }
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
    fn an_amount_has_the_unit_of_what_it_is_of() {
        let of = |resource, amount: &str| amount_of(resource, amount.parse().unwrap());
        assert_eq!(of("cpu", "250m"), "0.25 cores");
        assert_eq!(of("limits.cpu", "1"), "1 core");
        assert_eq!(of("requests.memory", "1536Mi"), "1.5GiB");
        assert_eq!(of("gold.storageclass.storage.k8s.io/requests.storage", "5Gi"), "5GiB");
        assert_eq!(of("count/deployments.apps", "7"), "7");
        assert_eq!(of("pods", "0"), "0");
    }

    #[test]
    fn a_text_from_the_cluster_stays_on_one_line() {
        assert_eq!(short("a\n\u{1b}[31mb\t c."), "a [31mb c");
        assert_eq!(short(&"ä".repeat(300)).chars().count(), 241);
        assert_eq!(because(None, Some("")), "");
        assert_eq!(because(Some("A"), Some("b.")), " (A: b)");
    }
}
