//! Command lines as people type them.

/// The arguments as one would type them into a shell.
pub(crate) fn quoted(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./,:@%".contains(c);
    let words = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        let words = ["sh", "-c", "it's `x` $y", "", "a=b"].map(str::to_owned);
        assert_eq!(quoted(&words), r"sh -c 'it'\''s `x` $y' '' a=b");
    }
}
