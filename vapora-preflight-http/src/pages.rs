//! What a ticket is told of a run.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::Report;

/// A page about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TicketPage {
    /// What is deployed, the verdict and its reasons.
    Decision,
    /// The sign-off, filled in.
    SignOff,
}

impl fmt::Display for TicketPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Decision => "decision page",
            Self::SignOff => "sign-off",
        })
    }
}

type Render = dyn Fn(&Report, TicketPage) -> String + Send + Sync;

/// Writes the pages for tickets, in Markdown. The caller makes it, and puts it among the resources of the run: this crate
/// renders no report.
///
/// ```
/// use vapora_preflight::Resources;
/// use vapora_preflight_http::{TicketPage, TicketPages};
///
/// let mut resources = Resources::new();
/// resources.insert(TicketPages::new(|report, page| format!("{page} of {}", report.outline().checklist)));
/// ```
pub struct TicketPages(Box<Render>);

impl TicketPages {
    /// Pages that are written so.
    pub fn new(render: impl Fn(&Report, TicketPage) -> String + Send + Sync + 'static) -> Self {
        Self(Box::new(render))
    }

    pub(crate) fn render(&self, report: &Report, page: TicketPage) -> String {
        (self.0)(report, page)
    }
}

impl fmt::Debug for TicketPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketPages").finish_non_exhaustive()
    }
}
