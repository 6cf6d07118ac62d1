//! `storage.manifests_parse`

use std::fs;

use vapora_preflight::Value;
use vapora_preflight_storage::ManifestsParse;

use super::archive_complete::tar_member;
use crate::ask::{ask, error, fails, passes, problems, run, told, value, write};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: vapora-config\n  namespace: vapora\ndata:\n  a: 'b'\n";
const DEPLOYMENTS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: vapora-backend}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: vapora-agents}\n";
const ASKED: &str = "files = ['configmap.yaml', 'deployment.yaml', 'vapora-{solo,multiuser}.{toml,json}']\n\
    requires = [{ kind = 'ConfigMap', name = 'vapora-config', namespace = 'vapora' }, { kind = 'Deployment', name = 'vapora-agents', api_version = 'apps/v1' }]";

fn good() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("m"),
        &[
            ("configmap.yaml", CONFIG_MAP),
            ("deployment.yaml", DEPLOYMENTS),
            ("vapora-solo.toml", "a = 1\n"),
            ("vapora-solo.json", "{\"a\": 1}\n"),
            ("vapora-multiuser.toml", "a = 1\n"),
            ("vapora-multiuser.json", "[{\"a\": 1}]\n"),
            ("README.md", "not looked at\n"),
        ],
    );
    folder
}

#[tokio::test]
async fn manifests_in_folders_and_archives_are_read() {
    let folder = good();
    let inside = folder.path().join("m");
    let mut places = vec![inside.display().to_string()];
    if run(&inside, &["zip", "-q", "-r", "../m.zip", "."]) && run(&inside, &["tar", "-czf", "../m.tgz", "."])
    {
        places.extend(["m.zip", "m.tgz"].map(|name| folder.path().join(name).display().to_string()));
    }
    for place in places {
        let answer = ask::<ManifestsParse>(&format!("from = '{place}'\n{ASKED}")).await;
        assert!(passes(&answer), "{place}: {answer:?}");
        assert_eq!((value(&answer, "files"), value(&answer, "documents")), (Value::from(6), Value::from(7)));
        let objects = ["ConfigMap/vapora-config", "Deployment/vapora-backend", "Deployment/vapora-agents"];
        assert_eq!(value(&answer, "objects"), Value::from(objects.to_vec()));
        if place.ends_with("zip") {
            insta::assert_snapshot!(told(&answer, folder.path()), @"pass: 6 files in `DIR/m.zip` can be read (7 documents)");
        }
    }
}

#[tokio::test]
async fn every_mistake_of_every_file_is_told() {
    let folder = good();
    let inside = folder.path().join("m");
    write(
        &inside,
        &[
            (
                "configmap.yaml",
                "kind: ConfigMap\nmetadata:\n  name: vapora-config\n  name: other\ndata: [1, 2\n---\nkind: X\nkind: Y\n",
            ),
            ("deployment.yaml", "a: *gone\n"),
            ("vapora-solo.toml", "a = \nb = 'x\n"),
            ("vapora-solo.json", "{\"a\": 1,}"),
            ("vapora-multiuser.toml", "\n"),
        ],
    );
    fs::write(inside.join("vapora-multiuser.json"), b"{\"a\": \"\xff\"}").unwrap();
    let answer = ask::<ManifestsParse>(&format!("from = '{}'\n{ASKED}", inside.display())).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: 9 mistakes in 6 of 6 files in `DIR/m`, and more is wrong
    expected: no mistakes; `ConfigMap/vapora-config in vapora` and `Deployment/vapora-agents of apps/v1`
    actual: configmap.yaml:4:3: `name` is there twice, first in line 3
    configmap.yaml:5:7: unclosed bracket `[`
    configmap.yaml:8:1: `kind` is there twice, first in line 7
    deployment.yaml:1:4: there is no anchor `gone` before it
    vapora-multiuser.json:1:8: it is not UTF-8
    vapora-multiuser.toml:1:1: there is nothing in it
    vapora-solo.json:1:9: trailing comma
    vapora-solo.toml:1:5: string values must be quoted, expected literal string
    vapora-solo.toml:2:7: invalid literal string, expected `'`
    `ConfigMap/vapora-config in vapora` and `Deployment/vapora-agents of apps/v1` are in none of the files
    remedy: correct them where they are made
    ");
    assert_eq!(value(&answer, "mistakes"), Value::from(9));
    let Value::List(places) = value(&answer, "places") else { panic!() };
    assert_eq!(places.len(), 9);
}

#[tokio::test]
async fn the_only_mistake_is_told_in_the_first_line() {
    let folder = good();
    let inside = folder.path().join("m");
    write(&inside, &[("configmap.yaml", &format!("{CONFIG_MAP}kind: ConfigMap\n"))]);
    let answer = ask::<ManifestsParse>(&format!("from = '{}'\n{ASKED}", inside.display())).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: `DIR/m`: configmap.yaml:8:1: `kind` is there twice, first in line 2
    expected: no mistakes
    actual: configmap.yaml:8:1: `kind` is there twice, first in line 2
    remedy: correct them where they are made
    ");
}

#[tokio::test]
async fn files_and_objects_that_are_missing_fail() {
    let folder = good();
    let inside = folder.path().join("m");
    fs::remove_file(inside.join("vapora-multiuser.toml")).unwrap();
    write(&inside, &[("deployment.yaml", "kind: Deployment\nmetadata: {name: vapora-backend}\n")]);
    let answer = ask::<ManifestsParse>(&format!("from = '{}'\n{ASKED}", inside.display())).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: `DIR/m`: `vapora-multiuser.toml` is missing; `Deployment/vapora-agents of apps/v1` is in none of the files
    expected: `vapora-multiuser.toml`; `Deployment/vapora-agents of apps/v1`
    actual: `vapora-multiuser.toml` is missing
    `Deployment/vapora-agents of apps/v1` is in none of the files
    remedy: find out why they are not made, or correct `files`
    ");
    let answer =
        ask::<ManifestsParse>(&format!("from = '{}'\nfiles = ['nothing/*.yaml']", inside.display())).await;
    assert!(fails(&answer), "{answer:?}");
}

#[tokio::test]
async fn what_cannot_be_looked_into_is_no_pass() {
    let folder = good();
    let gone = folder.path().join("gone").display().to_string();
    assert!(
        !error(&ask::<ManifestsParse>(&format!("from = '{gone}'\nfiles = ['a.yaml']")).await).is_transient()
    );
    write(folder.path(), &[("broken.zip", "PK\x03\x04 and nothing more"), ("plain", "kind: x\n")]);
    let broken = folder.path().join("broken.zip").display().to_string();
    let answer = ask::<ManifestsParse>(&format!("from = '{broken}'\nfiles = ['a.yaml']")).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: `DIR/broken.zip`: it is no zip file, or its end is missing
    expected: an archive that can be read to its end
    actual: it is no zip file, or its end is missing
    remedy: get the archive again, or make it anew
    ");
    let plain = folder.path().join("plain").display().to_string();
    assert!(
        error(&ask::<ManifestsParse>(&format!("from = '{plain}'\nfiles = ['a.yaml']")).await)
            .report()
            .remedy
            .is_some()
    );
}

#[tokio::test]
async fn a_link_to_a_manifest_is_followed_and_a_broken_one_fails() {
    let folder = good();
    let inside = folder.path().join("m");
    let link = |name: &str, to: &str| std::os::unix::fs::symlink(to, inside.join(name)).unwrap();
    link("linked.yaml", "configmap.yaml");
    let asked = format!(
        "from = '{}'\nfiles = ['linked.yaml']\nrequires = [{{ kind = 'ConfigMap' }}]",
        inside.display()
    );
    let answer = ask::<ManifestsParse>(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    link("dangling.yaml", "nowhere.yaml");
    let answer =
        ask::<ManifestsParse>(&format!("from = '{}'\nfiles = ['dangling.yaml']", inside.display())).await;
    assert!(fails(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_language_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("vapora.conf", "a = 1\n")]);
    let asked = |format: &str| {
        format!("from = '{}'\nfiles = ['*.conf']\nformat = '{format}'", folder.path().display())
    };
    assert!(passes(&ask::<ManifestsParse>(&asked("toml")).await));
    assert!(fails(&ask::<ManifestsParse>(&asked("json")).await));
}

#[test]
fn a_question_that_asks_nothing_is_a_problem() {
    let of = problems::<ManifestsParse>;
    insta::assert_debug_snapshot!(
        [
            of("files = []"),
            of("files = ['a.{yaml,txt}', '*']"),
            of("files = ['a.yaml']\nrequires = [{ kind = '' }]"),
            of("from = 'm.zst'\nfiles = ['a.yaml']"),
            of("from = 'gs://bucket/m.zip'\nfiles = ['a.yaml']"),
        ],
        @r#"
    [
        [
            "the list is empty, so nothing is read",
        ],
        [
            "the end of `a.txt` does not say the language",
            "the end of `*` does not say the language",
        ],
        [
            "a text in it is empty",
        ],
        [
            "`m.zst` is one compressed file by its name, and not an archive of files",
        ],
        [
            "how `gs://bucket/m.zip` is reached is not said",
        ],
    ]
    "#
    );
}

/// A tape archive of these members.
async fn of_tar(members: &[Vec<u8>], more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = members.concat();
    tar.extend([0; 1024]);
    fs::write(folder.path().join("m.tar"), tar).unwrap();
    let place = folder.path().join("m.tar").display().to_string();
    let answer = ask::<ManifestsParse>(&format!("from = '{place}'\nfiles = ['**/*.yaml']\n{more}")).await;
    assert!(!passes(&answer), "{answer:?}");
    told(&answer, folder.path()).lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn an_archive_that_would_do_harm_is_refused() {
    let file = |name: &str| tar_member(name.as_bytes(), b'0', b"", 5, b"a: 1\n");
    insta::assert_debug_snapshot!(
        [
            of_tar(&[file("a.yaml"), file("../b.yaml")], "").await,
            of_tar(&[file("a.yaml"), file("/etc/b.yaml")], "").await,
            of_tar(&[file("a.yaml"), tar_member(b"b.yaml", b'2', b"/etc/b.yaml", 0, b"")], "").await,
            of_tar(&[file("a.yaml"), tar_member(b"dev", b'3', b"", 0, b"")], "").await,
            of_tar(&[file("a.yaml"), file("b.yaml"), file("c.yaml")], "limits = { members = 2 }").await,
            of_tar(&[file("a.yaml"), file("a.yaml")], "").await,
        ],
        @r#"
    [
        "fail: `DIR/m.tar` is refused: the name `../b.yaml` leads out of the archive",
        "fail: `DIR/m.tar` is refused: the name `/etc/b.yaml` is absolute",
        "fail: `DIR/m.tar` is refused: `b.yaml` is a link to `/etc/b.yaml`",
        "fail: `DIR/m.tar` is refused: `dev` is no plain file",
        "fail: `DIR/m.tar` is refused: it has more than 2 members",
        "fail: `DIR/m.tar`: `a.yaml` is there twice",
    ]
    "#
    );
}

#[tokio::test]
async fn lines_of_windows_and_a_mark_of_the_byte_order_are_no_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let asked = format!("from = '{}'\nfiles = ['a.yaml']", folder.path().display());
    write(folder.path(), &[("a.yaml", "\u{feff}a: 1\r\nb: [1, 2]\r\n---\r\nc: 1\r\n")]);
    let answer = ask::<ManifestsParse>(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "documents"), Value::from(2));
    write(folder.path(), &[("a.yaml", "a: 1\r\nb: 1\r\na: 2\r\n")]);
    assert!(
        told(&ask::<ManifestsParse>(&asked).await, folder.path())
            .contains("a.yaml:3:1: `a` is there twice, first in line 1")
    );
    let wide: Vec<u8> = "a: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("a.yaml"), [&[0xff, 0xfe][..], &wide].concat()).unwrap();
    assert!(told(&ask::<ManifestsParse>(&asked).await, folder.path()).contains("it is not UTF-8"));
}
