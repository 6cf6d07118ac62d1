//! What is not yet answered as it was recorded. This list only shrinks: what is answered has to be taken off it.

pub(crate) const OPEN: &[&str] = &[];
