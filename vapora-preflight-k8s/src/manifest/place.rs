//! Where in the manifests something is.

use std::{fmt, sync::Arc};

/// A place in a file, or in a file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    file: Arc<str>,
    /// Counted from one.
    line: usize,
    column: Option<usize>,
}

impl Place {
    pub(crate) fn new(file: &Arc<str>, line: usize) -> Self {
        Self { file: Arc::clone(file), line, column: None }
    }

    pub(crate) fn at_column(self, column: usize) -> Self {
        Self { column: Some(column), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}
