//! One writer at a time.

use std::{fs, io::Write};

use vapora_preflight::{Journal, JournalError, Recorder, ReleaseId, read_journal};

use crate::{
    children::{Child, Task},
    world::{World, at, noted, release, told},
};

fn refused(world: &World) -> JournalError {
    Journal::open(world.root.path(), &release(), "bea@build-8", at(60)).unwrap_err()
}

#[test]
fn a_second_writer_of_the_same_process_is_told_who_the_first_is() {
    let world = World::new();
    let mut first = world.open();
    let error = refused(&world);
    let lock = world.folder().join("lock");
    let pid = std::process::id();
    assert_eq!(
        error.to_string(),
        format!(
            "the journal is being written by `ana@build-7`, process {pid}, since 2026-12-01T14:00:00Z: `{}`",
            lock.display()
        )
    );
    assert_eq!(
        error.remedy().unwrap(),
        format!("wait until it has ended, or end process {pid} on its machine")
    );
    let JournalError::Locked { writer: Some(writer), path } = error else { panic!("it names its writer") };
    assert_eq!((&*writer.by, writer.pid, writer.since, path), ("ana@build-7", pid, at(0), lock));

    first.record(&told([noted("undisturbed")])[0]).unwrap();
    assert_eq!(read_journal(world.root.path(), &release()).unwrap().events.len(), 1, "readers need no lock");
    drop(first);
    world.open();
}

#[test]
fn a_second_writer_of_another_process_is_told_who_the_first_is() {
    let world = World::new();
    let mut child = Child::spawn(&world, Task::Hold);
    assert_eq!(child.next_word().as_deref(), Some("holding"));
    let JournalError::Locked { writer: Some(writer), .. } = refused(&world) else { panic!("it is locked") };
    assert_eq!((&*writer.by, writer.pid), ("child@build-7", child.pid()));
    child.kill();
    world.open();
}

#[test]
fn the_lock_of_another_release_is_no_obstacle() {
    let world = World::new();
    let _first = world.open();
    Journal::open(world.root.path(), &ReleaseId::new("1.4.1").unwrap(), "bea", at(0)).unwrap();
}

#[test]
fn a_lock_file_that_was_left_behind_is_no_obstacle() {
    for text in [&br#"{"by":"dead","pid":1,"since":"2026-12-01T14:00:00Z"}"#[..], b"", b"\xff\x00 nonsense"] {
        let world = World::new();
        fs::create_dir_all(world.folder()).unwrap();
        fs::write(world.folder().join("lock"), text).unwrap();
        let _first = world.open();
        let error = refused(&world).to_string();
        assert!(error.contains("`ana@build-7`"), "{error}");
    }
}

#[test]
fn a_lock_that_says_nothing_yet_is_a_lock() {
    let world = World::new();
    let _first = world.open();
    fs::File::create(world.folder().join("lock")).unwrap().write_all(b"{\"by\":").unwrap();
    let error = refused(&world);
    assert!(matches!(error, JournalError::Locked { writer: None, .. }));
    assert!(error.to_string().starts_with("the journal is being written by another process: "), "{error}");
}
