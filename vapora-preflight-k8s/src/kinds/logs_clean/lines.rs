//! A stream of bytes as lines.

use std::borrow::Cow;

use vapora_preflight::Timestamp;

/// How much of a line is kept. A line that is longer is searched only so far.
pub(super) const LONGEST: usize = 64 * 1024;

/// Cuts what comes in parts into lines, and holds no more than the beginning of one.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes the next part, and gives every line that it ends.
    pub(super) fn take<E>(
        &mut self,
        mut part: &[u8],
        mut line: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = part.iter().position(|byte| *byte == b'\n') {
            if self.held.is_empty() {
                line(&part[..end.min(LONGEST)])?;
            } else {
                self.hold(&part[..end]);
                line(&self.held)?;
                self.held.clear();
            }
            part = &part[end + 1..];
        }
        self.hold(part);
        Ok(())
    }

    fn hold(&mut self, part: &[u8]) {
        let room = LONGEST.saturating_sub(self.held.len());
        self.held.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// What is left of a line that did not end.
    pub(super) fn rest(&self) -> &[u8] {
        &self.held
    }
}

/// A line as the API server gives it with `timestamps`: when it was written, and what. None where there is no time.
pub(super) fn dated(line: &[u8]) -> Option<(Timestamp, Cow<'_, str>)> {
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let time =
        std::str::from_utf8(&line[..end]).ok().filter(|time| time.len() >= "2026-11-23T12:00:00Z".len())?;
    let time = time.parse().ok()?;
    let text = line.get(end + 1..).unwrap_or_default();
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Some((time, plain(String::from_utf8_lossy(text))))
}

/// The text without the signs that colour it on a terminal.
pub(super) fn plain(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        if sign != '\u{1b}' {
            plain.push(sign);
        } else if signs.next() == Some('[') {
            // Up to the letter that says what it is for.
            let _ = signs.find(|sign| ('@'..='~').contains(sign));
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn parts_are_cut_into_lines_wherever_they_end() {
        let text = "one\n\ntwo three\nä\nrest";
        for size in 1..text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for part in text.as_bytes().chunks(size) {
                let all = lines.take(part, |line| {
                    found.push(String::from_utf8_lossy(line).into_owned());
                    Ok::<_, Infallible>(())
                });
                assert!(all.is_ok());
            }
            assert_eq!(found, ["one", "", "two three", "ä"], "{size}");
            assert_eq!(lines.rest(), b"rest");
        }
    }

    #[test]
    fn of_a_long_line_only_the_beginning_is_held() {
        let (mut lines, mut lengths) = (Lines::default(), Vec::new());
        let part = vec![b'x'; LONGEST / 2 + 1];
        for part in [&part[..], &part, &part, b"\nshort\n"] {
            let _ = lines.take(part, |line| {
                lengths.push(line.len());
                Ok::<_, Infallible>(())
            });
            assert!(lines.held.capacity() <= 2 * LONGEST);
        }
        assert_eq!(lengths, [LONGEST, 5]);
    }

    #[test]
    fn a_line_begins_with_its_time() {
        let text = |line: &str| dated(line.as_bytes()).map(|(time, text)| format!("{time}|{text}"));
        assert_eq!(text("2026-11-23T12:00:00.123456789Z a b\r").unwrap(), "2026-11-23T12:00:00.123456Z|a b");
        assert_eq!(text("2026-11-23T13:00:00+01:00 ").unwrap(), "2026-11-23T12:00:00Z|");
        assert_eq!(text("2026-11-23T12:00:00Z").unwrap(), "2026-11-23T12:00:00Z|");
        assert_eq!(
            text("2026-11-23T12:00:00Z \u{1b}[2m\u{1b}[31mERROR\u{1b}[0m x").unwrap(),
            "2026-11-23T12:00:00Z|ERROR x"
        );
        for none in
            ["", "a b", "unable to retrieve container logs for containerd://0", "{\"kind\": <!doctype html>"]
        {
            assert_eq!(text(none), None, "{none}");
        }
        let bytes = [&b"2026-11-23T12:00:00Z "[..], &[0xff, b'a']].concat();
        assert_eq!(dated(&bytes).unwrap().1, "\u{fffd}a");
    }
}
