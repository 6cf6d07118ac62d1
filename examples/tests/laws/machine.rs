//! The kinds that ask the release machine: a real folder, a real shell, real repositories.

use std::{fs, path::Path, process::Command};

use vapora_preflight_sim::laws::Case;

use crate::{Token, checklist};

pub(crate) fn cases() -> Vec<Case> {
    vec![disk_has_space(), command_succeeds(), branch_up_to_date()]
}

fn disk_has_space() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let asking = |path: &Path, limit: &str| {
        checklist(&format!("kind = \"storage.disk_has_space\"\npath = \"{}\"\n{limit}", path.display()), "")
    };
    let path = folder.path();
    Case::new("storage.disk_has_space", asking(path, "free = \"1KiB\"\nfree_percent = 0.0001"))
        .broken("the path is not there", asking(&path.join("gone"), "free = \"1KiB\""))
        .broken("the disk is too small", asking(path, "free = \"1000000TiB\""))
        .broken("the file system stores nothing", asking(Path::new("/proc"), "free_percent = 1"))
        .volatile(&["free", "used_percent", "free_percent", "inodes_free_percent"])
        .folder(path)
        .keep(folder)
}

fn command_succeeds() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let asking = |argv: &str| {
        let check = format!(
            r#"
kind = "host.command_succeeds"
argv = {argv}
directory = "{}"
env = {{ PASSED_ON = {{ env = "TOKEN" }} }}
contains = ["ready"]
"#,
            folder.path().display()
        );
        checklist(&check, "")
    };
    Case::new("host.command_succeeds", asking(r#"["sh", "-c", "echo $PASSED_ON; env >&2; echo ready"]"#))
        .broken("the program is not there", asking(r#"["no-such-program-anywhere"]"#))
        .broken("it exits with 1", asking(r#"["sh", "-c", "echo ready; exit 1"]"#))
        .broken("it is killed", asking(r#"["sh", "-c", "echo ready; kill -9 $$"]"#))
        .broken("it says something else", asking(r#"["sh", "-c", "echo no"]"#))
        .broken("it does not end", asking(r#"["sh", "-c", "echo ready; exec sleep 1000"]"#))
        .secrets(Token::new("not-for-anyones-eyes"), &["not-for-anyones-eyes"])
        // the environment of the tests is among what it says
        .volatile(&["duration", "stderr_tail", "stderr_bytes"])
        .folder(folder.path())
        .keep(folder)
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .output()
        .expect("these tests need `git`: install it");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A bare repository, and clones of it: one that is current, one with a change, one behind, one whose remote is gone.
fn branch_up_to_date() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let commit = |name: &str| {
        fs::write(at("clone").join("file"), name).unwrap();
        git(&at("clone"), &["add", "."]);
        git(&at("clone"), &["commit", "-q", "-m", name]);
        git(&at("clone"), &["push", "-q", "origin", "HEAD:main"]);
    };
    git(folder.path(), &["init", "-q", "--bare", "-b", "main", "bare"]);
    git(folder.path(), &["clone", "-q", "bare", "clone"]);
    git(&at("clone"), &["checkout", "-q", "-B", "main"]);
    commit("first");
    git(folder.path(), &["clone", "-q", "bare", "behind"]);
    commit("second");
    for name in ["changed", "orphaned"] {
        git(folder.path(), &["clone", "-q", "bare", name]);
    }
    fs::write(at("changed").join("file"), "by hand").unwrap();
    git(&at("orphaned"), &["remote", "set-url", "origin", "../gone"]);
    fs::create_dir(at("empty")).unwrap();
    let asking = |name: &str, branch: &str| {
        let directory = at(name);
        let check = format!(
            "kind = \"git.branch_up_to_date\"\ndirectory = \"{}\"\nbranch = \"{branch}\"",
            directory.display()
        );
        checklist(&check, "")
    };
    Case::new("git.branch_up_to_date", asking("clone", "main"))
        .broken("the clone is behind", asking("behind", "main"))
        .broken("there are changes", asking("changed", "main"))
        .broken("the remote is gone", asking("orphaned", "main"))
        .broken("the folder is no clone", asking("empty", "main"))
        .broken("the folder is not there", asking("nowhere", "main"))
        .broken("there is no such branch", asking("clone", "release"))
        .folder(folder.path())
        .keep(folder)
}
