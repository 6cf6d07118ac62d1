//! How a program ended, in words.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use rustix::process::Signal;

/// The exit code, or the signal that ended it: `exit code 3`, `signal 9 (KILL)`.
pub(crate) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => match Signal::from_named_raw(signal) {
            Some(named) => format!(
                "signal {signal} ({})",
                format!("{named:?}").trim_matches('"').trim_start_matches("Signal::")
            ),
            None => format!("signal {signal}"),
        },
        (None, None) => "neither an exit code nor a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_its_name() {
        assert_eq!(describe(ExitStatus::from_raw(9)), "signal 9 (KILL)");
        assert_eq!(describe(ExitStatus::from_raw(15)), "signal 15 (TERM)");
        assert_eq!(describe(ExitStatus::from_raw(40)), "signal 40");
        assert_eq!(describe(ExitStatus::from_raw(3 << 8)), "exit code 3");
    }
}
