//! `storage.archive_complete`

mod good;
mod hostile;
mod parameters;
mod same;
mod wrong;

use std::path::Path;

pub(crate) use self::hostile::tar_member;
use crate::ask::{run, write};

/// The files of the artifacts of VAPORA.
const FILES: [(&str, &str); 12] = [
    ("configmap.yaml", "kind: ConfigMap\n"),
    ("deployment.yaml", "kind: Deployment\n"),
    ("docker-compose.yml", "services: {}\n"),
    ("vapora-solo.toml", "a = 1\n"),
    ("vapora-solo.yaml", "a: 1\n"),
    ("vapora-solo.json", "{\"a\": 1}\n"),
    ("vapora-multiuser.toml", "a = 2\n"),
    ("vapora-multiuser.yaml", "a: 2\n"),
    ("vapora-multiuser.json", "{\"a\": 2}\n"),
    ("vapora-enterprise.toml", "a = 3\n"),
    ("vapora-enterprise.yaml", "a: 3\n"),
    ("vapora-enterprise.json", "{\"a\": 3}\n"),
];

/// What they have to be.
const HOLDS: &str = "holds = ['configmap.yaml', 'deployment.yaml', 'docker-compose.yml', 'vapora-{solo,multiuser,enterprise}.{toml,yaml,json}']";

/// Writes the artifacts into the folder `artifacts`.
fn artifacts(folder: &Path) {
    write(&folder.join("artifacts"), &FILES);
}

/// Packs that folder in every format with the programs of the machine. Tells the archives; none where a program is missing.
fn packed(folder: &Path) -> Vec<String> {
    let inside = folder.join("artifacts");
    let packed = run(&inside, &["zip", "-q", "-r", "../artifacts.zip", "."])
        && run(&inside, &["tar", "-cf", "../artifacts.tar", "."])
        && run(&inside, &["tar", "-czf", "../artifacts.tar.gz", "."])
        && run(folder, &["zstd", "-q", "-k", "artifacts.tar"]);
    if !packed {
        return Vec::new();
    }
    ["zip", "tar", "tar.gz", "tar.zst"]
        .iter()
        .map(|end| folder.join(format!("artifacts.{end}")).display().to_string())
        .collect()
}
