//! Texts of the world as Markdown that says exactly them.
//!
//! Made for CommonMark with the extensions of GitHub, GitLab and Gitea. What a tracker makes of `@name` and `#12` after
//! Markdown has been read is its own; no escape reaches there.

use std::fmt::Write as _;

use crate::visible::{visible, visible_block};

/// The text on one line, for a paragraph, a list item, a heading or the cell of a table.
pub(super) fn text(raw: &str) -> String {
    let shown: Vec<char> = visible(raw).chars().collect();
    let leading = shown.iter().take_while(|c| **c == ' ').count();
    let trailing = shown.iter().rev().take_while(|c| **c == ' ').count();
    let digits = shown.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut out = String::with_capacity(shown.len() + 16);
    for (index, c) in shown.iter().copied().enumerate() {
        let next = shown.get(index + 1).copied();
        let before = index.checked_sub(1).map(|index| shown[index]);
        let plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let numbered = digits > 0 && index == digits && next.is_none_or(char::is_whitespace);
        let escaped = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '~' | '$' | '^' | '#' | '{' | '}' => true,
            '_' => !(plain(before) && plain(next)),
            '&' => next == Some('#') || plain(next),
            ':' => index == 0 || next == Some('/'),
            '+' | '-' | '=' | '%' => index == 0,
            '.' | ')' if numbered => true,
            '.' => after_www(&shown[..index]),
            _ => false,
        };
        match c {
            ' ' if index < leading || index >= shown.len() - trailing => out.push_str("&#32;"),
            '|' => out.push_str("&#124;"),
            c if escaped => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn after_www(before: &[char]) -> bool {
    before.len() >= 3 && before[before.len() - 3..].iter().all(|c| c.eq_ignore_ascii_case(&'w'))
}

/// A name in the face of code; escaped text where a code span could not hold it everywhere.
pub(super) fn code(raw: &str) -> String {
    let shown = visible(raw);
    let unfit =
        shown.is_empty() || shown.contains(['`', '|']) || shown.starts_with(' ') || shown.ends_with(' ');
    if unfit { text(raw) } else { format!("`{shown}`") }
}

/// The text of [`text`], with what stands between backticks in the face of code.
pub(super) fn prose(raw: &str) -> String {
    let shown = visible(raw);
    let parts: Vec<&str> = shown.split('`').collect();
    let last = parts.len() - 1;
    let between = |index: usize| index % 2 == 1;
    let fit = |(index, part): (usize, &&str)| {
        if between(index) {
            !part.is_empty() && !part.contains('|') && !part.starts_with(' ') && !part.ends_with(' ')
        } else {
            index == 0 || index == last || !part.is_empty()
        }
    };
    if between(last) || !parts.iter().enumerate().all(fit) {
        return text(raw);
    }
    let mut out = String::with_capacity(shown.len() + 16);
    for (index, part) in parts.iter().enumerate() {
        if between(index) {
            write!(out, "`{part}`").expect("writing to a text cannot fail");
            continue;
        }
        let edge = index == 0 || index == last;
        if edge && part.trim_matches(' ').is_empty() {
            out.push_str(&text(part));
            continue;
        }
        // beside code a space needs no escape
        let before = if index == 0 { 0 } else { part.len() - part.trim_start_matches(' ').len() };
        let core = &part[before..];
        let after = if index == last { 0 } else { core.len() - core.trim_end_matches(' ').len() };
        out.push_str(&part[..before]);
        out.push_str(&text(&core[..core.len() - after]));
        out.push_str(&core[core.len() - after..]);
    }
    out
}

/// A link that shows its address, where the text is a plain web address; else the text.
pub(super) fn link(raw: &str) -> String {
    let rest = raw.strip_prefix("https://").or_else(|| raw.strip_prefix("http://"));
    let fit = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$'()*+,;=%&[]".contains(c);
    match rest {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.chars().all(fit) => {
            format!("<{raw}>")
        }
        _ => text(raw),
    }
}

/// A block of code whose fence is longer than any run of backticks inside.
pub(super) fn fenced(out: &mut dyn std::fmt::Write, language: &str, raw: &str) -> std::fmt::Result {
    let shown = visible_block(raw);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    let end = if shown.ends_with('\n') || shown.is_empty() { "" } else { "\n" };
    writeln!(out, "{fence}{language}\n{shown}{end}{fence}\n")
}

/// Several texts as one list in a line, each in the face of code.
pub(super) fn codes<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut out = String::new();
    for name in names {
        let comma = if out.is_empty() { "" } else { ", " };
        write!(out, "{comma}{}", code(name.as_ref())).expect("writing to a text cannot fail");
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    /// Everything but what changes the characters of ordinary text.
    fn options() -> Options {
        Options::all() - Options::ENABLE_SMART_PUNCTUATION - Options::ENABLE_OLD_FOOTNOTES
    }

    /// The texts of the elements of one kind, and every other element that occurs.
    fn read(markdown: &str, wanted: fn(&Tag<'_>) -> bool) -> (Vec<String>, Vec<String>) {
        let (mut texts, mut others, mut inside) = (Vec::new(), Vec::new(), false);
        for event in Parser::new_ext(markdown, options()) {
            match event {
                Event::Start(tag) if wanted(&tag) => {
                    inside = true;
                    texts.push(String::new());
                }
                Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::Paragraph) => {
                    inside = false;
                }
                Event::Start(tag) => others.push(format!("{tag:?}")),
                Event::End(_) => {}
                Event::Text(text) if inside => texts.last_mut().unwrap().push_str(&text),
                Event::Code(text) if inside => texts.last_mut().unwrap().push_str(&text),
                other => others.push(format!("{other:?}")),
            }
        }
        (texts, others)
    }

    fn is_cell(tag: &Tag<'_>) -> bool {
        matches!(tag, Tag::TableCell)
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "|",
            "\\",
            "`",
            "``",
            "*",
            "**",
            "_",
            "__",
            "~",
            "~~",
            "[",
            "]",
            "(",
            ")",
            "<",
            ">",
            "#",
            "+",
            "-",
            "---",
            "=",
            "!",
            "&",
            "&amp;",
            "&#35;",
            "\n",
            "\n\n",
            "\r\n",
            "\t",
            " ",
            "    ",
            "1.",
            "1)",
            "a",
            "é",
            "x_y",
            "<b>",
            "<!--",
            "-->",
            "</td>",
            "[a](http://x)",
            "![a](x)",
            "<https://x.y>",
            "https://x.y",
            "www.x.y",
            "[^1]",
            "[^1]:",
            ":",
            "{#id}",
            "{",
            "}",
            "$",
            "$$",
            "^",
            "[[w]]",
            "[ ]",
            "[x] ",
            "> ",
            "|-|",
            "%%",
            "\x1b[31m",
            "\u{202e}",
            "\0",
            "\u{a0}",
            "[!NOTE]",
            "%",
            "\"",
            "'",
        ]);
        prop_oneof![
            prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat()),
            any::<String>(),
            "[ -~]{0,30}"
        ]
    }

    #[test]
    fn what_stands_between_backticks_is_code_where_that_is_safe() {
        assert_eq!(prose("run `kubectl get <x>` now"), "run `kubectl get <x>` now");
        assert_eq!(prose("`a`, `b`"), "`a`, `b`");
        for odd in ["`a", "a ``b``", "` a`", "`a|b`", "```", "`a``b`"] {
            assert_eq!(prose(odd), text(odd), "{odd}");
        }
        assert_eq!(prose("**x** `y` <z> "), format!("{} `y` {}", text("**x**"), text("<z> ")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_cell_says_exactly_its_text(raw in hostile(), other in hostile()) {
            let table = format!("| a | b |\n|---|---|\n| {} | {} |\n", text(&raw), code(&other));
            let (texts, others) = read(&table, is_cell);
            prop_assert_eq!(texts, ["a", "b", &visible(&raw), &visible(&other)].map(str::to_owned).to_vec());
            prop_assert!(others.is_empty(), "{:?}", others);
        }

        #[test]
        fn a_paragraph_says_exactly_its_text(raw in hostile()) {
            prop_assume!(!raw.is_empty());
            let markdown = text(&raw);
            let (texts, others) = read(&markdown, |tag| matches!(tag, Tag::Paragraph));
            prop_assert_eq!(texts, vec![visible(&raw)]);
            prop_assert!(others.is_empty(), "{:?}", others);
        }

        #[test]
        fn a_heading_says_exactly_its_text(raw in hostile()) {
            prop_assume!(!raw.is_empty());
            let markdown = format!("## A: {}\n", text(&raw));
            let (texts, others) = read(&markdown, |tag| {
                matches!(tag, Tag::Heading { id: None, classes, attrs, .. } if classes.is_empty() && attrs.is_empty())
            });
            prop_assert_eq!(texts, vec![format!("A: {}", visible(&raw))]);
            prop_assert!(others.is_empty(), "{:?}", others);
        }

        #[test]
        fn a_list_item_says_exactly_its_text(raw in hostile()) {
            let markdown = format!("- {} {}\n", text(&raw), code(&raw));
            prop_assume!(!raw.is_empty());
            let (texts, others) = read(&markdown, |tag| matches!(tag, Tag::Item));
            prop_assert_eq!(texts, vec![format!("{0} {0}", visible(&raw))]);
            prop_assert_eq!(others, vec!["List(None)"]);
        }

        #[test]
        fn prose_says_its_text_and_brings_nothing_but_code(raw in hostile(), inside in "[ -~]{0,12}") {
            let raw = format!("{raw}`{inside}`{raw}");
            let bare = |text: &str| text.replace('`', "");
            let paragraph = prose(&raw);
            let (texts, others) = read(&paragraph, |tag| matches!(tag, Tag::Paragraph));
            prop_assert_eq!(texts.iter().map(|text| bare(text)).collect::<Vec<_>>(), vec![bare(&visible(&raw))]);
            prop_assert!(others.is_empty(), "{:?}", others);
            let table = format!("| a | b |\n|---|---|\n| {} | b |\n", prose(&raw));
            let (texts, others) = read(&table, is_cell);
            prop_assert_eq!(bare(&texts[2]), bare(&visible(&raw)));
            prop_assert!(others.is_empty() && texts.len() == 4, "{:?}", others);
        }

        #[test]
        fn a_block_says_exactly_its_text(raw in hostile()) {
            let mut markdown = String::new();
            fenced(&mut markdown, "sh", &raw).unwrap();
            let (texts, others) = read(&markdown, |tag| matches!(tag, Tag::CodeBlock(_)));
            let shown = visible_block(&raw);
            let end = if shown.is_empty() || shown.ends_with('\n') { "" } else { "\n" };
            prop_assert_eq!(texts, vec![format!("{shown}{end}")]);
            prop_assert!(others.is_empty(), "{:?}", others);
        }
    }

    #[test]
    fn ordinary_text_stays_readable() {
        for plain in [
            "2 of 5 nodes are not ready (limit: 3)",
            "vapora_backend-7f9 is at 83.5%",
            "a & b, c!",
            "0.182 s",
        ] {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(text("see https://x.y and www.x.y"), r"see https\://x.y and www\.x.y");
    }

    #[test]
    fn only_a_plain_address_becomes_a_link() {
        assert_eq!(
            link("https://runbooks.example.com/nodes?x=1"),
            "<https://runbooks.example.com/nodes?x=1>"
        );
        assert_eq!(link("javascript:alert(1)"), "javascript:alert(1)");
        assert_eq!(link("https://x.y> <b>"), r"https\://x.y\> \<b\>");
        assert_eq!(link("https://"), r"https\://");
    }
}
