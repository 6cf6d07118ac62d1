//! The format stays as it is: what was written once is read for ever.

use vapora_preflight::{EventKind, read_journal};

use crate::world::{World, full_run, release};

/// A journal as version 1.0 wrote it. It is never made anew: a change that this test does not allow breaks the journals there
/// are.
const WRITTEN: &str = include_str!("v1.jsonl");

#[test]
fn a_journal_of_version_1_is_read() {
    let world = World::holding(WRITTEN);
    let history = read_journal(world.root.path(), &release()).unwrap();
    assert_eq!(history.events, full_run());
    assert_eq!((history.dropped, history.unknown), (None, 0));
    assert_eq!(history.created.to_string(), "2026-12-01T14:00:00Z");
}

#[test]
fn events_are_written_as_version_1_has_them() {
    // A line begins with its digest, which follows from all lines before it; the plan is compared as it is read, since
    // fields may be added to it.
    let said = |text: &str| -> Vec<String> { text.lines().map(|line| line[84..].to_owned()).collect() };
    let world = World::with(&full_run());
    let written = String::from_utf8(world.text()).unwrap();
    let (expected, found) = (said(WRITTEN), said(&written));
    assert_eq!(found.len(), expected.len());
    let events = full_run();
    for (index, (expected, found)) in expected.iter().zip(&found).enumerate() {
        let plan = index > 0 && matches!(events[index - 1].kind, EventKind::Planned(_));
        if !plan {
            assert_eq!(found, expected, "line {}", index + 1);
        }
    }
}
