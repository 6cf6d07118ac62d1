//! The files of the release machine: what the pipeline has made, and the backups of the database.

use std::io::{self, Cursor, Write};

use serde_json::{Value, json};
use zip::{DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{NAMESPACE, World, WorldError, image};
use crate::cluster::ClusterServer;

/// How VAPORA can be run, each with a configuration of its own.
const MODES: [&str; 3] = ["solo", "multiuser", "enterprise"];

/// A file of the release machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldFile {
    /// Its name in its folder.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// When it was last modified, in seconds of Unix time.
    pub modified: i64,
}

/// What the pipeline makes for a release that brings new images to this cluster and leaves its ConfigMap as it is.
pub(super) fn artifacts(cluster: &ClusterServer, modified: i64) -> Result<Vec<WorldFile>, WorldError> {
    let config = cluster.object("ConfigMap", NAMESPACE, "vapora-config")?;
    let of = |object: &Value, api_version: &str, kind: &str, field: &str| {
        let metadata = &object["metadata"];
        // Every JSON text is one of YAML; `kubectl` reads what begins with a brace as JSON to its end.
        format!(
            "---\n{:#}\n",
            json!({
                "apiVersion": api_version,
                "kind": kind,
                "metadata": { "name": metadata["name"], "namespace": metadata["namespace"] },
                field: object[field],
            })
        )
    };
    let deployments: Vec<String> = cluster
        .objects("Deployment")
        .into_iter()
        .map(|mut deployment| {
            let name = deployment["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let containers = deployment["spec"]["template"]["spec"]["containers"].as_array_mut();
            for container in containers.into_iter().flatten() {
                container["image"] = image(&name, World::NEXT_TAG).into();
            }
            of(&deployment, "apps/v1", "Deployment", "spec")
        })
        .collect();
    let compose =
        json!({ "services": { "backend": { "image": "registry.example.com/vapora/vapora-backend" } } });
    let mut files = vec![
        ("configmap.yaml".to_owned(), of(&config, "v1", "ConfigMap", "data")),
        ("deployment.yaml".to_owned(), deployments.concat()),
        ("docker-compose.yml".to_owned(), format!("{compose:#}\n")),
    ];
    for mode in MODES {
        files.push((format!("vapora-{mode}.json"), format!("{:#}\n", json!({ "mode": mode }))));
        files.push((format!("vapora-{mode}.toml"), format!("mode = \"{mode}\"\n")));
        files.push((format!("vapora-{mode}.yaml"), format!("mode: {mode}\n")));
    }
    Ok(files
        .into_iter()
        .map(|(name, text)| WorldFile { name, content: text.into_bytes(), modified })
        .collect())
}

/// What goes wrong when a manifest is written by two hands: a name in it is there twice.
pub(super) fn break_manifest(files: &mut [WorldFile]) {
    for file in files.iter_mut().filter(|file| file.name == "deployment.yaml") {
        let text = String::from_utf8_lossy(&file.content);
        file.content = text.replacen("\"kind\":", "\"kind\": \"Deployment\",\n  \"kind\":", 1).into_bytes();
    }
}

/// What goes wrong when somebody mends a manifest where it lies: it can be read, and is not the one that was made.
pub(super) fn edit_by_hand(files: &mut [WorldFile]) {
    for file in files.iter_mut().filter(|file| file.name == "deployment.yaml") {
        file.content.extend_from_slice(b"# tried out\n");
    }
}

/// Packs files into a zip archive, the same in every run.
pub(super) fn zip(files: &[WorldFile]) -> Result<Vec<u8>, WorldError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
    let packed = files.iter().try_for_each(|file| {
        archive.start_file(file.name.as_str(), options)?;
        archive.write_all(&file.content).map_err(ZipError::from)
    });
    let packed = packed.and_then(|()| archive.finish()).map_err(io::Error::other)?;
    Ok(packed.into_inner())
}

/// The backup of the database that was made at that time, with the file of its checksum.
pub(super) fn backup(day: &str, modified: i64) -> Result<[WorldFile; 2], WorldError> {
    let rows =
        (0..2000).map(|number| format!("UPDATE project:{number} CONTENT {{ name: 'project {number}' }};\n"));
    let export = WorldFile {
        name: "vapora.surql".to_owned(),
        content: rows.collect::<String>().into_bytes(),
        modified,
    };
    let name = format!("vapora-{day}.surql.zip");
    let content = zip(&[export])?;
    let sum = format!("{}  {name}\n", vapora_preflight::Digest::of(&content));
    let sum = WorldFile { name: format!("{name}.sha256"), content: sum.into_bytes(), modified };
    Ok([WorldFile { name, content, modified }, sum])
}
