//! The text of a comment.

use vapora_preflight::CheckId;

/// How many characters a comment has at most. GitHub takes 65,536.
const MOST: usize = 60_000;
const CUT: &str = "\n\n*It goes on in the report of the run.*\n";

/// The line by which a comment is known again. It is not shown.
pub(super) fn mark(release: Option<&str>, check: &CheckId) -> String {
    format!("<!-- vapora-preflight {} {check} -->", release.unwrap_or("any-release"))
}

/// Whether a comment begins with that mark.
pub(super) fn is_marked(body: &str, mark: &str) -> bool {
    body.trim_start().lines().next().is_some_and(|line| line.trim_end() == mark)
}

/// A text with the ends of its lines as this crate writes them.
pub(super) fn plain(body: &str) -> String {
    body.replace("\r\n", "\n").trim().to_owned()
}

/// A comment with that page.
pub(super) fn comment(mark: &str, page: &str) -> String {
    let page = quiet(page);
    let mut text = format!("{mark}\n\n{}", page.trim_end());
    if let Some((end, _)) = text.char_indices().nth(MOST) {
        // between two lines, and not within a block of code
        let whole = text[..end].rfind('\n').unwrap_or(end);
        text.truncate(whole);
        if let Some(fence) = open_fence(&text) {
            text.push('\n');
            text.push_str(&fence);
        }
        text.push_str(CUT);
    }
    text.push('\n');
    text
}

/// The fence that is open at the end of a text.
fn open_fence(text: &str) -> Option<String> {
    let mut open: Option<String> = None;
    for line in text.lines() {
        fenced(&mut open, line);
    }
    open
}

/// Follows the fences of code from line to line, and says whether the line is or belongs to code.
fn fenced(open: &mut Option<String>, line: &str) -> bool {
    let line = line.trim_start();
    let run = |sign: char| line.chars().take_while(|c| *c == sign).count();
    let fence = ['`', '~'].into_iter().find(|sign| run(*sign) >= 3);
    match (&open, fence) {
        (Some(fence), _) => {
            if line.starts_with(fence.as_str()) && line.trim_end().chars().all(|c| fence.starts_with(c)) {
                *open = None;
            }
            true
        }
        (None, Some(sign)) => {
            *open = Some(sign.to_string().repeat(run(sign)));
            true
        }
        (None, None) => false,
    }
}

/// A page in which no name calls anybody: outside of code, something that is not seen stands between `@` and a name.
fn quiet(page: &str) -> String {
    let mut open = None;
    let mut text = String::with_capacity(page.len());
    for line in page.split_inclusive('\n') {
        if fenced(&mut open, line) {
            text.push_str(line);
            continue;
        }
        // code between backticks is left as it is
        for (at, part) in line.split('`').enumerate() {
            if at > 0 {
                text.push('`');
            }
            if at % 2 == 1 {
                text.push_str(part);
                continue;
            }
            let mut rest = part.chars().peekable();
            while let Some(c) = rest.next() {
                text.push(c);
                if c == '@' && rest.peek().is_some_and(|next| next.is_alphanumeric()) {
                    text.push('\u{200b}');
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_calls_nobody_and_code_stays_as_it_is() {
        assert_eq!(quiet("by @ada, `git@host`\n"), "by @\u{200b}ada, `git@host`\n");
        assert_eq!(quiet("```\nssh git@host\n```\n@ada"), "```\nssh git@host\n```\n@\u{200b}ada");
        assert_eq!(quiet("~~~~\n@a\n~~~\n@b\n~~~~\n@c @"), "~~~~\n@a\n~~~\n@b\n~~~~\n@\u{200b}c @");
    }

    #[test]
    fn what_is_too_long_is_cut_between_lines_and_its_code_is_closed() {
        let page = format!("# title\n\n```text\n{}```\n", "a line of the page é\n".repeat(5_000));
        let text = comment("<!-- mark -->", &page);
        assert!(text.chars().count() < MOST + 100);
        assert!(
            text.ends_with(&format!("a line of the page é\n```{CUT}\n")),
            "{}",
            &text[text.len() - 120..]
        );
        assert_eq!(open_fence(&text), None);
    }

    #[test]
    fn a_mark_is_known_again_and_no_other_is() {
        let check = CheckId::new("sign-off").unwrap();
        let ours = mark(Some("2.0.0"), &check);
        let text = comment(&ours, "page");
        assert!(is_marked(&text, &ours) && is_marked(&text.replace('\n', "\r\n"), &ours));
        assert!(!is_marked(&text, &mark(Some("2.0.1"), &check)));
        assert!(!is_marked(&format!("> quoted\n{text}"), &ours));
        assert_eq!(plain(&text.replace('\n', "\r\n")), plain(&text));
    }
}
