//! Why a run could not be made.

use crate::{JournalError, RequiredVariable};

/// Why a run could not be made, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An event could not be recorded. The run ended at once, and nothing was built on that event.
    #[error("could not record the run")]
    Journal(#[from] JournalError),
    /// Variables that each release has of its own are not given.
    #[error("expected {}, found nothing", listed(variables))]
    NotGiven {
        /// The variables.
        variables: Vec<RequiredVariable>,
    },
    /// The selection leaves nothing to ask and no gate to judge.
    #[error("nothing is selected by `{selection}`")]
    NothingSelected {
        /// The selection, in words.
        selection: String,
    },
    /// A part of the selection fits nothing that is declared.
    #[error("no {what} fits `{pattern}`")]
    NoMatch {
        /// What was looked for: `check or gate`, `phase`, `tag`.
        what: &'static str,
        /// What was given.
        pattern: String,
        /// The declared name that is nearest to it.
        did_you_mean: Option<String>,
    },
    /// A pattern of the selection cannot be read.
    #[error("expected a pattern such as `staging-*`, found `{pattern}`: {message}")]
    InvalidPattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
}

fn listed(variables: &[RequiredVariable]) -> String {
    let names: Vec<String> =
        variables.iter().map(|variable| format!("`{}` ({})", variable.name, variable.about)).collect();
    names.join(", ")
}
