//! Command lines in remedies and reports.

/// Words of a command as they are typed into a shell of POSIX: a word that it would split or expand stands between quotes.
///
/// ```
/// # use vapora_preflight::shell_words;
/// assert_eq!(shell_words(["kubectl", "get", "pods", "-l", "app in (a, b)"]), "kubectl get pods -l 'app in (a, b)'");
/// assert_eq!(shell_words(["echo", "it's", ""]), r"echo 'it'\''s' ''");
/// ```
pub fn shell_words<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
    words.join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
