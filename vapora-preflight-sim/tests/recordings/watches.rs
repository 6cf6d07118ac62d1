//! Watches.

use crate::case::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case("pods-watch-bad-resource-version"),
    case("pods-watch-expired-resource-version"),
    case("pods-watch-future-resource-version"),
    case("pods-watch-list-streaming").built(),
    case("pods-watch-no-resource-version").built(),
    case("pods-watch-restricted-403"),
];
