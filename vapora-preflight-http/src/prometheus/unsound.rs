//! Why a series cannot be judged.

use std::fmt;

use super::measure::spoken;
use crate::wording::count;

/// Why a series cannot be judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unsound {
    /// It is not a number.
    NoNumber,
    /// It is an infinity.
    Infinite(f64),
    /// It has no sample any more.
    Gone,
    /// Its newest sample is so many seconds old.
    Stale(f64),
    /// It has too few points.
    Gaps {
        /// How many it has.
        has: usize,
        /// How many there would be.
        wanted: usize,
        /// How many of the others are no numbers.
        no_number: usize,
        /// How many of the others are infinite.
        infinite: usize,
    },
}

impl Unsound {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NoNumber | Self::Infinite(_) => Self::DIVISION,
            Self::Gaps { no_number, infinite, .. } if no_number + infinite > 0 => Self::DIVISION,
            Self::Gaps { .. } => {
                "wait until the metric has been there for so long, or lower `points_percent`"
            }
            Self::Gone | Self::Stale(_) => {
                "see that the target is scraped, and that what pushes the metric runs"
            }
        }
    }

    const DIVISION: &'static str = "a rate without traffic is nothing divided by nothing: let the query say what counts then, \
                                    as with `… / (… > 0) or vector(0)`";
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber => f.write_str("is not a number (NaN)"),
            Self::Infinite(number) => {
                write!(f, "is infinite ({})", if *number > 0.0 { "+Inf" } else { "-Inf" })
            }
            Self::Gone => f.write_str("is gone: it has had no sample for minutes"),
            Self::Stale(seconds) => write!(f, "is stale: its newest sample is {} old", spoken(*seconds)),
            Self::Gaps { has, wanted, no_number, infinite } => {
                write!(f, "has {has} of {}", count(*wanted, "point", "points"))?;
                match (no_number, infinite) {
                    (0, 0) => Ok(()),
                    (no_number, 0) => write!(f, " ({no_number} not a number)"),
                    (0, infinite) => write!(f, " ({infinite} infinite)"),
                    (no_number, infinite) => write!(f, " ({no_number} not a number, {infinite} infinite)"),
                }
            }
        }
    }
}
