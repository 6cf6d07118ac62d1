//! Whether what the metrics API says counts.

use vapora_preflight::{CheckError, Period, Timestamp};

use crate::resource::Resource;

/// The default of `max_age`: the metrics server measures every minute at the most.
pub(crate) fn five_minutes() -> Period {
    Period::from_secs(300)
}

/// Whether something that was measured then is not too old. What is as far in the future is not known to be new: the clocks
/// are apart.
pub(crate) fn counts(at: Timestamp, now: Timestamp, max_age: Period) -> bool {
    now.since(at) <= max_age.get() && at.since(now) <= max_age.get()
}

/// The error of a check that needs metrics, of a server that has none.
pub(crate) fn not_installed(resource: Resource) -> CheckError {
    CheckError::permanent(format!("the server has no {}: the metrics API is not installed", resource.noun)).remedy(
        "install the metrics server: `kubectl get apiservices v1beta1.metrics.k8s.io` shows whether it is there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_or_not_yet_does_not_count() {
        let now = Timestamp::from_unix_seconds(10_000);
        for (seconds, good) in
            [(9_700, true), (9_699, false), (10_000, true), (10_300, true), (10_301, false)]
        {
            assert_eq!(counts(Timestamp::from_unix_seconds(seconds), now, five_minutes()), good, "{seconds}");
        }
    }
}
