//! Watches.

use crate::case::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case("pods-watch-bad-resource-version"),
    case("pods-watch-expired-resource-version").part("the oldest revision is another", |events| {
        let mut events = events.clone();
        let message = events[0]["object"]["message"].as_str().unwrap();
        events[0]["object"]["message"] = message.split(" (").next().unwrap().into();
        events
    }),
    case("pods-watch-future-resource-version"),
    case("pods-watch-list-streaming").built(),
    case("pods-watch-no-resource-version").built(),
    case("pods-watch-restricted-403"),
];
