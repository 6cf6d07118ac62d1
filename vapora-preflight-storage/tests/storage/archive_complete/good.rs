//! Archives that hold what they should.

use std::{fs, path::Path};

use vapora_preflight::Value;
use vapora_preflight_storage::ArchiveComplete;

use super::{HOLDS, artifacts, packed};
use crate::ask::{ask, passes, run, told, value, write};

#[tokio::test]
async fn archives_of_every_format_and_a_folder_pass() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let mut places = packed(folder.path());
    places.push(folder.path().join("artifacts").display().to_string());
    for place in places {
        let answer = ask::<ArchiveComplete>(&format!("archive = '{place}'\n{HOLDS}")).await;
        assert!(passes(&answer), "{place}: {answer:?}");
        assert_eq!(value(&answer, "files"), Value::from(12));
        if place.ends_with("zip") {
            insta::assert_snapshot!(told(&answer, folder.path()), @"pass: `DIR/artifacts.zip` holds all that it should: 12 files (106B)");
            assert_eq!(value(&answer, "format"), Value::from("zip"));
        }
    }
}

#[tokio::test]
async fn a_format_that_the_name_does_not_say_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    for (number, archive) in packed(folder.path()).iter().enumerate() {
        let place = folder.path().join(format!("unnamed{number}"));
        fs::copy(archive, &place).unwrap();
        let answer = ask::<ArchiveComplete>(&format!("archive = '{}'\n{HOLDS}", place.display())).await;
        if archive.ends_with("zip") || archive.ends_with("tar") {
            assert!(passes(&answer), "{archive}: {answer:?}");
        } else {
            // its first bytes only say how it is compressed, so that it counts as one file
            let format = archive.split_once('.').unwrap().1;
            assert!(!passes(&answer), "{archive}: {answer:?}");
            let named = ask::<ArchiveComplete>(&format!(
                "archive = '{}'\nformat = '{}'\n{HOLDS}",
                place.display(),
                &format[format.find("tar").unwrap()..]
            ))
            .await;
            assert!(passes(&named), "{archive}: {named:?}");
        }
    }
}

#[tokio::test]
async fn tape_archives_of_every_age_are_read() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let long = format!("{}/{}.txt", "d".repeat(120), "f".repeat(130));
    write(&folder.path().join("artifacts"), &[(&long, "x")]);
    for format in ["gnu", "oldgnu", "pax"] {
        let name = format!("{format}.tar");
        if !run(
            &folder.path().join("artifacts"),
            &["tar", &format!("--format={format}"), "-cf", &format!("../{name}"), "."],
        ) {
            return;
        }
        let place = folder.path().join(name).display().to_string();
        let answer =
            ask::<ArchiveComplete>(&format!("archive = '{place}'\n{HOLDS}\nmay_hold = ['d*/*.txt']")).await;
        assert!(passes(&answer), "{format}: {answer:?}");
        assert_eq!(value(&answer, "files"), Value::from(13), "{format}");
    }
    for format in ["ustar", "v7"] {
        let name = format!("{format}.tar");
        run(
            &folder.path().join("artifacts"),
            &["tar", &format!("--format={format}"), "-cf", &format!("../{name}"), "vapora-solo.toml"],
        );
        let place = folder.path().join(name).display().to_string();
        let answer =
            ask::<ArchiveComplete>(&format!("archive = '{place}'\nholds = ['vapora-solo.toml']")).await;
        assert!(passes(&answer), "{format}: {answer:?}");
    }
}

#[tokio::test]
async fn digests_inside_and_outside_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let inside = folder.path().join("artifacts");
    if !run(&inside, &["sh", "-c", "sha256sum -- * > /tmp/sums.$$ && mv /tmp/sums.$$ SHA256SUMS"]) {
        return;
    }
    let archives = packed(folder.path());
    let places = archives.iter().cloned().chain([inside.display().to_string()]);
    for place in places {
        let answer =
            ask::<ArchiveComplete>(&format!("archive = '{place}'\nchecksums = 'SHA256SUMS'\n{HOLDS}")).await;
        assert!(passes(&answer), "{place}: {answer:?}");
        let digest = match value(&answer, "digest") {
            Value::Text(digest) => format!("digest = '{digest}'"),
            _ => String::new(),
        };
        let json = "d0e3b5b9a8d1ce5a1d0c1b5bcd9a8b8b0b8b0b8b0b8b0b8b0b8b0b8b0b8b0b8b";
        assert_eq!(json.len(), 64);
        let own = sha256(&inside.join("vapora-solo.json"));
        let asked = format!(
            "archive = '{place}'\n{digest}\n{HOLDS}\nmay_hold = ['SHA256SUMS']\n[digests]\n'vapora-solo.json' = '{own}'"
        );
        let answer = ask::<ArchiveComplete>(&asked).await;
        assert!(passes(&answer), "{place}: {answer:?}");
        let answer = ask::<ArchiveComplete>(&asked.replace(&own, json)).await;
        assert!(!passes(&answer), "{place}: {answer:?}");
    }
}

fn sha256(path: &Path) -> String {
    vapora_preflight::Digest::of(fs::read(path).unwrap()).to_string()
}
