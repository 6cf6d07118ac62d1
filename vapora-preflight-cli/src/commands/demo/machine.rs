//! The release machine of the demonstration: a repository, the validator that VAPORA's checklist calls, the artifacts of the
//! release and the backups.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use vapora_preflight_sim::{World, WorldFile};

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
    /// The archive of the artifacts, once it is downloaded.
    pub(super) archive: PathBuf,
    /// The folder that it is unpacked into.
    pub(super) artifacts: PathBuf,
    /// The folder of the configurations that were generated for the review.
    pub(super) generated: PathBuf,
    /// The folder of the backups.
    pub(super) backups: PathBuf,
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
    pub(super) fn set(folder: &Path) -> Result<Self, Stop> {
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
        let (files, inside) = (folder.join("files"), folder.join("files/deployment-artifacts"));
        Ok(Self {
            repository,
            nu,
            kubectl,
            config_manifest: inside.join("configmap.yaml"),
            deployment_manifest: inside.join("deployment.yaml"),
            archive: files.join("deployment-artifacts.zip"),
            generated: files.join("generated"),
            backups: files.join("backups"),
            artifacts: inside,
        })
    }

    /// Lays out the files that the world has by now: the artifacts as they are unpacked, and the backups.
    pub(super) fn lay_out(&self, world: &World) -> Result<(), Stop> {
        let artifacts = world.artifacts();
        let of_modes = artifacts.iter().filter(|file| file.name.starts_with("vapora-"));
        fill(&self.generated, of_modes)?;
        fill(&self.artifacts, &world.unpacked_artifacts())?;
        fill(&self.backups, &world.backups()?)
    }
}

/// Has a folder hold these files, and no others.
fn fill<'f>(folder: &Path, files: impl IntoIterator<Item = &'f WorldFile>) -> Result<(), Stop> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for WorldFile { name, content, modified } in files {
        let path = folder.join(name);
        fs::write(&path, content)?;
        let since_1970 = Duration::from_secs(u64::try_from(*modified).unwrap_or_default());
        fs::File::options().append(true).open(&path)?.set_modified(SystemTime::UNIX_EPOCH + since_1970)?;
    }
    Ok(())
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
