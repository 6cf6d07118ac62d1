//! The kinds that read and write files, in real folders. Object stores are tried beside the kinds themselves.

use std::{fs, path::Path};

use vapora_preflight_sim::{SimClock, laws::Case};

use crate::{NOW, checklist};

pub(crate) fn cases() -> Vec<Case> {
    vec![backup_recent(), archive_complete(), manifests_parse(), writable()]
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn backup_recent() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sum = |name: &str| format!("{}  {name}\n", vapora_preflight::Digest::of("content"));
    write(
        path,
        &[
            ("b-2026-12-01.sql", "content"),
            ("b-2026-11-30.sql", "content"),
            ("old-2026-11-20.sql", "content"),
            ("empty-2026-12-01.sql", ""),
            ("changed-2026-12-01.sql", "other content"),
            ("future-2027-12-01.sql", "content"),
            ("SHA256SUMS", &(sum("b-2026-12-01.sql") + &sum("changed-2026-12-01.sql"))),
        ],
    );
    let asking = |folder: &Path, name: &str, more: &str| {
        let check = format!(
            "kind = \"storage.backup_recent\"\nfrom = \"{}\"\nname = \"{name}\"\ndate = \"%F\"\nmax_age = \"24h\"\n{more}",
            folder.display()
        );
        checklist(&check, "")
    };
    let sums = "checksums = \"SHA256SUMS\"\nmax_shrink_percent = 10";
    Case::new("storage.backup_recent", asking(path, "b-*.sql", sums))
        .broken("the folder is not there", asking(&path.join("gone"), "b-*.sql", ""))
        .broken("there is no backup", asking(path, "c-*.sql", ""))
        .broken("it is old", asking(path, "old-*.sql", ""))
        .broken("it is empty", asking(path, "empty-*.sql", ""))
        .broken("it is from the future", asking(path, "future-*.sql", ""))
        .broken(
            "it is another than its checksum says",
            asking(path, "changed-*.sql", "checksums = \"SHA256SUMS\""),
        )
        .broken("it has no checksum", asking(path, "old-*.sql", "checksums = \"{name}.sha256\""))
        .broken("it cannot be unpacked", asking(path, "b-*.sql", "open = true\nformat = \"gz\""))
        .clock(SimClock::at_unix_seconds(NOW))
        .folder(path)
        .keep(folder)
}

fn archive_complete() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(
        path,
        &[
            ("good/a.yaml", "a: 1"),
            ("good/b.toml", "b = 1"),
            ("empty/a.yaml", ""),
            ("broken.zip", "PK\x03\x04"),
        ],
    );
    std::os::unix::fs::symlink("/etc/passwd", path.join("empty/passwd")).unwrap();
    let asking = |name: &str, more: &str| {
        let place = path.join(name);
        checklist(
            &format!("kind = \"storage.archive_complete\"\narchive = \"{}\"\n{more}", place.display()),
            "",
        )
    };
    Case::new("storage.archive_complete", asking("good", "holds = [\"{a.yaml,b.toml}\"]"))
        .broken("it is not there", asking("gone.zip", "holds = [\"a.yaml\"]"))
        .broken("a file is missing", asking("good", "holds = [\"a.{yaml,json}\"]\nmay_hold = [\"**\"]"))
        .broken("a file is not expected", asking("good", "holds = [\"a.yaml\"]"))
        .broken(
            "a file is empty, and there is a link",
            asking("empty", "holds = [\"a.yaml\"]\nmay_hold = [\"**\"]"),
        )
        .broken("it is no archive", asking("broken.zip", "holds = [\"a.yaml\"]"))
        .folder(path)
        .keep(folder)
}

fn manifests_parse() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(
        path,
        &[
            ("good.yaml", "kind: ConfigMap\nmetadata: {name: a}\n"),
            ("good.json", "{\"a\": 1}"),
            ("twice.yaml", "a: 1\na: 2\n"),
            ("broken.toml", "a = "),
            ("empty.yaml", "---\n"),
        ],
    );
    let asking = |folder: &Path, more: &str| {
        checklist(&format!("kind = \"storage.manifests_parse\"\nfrom = \"{}\"\n{more}", folder.display()), "")
    };
    let good = "files = [\"good.{yaml,json}\"]\nrequires = [{ kind = \"ConfigMap\", name = \"a\" }]";
    Case::new("storage.manifests_parse", asking(path, good))
        .broken("the folder is not there", asking(&path.join("gone"), good))
        .broken("a file is missing", asking(path, "files = [\"good.toml\"]"))
        .broken("an object is missing", asking(path, &good.replace("\"a\"", "\"b\"")))
        .broken("a name is there twice", asking(path, "files = [\"twice.yaml\"]"))
        .broken("the syntax is wrong", asking(path, "files = [\"broken.toml\"]"))
        .broken("there is nothing in it", asking(path, "files = [\"empty.yaml\"]"))
        .folder(path)
        .keep(folder)
}

fn writable() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, &[("file", "")]);
    let asking =
        |to: &Path| checklist(&format!("kind = \"storage.writable\"\nto = \"{}\"", to.display()), "");
    Case::new("storage.writable", asking(path))
        .broken("the folder is not there", asking(&path.join("gone")))
        .broken("it is a file", asking(&path.join("file")))
        .broken("nothing can be written there", asking(Path::new("/proc")))
        .keep(folder)
}
