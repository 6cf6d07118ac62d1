//! What a program wrote, up to a limit.

use std::collections::VecDeque;

use regex::bytes::Regex;
use vapora_preflight::{ExposeSecret, SecretString};

/// The output of a program: its beginning and its end, and how much was left out between them.
#[derive(Debug)]
pub(crate) struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    limit: usize,
    written: u64,
    patterns: Vec<Pattern>,
    lines: Lines,
}

impl Captured {
    /// Keeps so many bytes, and looks for the patterns in everything.
    pub(super) fn new(limit: usize, patterns: Vec<Pattern>, lines: Vec<Regex>) -> Self {
        let lines = Lines { patterns: lines.into_iter().map(|it| (it, false)).collect(), line: Vec::new() };
        Self { head: Vec::new(), tail: VecDeque::new(), limit, written: 0, patterns, lines }
    }

    /// The program has ended: its last line need not end with a line feed.
    pub(super) fn ended(&mut self) {
        if !self.lines.line.is_empty() {
            self.lines.look();
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.written += chunk.len() as u64;
        for pattern in &mut self.patterns {
            pattern.look(chunk);
        }
        self.lines.push(chunk);
        let head = (self.limit / 2).saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..head]);
        self.tail.extend(&chunk[head..]);
        let room = self.limit - self.limit / 2;
        let over = self.tail.len().saturating_sub(room);
        self.tail.drain(..over);
    }

    /// How many bytes were written in all.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// How many of them were not kept.
    pub(crate) fn dropped(&self) -> u64 {
        self.written - (self.head.len() + self.tail.len()) as u64
    }

    /// Whether a text was among all that was written, for each that was looked for.
    pub(crate) fn found(&self) -> impl Iterator<Item = bool> {
        self.patterns.iter().map(|pattern| pattern.found)
    }

    /// Whether a pattern fits one of the lines that were written, for each that was looked for.
    pub(crate) fn fitted(&self) -> impl Iterator<Item = bool> {
        self.lines.patterns.iter().map(|(_, fits)| *fits)
    }

    /// Everything, where nothing was left out.
    pub(crate) fn whole(&self) -> Option<Vec<u8>> {
        (self.dropped() == 0).then(|| self.head.iter().chain(&self.tail).copied().collect())
    }

    /// What was kept as text, with the secrets taken out and a line that tells how much is missing. What is not UTF-8
    /// becomes `U+FFFD`.
    pub(crate) fn text(&self, secrets: &[SecretString]) -> String {
        if let Some(whole) = self.whole() {
            return String::from_utf8_lossy(&without(whole, secrets)).into_owned();
        }
        // A secret that was cut through stands at the edges of what was left out, and is shorter there than it was.
        let edge =
            secrets.iter().map(|secret| secret.expose_secret().len()).max().unwrap_or(1).saturating_sub(1);
        let head = without(self.head.clone(), secrets);
        let tail = without(self.tail.iter().copied().collect(), secrets);
        let (head_edge, tail_edge) = (edge.min(head.len()), edge.min(tail.len()));
        let dropped = self.dropped() + (head_edge + tail_edge) as u64;
        format!(
            "{}\n[{dropped} bytes left out]\n{}",
            String::from_utf8_lossy(&head[..head.len() - head_edge]),
            String::from_utf8_lossy(&tail[tail_edge..])
        )
    }
}

/// A value this short stands in too many places by chance.
const SHORTEST_SECRET: usize = 4;

/// The same bytes with each secret replaced.
fn without(mut bytes: Vec<u8>, secrets: &[SecretString]) -> Vec<u8> {
    let secrets = secrets.iter().map(|secret| secret.expose_secret().as_bytes());
    for secret in secrets.filter(|secret| secret.len() >= SHORTEST_SECRET) {
        let mut cleaned = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
            cleaned.extend_from_slice(&rest[..at]);
            cleaned.extend_from_slice(b"[redacted]");
            rest = &rest[at + secret.len()..];
        }
        cleaned.extend_from_slice(rest);
        bytes = cleaned;
    }
    bytes
}

/// A text to look for in a stream.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: Vec<u8>,
    /// The end of the last chunk, shorter than the text by one byte.
    carried: Vec<u8>,
    found: bool,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), carried: Vec::new(), found: false }
    }

    fn look(&mut self, chunk: &[u8]) {
        if self.found || self.text.is_empty() {
            return;
        }
        self.carried.extend_from_slice(chunk);
        self.found = self.carried.windows(self.text.len()).any(|window| window == self.text);
        let over = self.carried.len().saturating_sub(self.text.len() - 1);
        self.carried.drain(..over);
    }
}

/// A longer line is looked at in parts, in bytes.
const LONGEST_LINE: usize = 64 << 10;

/// Patterns to look for in the lines of a stream.
#[derive(Debug)]
struct Lines {
    patterns: Vec<(Regex, bool)>,
    /// What came since the last line feed.
    line: Vec<u8>,
}

impl Lines {
    fn push(&mut self, chunk: &[u8]) {
        if self.patterns.is_empty() {
            return;
        }
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() >= LONGEST_LINE {
                self.look();
            }
        }
    }

    fn look(&mut self) {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for (pattern, fits) in &mut self.patterns {
            *fits = *fits || pattern.is_match(line);
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_a_line_whatever_the_chunks_are() {
        let fits = |pattern: &str, chunks: &[&str]| {
            let mut captured = Captured::new(2, Vec::new(), vec![Regex::new(pattern).unwrap()]);
            for chunk in chunks {
                captured.push(chunk.as_bytes());
            }
            captured.ended();
            captured.fitted().next()
        };
        assert_eq!(fits("^b+$", &["a\nb", "b", "\nc\n"]), Some(true));
        assert_eq!(fits("^b+$", &["a\r\nbb\r\n"]), Some(true));
        assert_eq!(fits("^b+$", &["a\nb", "b"]), Some(true));
        assert_eq!(fits("^$", &["a\n", "\n"]), Some(true));
        assert_eq!(fits("^$", &["a\n"]), Some(false));
        assert_eq!(fits("a.*b", &["a\n", "b\n"]), Some(false));
        assert_eq!(fits("x", &[]), Some(false));
        let long = "x".repeat(1 << 20);
        assert_eq!(fits("y$", &[&long, "y"]), Some(true));
    }

    fn written(limit: usize, chunks: &[&str], pattern: &str) -> Captured {
        let mut captured = Captured::new(limit, vec![Pattern::new(pattern)], Vec::new());
        for chunk in chunks {
            captured.push(chunk.as_bytes());
        }
        captured
    }

    #[test]
    fn what_fits_is_kept_whole() {
        for limit in [10, 11, 100] {
            let captured = written(limit, &["0123", "", "456789"], "x");
            assert_eq!(captured.text(&[]), "0123456789");
            assert_eq!(captured.dropped(), 0);
        }
    }

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let captured = written(9, &["01234", "56789abc", "def"], "x");
        assert_eq!(captured.text(&[]), "0123\n[7 bytes left out]\nbcdef");
        assert_eq!((captured.written(), captured.dropped()), (16, 7));
        assert_eq!(captured.whole(), None);
    }

    #[test]
    fn a_text_is_found_across_chunks_and_in_what_is_left_out() {
        let found = |chunks: &[&str]| written(2, chunks, "needle").found().next();
        assert_eq!(found(&["aaaaaaaneedlebbbbbbbb"]), Some(true));
        assert_eq!(found(&["aaaane", "e", "dl", "ebbbb"]), Some(true));
        assert_eq!(found(&["needl", "needl", "e"]), Some(true));
        assert_eq!(found(&["need", "", "les"]), Some(true));
        assert_eq!(found(&["need le", "nee", "lde"]), Some(false));
        assert_eq!(found(&[]), Some(false));
    }

    #[test]
    fn no_part_of_a_secret_is_left_at_a_cut() {
        let secret = SecretString::from("hunter22");
        let text = "before hunter22 after, then hunter22 and more";
        for limit in 1..text.len() + 2 {
            let shown = written(limit, &[text], "x").text(std::slice::from_ref(&secret));
            for part in ["hunter22", "hunte", "ter22", "hun", "r22"] {
                assert!(!shown.contains(part), "{limit}: {shown}");
            }
        }
    }
}
