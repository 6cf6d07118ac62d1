//! `git.branch_up_to_date` on real repositories.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use vapora_preflight::{Kind, Problems, Requirements, Value};
use vapora_preflight_host::BranchUpToDate;

#[path = "support/told.rs"]
mod told;

use told::{Answer, ask, fails, passes, text, value};

/// A bare repository, a clone of it to ask about, and another clone to push from.
struct Repositories {
    folder: TempDir,
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .output()
        .unwrap()
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = run(directory, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(directory: &Path, file: &str) {
    fs::write(directory.join(file), file).unwrap();
    git(directory, &["add", "."]);
    git(directory, &["commit", "-q", "-m", file]);
}

impl Repositories {
    /// Nothing where there is no git.
    fn new() -> Option<Self> {
        if !told::is_there("git") {
            return None;
        }
        let it = Self { folder: tempfile::tempdir().unwrap() };
        git(it.folder.path(), &["init", "-q", "--bare", "-b", "main", "bare"]);
        git(it.folder.path(), &["clone", "-q", "bare", "other"]);
        commit(&it.other(), "first");
        git(&it.other(), &["push", "-q", "origin", "HEAD:main"]);
        git(it.folder.path(), &["clone", "-q", "bare", "clone"]);
        Some(it)
    }

    fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    fn other(&self) -> PathBuf {
        self.folder.path().join("other")
    }

    fn remote_moves_on(&self) {
        commit(&self.other(), "second");
        commit(&self.other(), "third");
        git(&self.other(), &["push", "-q", "origin", "HEAD:main"]);
    }

    fn check(&self) -> BranchUpToDate {
        BranchUpToDate::new(self.clone())
    }

    async fn ask(&self) -> Answer {
        ask(&self.check()).await
    }

    /// The answer with the commits and the folder of this run taken out.
    fn told(&self, answer: &Answer) -> String {
        let text = told::told(answer).replace(self.folder.path().to_str().unwrap(), "[folder]");
        let mut shown = String::new();
        let hex = |word: &str| word.len() >= 12 && word.chars().all(|c| c.is_ascii_hexdigit());
        for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            shown += &if hex(bare) { word.replace(bare, "[commit]") } else { word.to_owned() };
        }
        shown
    }
}

#[tokio::test]
async fn a_branch_at_the_commit_of_the_remote_passes() {
    let Some(repositories) = Repositories::new() else { return };
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"pass: `main` is at [commit], as on `origin`");
    assert_eq!(text(&answer, "commit"), text(&answer, "remote_commit"));
    assert_eq!((value(&answer, "ahead"), value(&answer, "behind")), (Value::Int(0), Value::Int(0)));
    assert_eq!(value(&answer, "clean"), Value::Bool(true));
    let finding = answer.as_ref().unwrap().finding();
    let emitted: Vec<_> = finding.evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = BranchUpToDate::evidence().iter().map(|field| field.name).collect();
    assert_eq!(emitted, declared);
    fs::write(repositories.clone().join("untracked"), "x").unwrap();
    assert!(passes(&repositories.ask().await), "files that are not tracked do not count");
    let inside = repositories.clone().join("folder");
    fs::create_dir(&inside).unwrap();
    assert!(passes(&ask(&BranchUpToDate::new(inside)).await));
}

#[tokio::test]
async fn a_branch_behind_the_remote_fails_before_and_after_a_fetch() {
    let Some(repositories) = Repositories::new() else { return };
    repositories.remote_moves_on();
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: `main` is behind: `origin` has the commit [commit] that this clone does not have
    expected: `main` at the commit of `origin`, without changes in the work tree
    actual: `main` is behind: `origin` has the commit [commit] that this clone does not have
    remedy: git -C [folder]/clone pull --ff-only origin main
    ");
    assert_eq!((value(&answer, "ahead"), value(&answer, "behind")), (Value::Null, Value::Null));
    assert_ne!(text(&answer, "commit"), text(&answer, "remote_commit"));
    git(&repositories.clone(), &["fetch", "-q"]);
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: `main` is 2 commits behind `origin`
    expected: `main` at the commit of `origin`, without changes in the work tree
    actual: `main` is 2 commits behind `origin`
    remedy: git -C [folder]/clone pull --ff-only origin main
    ");
    assert_eq!((value(&answer, "ahead"), value(&answer, "behind")), (Value::Int(0), Value::Int(2)));
    git(&repositories.clone(), &["merge", "-q", "--ff-only", "origin/main"]);
    assert!(passes(&repositories.ask().await));
}

#[tokio::test]
async fn a_branch_ahead_of_the_remote_fails() {
    let Some(repositories) = Repositories::new() else { return };
    commit(&repositories.clone(), "mine");
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: `main` is 1 commit ahead of `origin`
    expected: `main` at the commit of `origin`, without changes in the work tree
    actual: `main` is 1 commit ahead of `origin`
    remedy: push what is ahead: git -C [folder]/clone push origin main; or drop it
    ");
    assert_eq!((value(&answer, "ahead"), value(&answer, "behind")), (Value::Int(1), Value::Int(0)));
}

#[tokio::test]
async fn a_branch_that_has_diverged_fails() {
    let Some(repositories) = Repositories::new() else { return };
    repositories.remote_moves_on();
    commit(&repositories.clone(), "mine");
    git(&repositories.clone(), &["fetch", "-q"]);
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: `main` and `origin` have diverged: 1 commit ahead, 2 commits behind
    expected: `main` at the commit of `origin`, without changes in the work tree
    actual: `main` and `origin` have diverged: 1 commit ahead, 2 commits behind
    remedy: bring both together: git -C [folder]/clone pull --rebase origin main
    ");
    assert_eq!((value(&answer, "ahead"), value(&answer, "behind")), (Value::Int(1), Value::Int(2)));
}

#[tokio::test]
async fn changes_in_the_work_tree_fail_unless_they_are_allowed() {
    let Some(repositories) = Repositories::new() else { return };
    fs::write(repositories.clone().join("first"), "changed").unwrap();
    fs::write(repositories.clone().join("with space"), "added").unwrap();
    git(&repositories.clone(), &["add", "with space"]);
    let answer = repositories.ask().await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: 2 files have changes that are not committed: `first`, `with space`
    expected: `main` at the commit of `origin`, without changes in the work tree
    actual: 2 files have changes that are not committed: `first`, `with space`
    remedy: look at the changes, and commit or drop them: git -C [folder]/clone status
    ");
    assert_eq!(value(&answer, "clean"), Value::Bool(false));
    let mut asked = repositories.check();
    asked.clean = false;
    let answer = ask(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "clean"), Value::Null);
}

#[tokio::test]
async fn a_branch_that_is_missing_on_either_side_fails() {
    let Some(repositories) = Repositories::new() else { return };
    git(&repositories.other(), &["push", "-q", "origin", "HEAD:only-there", "HEAD:x/refs/heads/tail"]);
    git(&repositories.clone(), &["branch", "-q", "only-here"]);
    git(&repositories.clone(), &["branch", "-q", "tail"]);
    let mut asked = repositories.check();
    asked.branch = "only-there".to_owned();
    insta::assert_snapshot!(repositories.told(&ask(&asked).await), @"
    fail: the clone has no branch `only-there`
    expected: `only-there` at the commit of `origin`, without changes in the work tree
    actual: the clone has no branch `only-there`
    remedy: git -C [folder]/clone fetch origin only-there:only-there
    ");
    asked.branch = "only-here".to_owned();
    let answer = ask(&asked).await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    fail: `origin` has no branch `only-here`
    expected: `only-here` at the commit of `origin`, without changes in the work tree
    actual: `origin` has no branch `only-here`
    remedy: correct `branch` or `remote`
    ");
    assert_eq!(value(&answer, "remote_commit"), Value::Null);
    asked.branch = "nowhere".to_owned();
    assert!(fails(&ask(&asked).await));
    asked.branch = "tail".to_owned();
    assert!(fails(&ask(&asked).await), "`x/refs/heads/tail` on the remote is another branch");
}

#[tokio::test]
async fn an_empty_remote_fails() {
    let Some(repositories) = Repositories::new() else { return };
    git(repositories.folder.path(), &["init", "-q", "--bare", "empty"]);
    git(&repositories.clone(), &["remote", "add", "empty", "../empty"]);
    let mut asked = repositories.check();
    asked.remote = "empty".to_owned();
    assert!(fails(&ask(&asked).await));
}

#[tokio::test]
async fn a_remote_that_is_missing_or_does_not_answer_is_an_error() {
    let Some(repositories) = Repositories::new() else { return };
    let mut asked = repositories.check();
    asked.remote = "upstream".to_owned();
    insta::assert_snapshot!(repositories.told(&ask(&asked).await), @"
    permanent error: the clone has no remote `upstream`
    remedy: correct `remote`, or add it: git remote add upstream <address>
    ");
    fs::rename(repositories.folder.path().join("bare"), repositories.folder.path().join("away")).unwrap();
    insta::assert_snapshot!(repositories.told(&repositories.ask().await), @"
    transient error: `origin` could not be asked: fatal: '[folder]/bare' does not appear to be a git repository; fatal: Could not read from remote repository.
    remedy: see that the remote can be reached without a prompt; what the repository's own configuration says about reaching it (such as `core.sshCommand`) is not used, your own configuration is
    ");
}

#[tokio::test]
async fn what_is_no_clone_is_an_error() {
    let Some(repositories) = Repositories::new() else { return };
    let plain = tempfile::tempdir().unwrap();
    let answer = ask(&BranchUpToDate::new(plain.path())).await;
    assert!(answer.is_err_and(|error| !error.is_transient()));
    let answer = ask(&BranchUpToDate::new(plain.path().join("missing"))).await;
    assert!(answer.is_err_and(|error| error.report().remedy.as_deref() == Some("correct `directory`")));
    let answer = ask(&BranchUpToDate::new(repositories.folder.path().join("bare"))).await;
    insta::assert_snapshot!(repositories.told(&answer), @"
    permanent error: `[folder]/bare` is a repository without a work tree
    remedy: name a clone, or set `clean = false`
    ");
}

/// Makes a repository hostile, sees that plain git falls for it, and that the check does not.
async fn resists(prepare: impl FnOnce(&Repositories, &str), fooled: &[&str]) -> Option<Answer> {
    let repositories = Repositories::new()?;
    let mark = repositories.folder.path().join("mark");
    prepare(&repositories, mark.to_str().unwrap());
    let answer = repositories.ask().await;
    assert!(!mark.exists(), "the repository ran a program: {answer:?}");
    run(&repositories.clone(), fooled);
    assert!(mark.exists(), "this test is no test: plain `git {fooled:?}` ran no program");
    Some(answer)
}

fn configure(repositories: &Repositories, name: &str, value: &str) {
    git(&repositories.clone(), &["config", name, value]);
}

#[tokio::test]
async fn a_file_system_monitor_of_the_repository_is_not_run() {
    let prepare =
        |it: &Repositories, mark: &str| configure(it, "core.fsmonitor", &format!("touch {mark}; false"));
    assert!(resists(prepare, &["status"]).await.is_none_or(|answer| passes(&answer)));
}

#[tokio::test]
async fn a_hook_of_the_repository_is_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let prepare = |it: &Repositories, mark: &str| {
        let hooks = it.clone().join("hooks");
        fs::create_dir(&hooks).unwrap();
        let hook = hooks.join("post-index-change");
        fs::write(&hook, format!("#!/bin/sh\ntouch {mark}\n")).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        configure(it, "core.hooksPath", hooks.to_str().unwrap());
        // The same content anew, so that the index wants to be refreshed.
        fs::remove_file(it.clone().join("first")).unwrap();
        fs::write(it.clone().join("first"), "first").unwrap();
    };
    assert!(resists(prepare, &["status"]).await.is_none_or(|answer| passes(&answer)));
}

#[tokio::test]
async fn a_filter_of_the_repository_is_refused() {
    let prepare = |it: &Repositories, mark: &str| {
        configure(it, "filter.a=b.clean", &format!("touch {mark}; cat"));
        fs::write(it.clone().join(".git/info/attributes"), "* filter=a=b\n").unwrap();
        configure(it, "filter.x.clean", &format!("touch {mark}; cat"));
        fs::write(it.clone().join(".git/info/attributes"), "* filter=x\n").unwrap();
        fs::remove_file(it.clone().join("first")).unwrap();
        fs::write(it.clone().join("first"), "first").unwrap();
    };
    let Some(answer) = resists(prepare, &["status"]).await else { return };
    let error = answer.unwrap_err();
    insta::assert_snapshot!(error.message(), @"the repository's own configuration says what git is to run or trust, `filter.a=b.clean`");
}

#[tokio::test]
async fn a_program_for_reaching_the_remote_is_not_run() {
    let prepare = |it: &Repositories, mark: &str| {
        configure(it, "remote.origin.uploadpack", &format!("touch {mark}; git-upload-pack"));
    };
    assert!(resists(prepare, &["ls-remote", "origin"]).await.is_none_or(|answer| passes(&answer)));
}

#[tokio::test]
async fn an_address_that_is_a_program_is_not_run() {
    let prepare = |it: &Repositories, mark: &str| {
        configure(it, "protocol.ext.allow", "always");
        configure(it, "remote.origin.url", &format!("ext::touch {mark}"));
    };
    assert!(resists(prepare, &["ls-remote", "origin"]).await.is_none_or(|answer| answer.is_err()));
}

#[tokio::test]
async fn a_command_of_the_repository_for_ssh_is_not_run() {
    let prepare = |it: &Repositories, mark: &str| {
        configure(it, "core.sshCommand", &format!("touch {mark}; false"));
        configure(it, "remote.origin.url", "ssh://127.0.0.1:1/x");
    };
    assert!(resists(prepare, &["ls-remote", "origin"]).await.is_none_or(|answer| answer.is_err()));
}

#[tokio::test]
async fn a_missing_commit_is_not_fetched_by_a_partial_clone() {
    let unknown = "0123456789012345678901234567890123456789";
    let prepare = |it: &Repositories, mark: &str| {
        it.remote_moves_on();
        configure(it, "core.repositoryFormatVersion", "1");
        configure(it, "extensions.partialClone", "origin");
        configure(it, "remote.origin.promisor", "true");
        configure(it, "remote.origin.uploadpack", &format!("touch {mark}; git-upload-pack"));
    };
    assert!(resists(prepare, &["cat-file", "-e", unknown]).await.is_none_or(|answer| fails(&answer)));
}

#[tokio::test]
async fn an_alias_does_not_stand_for_a_command() {
    let Some(repositories) = Repositories::new() else { return };
    let mark = repositories.folder.path().join("mark");
    for command in ["rev-parse", "status", "ls-remote", "remote", "rev-list", "cat-file", "config"] {
        configure(&repositories, &format!("alias.{command}"), &format!("!touch {}", mark.display()));
    }
    assert!(passes(&repositories.ask().await));
    assert!(!mark.exists());
}

#[tokio::test]
async fn a_name_that_would_be_an_option_is_refused() {
    let Some(repositories) = Repositories::new() else { return };
    for name in
        ["--upload-pack=x", "-x", "", "a b", "a..b", "main^", "x*", "a//b", "a.lock", "a/.b", "@{1}", "a\nb"]
    {
        for parameter in ["branch", "remote"] {
            let mut asked = repositories.check();
            let at = if parameter == "branch" { &mut asked.branch } else { &mut asked.remote };
            name.clone_into(at);
            let mut problems = Problems::default();
            asked.validate(&mut problems);
            assert_eq!(problems.messages().count(), 1, "{parameter} = {name:?}");
            assert!(ask(&asked).await.is_err(), "{parameter} = {name:?}");
        }
    }
    let mut problems = Problems::default();
    let mut asked = repositories.check();
    asked.branch = "release/v1.2".to_owned();
    asked.validate(&mut problems);
    assert_eq!(problems.messages().count(), 0);
}

#[test]
fn everything_has_a_default_and_the_example_is_a_check() {
    assert_eq!(toml::from_str::<BranchUpToDate>("").unwrap(), BranchUpToDate::default());
    let example: toml::Table = toml::from_str(BranchUpToDate::EXAMPLE).unwrap();
    let mut table = example["check"]["main-is-current"].as_table().unwrap().clone();
    assert_eq!(table.remove("kind").unwrap().as_str(), Some(BranchUpToDate::NAME));
    table.retain(|key, _| key != "title" && key != "timeout");
    let asked: BranchUpToDate = table.try_into().unwrap();
    let mut needs = Requirements::default();
    asked.requires(&mut needs);
    assert!(format!("{needs:?}").contains(r#"commands: ["git"]"#), "{needs:?}");
}

#[tokio::test]
async fn a_branch_that_is_not_checked_out_is_fetched_and_not_pulled() {
    let Some(repositories) = Repositories::new() else { return };
    repositories.remote_moves_on();
    git(&repositories.clone(), &["checkout", "-q", "-b", "topic"]);
    git(&repositories.clone(), &["fetch", "-q"]);
    let answer = repositories.ask().await;
    let told = repositories.told(&answer);
    assert!(told.ends_with("remedy: git -C [folder]/clone fetch origin main:main"), "{told}");
    git(&repositories.clone(), &["fetch", "-q", "origin", "main:main"]);
    assert!(passes(&repositories.ask().await));
}

#[tokio::test]
async fn what_the_configuration_includes_is_the_repositorys_own_too() {
    let prepare = |it: &Repositories, mark: &str| {
        let more = it.clone().join("more");
        let text = format!(
            "[core]\nfsmonitor = touch {mark}; false\n[filter \"x\"]\nclean = touch {mark}; cat\n[alias]\nstatus = !touch {mark}\n"
        );
        fs::write(&more, text).unwrap();
        configure(it, &format!("includeIf.gitdir:{}/.path", it.clone().display()), more.to_str().unwrap());
        fs::write(it.clone().join(".git/info/attributes"), "* filter=x\n").unwrap();
        fs::remove_file(it.clone().join("first")).unwrap();
        fs::write(it.clone().join("first"), "first").unwrap();
    };
    let Some(answer) = resists(prepare, &["status"]).await else { return };
    assert!(answer.unwrap_err().message().contains("`filter.x.clean`"));
}

#[tokio::test]
async fn a_credential_helper_of_the_repository_is_not_run() {
    // a server that asks who it is
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(
                b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    let prepare = |it: &Repositories, mark: &str| {
        configure(it, "remote.origin.url", &format!("http://{address}/x.git"));
        configure(it, "credential.helper", &format!("!touch {mark}; false"));
        configure(it, "core.askPass", "/bin/false");
    };
    let Some(answer) = resists(prepare, &["ls-remote", "origin"]).await else { return };
    let error = answer.unwrap_err();
    assert!(error.report().remedy.as_ref().is_some_and(|remedy| remedy.contains("is not used")), "{error}");
}
