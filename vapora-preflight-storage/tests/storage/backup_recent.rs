//! `storage.backup_recent`, in folders.

mod contents;
mod parameters;

use std::path::Path;

use vapora_preflight::Value;
use vapora_preflight_storage::BackupRecent;

use crate::ask::{aged, ask, error, fails, passes, told, value, write};

const HOUR: i64 = 3600;

/// Backups with their sizes, and how many hours ago they were modified.
fn backups(all: &[(&str, usize, i64)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, size, hours) in all {
        write(folder.path(), &[(name, &"x".repeat(*size))]);
        aged(&folder.path().join(name), hours * HOUR);
    }
    folder
}

fn of(folder: &Path, more: &str) -> String {
    format!("from = '{}'\n{more}", folder.display())
}

#[tokio::test]
async fn the_newest_backup_counts() {
    let folder =
        backups(&[("b-1.zip", 1000, 50), ("b-3.zip", 1100, 2), ("b-2.zip", 1050, 26), ("other.zip", 1, 1)]);
    let answer = ask::<BackupRecent>(&of(
        folder.path(),
        "name = 'b-*.zip'\nmax_age = '24h'\nmin_size = '1kB'\nmax_shrink_percent = 10",
    ))
    .await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"pass: the newest backup `b-3.zip` is 2h old and has 1.1KiB");
    assert_eq!(value(&answer, "backups"), Value::from(3));
    assert_eq!(value(&answer, "newest"), Value::from("b-3.zip"));
    assert_eq!(value(&answer, "previous"), Value::from("b-2.zip"));
    assert_eq!(value(&answer, "age"), Value::from(7200));
    assert_eq!(value(&answer, "made"), Value::from("2026-12-01T12:00:00Z"));
    assert_eq!(value(&answer, "change_percent"), Value::Float(4.76));
    assert_eq!(value(&answer, "verified"), Value::Null);
}

#[tokio::test]
async fn a_backup_that_is_just_young_enough_passes_and_one_second_more_fails() {
    let folder = backups(&[("b.zip", 10, 24)]);
    let asked = of(folder.path(), "name = '*.zip'\nmax_age = '24h'");
    assert!(passes(&ask::<BackupRecent>(&asked).await));
    aged(&folder.path().join("b.zip"), 24 * HOUR + 1);
    insta::assert_snapshot!(told(&ask::<BackupRecent>(&asked).await, folder.path()), @"
    fail: the newest backup `b.zip`: it is 24h old, 1s too old, of 2026-11-30 13:59 UTC
    expected: not older than 24h
    actual: it is 24h old, 1s too old, of 2026-11-30 13:59 UTC
    remedy: find out why no newer one was made, and make one now
    ");
}

#[tokio::test]
async fn every_flaw_is_told_at_once() {
    let folder = backups(&[("b-1.zip", 5000, 50), ("b-2.zip", 100, 30)]);
    let answer = ask::<BackupRecent>(&of(
        folder.path(),
        "name = 'b-*.zip'\nmax_age = '24h'\nmin_size = '1kB'\nmax_shrink_percent = 20",
    ))
    .await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: the newest backup `b-2.zip`: it is 30h old, 6h too old, of 2026-11-30 08:00 UTC; it has 100B; it has 100B, 98% less than the 4.9KiB of `b-1.zip`
    expected: not older than 24h; at least 1000B; at most 20% smaller than the one before
    actual: it is 30h old, 6h too old, of 2026-11-30 08:00 UTC; it has 100B; it has 100B, 98% less than the 4.9KiB of `b-1.zip`
    remedy: find out why no newer one was made, and make one now
    ");
    let alone = backups(&[("b.zip", 100, 1)]);
    let answer =
        ask::<BackupRecent>(&of(alone.path(), "name = '*.zip'\nmax_age = '24h'\nmax_shrink_percent = 20"))
            .await;
    insta::assert_snapshot!(told(&answer, alone.path()), @"
    fail: the newest backup `b.zip`: there is no other
    expected: one before it to compare with
    actual: there is no other
    remedy: keep more than one backup, or leave out `max_shrink_percent` until there are two
    ");
    let empty = backups(&[("b.zip", 0, 1)]);
    let answer = ask::<BackupRecent>(&of(empty.path(), "name = '*.zip'\nmax_age = '24h'")).await;
    insta::assert_snapshot!(told(&answer, empty.path()), @"
    fail: the newest backup `b.zip`: it is empty
    expected: a backup with something in it
    actual: it is empty
    remedy: look at what the last run of the backup said, and make a new one
    ");
}

#[tokio::test]
async fn a_link_counts_as_what_it_leads_to_and_as_nothing_where_it_leads_nowhere() {
    let folder = backups(&[("b-1.zip", 100, 30), ("elsewhere", 100, 1)]);
    let link = folder.path().join("b-2.zip");
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    let asked = of(folder.path(), "name = 'b-*.zip'\nmax_age = '24h'");
    let answer = ask::<BackupRecent>(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    std::fs::remove_file(folder.path().join("elsewhere")).unwrap();
    let answer = ask::<BackupRecent>(&asked).await;
    assert!(fails(&answer), "{answer:?}");
    assert_eq!(
        (value(&answer, "newest"), value(&answer, "backups")),
        (Value::from("b-1.zip"), Value::from(1))
    );
}

#[tokio::test]
async fn no_backup_at_all_fails() {
    let folder = backups(&[("README", 10, 1)]);
    let answer = ask::<BackupRecent>(&of(folder.path(), "name = '*.zip'\nmax_age = '24h'")).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: there is no backup in `DIR`: there is no file `*.zip`
    expected: a backup `*.zip`, not older than 24h
    actual: there is no file `*.zip`
    remedy: make a backup; if there is one, correct `from` and `name`
    ");
    let gone = of(&folder.path().join("gone"), "name = '*.zip'\nmax_age = '24h'");
    let answer = ask::<BackupRecent>(&gone).await;
    assert!(!error(&answer).is_transient(), "{answer:?}");
    let below = of(folder.path(), "name = 'daily/*.zip'\nmax_age = '24h'");
    assert!(fails(&ask::<BackupRecent>(&below).await));
    assert!(
        error(&ask::<BackupRecent>(&of(&folder.path().join("README"), "name = '*'\nmax_age = '24h'")).await)
            .report()
            .remedy
            .is_some()
    );
}

#[tokio::test]
async fn the_date_in_the_name_counts_whatever_was_copied_when() {
    // all were copied an hour ago
    let folder =
        backups(&[("b-2026-11-28.zip", 10, 1), ("b-2026-11-29.zip", 10, 1), ("b-latest.zip", 10, 0)]);
    let dated = "name = 'b-*.zip'\nmax_age = '24h'\ndate = '%Y-%m-%d'";
    let answer = ask::<BackupRecent>(&of(folder.path(), dated)).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: the newest backup `b-2026-11-29.zip`: it is 62h old, 38h too old, of 2026-11-29 00:00 UTC
    expected: not older than 24h
    actual: it is 62h old, 38h too old, of 2026-11-29 00:00 UTC
    remedy: find out why no newer one was made, and make one now
    ");
    assert_eq!(value(&answer, "backups"), Value::from(2));
    assert_eq!(value(&answer, "made_by_name"), Value::Bool(true));
    let undated = backups(&[("b-latest.zip", 10, 0)]);
    insta::assert_snapshot!(told(&ask::<BackupRecent>(&of(undated.path(), dated)).await, undated.path()), @"
    fail: there is no backup in `DIR`: no date as `%Y-%m-%d` is in the name of `b-latest.zip`
    expected: a backup `b-*.zip`, not older than 24h
    actual: no date as `%Y-%m-%d` is in the name of `b-latest.zip`
    remedy: correct `date`, or the names of the backups
    ");
}

#[tokio::test]
async fn a_name_that_tells_the_day_leaves_the_hour_to_the_time_of_modification() {
    let dated = "name = 'b-*.zip'\nmax_age = '6h'\ndate = '%F'";
    let folder = backups(&[("b-2026-12-01.zip", 10, 5)]);
    let answer = ask::<BackupRecent>(&of(folder.path(), dated)).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "age"), Value::from(5 * HOUR));
    // one of another day says nothing about the hour, so that the day's beginning counts
    let moved = backups(&[("b-2026-12-01.zip", 10, 30)]);
    let answer = ask::<BackupRecent>(&of(moved.path(), dated)).await;
    assert!(fails(&answer), "{answer:?}");
    assert_eq!(value(&answer, "age"), Value::from(14 * HOUR));
}

#[tokio::test]
async fn a_backup_from_the_future_fails() {
    let folder = backups(&[("b-2026-12-02.zip", 10, 1)]);
    let dated = "name = 'b-*.zip'\nmax_age = '24h'\ndate = '%F'";
    insta::assert_snapshot!(told(&ask::<BackupRecent>(&of(folder.path(), dated)).await, folder.path()), @"
    fail: the newest backup `b-2026-12-02.zip`: it is of 2026-12-02 00:00 UTC, which is yet to come
    expected: a backup from the past
    actual: it is of 2026-12-02 00:00 UTC, which is yet to come
    remedy: set the clock of the machine that makes it, or write the `zone` of the dates in the names
    ");
    aged(&folder.path().join("b-2026-12-02.zip"), -HOUR);
    let answer = ask::<BackupRecent>(&of(folder.path(), "name = '*.zip'\nmax_age = '24h'")).await;
    assert!(fails(&answer), "{answer:?}");
    aged(&folder.path().join("b-2026-12-02.zip"), -60);
    let answer = ask::<BackupRecent>(&of(folder.path(), "name = '*.zip'\nmax_age = '24h'")).await;
    assert!(passes(&answer), "clocks differ a little: {answer:?}");
}

#[tokio::test]
async fn dates_are_of_their_zone() {
    let folder = backups(&[("b-20261201T1430.zip", 10, 100)]);
    let asked = |zone: &str| {
        of(folder.path(), &format!("name = '*.zip'\nmax_age = '1h'\ndate = '%Y%m%dT%H%M'\nzone = '{zone}'"))
    };
    assert!(fails(&ask::<BackupRecent>(&asked("UTC")).await));
    let answer = ask::<BackupRecent>(&asked("Europe/Madrid")).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "made"), Value::from("2026-12-01T13:30:00Z"));
}

#[tokio::test]
async fn what_is_still_being_written_does_not_count() {
    let folder = backups(&[("b-1.zip", 1000, 10), ("b-2.zip", 10, 0)]);
    let asked = |settled: &str| of(folder.path(), &format!("name = 'b-*.zip'\nmax_age = '24h'\n{settled}"));
    let answer = ask::<BackupRecent>(&asked("settled_for = '10m'")).await;
    assert_eq!(value(&answer, "newest"), Value::from("b-1.zip"));
    assert_eq!(value(&ask::<BackupRecent>(&asked("")).await, "newest"), Value::from("b-2.zip"));
    let answer = ask::<BackupRecent>(&asked("settled_for = '12h'")).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: there is no backup in `DIR`: `b-1.zip` and `b-2.zip` are written to just now
    expected: a backup `b-*.zip`, not older than 24h
    actual: `b-1.zip` and `b-2.zip` are written to just now
    remedy: wait until it is done
    ");
}

#[tokio::test]
async fn a_backup_can_be_a_folder() {
    let folder = backups(&[
        ("2026-11-30/a.db", 100, 20),
        ("2026-11-30/wal/1", 100, 20),
        ("2026-12-01/a.db", 100, 3),
        ("2026-12-01/wal/1", 100, 2),
        ("2026-12-01/wal/2", 40, 2),
        ("lost", 1, 0),
    ]);
    let asked = of(
        folder.path(),
        "name = '20*'\nfolders = true\nmax_age = '24h'\ndate = '%F'\nmax_shrink_percent = 0",
    );
    let answer = ask::<BackupRecent>(&asked).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"pass: the newest backup `2026-12-01` is 2h old and has 240B");
    assert_eq!((value(&answer, "size"), value(&answer, "parts")), (Value::from(240), Value::from(3)));
    assert_eq!(value(&answer, "previous_size"), Value::from(200));
}

#[tokio::test]
async fn a_link_to_a_backup_is_followed() {
    let folder = backups(&[("store/b.zip", 10, 30)]);
    std::os::unix::fs::symlink("store/b.zip", folder.path().join("latest.zip")).unwrap();
    let asked = of(folder.path(), "name = 'latest.zip'\nmax_age = '24h'");
    let answer = ask::<BackupRecent>(&asked).await;
    assert!(fails(&answer), "the link is new, and what it leads to is old: {answer:?}");
    aged(&folder.path().join("store/b.zip"), HOUR);
    assert!(passes(&ask::<BackupRecent>(&asked).await));
    std::fs::remove_file(folder.path().join("store/b.zip")).unwrap();
    assert!(!passes(&ask::<BackupRecent>(&asked).await), "the link leads nowhere");
}
