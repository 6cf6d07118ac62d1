//! Texts and commands in the text of a ticket.

/// A text with every white space the same, so that a line may be broken or indented elsewhere.
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a document that a text lacks, which is [`plain`]; all of none is a lack, too.
pub(super) fn lacking<'d>(text: &str, document: &'d str) -> Option<Vec<&'d str>> {
    let lines = || document.lines().map(str::trim).filter(|line| !line.is_empty());
    if lines().next().is_none() {
        return Some(Vec::new());
    }
    let lacking: Vec<&str> = lines().filter(|line| !text.contains(&plain(line))).collect();
    (!lacking.is_empty()).then_some(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_be_broken_elsewhere() {
        let text = plain("run:\r\n\tkubectl  rollout undo \\\n deployment/a\n");
        assert_eq!(lacking(&text, "kubectl rollout\n\n undo \\"), None);
        assert_eq!(lacking(&text, "kubectl rollout\nhelm rollback"), Some(vec!["helm rollback"]));
        assert_eq!(lacking(&text, " \n\n"), Some(Vec::new()));
    }
}
