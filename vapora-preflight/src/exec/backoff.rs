//! The pauses between attempts.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::{CheckId, Retry};

/// No pause is longer, whatever a checklist says.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// The pauses of one look: one fewer than attempts, doubling, jittered, none above the longest that the checklist allows.
pub(super) fn pauses(
    retry: Retry,
    seed: u64,
    check: &CheckId,
    look: u32,
) -> impl Iterator<Item = Duration> + use<> {
    let longest = retry.max.min(LONGEST);
    let mut hasher = DefaultHasher::new();
    (seed, check.as_str(), look).hash(&mut hasher);
    ExponentialBuilder::new()
        .with_min_delay(retry.backoff.min(longest))
        .with_max_delay(longest)
        .with_max_times(retry.attempts.saturating_sub(1) as usize)
        .with_jitter()
        .with_jitter_seed(hasher.finish())
        .build()
        .map(move |pause| pause.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seed: u64) -> Vec<Duration> {
        let retry = Retry { attempts: 5, backoff: Duration::from_secs(1), max: Duration::from_secs(5) };
        pauses(retry, seed, &CheckId::new("a").unwrap(), 0).collect()
    }

    #[test]
    fn pauses_double_within_their_bounds_and_are_repeatable() {
        let all = of(7);
        assert_eq!(all.len(), 4);
        for (pause, least) in all.iter().zip([1, 2, 4, 5]) {
            let least = Duration::from_secs(least);
            assert!(*pause >= least && *pause <= (least * 2).min(Duration::from_secs(5)), "{pause:?}");
        }
        assert_eq!(all, of(7));
        assert_ne!(all, of(8));
    }

    #[test]
    fn one_attempt_has_no_pause() {
        let retry = Retry { attempts: 1, backoff: Duration::MAX, max: Duration::MAX };
        assert_eq!(pauses(retry, 0, &CheckId::new("a").unwrap(), 0).count(), 0);
        let retry = Retry { attempts: 2, ..retry };
        assert_eq!(pauses(retry, 0, &CheckId::new("a").unwrap(), 0).collect::<Vec<_>>(), [LONGEST]);
    }
}
