//! `storage.writable`, in folders.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use vapora_preflight::{Check, Resources, Value};
use vapora_preflight_storage::Writable;

use crate::ask::{Secrets, ask, check, context, error, fails, passes, problems, told, value};

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_folder_is_written_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let asked = format!("to = '{}'\nsize = '3MiB'", folder.path().display());
    let answer = ask::<Writable>(&asked).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"pass: `DIR` can be written: 3MiB written, read back and removed");
    for name in ["written", "read_back", "removed"] {
        assert_eq!(value(&answer, name), Value::Bool(true), "{name}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let url = ask::<Writable>(&format!("to = 'file://{}'", folder.path().display())).await;
    assert!(passes(&url), "{url:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_or_none_fails() {
    let folder = tempfile::tempdir().unwrap();
    let gone = format!("to = '{}'", folder.path().join("gone").display());
    insta::assert_snapshot!(told(&ask::<Writable>(&gone).await, folder.path()), @"
    fail: `DIR/gone` cannot be written: there is no such folder
    expected: a file of 1KiB can be written there, read back and removed
    actual: cannot be written: there is no such folder
    remedy: create the folder or mount what belongs there, or correct `to`
    ");
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(fails(&ask::<Writable>(&format!("to = '{}'", folder.path().join("file").display())).await));
    assert_eq!(names(folder.path()), ["file"]);
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_fails() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // the superuser may write everywhere but where the kernel itself keeps the files
    let place =
        if fs::write(folder.path().join("x"), "").is_ok() { Path::new("/proc/self") } else { folder.path() };
    let answer = ask::<Writable>(&format!("to = '{}'", place.display())).await;
    assert!(!passes(&answer), "{answer:?}");
    if place == folder.path() {
        assert!(fails(&answer), "{answer:?}");
    }
}

#[tokio::test]
async fn a_file_system_that_takes_no_files_is_no_pass() {
    let answer = ask::<Writable>("to = '/sys/kernel'").await;
    assert!(!passes(&answer), "{answer:?}");
    let refused = match &answer {
        Ok(outcome) => outcome.finding().summary.clone(),
        Err(_) => error(&answer).to_string(),
    };
    assert!(refused.contains("written"), "{refused}");
}

#[tokio::test]
async fn a_check_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let asked: Writable = check(&format!("to = '{}'\nsize = '16MiB'", folder.path().display()));
    let cx = context(Resources::new(), Secrets::default());
    {
        let mut running = std::pin::pin!(asked.run(&cx));
        let mut waker = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(running.as_mut().poll(&mut waker).is_pending());
    }
    // the thread is on its own now; another check of the same name waits for no one
    let answer = ask::<Writable>(&format!("to = '{}'", folder.path().display())).await;
    assert!(passes(&answer), "{answer:?}");
    let mut tries = 0;
    while !names(folder.path()).is_empty() {
        tries += 1;
        assert!(tries < 1_000_000, "{:?} is left", names(folder.path()));
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_size_that_cannot_be_is_a_problem() {
    let of = problems::<Writable>;
    insta::assert_debug_snapshot!(
        [of("to = 'x'\nsize = '0B'"), of("to = 'x'\nsize = '1GiB'"), of("to = 's3://bucket'"), of("to = 'x'\nstore = {}")],
        @r#"
    [
        [
            "expected more than 0 bytes and at most 64MiB, found 0B",
        ],
        [
            "expected more than 0 bytes and at most 64MiB, found 1GiB",
        ],
        [
            "how `s3://bucket` is reached is not said",
        ],
        [
            "`x` is no object store",
        ],
    ]
    "#
    );
}
