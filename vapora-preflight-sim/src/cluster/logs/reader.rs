//! Reads several sources as one log, in the order of the times of their lines.

use super::source::Source;
use crate::clock::timestamp;

/// How much is read at once.
const CHUNK: usize = 32 << 10;

/// What of a log is read.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Extent {
    pub(super) since: Option<i64>,
    pub(super) tail: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) timestamps: bool,
}

/// A place in a log.
#[derive(Debug)]
pub(super) struct Reader {
    sources: Vec<Source>,
    /// The next line of each source.
    next: Vec<u64>,
    /// How many bytes may still be read.
    left: Option<u64>,
    timestamps: bool,
}

impl Reader {
    /// Begins where the extent says, of what was written up to this time.
    pub(super) fn new(sources: Vec<Source>, extent: Extent, now: i64) -> Self {
        let mut next = vec![0; sources.len()];
        if let Some(tail) = extent.tail {
            let end: Vec<u64> = sources.iter().map(|source| source.until(now)).collect();
            next = last(&sources, end, tail);
        }
        if let Some(since) = extent.since {
            for (next, source) in next.iter_mut().zip(&sources) {
                *next = source.before(since).max(*next);
            }
        }
        Self { sources, next, left: extent.bytes, timestamps: extent.timestamps }
    }

    /// Takes what was written since it began.
    pub(super) fn refresh(&mut self, sources: Vec<Source>) {
        self.next.resize(sources.len(), 0);
        self.sources = sources;
    }

    /// The next part of what was written up to this time; nothing where there is no more of it.
    pub(super) fn read(&mut self, now: i64) -> Vec<u8> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK && self.left != Some(0) {
            let written = (0..self.sources.len()).filter(|at| self.next[*at] < self.sources[*at].until(now));
            let Some(at) = written.min_by_key(|at| self.sources[*at].time(self.next[*at])) else { break };
            let before = chunk.len();
            let (source, number) = (&self.sources[at], self.next[at]);
            if self.timestamps {
                chunk.extend(nanoseconds(source.time(number)).into_bytes());
                chunk.push(b' ');
            }
            source.write(number, &mut chunk);
            chunk.push(b'\n');
            self.next[at] += 1;
            if let Some(left) = &mut self.left {
                let taken = ((chunk.len() - before) as u64).min(*left);
                *left -= taken;
                chunk.truncate(before + taken as usize);
            }
        }
        chunk
    }

    /// May nothing more be read, whatever is written?
    pub(super) fn is_full(&self) -> bool {
        self.left == Some(0)
    }
}

/// Where the last `tail` lines before these ends begin.
fn last(sources: &[Source], mut end: Vec<u64>, tail: u64) -> Vec<u64> {
    if let [end] = end.as_slice() {
        return vec![end.saturating_sub(tail)];
    }
    for _ in 0..tail {
        let written = (0..sources.len()).filter(|at| end[*at] > 0);
        let Some(at) = written.max_by_key(|at| (sources[*at].time(end[*at] - 1), *at)) else { break };
        end[at] -= 1;
    }
    end
}

/// A time as a kubelet puts it before a line.
fn nanoseconds(micros: i64) -> String {
    let whole = timestamp(micros.div_euclid(1_000_000) * 1_000_000).to_string();
    format!("{}.{:06}000Z", whole.trim_end_matches('Z'), micros.rem_euclid(1_000_000))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn sources() -> Vec<Source> {
        let named = |name: &'static str| Arc::new(move |number: u64| format!("{name}{number}"));
        vec![Source::endless(0, 10, named("a")), Source::endless(5, 20, named("b"))]
    }

    fn text(extent: Extent, now: i64) -> String {
        String::from_utf8(Reader::new(sources(), extent, now).read(now)).unwrap()
    }

    #[test]
    fn the_lines_of_all_sources_come_in_the_order_of_their_times() {
        let all = Extent::default();
        assert_eq!(text(all, 30), "a0\nb0\na1\na2\nb1\na3\n");
        assert_eq!(text(Extent { tail: Some(3), ..all }, 30), "a2\nb1\na3\n");
        assert_eq!(text(Extent { tail: Some(9), ..all }, 10), "a0\nb0\na1\n");
        assert_eq!(text(Extent { since: Some(20), ..all }, 30), "a2\nb1\na3\n");
        assert_eq!(text(Extent { since: Some(30), tail: Some(2), ..all }, 30), "a3\n");
        assert_eq!(text(Extent { bytes: Some(4), ..all }, 30), "a0\nb");
    }

    #[test]
    fn a_long_log_is_read_in_parts_and_goes_on() {
        let long: Arc<dyn Fn(u64) -> String + Send + Sync> = Arc::new(|number| format!("line {number}"));
        let mut reader = Reader::new(vec![Source::made(7, 1_000_000, long)], Extent::default(), 7);
        let mut lines = 0;
        loop {
            let part = reader.read(7);
            assert!(part.len() < CHUNK + 64);
            if part.is_empty() {
                break;
            }
            lines += String::from_utf8(part).unwrap().lines().count();
        }
        assert_eq!(lines, 1_000_000);
    }

    #[test]
    fn a_line_may_have_its_time_in_front() {
        let now = 1_796_126_400_000_000;
        let lines = vec![Source::made(now + 25, 1, Arc::new(|_| "hello".to_owned()))];
        let extent = Extent { timestamps: true, ..Extent::default() };
        let text = Reader::new(lines, extent, now + 25).read(now + 25);
        assert_eq!(String::from_utf8(text).unwrap(), "2026-12-01T12:00:00.000025000Z hello\n");
    }
}
