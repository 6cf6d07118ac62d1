//! Lines in the order of their times, written or made when they are read.

use std::{fmt, sync::Arc};

/// Makes a line from its number.
pub(super) type Text = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// One line and its time, in microseconds of Unix time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) text: Box<str>,
}

/// Lines that can be read from any of them on. It is cheap to clone.
#[derive(Clone)]
pub(super) enum Source {
    Written(Arc<Vec<Line>>),
    Made {
        start: i64,
        /// The time between two lines; zero where all come at once.
        every: i64,
        /// `None` where there is no end.
        count: Option<u64>,
        text: Text,
    },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(lines) => f.debug_tuple("Written").field(&lines.len()).finish(),
            Self::Made { start, every, count, .. } => f
                .debug_struct("Made")
                .field("start", start)
                .field("every", every)
                .field("count", count)
                .finish(),
        }
    }
}

impl Line {
    pub(super) fn new(at: i64, text: String) -> Self {
        Self { at, text: text.into() }
    }

    /// Adds lines to what was written last.
    pub(super) fn append(sources: &mut Vec<Source>, lines: impl Iterator<Item = Self>) {
        if let Some(Source::Written(written)) = sources.last_mut() {
            Arc::make_mut(written).extend(lines);
        } else {
            sources.push(Source::Written(Arc::new(lines.collect())));
        }
    }
}

impl Source {
    /// So many lines at one time.
    pub(super) fn made(at: i64, count: u64, text: Text) -> Self {
        Self::Made { start: at, every: 0, count: Some(count), text }
    }

    /// A line at the start, and then one after each such time.
    pub(super) fn endless(start: i64, every: i64, text: Text) -> Self {
        Self::Made { start, every: every.max(1), count: None, text }
    }

    /// How many lines there are before this time, the time itself left out.
    pub(super) fn before(&self, time: i64) -> u64 {
        match self {
            Self::Written(lines) => lines.partition_point(|line| line.at < time) as u64,
            Self::Made { start, every, count, .. } => {
                let count = count.unwrap_or(u64::MAX);
                let since = time.saturating_sub(*start);
                if since <= 0 {
                    0
                } else if *every == 0 {
                    count
                } else {
                    count.min(since.unsigned_abs().div_ceil(every.unsigned_abs()))
                }
            }
        }
    }

    /// How many lines there are up to this time.
    pub(super) fn until(&self, time: i64) -> u64 {
        self.before(time.saturating_add(1))
    }

    /// When line `number` was written.
    pub(super) fn time(&self, number: u64) -> i64 {
        match self {
            Self::Written(lines) => lines.get(number as usize).map_or(i64::MAX, |line| line.at),
            Self::Made { start, every, .. } => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                start.saturating_add(every.saturating_mul(number))
            }
        }
    }

    /// Puts line `number` behind a text.
    pub(super) fn write(&self, number: u64, to: &mut Vec<u8>) {
        match self {
            Self::Written(lines) => {
                to.extend(lines.get(number as usize).map_or(&[][..], |line| line.text.as_bytes()));
            }
            Self::Made { text, .. } => to.extend(text(number).into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_their_times() {
        let every = Source::endless(100, 10, Arc::new(|number| format!("{number}")));
        let counts: Vec<u64> = [99, 100, 101, 109, 110, 120].map(|time| every.until(time)).to_vec();
        assert_eq!(counts, [0, 1, 1, 1, 2, 3]);
        assert_eq!((every.before(100), every.before(110), every.before(111)), (0, 1, 2));
        assert_eq!(every.time(2), 120);

        let at_once = Source::made(100, 5, Arc::new(|number| format!("{number}")));
        assert_eq!((at_once.until(99), at_once.until(100), at_once.before(100)), (0, 5, 0));

        let mut sources = Vec::new();
        for at in [100, 100, 130] {
            Line::append(&mut sources, [Line::new(at, at.to_string())].into_iter());
        }
        let [written] = sources.as_slice() else { panic!("{sources:?}") };
        assert_eq!((written.until(100), written.before(130), written.until(130)), (2, 2, 3));
    }
}
