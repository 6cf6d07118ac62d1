//! What is particular to Mattermost.

/// The words that call everybody in a channel.
const EVERYBODY: [&str; 3] = ["here", "channel", "all"];

/// A text in which nothing calls everybody: there is no escape for it, so a sign that nobody sees is put behind the `@`.
pub(super) fn quiet(text: &str) -> String {
    let mut quiet = String::with_capacity(text.len());
    let mut parts = text.split('@');
    quiet.push_str(parts.next().unwrap_or_default());
    for part in parts {
        quiet.push('@');
        let word = part.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if EVERYBODY.iter().any(|it| word.eq_ignore_ascii_case(it)) {
            quiet.push('\u{200b}');
        }
        quiet.push_str(part);
    }
    quiet
}

#[cfg(test)]
mod tests {
    use super::quiet;

    #[test]
    fn only_what_calls_everybody_is_changed() {
        assert_eq!(
            quiet("@channel, @All: ask @ada or ops@all.test"),
            "@\u{200b}channel, @\u{200b}All: ask @ada or ops@\u{200b}all.test"
        );
        assert_eq!(quiet("@channels @hereby a@b @"), "@channels @hereby a@b @");
        assert_eq!(quiet(""), "");
    }
}
