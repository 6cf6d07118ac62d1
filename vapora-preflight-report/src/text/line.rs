//! Lines of a terminal: colour, hanging indents, and nothing that a terminal would act upon.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::{sign::Sign, visible::visible};

/// Where lines are written to.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn fmt::Write,
    pub(super) color: bool,
    pub(super) width: Option<usize>,
    pub(super) ascii: bool,
}

pub(super) fn style(sign: Sign) -> Style {
    match sign {
        Sign::Pass => AnsiColor::Green.on_default(),
        Sign::Warn => AnsiColor::Yellow.on_default(),
        Sign::Fail => AnsiColor::Red.on_default().bold(),
        Sign::Unknown => AnsiColor::Magenta.on_default(),
        Sign::Waiting => AnsiColor::Cyan.on_default(),
        Sign::Aged | Sign::NotApplicable => Style::new().dimmed(),
    }
}

impl Page<'_> {
    /// A line that begins with something short, in a style; what does not fit goes on below its text.
    pub(super) fn line(&mut self, indent: usize, lead: &str, lead_style: Style, text: &str) -> fmt::Result {
        let (lead, text) = (visible(lead), visible(text));
        write!(self.out, "{:indent$}", "")?;
        if self.color && !lead.is_empty() {
            write!(self.out, "{lead_style}{lead}{lead_style:#}")?;
        } else {
            self.out.write_str(&lead)?;
        }
        let gap = if lead.is_empty() || text.is_empty() { "" } else { " " };
        let hang = indent + lead.chars().count() + gap.len();
        let deep = indent == 0 || self.width.is_some_and(|width| hang + 20 > width);
        let hanging = if deep { indent + 4 } else { hang };
        self.out.write_str(gap)?;
        // the first line has less room than the others, where its lead is longer than they are indented
        let first = self.width.map(|width| width.saturating_sub(hang).max(20));
        let mut parts = wrapped(&text, first).into_iter();
        let head = parts.next().unwrap_or_default();
        self.out.write_str(head)?;
        let rest = text[head.len()..].trim_start_matches(' ');
        if !rest.is_empty() {
            let room = self.width.map(|width| width.saturating_sub(hanging).max(20));
            for part in wrapped(rest, room) {
                write!(self.out, "\n{:hanging$}{part}", "")?;
            }
        }
        self.out.write_char('\n')
    }

    /// A text in one style.
    pub(super) fn title(&mut self, text: &str, style: Style) -> fmt::Result {
        for part in wrapped(&visible(text), self.width) {
            self.line(0, part, style, "")?;
        }
        Ok(())
    }

    pub(super) fn plain(&mut self, indent: usize, text: &str) -> fmt::Result {
        self.line(indent, "", Style::new(), text)
    }

    /// A command to type: never broken, so that it can be copied.
    pub(super) fn command(&mut self, indent: usize, command: &str) -> fmt::Result {
        let width = self.width.take();
        let told = self.line(indent, "$", Style::new().dimmed(), command);
        self.width = width;
        told
    }

    pub(super) fn blank(&mut self) -> fmt::Result {
        self.out.write_char('\n')
    }
}

/// The text in parts of at most so many characters, broken between words where it can be.
fn wrapped(text: &str, room: Option<usize>) -> Vec<&str> {
    let Some(room) = room else { return vec![text] };
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((cut, _)) = rest.char_indices().nth(room) {
        let (end, next) = match rest[..cut].rfind(' ').filter(|space| *space > 0) {
            _ if rest[cut..].starts_with(' ') => (cut, cut + 1),
            Some(space) => (space, space + 1),
            None => (cut, cut),
        };
        parts.push(&rest[..end]);
        rest = &rest[next..];
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_broken_between_words() {
        assert_eq!(wrapped("aa bb cc", Some(5)), ["aa bb", "cc"]);
        assert_eq!(wrapped("aaaaaaa b", Some(5)), ["aaaaa", "aa b"]);
        assert_eq!(wrapped("aa", None), ["aa"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn wrapping_loses_nothing_but_spaces(text in any::<String>(), room in 1_usize..30) {
            let parts = wrapped(&text, Some(room));
            prop_assert!(parts.iter().all(|part| part.chars().count() <= room));
            let dense = |text: &str| text.replace(' ', "");
            prop_assert_eq!(dense(&parts.concat()), dense(&text));
        }
    }
}
