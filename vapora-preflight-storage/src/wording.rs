//! Lists of names in sentences.

/// How many names are written out.
const MOST: usize = 8;

/// Names in backticks, the first few of them: `` `a`, `b` and 3 more``.
pub(crate) fn names<S: AsRef<str>>(names: &[S]) -> String {
    let quoted = |name: &S| format!("`{}`", name.as_ref());
    match names {
        [] => "none".to_owned(),
        [one] => quoted(one),
        [all @ .., last] if names.len() <= MOST => {
            format!("{} and {}", all.iter().map(quoted).collect::<Vec<_>>().join(", "), quoted(last))
        }
        _ => {
            let first: Vec<String> = names[..MOST - 1].iter().map(quoted).collect();
            format!("{} and {} more", first.join(", "), names.len() - first.len())
        }
    }
}

/// A number of things: `1 file`, `3 files`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `is` or `are`, as the number asks for.
pub(crate) fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// A list for the evidence, which is not to grow without end.
pub(crate) fn first<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    names.iter().take(100).map(|name| name.as_ref().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_up_to_a_few() {
        assert_eq!(names(&["a"]), "`a`");
        assert_eq!(names(&["a", "b", "c"]), "`a`, `b` and `c`");
        let many: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        assert_eq!(names(&many), "`0`, `1`, `2`, `3`, `4`, `5`, `6` and 13 more");
        assert_eq!(names::<&str>(&[]), "none");
        assert_eq!(
            (count(1, "file", "files"), count(2, "file", "files")),
            ("1 file".into(), "2 files".into())
        );
        assert_eq!(first(&["x"; 200]).len(), 100);
    }
}
