//! A command that has ended, and what is wrong with it.

use std::borrow::Cow;

use super::ExecSucceeds;
use crate::{exec::Ended, wording::short};

/// A command that has ended in one container.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) pod: String,
    pub(super) container: String,
    pub(super) ended: Ended,
}

/// The same, and what of it is not as it should be: a clause each.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) ran: Ran,
    pub(super) unmet: Vec<String>,
}

impl Ran {
    pub(super) fn stdout(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.ended.stdout)
    }

    pub(super) fn stderr(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.ended.stderr)
    }

    /// The end of what it said, on its standard error or else on its standard output.
    pub(super) fn shown(&self) -> Option<String> {
        [("standard error", self.stderr()), ("standard output", self.stdout())].into_iter().find_map(
            |(name, text)| {
                let last = text.lines().rev().find(|line| !line.trim().is_empty())?;
                Some(format!("its {name} ends with `{}`", short(last)))
            },
        )
    }
}

impl ExecSucceeds {
    pub(super) fn judge(&self, ran: Ran) -> Judged {
        let mut unmet = Vec::new();
        let code = ran.ended.exit_code;
        if !self.exit_codes.iter().any(|right| i64::from(*right) == code) {
            unmet.push(format!("exit code {code}"));
        }
        let stdout = ran.stdout();
        let missing = self.contains.iter().filter(|text| !stdout.contains(text.as_str()));
        unmet.extend(missing.map(|text| format!("no `{text}` in its output")));
        let unmatched = self.matches.iter().filter(|pattern| !pattern.is_in(stdout.trim_end()));
        unmet.extend(unmatched.map(|pattern| format!("nothing in its output matches `{pattern}`")));
        let present = self.lacks.iter().filter(|text| stdout.contains(text.as_str()));
        unmet.extend(present.map(|text| format!("`{text}` in its output")));
        Judged { ran, unmet }
    }
}
