//! Windows of time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{CheckContext, CheckError, Problems, Timestamp};

/// A window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    /// Its first instant.
    pub(crate) opens: Timestamp,
    /// The first instant after it.
    pub(crate) closes: Timestamp,
}

impl Window {
    /// The window that a check names, or that of the deployment.
    pub(crate) fn of(named: Option<Self>, cx: &CheckContext) -> Result<Self, CheckError> {
        let of_deployment =
            || cx.deployment().window.map(|window| Self { opens: window.opens, closes: window.closes });
        named.or_else(of_deployment).ok_or_else(|| {
            CheckError::permanent("the deployment has no maintenance window, and the check names none").remedy(
                "give it one, as in `[deployment] window = { opens = …, closes = … }`, or give the check a `window`",
            )
        })
    }

    /// Reports a window that closes before it opens, under the parameter `window`.
    pub(crate) fn validate(named: Option<Self>, problems: &mut Problems) {
        if named.is_some_and(|window| window.closes <= window.opens) {
            problems.at("window", "it closes before it opens", "let it close after it opens");
        }
    }
}
