//! The release machine of the demonstration: a repository, and the validator that VAPORA's checklist calls.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::exit::Stop;

/// A repository with its remote, and a stand-in for `nu`, all in a folder of the demonstration.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) repository: PathBuf,
    pub(super) nu: PathBuf,
    pub(super) kubectl: PathBuf,
    /// The manifest of the ConfigMap that the release has.
    pub(super) config_manifest: PathBuf,
    /// The manifest of its Deployments.
    pub(super) deployment_manifest: PathBuf,
}

/// Validates a mode as far as the demonstration goes: its configuration has to be there, and to name the mode.
const VALIDATOR: &str = r#"#!/bin/sh
# stands in for nu: called as `nu scripts/validate-config.nu --mode MODE`
mode="$3"
file="$(dirname "$0")/../repository/config/$mode.toml"
[ -f "$file" ] || { echo "no configuration for the mode $mode" >&2; exit 1; }
grep -q "^mode = \"$mode\"\$" "$file" || { echo "$file does not name its mode" >&2; exit 1; }
echo "$mode: valid"
"#;

/// Tells its version, as `kubectl version --client --output=json` does.
const KUBECTL: &str = r#"#!/bin/sh
# stands in for kubectl
echo '{"clientVersion":{"major":"1","minor":"36","gitVersion":"v1.36.1"},"kustomizeVersion":"v5.7.1"}'
"#;

impl Machine {
    /// `config_map` is that of the cluster, whose manifest is among the artifacts.
    pub(super) fn set(
        folder: &Path,
        config_map: &serde_json::Value,
        deployments: &[serde_json::Value],
    ) -> Result<Self, Stop> {
        let repository = folder.join("repository");
        let remote = folder.join("remote.git");
        let bin = folder.join("bin");
        for made in [&repository.join("config"), &remote, &bin] {
            fs::create_dir_all(made)?;
        }
        for mode in ["solo", "multiuser", "enterprise"] {
            fs::write(repository.join(format!("config/{mode}.toml")), format!("mode = \"{mode}\"\n"))?;
        }
        let nu = bin.join("nu");
        fs::write(&nu, VALIDATOR)?;
        let kubectl = bin.join("kubectl");
        fs::write(&kubectl, KUBECTL)?;
        for program in [&nu, &kubectl] {
            fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
        }
        let artifacts = folder.join("artifacts");
        fs::create_dir_all(&artifacts)?;
        let config_manifest = artifacts.join("configmap.yaml");
        let manifest = serde_json::json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": config_map["metadata"]["name"], "namespace": config_map["metadata"]["namespace"] },
            "data": config_map["data"],
        });
        // every JSON text is one of YAML
        fs::write(&config_manifest, serde_json::to_string_pretty(&manifest)?)?;
        let deployment_manifest = artifacts.join("deployment.yaml");
        let manifests: Result<Vec<String>, _> = deployments
            .iter()
            .map(|deployment| {
                let (metadata, spec) = (&deployment["metadata"], &deployment["spec"]);
                serde_json::to_string_pretty(&serde_json::json!({
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": { "name": metadata["name"], "namespace": metadata["namespace"] },
                    "spec": spec,
                }))
            })
            .collect();
        fs::write(&deployment_manifest, manifests?.join("\n---\n"))?;
        git(&remote, &["init", "--quiet", "--bare", "--initial-branch=main"])?;
        git(&repository, &["init", "--quiet", "--initial-branch=main"])?;
        git(&repository, &["add", "."])?;
        git(&repository, &["commit", "--quiet", "--message", "configuration of release 1.3.0"])?;
        git(&repository, &["tag", "v1.3.0"])?;
        fs::write(repository.join("config/CHANGES"), "2.0.0: projects are listed once\n")?;
        git(&repository, &["add", "."])?;
        git(&repository, &["commit", "--quiet", "--message", "configuration of release 2.0.0"])?;
        git(&repository, &["remote", "add", "origin", "../remote.git"])?;
        git(&repository, &["push", "--quiet", "origin", "main"])?;
        Ok(Self { repository, nu, kubectl, config_manifest, deployment_manifest })
    }
}

/// Runs git apart from the settings of the user and of the machine.
fn git(folder: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let ended = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=Ada Lovelace",
            "-c",
            "user.email=ada@example.com",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .map_err(|error| {
            Stop::failed(format!("could not run git, which the demonstration needs: {error}"))
        })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    Err(Stop::failed(format!("git {} failed: {said}", arguments.join(" "))))
}
