//! The kinds that ask the release machine: a real folder, a real shell, real repositories.

use std::{fs, io::Write as _, path::Path, process::Command};

use vapora_preflight_sim::laws::Case;

use crate::{Token, checklist};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        disk_has_space(),
        command_succeeds(),
        tool_version(),
        docker_reachable(),
        tcp_connects(),
        resolves(),
    ];
    if is_git_there() {
        cases.extend([branch_up_to_date(), worktree_clean(), commits_expected()]);
    } else {
        // past the harness, which keeps what tests print
        let told = "\nskipped: the laws of the kinds of git: there is no `git` on this machine\n";
        let _ = std::io::stderr().write_all(told.as_bytes());
    }
    cases
}

/// Whether the kinds of git can be asked on this machine.
pub(crate) fn is_git_there() -> bool {
    let started = Command::new("git").arg("--version").output();
    !started.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
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
        .volatile(&["free", "used_percent", "free_percent", "inodes_free", "inodes_free_percent"])
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
        .unwrap();
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

/// A repository with the tag `v1` and one commit after it, and one with a change besides.
fn tagged(folder: &Path) {
    git(folder, &["init", "-q", "-b", "main", "clean"]);
    for (name, tag) in [("first", Some("v1")), ("second", None)] {
        fs::write(folder.join("clean").join("file"), name).unwrap();
        git(&folder.join("clean"), &["add", "."]);
        git(&folder.join("clean"), &["commit", "-q", "-m", &format!("feat: {name}")]);
        if let Some(tag) = tag {
            git(&folder.join("clean"), &["tag", tag]);
        }
    }
    git(folder, &["clone", "-q", "clean", "changed"]);
    fs::write(folder.join("changed").join("new"), "by hand").unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
}

fn worktree_clean() -> Case {
    let folder = tempfile::tempdir().unwrap();
    tagged(folder.path());
    let asking = |name: &str| {
        let directory = folder.path().join(name);
        checklist(&format!("kind = \"git.worktree_clean\"\ndirectory = \"{}\"", directory.display()), "")
    };
    Case::new("git.worktree_clean", asking("clean"))
        .broken("there is a new file", asking("changed"))
        .broken("the folder is no clone", asking("empty"))
        .broken("the folder is not there", asking("nowhere"))
        .folder(folder.path())
        .keep(folder)
}

fn commits_expected() -> Case {
    let folder = tempfile::tempdir().unwrap();
    tagged(folder.path());
    let asking = |name: &str, more: &str| {
        let directory = folder.path().join(name);
        let check =
            format!("kind = \"git.commits_expected\"\ndirectory = \"{}\"\n{more}", directory.display());
        checklist(&check, "")
    };
    Case::new("git.commits_expected", asking("clean", "since = \"v1\"\ntypes = [\"feat\"]"))
        .broken("there are no commits", asking("clean", "since = \"main\""))
        .broken("another author", asking("clean", "since = \"v1\"\nauthors = [\"nobody*\"]"))
        .broken("another path", asking("clean", "since = \"v1\"\npaths = [\"src/**\"]"))
        .broken("another type", asking("clean", "since = \"v1\"\ntypes = [\"fix\"]"))
        .broken("no signature", asking("clean", "since = \"v1\"\nsigned = true"))
        .broken("no such tag", asking("clean", "since = \"v9\""))
        .broken("the folder is no clone", asking("empty", "since = \"v1\""))
        .folder(folder.path())
        .keep(folder)
}

fn tool_version() -> Case {
    let asking = |tool: &str, requires: &str| {
        checklist(&format!("kind = \"host.tool_version\"\ntool = \"{tool}\"\nrequires = \"{requires}\""), "")
    };
    Case::new("host.tool_version", asking("cargo", ">=1"))
        .broken("the version does not fit", asking("cargo", "<1"))
        .broken(
            "the tool tells no version",
            asking("echo", ">=1\"\narguments = [\"none\"]\nafter = \"version"),
        )
        .broken(
            "the tool fails",
            asking("cargo", ">=1\"\narguments = [\"no-such-command\"]\nafter = \"cargo"),
        )
        .broken("the tool is not there", asking("no-such-tool-anywhere", ">=1"))
}

/// A program that says what Docker's client says.
fn docker_reachable() -> Case {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = |name: &str, script: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        checklist(&format!("kind = \"host.docker_reachable\"\nprogram = \"{}\"", path.display()), "")
    };
    let engine = r#"echo '{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2"}}'"#;
    let alone = r#"echo '{"Client":{"Version":"28.2.2"},"Server":null}'"#;
    let good = format!("if [ \"$1\" = compose ]; then echo 2.36.2; else {engine}; fi");
    let no_compose = format!("if [ \"$1\" = compose ]; then exit 125; else {engine}; fi");
    Case::new("host.docker_reachable", program("good", &good))
        .broken("the engine does not answer", program("alone", &format!("{alone}; exit 1")))
        .broken("Compose is not there", program("no-compose", &no_compose))
        .broken("it says nothing", program("silent", "true"))
        .broken("it does not end", program("endless", "exec sleep 1000"))
        .broken(
            "the program is not there",
            checklist("kind = \"host.docker_reachable\"\nprogram = \"no-such-docker\"", ""),
        )
        .folder(folder.path())
        .keep(folder)
}

fn tcp_connects() -> Case {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asking =
        |endpoint: &str| checklist(&format!("kind = \"net.tcp_connects\"\nendpoint = \"{endpoint}\""), "");
    Case::new("net.tcp_connects", asking(&listener.local_addr().unwrap().to_string()))
        .broken("nobody listens", asking(&closed.to_string()))
        .broken("the host is no name", asking(&format!("{}.example:80", "a".repeat(64))))
        .volatile(&["latency"])
        .keep(listener)
}

fn resolves() -> Case {
    // a socket that nobody reads from, so that no answer comes
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let asking = |more: &str| checklist(&format!("kind = \"net.resolves\"\n{more}"), "");
    let server = silent.local_addr().unwrap();
    Case::new("net.resolves", asking("name = \"localhost\""))
        .broken("it leads elsewhere", asking("name = \"localhost\"\ncontains = [\"192.0.2.7\"]"))
        .broken(
            "the name server does not answer",
            asking(&format!("name = \"api.example.com\"\nrecord = \"A\"\nserver = \"{server}\"")),
        )
        .keep(silent)
}
