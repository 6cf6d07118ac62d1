//! A journal that is not what was written is refused, with the line; one that was cut off is not.

use std::fs;

use proptest::prelude::*;
use vapora_preflight::{
    EventKind, Evidence, Finding, Journal, JournalError, Outcome, Recorder, ReleaseId, Status, Value,
    read_journal,
};

use crate::world::{World, at, finished, full_run, header, noted, release, sealed, short_run, told};

fn read(world: &World) -> Result<vapora_preflight::History, JournalError> {
    read_journal(world.root.path(), &release())
}

fn broken_line(world: &World) -> Option<usize> {
    match read(world) {
        Err(JournalError::Broken { line, .. }) => Some(line),
        _ => None,
    }
}

#[test]
fn a_changed_byte_is_refused_with_the_number_of_its_line() {
    // Without its plan, which is long and of no other make than the rest.
    let events = &short_run()[1..];
    let world = World::with(events);
    let text = world.text();
    assert_eq!(read(&world).unwrap().events, events);
    let mut line = 1;
    for index in 0..text.len() {
        let byte = text[index];
        for other in [byte ^ 1, byte ^ 0x20, byte ^ 0x80, b'\n', b'}'] {
            if other == byte {
                continue;
            }
            let mut changed = text.clone();
            changed[index] = other;
            world.write(&changed);
            let found = broken_line(&world);
            assert_eq!(found, Some(line), "byte {index}, {byte:#x} as {other:#x}: {:?}", read(&world));
        }
        line += usize::from(byte == b'\n');
    }
    assert_eq!(line, 7);
}

#[test]
fn a_writer_refuses_a_broken_journal_and_leaves_it_as_it_is() {
    let world = World::with(&short_run());
    let mut text = world.text();
    let last = text.len() - 1;
    text[last] = b' ';
    world.write(&text);
    let error = Journal::open(world.root.path(), &release(), "ana", at(0)).unwrap_err();
    assert!(matches!(error, JournalError::Broken { line: 7, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "line 7 of the journal is broken, something else than a line feed stands at its end: `{}`",
            world.path().display()
        )
    );
    assert_eq!(world.text(), text);
}

#[test]
fn a_line_that_is_left_out_moved_or_written_twice_is_refused() {
    let world = World::with(&short_run());
    let text = String::from_utf8(world.text()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without: Vec<&str> = [&lines[..3], &lines[4..]].concat();
    let twice: Vec<&str> = [&lines[..4], &lines[3..]].concat();
    let mut moved = lines.clone();
    moved.swap(3, 4);
    for (changed, line) in [(without, 4), (twice, 5), (moved, 4)] {
        world.write(changed.concat());
        assert_eq!(broken_line(&world), Some(line));
    }
}

#[test]
fn a_cut_leaves_the_whole_lines_and_says_what_it_drops() {
    let events = short_run();
    let world = World::with(&events);
    let text = world.text();
    let mut ends: Vec<usize> = Vec::new();
    ends.extend((0..text.len()).filter(|index| text[*index] == b'\n').map(|index| index + 1));
    for cut in 0..text.len() {
        world.write(&text[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        if whole == 0 {
            // The header comes with the file at once: this is a loss, not a torn write.
            assert_eq!(broken_line(&world), Some(1), "cut at {cut}");
            continue;
        }
        let history = read(&world).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(history.events, events[..whole - 1], "cut at {cut}");
        let left = cut - ends[whole - 1];
        let dropped = history.dropped.map(|torn| (torn.line, torn.bytes));
        assert_eq!(dropped, (left > 0).then_some((whole + 1, left as u64)), "cut at {cut}");
    }
}

#[test]
fn a_torn_line_is_cut_off_and_the_journal_goes_on() {
    let events = short_run();
    let whole = World::with(&events);
    let text = whole.text();
    let start = text.iter().take(text.len() - 1).rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in (start + 1..text.len()).step_by(11).chain([text.len() - 1]) {
        let world = World::holding(&text[..cut]);
        let (mut journal, history) = Journal::open(world.root.path(), &release(), "ana", at(0)).unwrap();
        let torn = history.dropped.unwrap();
        assert_eq!((torn.line, torn.bytes), (7, (cut - start) as u64));
        assert_eq!(
            torn.to_string(),
            format!("line 7 was never ended; its {} bytes are left out", cut - start)
        );
        assert_eq!(world.text(), text[..start]);
        journal.record(&events[5]).unwrap();
        assert_eq!(world.text(), text);
        assert_eq!(read(&world).unwrap().dropped, None);
    }
}

#[test]
fn what_no_line_begins_with_is_not_taken_for_a_torn_line() {
    let world = World::with(&short_run());
    let text = world.text();
    let digits = "0".repeat(64);
    let tails = [
        "x".to_owned(),
        "\0".to_owned(),
        "{ \"sha256\"".to_owned(),
        "{\"sha256\":\"XYZ".to_owned(),
        format!("{{\"sha256\":\"{digits}\",\"lime\""),
        format!("{{\"sha256\":\"{digits}\",\"line\":{{\"at\":]"),
        format!("{{\"sha256\":\"{digits}\",\"line\":{{}}"),
        format!("{{\"sha256\":\"{digits}\",\"line\":{{}}}}"),
        format!("{{\"sha256\":\"{digits}\",\"line\":{{}}}}}}"),
    ];
    for tail in tails {
        world.write([&text, tail.as_bytes()].concat());
        assert_eq!(broken_line(&world), Some(8), "{tail}");
    }
}

#[test]
fn a_newer_major_version_is_refused_with_both_versions() {
    let world =
        World::holding(sealed([r#"{"format":"vapora-preflight-journal","version":{"major":2,"minor":3}}"#]));
    let error = read(&world).unwrap_err();
    let text =
        format!("expected a journal of format 1.0 or earlier, found 2.3: `{}`", world.path().display());
    assert_eq!(error.to_string(), text);
    assert_eq!(error.remedy().unwrap(), "use the version of the program that wrote it");
    let error = Journal::open(world.root.path(), &release(), "ana", at(0)).unwrap_err();
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_newer_minor_version_is_read_and_not_written() {
    let later = r#"{"at":"2026-12-01T14:00:01Z","event":{"thanked":{"whom":"all"}}}"#;
    let known = r#"{"at":"2026-12-01T14:00:02Z","event":{"noted":{"who":"ana","topic":"note","text":"x","mood":"good"}}}"#;
    let world = World::holding(sealed([&header((1, 7), "1.4.0"), later, known]));
    let history = read(&world).unwrap();
    assert_eq!(history.unknown, 1);
    assert_eq!(history.version.to_string(), "1.7");
    assert!(matches!(&history.events[..], [event] if event.kind == noted("x")));
    let error = Journal::open(world.root.path(), &release(), "ana", at(0)).unwrap_err();
    assert!(matches!(error, JournalError::Newer { .. }), "{error}");

    let known = r#"{"at":"2026-12-01T14:00:02Z","event":{"run_finished":{"end":"vanished"}}}"#;
    world.write(sealed([&header((1, 7), "1.4.0"), later, known]));
    assert_eq!(broken_line(&world), Some(3), "a known kind that is not understood is not left out");
    world.write(sealed([&header((1, 0), "1.4.0"), later]));
    assert_eq!(broken_line(&world), Some(2), "this version has no such event");
    world.write(sealed([&header((0, 9), "1.4.0")]));
    assert_eq!(broken_line(&world), Some(1), "there was no such version");
}

#[test]
fn the_journal_of_another_release_is_refused() {
    let world = World::holding(sealed([header((1, 0), "1.3.9")]));
    let error = read(&world).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "expected the journal of release `1.4.0`, found that of `1.3.9`: `{}`",
            world.path().display()
        )
    );
}

#[test]
fn another_file_is_no_journal() {
    for text in ["hello\n", "{}\n", "\n", "[1,2]\nx"] {
        let world = World::holding(text);
        assert!(matches!(read(&world), Err(JournalError::NotAJournal { .. })), "{text}");
    }
    let world = World::holding(sealed([r#"{"format":"shopping-list","version":{"major":1,"minor":0}}"#]));
    assert!(matches!(read(&world), Err(JournalError::NotAJournal { .. })));
    fs::remove_file(world.path()).unwrap();
    fs::create_dir(world.path()).unwrap();
    assert!(matches!(read(&world), Err(JournalError::NotAJournal { .. })));
}

#[test]
fn a_journal_that_is_not_there_is_missing() {
    let world = World::new();
    let error = read(&world).unwrap_err();
    assert_eq!(error.to_string(), format!("no journal is kept at `{}`", world.path().display()));
    assert!(!world.folder().exists(), "reading makes nothing");
}

#[test]
fn a_line_above_the_limit_is_refused() {
    let world = World::with(&[]);
    let file = fs::OpenOptions::new().write(true).open(world.path()).unwrap();
    file.set_len((64 << 20) + 1000).unwrap();
    let error = read(&world).unwrap_err().to_string();
    assert!(error.starts_with("line 2 of the journal is broken, it is longer than 64 MiB"), "{error}");
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let world = World::with(&short_run());
    let before = world.text();
    let mut journal = world.open();
    let deep = (0..200).fold(Value::Null, |value, _| Value::List(vec![value]));
    let finding = Finding::new("deep").evidence(Evidence::new().with("deep", deep));
    let deep = told([finished("nodes", Status::Done(Outcome::Pass(finding)))]);
    let error = journal.record(&deep[0]).unwrap_err();
    assert!(matches!(error, JournalError::Unwritable { .. }), "{error}");
    let error = journal.record(&told([noted("x".repeat(65 << 20))])[0]).unwrap_err();
    assert!(error.to_string().contains("64 MiB"), "{error}");
    assert_eq!(world.text(), before);
    journal.record(&told([noted("and on")])[0]).unwrap();
    assert_eq!(read(&world).unwrap().events.len(), 7);
}

#[test]
fn events_before_any_plan_are_read_and_give_no_report() {
    let world = World::with(&told([noted("early")]));
    let history = read(&world).unwrap();
    assert!(matches!(history.events[0].kind, EventKind::Noted(_)));
    assert!(history.report().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = World::holding(&text);
        // Nothing but a sealed header begins a journal, and none comes up by chance.
        prop_assert!(read(&world).is_err());
    }

    #[test]
    fn no_bytes_after_a_journal_are_taken_for_a_part_of_it(
        tail in proptest::collection::vec(any::<u8>(), 1..60),
        cut in 0_usize..120,
    ) {
        let world = World::with(&[]);
        let text = world.text();
        // The beginning of another line, then anything.
        let begun = &sealed([header((1, 0), "1.4.0"), "{\"at\":\"2026".to_owned()])[text.len().min(cut)..];
        world.write([&text, begun.get(..cut).unwrap_or_default(), &tail].concat());
        if let Ok(history) = read(&world) {
            prop_assert!(history.events.is_empty() && history.dropped.is_some());
        }
    }

    #[test]
    fn no_sealed_bytes_make_the_reader_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let world = World::holding(sealed([header((1, 9), "1.4.0").into_bytes(), payload]));
        prop_assert_eq!(broken_line(&world), Some(2));
    }

    #[test]
    fn no_change_of_a_sealed_event_makes_the_reader_panic(
        event in 0_usize..27, index in any::<proptest::sample::Index>(), byte in any::<u8>(),
    ) {
        let world = World::with(&full_run()[event..=event]);
        let text = world.text();
        let line = text.split(|byte| *byte == b'\n').nth(1).unwrap();
        let mut payload = line[line.len().min(84)..line.len() - 1].to_vec();
        let at = index.index(payload.len());
        payload[at] = byte;
        world.write(sealed([header((1, 0), "1.4.0").into_bytes(), payload]));
        match read(&world) {
            Ok(history) => prop_assert_eq!(history.events.len(), 1),
            Err(JournalError::Broken { line, .. }) => prop_assert_eq!(line, 2),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn a_release_names_its_folder_and_no_other() {
    let world = World::with(&[]);
    let other = ReleaseId::new("1.4.1").unwrap();
    assert!(matches!(read_journal(world.root.path(), &other), Err(JournalError::Missing { .. })));
}
