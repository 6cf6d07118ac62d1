//! Archives that do not hold what they should, and ones that are damaged.

use std::{fs, path::Path};

use vapora_preflight_storage::ArchiveComplete;

use super::{HOLDS, artifacts, packed};
use crate::ask::{ask, error, fails, passes, run, told, write};

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let inside = folder.path().join("artifacts");
    fs::remove_file(inside.join("vapora-multiuser.json")).unwrap();
    fs::remove_file(inside.join("docker-compose.yml")).unwrap();
    write(&inside, &[("secrets/admin.key", "x"), (".git/config", "x"), ("vapora-solo.toml", "")]);
    let mut places = packed(folder.path());
    places.push(inside.display().to_string());
    for place in places {
        let answer = ask::<ArchiveComplete>(&format!("archive = '{place}'\n{HOLDS}")).await;
        let told = told(&answer, folder.path()).replace(place.rsplit('/').next().unwrap(), "ARCHIVE");
        insta::allow_duplicates! { insta::assert_snapshot!(told, @"
        fail: `DIR/ARCHIVE`: `docker-compose.yml` and `vapora-multiuser.json` are missing; `.git/config` and `secrets/admin.key` are not expected; `vapora-solo.toml` is empty
        expected: `docker-compose.yml` and `vapora-multiuser.json`; no other files; no empty files
        actual: `docker-compose.yml` and `vapora-multiuser.json` are missing; `.git/config` and `secrets/admin.key` are not expected; `vapora-solo.toml` is empty
        remedy: find out why whoever packs it leaves them out, and make it anew
        ") };
        let allowed = format!(
            "archive = '{place}'\nholds = ['vapora-*.toml']\nmay_hold = ['**']\nmay_be_empty = ['vapora-solo.*']"
        );
        assert!(passes(&ask::<ArchiveComplete>(&allowed).await), "{place}");
    }
}

#[tokio::test]
async fn a_wrong_digest_fails() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("x"), &[("a", "a"), ("b", "b"), ("c", "c")]);
    let sums = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n\
        ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  b\n\
        ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  d\n";
    write(&folder.path().join("x"), &[("sums", sums)]);
    let place = folder.path().join("x").display().to_string();
    let asked = format!("archive = '{place}'\nholds = ['*']\nchecksums = 'sums'");
    insta::assert_snapshot!(told(&ask::<ArchiveComplete>(&asked).await, folder.path()), @"
    fail: `DIR/x`: `d` is missing; `b` has another SHA-256 than `sums` says, `c` has no checksum in `sums`
    expected: `d`; the digests that are named
    actual: `d` is missing; `b` has another SHA-256 than `sums` says, `c` has no checksum in `sums`
    remedy: find out why whoever packs it leaves them out, and make it anew
    ");
    write(&folder.path().join("x"), &[("sums", "no checksums")]);
    insta::assert_snapshot!(told(&ask::<ArchiveComplete>(&asked).await, folder.path()), @"
    fail: `DIR/x`: `sums` cannot be used: line 1 is no checksum of SHA-256 or SHA-512
    expected: the digests that are named
    actual: `sums` cannot be used: line 1 is no checksum of SHA-256 or SHA-512
    remedy: get it again; where it stays so, what was packed is not what was meant
    ");
    if run(&folder.path().join("x"), &["zip", "-q", "../x.zip", "a"]) {
        let zip = folder.path().join("x.zip").display().to_string();
        let other = "a".repeat(64);
        let answer =
            ask::<ArchiveComplete>(&format!("archive = '{zip}'\nholds = ['a']\ndigest = '{other}'")).await;
        assert!(fails(&answer), "{answer:?}");
        let answer =
            ask::<ArchiveComplete>(&format!("archive = '{place}'\nholds = ['*']\ndigest = '{other}'")).await;
        assert!(fails(&answer), "a folder has no digest: {answer:?}");
    }
}

#[tokio::test]
async fn an_archive_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("gone.zip").display().to_string();
    for format in ["", "format = 'zip'\n"] {
        let answer = ask::<ArchiveComplete>(&format!("archive = '{place}'\n{format}holds = ['a']")).await;
        assert!(!error(&answer).is_transient(), "{answer:?}");
    }
}

#[tokio::test]
async fn no_byte_may_be_missing_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    // what cannot be compressed, so that most bytes are content
    let noise: String = (0..4000_u32)
        .map(|it| char::from(b'!' + (it.wrapping_mul(2_654_435_761) >> 25) as u8 % 90))
        .collect();
    write(&folder.path().join("artifacts"), &[("noise.txt", &noise)]);
    for archive in packed(folder.path()) {
        let whole = fs::read(&archive).unwrap();
        let is_tar = Path::new(&archive).extension() == Some("tar".as_ref());
        let ask_of = |bytes: Vec<u8>| {
            let archive = archive.clone();
            async move {
                fs::write(&archive, bytes).unwrap();
                ask::<ArchiveComplete>(&format!("archive = '{archive}'\n{HOLDS}\nmay_hold = ['*']")).await
            }
        };
        assert!(passes(&ask_of(whole.clone()).await), "{archive}");
        for length in (0..whole.len()).step_by(whole.len() / 97 + 1) {
            let answer = ask_of(whole[..length].to_vec()).await;
            // zeros after the mark of its end are no part of a tape archive
            let only_zeros = is_tar
                && whole[length..].iter().all(|byte| *byte == 0)
                && whole[length - 1024..length].iter().all(|byte| *byte == 0);
            assert!(!passes(&answer) || only_zeros, "{archive} cut to {length}: {answer:?}");
        }
        if !is_tar {
            let middle = whole.len() / 2;
            let mut flipped = whole.clone();
            flipped[middle] ^= 0x10;
            assert!(fails(&ask_of(flipped).await), "{archive} with another byte");
        }
    }
}

#[tokio::test]
async fn what_is_no_archive_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for end in ["zip", "tar", "tar.gz", "tar.zst", "bin"] {
        for content in ["", "this is no archive, whatever its name says\n"] {
            let path = folder.path().join(format!("x.{end}"));
            fs::write(&path, content.repeat(if content.is_empty() { 1 } else { 40 })).unwrap();
            let answer =
                ask::<ArchiveComplete>(&format!("archive = '{}'\nholds = ['a']", path.display())).await;
            assert!(!passes(&answer));
            said.push(told(&answer, folder.path()).lines().next().unwrap().to_owned());
        }
    }
    insta::assert_debug_snapshot!(said, @r#"
    [
        "fail: `DIR/x.zip` is damaged: it is no zip file, or its end is missing",
        "fail: `DIR/x.zip` is damaged: it is no zip file, or its end is missing",
        "fail: `DIR/x.tar` is damaged: it ends too early",
        "fail: `DIR/x.tar` is damaged: it is no tape archive",
        "fail: `DIR/x.tar.gz` is damaged: it ends too early",
        "fail: `DIR/x.tar.gz` is damaged: invalid gzip header",
        "fail: `DIR/x.tar.zst` is damaged: it ends too early",
        "fail: `DIR/x.tar.zst` is damaged: it is not zstd",
        "permanent error: could not look into `DIR/x.bin`: it is neither a folder nor an archive of a known format",
        "permanent error: could not look into `DIR/x.bin`: it is neither a folder nor an archive of a known format",
    ]
    "#);
}

#[tokio::test]
async fn what_cannot_be_read_here_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a", "content")]);
    if run(folder.path(), &["zip", "-q", "-P", "secret", "encrypted.zip", "a"]) {
        let place = folder.path().join("encrypted.zip").display().to_string();
        let answer = ask::<ArchiveComplete>(&format!("archive = '{place}'\nholds = ['a']")).await;
        insta::assert_snapshot!(told(&answer, folder.path()), @"
        permanent error: could not look into `DIR/encrypted.zip`: `a` is encrypted
        remedy: pack it as zip (stored or deflated), `tar`, `tar.gz` or `tar.zst`, without encryption
        ");
    }
}
