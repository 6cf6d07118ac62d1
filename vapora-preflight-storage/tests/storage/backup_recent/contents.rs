//! Checksums of backups, and what is in them.

use std::{fs, path::Path};

use vapora_preflight::Value;
use vapora_preflight_storage::BackupRecent;

use super::of;
use crate::ask::{aged, ask, fails, passes, run, told, value, write};

/// A folder with a dump, packed in every way.
fn packed() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let dump: String = (0..20_000_u32)
        .map(|it| format!("INSERT {};\n", it.wrapping_mul(2_654_435_761)))
        .collect::<Vec<_>>()
        .concat();
    write(folder.path(), &[("dump.sql", &dump), ("more/x", "x")]);
    let all = run(folder.path(), &["zip", "-q", "-r", "b.zip", "dump.sql", "more"])
        && run(folder.path(), &["tar", "-cf", "b.tar", "dump.sql", "more"])
        && run(folder.path(), &["tar", "-czf", "b.tar.gz", "dump.sql", "more"])
        && run(folder.path(), &["zstd", "-q", "b.tar", "-o", "b.tar.zst"])
        && run(
            folder.path(),
            &["sh", "-c", "gzip -c dump.sql > b.sql.gz && zstd -q --check dump.sql -o b.sql.zst"],
        );
    all.then_some(folder)
}

const ENDS: [&str; 6] = ["zip", "tar", "tar.gz", "tar.zst", "sql.gz", "sql.zst"];

fn touch(folder: &Path, name: &str) {
    aged(&folder.join(name), 600);
}

#[tokio::test]
async fn what_can_be_unpacked_passes_and_what_is_cut_or_changed_does_not() {
    let Some(folder) = packed() else { return };
    for end in ENDS {
        let name = format!("b.{end}");
        let path = folder.path().join(&name);
        touch(folder.path(), &name);
        let asked = of(folder.path(), &format!("name = '{name}'\nmax_age = '1h'\nopen = true"));
        let answer = ask::<BackupRecent>(&asked).await;
        assert!(passes(&answer), "{name}: {answer:?}");
        let files = if end.starts_with("sql") { 1 } else { 2 };
        assert_eq!(value(&answer, "members"), Value::from(files), "{name}");
        let dump = fs::metadata(folder.path().join("dump.sql")).unwrap().len();
        let Value::Int(unpacked) = value(&answer, "unpacked") else { panic!("{answer:?}") };
        assert!(unpacked as u64 >= dump && unpacked as u64 <= dump + 1, "{name}: {unpacked}");
        if end == "tar.zst" {
            insta::assert_snapshot!(told(&answer, folder.path()).split(" (").next().unwrap().replace(char::is_numeric, "N"), @"pass: the newest backup `b.tar.zst` is NNm old and has NNN.NKiB, N files in it");
        }
        let whole = fs::read(&path).unwrap();
        for length in (1..whole.len()).step_by(whole.len() / 41 + 1) {
            fs::write(&path, &whole[..length]).unwrap();
            touch(folder.path(), &name);
            let answer = ask::<BackupRecent>(&asked).await;
            let zeros = end == "tar" && whole[length - 1024.min(length)..].iter().all(|byte| *byte == 0);
            assert!(fails(&answer) || zeros, "{name} cut to {length}: {answer:?}");
        }
        if end != "tar" {
            let mut changed = whole.clone();
            changed[whole.len() / 2] ^= 1;
            fs::write(&path, changed).unwrap();
            touch(folder.path(), &name);
            assert!(fails(&ask::<BackupRecent>(&asked).await), "{name} with another bit");
        }
    }
}

#[tokio::test]
async fn streams_of_many_parts_are_read_to_their_end() {
    let Some(folder) = packed() else { return };
    let join = "cat b.sql.gz b.sql.gz > two.gz; cat b.sql.zst b.sql.zst > two.zst; head -c 100 b.sql.zst > cut; cat b.sql.zst cut > bad.zst; printf 'PK' > tail; cat b.sql.gz tail > bad.gz";
    assert!(run(folder.path(), &["sh", "-c", join]));
    let dump = fs::metadata(folder.path().join("dump.sql")).unwrap().len();
    for (name, good) in [("two.gz", true), ("two.zst", true), ("bad.zst", false), ("bad.gz", false)] {
        touch(folder.path(), name);
        let answer =
            ask::<BackupRecent>(&of(folder.path(), &format!("name = '{name}'\nmax_age = '1h'\nopen = true")))
                .await;
        assert_eq!(passes(&answer), good, "{name}: {answer:?}");
        if good {
            assert_eq!(value(&answer, "unpacked"), Value::from(2 * dump));
        }
    }
}

#[tokio::test]
async fn a_backup_with_nothing_in_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("nothing", "")]);
    let made = run(folder.path(), &["tar", "-czf", "b.tar.gz", "--files-from", "nothing"])
        && run(folder.path(), &["sh", "-c", "gzip -c nothing > b.gz && zstd -q nothing -o b.zst"]);
    if !made {
        return;
    }
    for name in ["b.tar.gz", "b.gz", "b.zst"] {
        touch(folder.path(), name);
        let answer =
            ask::<BackupRecent>(&of(folder.path(), &format!("name = '{name}'\nmax_age = '1h'\nopen = true")))
                .await;
        let told = told(&answer, folder.path()).replace(name, "NAME").replace(&name[2..], "FORMAT");
        insta::allow_duplicates! { insta::assert_snapshot!(told, @"
        fail: there is nothing in `NAME`
        expected: a `FORMAT` with something in it
        actual: it is empty inside
        remedy: find out why whoever makes the backup writes nothing
        ") };
    }
}

#[tokio::test]
async fn a_backup_is_unpacked_within_limits() {
    let Some(folder) = packed() else { return };
    touch(folder.path(), "b.zip");
    let asked =
        of(folder.path(), "name = 'b.zip'\nmax_age = '1h'\nopen = true\nlimits = { unpacked = '100KiB' }");
    insta::assert_snapshot!(told(&ask::<BackupRecent>(&asked).await, folder.path()), @"
    fail: `b.zip` was not read any further: it holds more than 100KiB unpacked
    expected: a backup within the limits
    actual: it holds more than 100KiB unpacked
    remedy: raise `limits` if backups may be that large; otherwise find out what is in it
    ");
}

#[tokio::test]
async fn a_checksum_beside_it_is_checked() {
    let Some(folder) = packed() else { return };
    let sums = [
        ("{name}.sha256", "sha256sum b.zip > b.zip.sha256"),
        ("{name}.sha512", "sha512sum -b b.zip > b.zip.sha512"),
        ("SHA256SUMS", "sha256sum *.zip *.gz > SHA256SUMS"),
        ("{name}.tag", "sha256sum --tag b.zip > b.zip.tag"),
        ("{name}.sum", "sha256sum < b.zip | cut -d' ' -f1 > b.zip.sum"),
        ("{name}.abs", "sha256sum $PWD/b.zip > b.zip.abs"),
    ];
    for (pattern, command) in sums {
        assert!(run(folder.path(), &["sh", "-c", command]));
        touch(folder.path(), "b.zip");
        let asked = of(folder.path(), &format!("name = 'b.zip*'\nmax_age = '1h'\nchecksums = '{pattern}'"));
        let asked = if pattern.contains("{name}") { asked } else { asked.replace("b.zip*", "b.zip") };
        // the others lie there, too, and are newer
        for (other, _) in sums {
            let other = folder.path().join(other.replace("{name}", "b.zip"));
            if other.exists() {
                aged(&other, 3000);
            }
        }
        let answer = ask::<BackupRecent>(&asked).await;
        assert!(passes(&answer), "{pattern}: {answer:?}");
        assert_eq!(value(&answer, "newest"), Value::from("b.zip"));
        assert_eq!(value(&answer, "verified"), Value::Bool(true));
        assert!(matches!(value(&answer, "digest"), Value::Text(_)));
    }
    let asked = of(folder.path(), "name = 'b.zip'\nmax_age = '1h'\nchecksums = '{name}.sha256'");
    let mut bytes = fs::read(folder.path().join("b.zip")).unwrap();
    let sum = vapora_preflight::Digest::of(&bytes).to_string();
    bytes[100] ^= 1;
    fs::write(folder.path().join("b.zip"), &bytes).unwrap();
    touch(folder.path(), "b.zip");
    let other = vapora_preflight::Digest::of(&bytes).to_string();
    let answer = ask::<BackupRecent>(&asked).await;
    assert_eq!(value(&answer, "verified"), Value::Bool(false));
    insta::assert_snapshot!(told(&answer, folder.path()).replace(&sum, "GOOD").replace(&other, "BAD"), @"
    fail: `b.zip` is not what `b.zip.sha256` says: its SHA-256 is another
    expected: the SHA-256 `GOOD`
    actual: `BAD`
    remedy: make a new backup, and find out what damaged this one
    ");
}

#[tokio::test]
async fn a_checksum_that_says_nothing_fails() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("b.zip", "content")]);
    touch(folder.path(), "b.zip");
    let asked = of(folder.path(), "name = 'b.zip'\nmax_age = '1h'\nchecksums = 'sums'");
    let mut said = Vec::new();
    let good = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    for sums in [
        None,
        Some(String::new()),
        Some(format!("{good}  other.zip\n")),
        Some("hello\n".into()),
        Some(format!("{good}\n{good}\n")),
    ] {
        if let Some(sums) = sums {
            write(folder.path(), &[("sums", &sums)]);
        }
        let answer = ask::<BackupRecent>(&asked).await;
        assert!(fails(&answer), "{answer:?}");
        said.push(told(&answer, folder.path()).lines().next().unwrap().to_owned());
    }
    fs::write(folder.path().join("sums"), b"\xff\xfe").unwrap();
    said.push(told(&ask::<BackupRecent>(&asked).await, folder.path()).lines().next().unwrap().to_owned());
    insta::assert_debug_snapshot!(said, @r#"
    [
        "fail: there is no checksum of `b.zip`",
        "fail: `sums` cannot be used: there is no checksum in it",
        "fail: `b.zip` has no checksum in `sums`",
        "fail: `sums` cannot be used: line 1 is no checksum of SHA-256 or SHA-512",
        "fail: `b.zip` has no checksum in `sums`",
        "fail: `sums` cannot be used: it is not UTF-8",
    ]
    "#);
}

#[tokio::test]
async fn every_file_of_a_folder_has_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("2026/a", "a"), ("2026/wal/b", "b")]);
    if !run(&folder.path().join("2026"), &["sh", "-c", "sha256sum a wal/b > SHA256SUMS"]) {
        return;
    }
    let asked = of(folder.path(), "name = '20*'\nfolders = true\nmax_age = '1h'\nchecksums = 'SHA256SUMS'");
    let ask_now = || async {
        for name in ["2026/a", "2026/wal/b", "2026/wal/c", "2026/SHA256SUMS"] {
            if folder.path().join(name).exists() {
                touch(folder.path(), name);
            }
        }
        ask::<BackupRecent>(&asked).await
    };
    let answer = ask_now().await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!((value(&answer, "verified"), value(&answer, "digest")), (Value::Bool(true), Value::Null));
    write(folder.path(), &[("2026/wal/c", "c")]);
    let unlisted = told(&ask_now().await, folder.path());
    fs::remove_file(folder.path().join("2026/wal/c")).unwrap();
    fs::remove_file(folder.path().join("2026/wal/b")).unwrap();
    let gone = told(&ask_now().await, folder.path());
    insta::assert_snapshot!(format!("{unlisted}\n\n{gone}"), @"
    fail: `2026/wal/c` has no checksum in `2026/SHA256SUMS`
    expected: a line of it in `2026/SHA256SUMS`
    actual: there is none
    remedy: find out why whoever makes the backup writes none; a backup that cannot be checked is none

    fail: `2026` lacks `wal/b`, of which there is a checksum
    expected: every file that `2026/SHA256SUMS` names
    actual: `wal/b` is missing
    remedy: make a new backup, and find out what removed that file
    ");
}
