//! An archive beside the folder where it was unpacked.

use std::fs;

use vapora_preflight::Value;
use vapora_preflight_storage::{ArchiveComplete, ManifestsParse};

use super::{HOLDS, artifacts, packed};
use crate::ask::{ask, error, fails, passes, problems, told, value, write};

#[tokio::test]
async fn what_was_unpacked_is_what_was_packed() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let inside = folder.path().join("artifacts");
    for archive in packed(folder.path()) {
        let asked = format!("archive = '{archive}'\nsame_as = '{}'\n{HOLDS}", inside.display());
        let answer = ask::<ArchiveComplete>(&asked).await;
        assert!(passes(&answer), "{archive}: {answer:?}");
        assert_eq!(value(&answer, "differing"), Value::List(Vec::new()));
        let alone = ask::<ArchiveComplete>(&format!("archive = '{archive}'\n{HOLDS}")).await;
        assert_eq!(value(&alone, "differing"), Value::Null);
        // and both kinds tell the digest of one archive
        let read =
            ask::<ManifestsParse>(&format!("from = '{archive}'\nfiles = ['*.{{yaml,toml,json}}']")).await;
        assert!(passes(&read), "{archive}: {read:?}");
        assert_eq!(value(&read, "digest"), value(&answer, "digest"));
        assert_ne!(value(&read, "digest"), Value::Null);
    }
}

#[tokio::test]
async fn what_was_changed_after_it_was_unpacked_is_told() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let inside = folder.path().join("artifacts");
    let archives = packed(folder.path());
    // one byte of the same number, one file more, one less
    write(&inside, &[("configmap.yaml", "kind: ConfigMaP\n"), ("extra.yaml", "kind: Role\n")]);
    fs::remove_file(inside.join("vapora-solo.json")).unwrap();
    for archive in archives {
        let asked = format!("archive = '{archive}'\nsame_as = '{}'\n{HOLDS}", inside.display());
        let answer = ask::<ArchiveComplete>(&asked).await;
        let told = told(&answer, folder.path()).replace(archive.rsplit('/').next().unwrap(), "ARCHIVE");
        let commands = [
            "mkdir DIR/artifacts.new && unzip DIR/ARCHIVE -d DIR/artifacts.new && diff -r DIR/artifacts.new DIR/artifacts",
            "mkdir DIR/artifacts.new && tar -xf DIR/ARCHIVE -C DIR/artifacts.new && diff -r DIR/artifacts.new DIR/artifacts",
        ];
        let told = commands.iter().fold(told, |told, command| told.replace(command, "COMMAND"));
        insta::allow_duplicates! { insta::assert_snapshot!(told, @"
        fail: `DIR/ARCHIVE`: `configmap.yaml` is another in `DIR/artifacts`, `vapora-solo.json` is not in `DIR/artifacts`, `extra.yaml` is only in `DIR/artifacts`
        expected: the same files as in `DIR/artifacts`
        actual: `configmap.yaml` is another in `DIR/artifacts`, `vapora-solo.json` is not in `DIR/artifacts`, `extra.yaml` is only in `DIR/artifacts`
        remedy: unpack it anew into an empty folder, and see what differs: COMMAND
        ") };
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path());
    let inside = folder.path().join("artifacts");
    let Some(archive) = packed(folder.path()).into_iter().next() else { return };
    let asked = |same_as: &str| format!("archive = '{archive}'\nsame_as = '{same_as}'\n{HOLDS}");
    let gone = folder.path().join("gone").display().to_string();
    assert!(!error(&ask::<ArchiveComplete>(&asked(&gone)).await).is_transient());
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(fails(&ask::<ArchiveComplete>(&asked(&empty.display().to_string())).await));
    // a link in the folder leads to where what is applied can be changed
    fs::remove_file(inside.join("configmap.yaml")).unwrap();
    write(folder.path(), &[("elsewhere.yaml", "kind: ConfigMap\n")]);
    std::os::unix::fs::symlink("../elsewhere.yaml", inside.join("configmap.yaml")).unwrap();
    let answer = ask::<ArchiveComplete>(&asked(&inside.display().to_string())).await;
    assert!(
        fails(&answer) && told(&answer, folder.path()).contains("`configmap.yaml` is a link"),
        "{answer:?}"
    );
}

#[test]
fn what_cannot_be_compared_is_a_problem() {
    let of = |more: &str| problems::<ArchiveComplete>(&format!("archive = 'a.zip'\nholds = ['a']\n{more}"));
    assert_eq!(of("same_as = 's3://bucket/x'"), ["`s3://bucket/x` is in an object store"]);
    assert_eq!(of("same_as = 'a.zip'"), ["it is the archive itself"]);
    assert!(of("same_as = 'artifacts'").is_empty());
}
