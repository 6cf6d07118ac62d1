//! How long ago something was, as kubectl shows it.

use serde_json::Value;
use vapora_preflight::Timestamp;

/// What has passed since a time, or `<unknown>`.
pub(super) fn since(time: &Value, now: i64) -> String {
    match time.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(time) => duration(now - time.unix_seconds()),
        None => "<unknown>".to_owned(),
    }
}

/// A duration in seconds, the shorter the more exact.
pub(super) fn duration(seconds: i64) -> String {
    let two = |large: i64, unit: &str, small: i64, smaller: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{smaller}") }
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", hours / 24 % 365, "d"),
        () => format!("{}y", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_the_more_exact_the_shorter_it_is() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (105, "105s"),
            (120, "2m"),
            (150, "2m30s"),
            (1_020, "17m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (47 * 3600, "47h"),
            (49 * 3600, "2d1h"),
            (10 * 86_400, "10d"),
            (800 * 86_400, "2y70d"),
            (3_000 * 86_400, "8y"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
        assert_eq!(since(&"2026-11-23T12:08:45Z".into(), 1_795_435_830), "105s");
        assert_eq!(since(&Value::Null, 0), "<unknown>");
    }
}
