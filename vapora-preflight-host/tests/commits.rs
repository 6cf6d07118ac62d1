//! `git.worktree_clean` and `git.commits_expected` on real repositories.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;
use vapora_preflight::{Kind, Problems, Value};
use vapora_preflight_host::{CommitsExpected, WorktreeClean};

#[path = "support/told.rs"]
mod told;

use told::{Answer, ask, fails, passes, told, value};

fn run(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .envs([("GIT_AUTHOR_NAME", "ada"), ("GIT_AUTHOR_EMAIL", "ada@vapora.com")])
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository whose first commit has the tag `v1`.
struct Repository(TempDir);

impl Repository {
    /// Nothing where there is no git.
    fn new() -> Option<Self> {
        if !told::is_there("git") {
            return None;
        }
        let it = Self(tempfile::tempdir().unwrap());
        run(it.path(), &["init", "-q", "-b", "main"]);
        it.commit("ada", "README", "feat: begin");
        run(it.path(), &["tag", "v1"]);
        Some(it)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn commit(&self, author: &str, file: &str, message: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, message).unwrap();
        run(self.path(), &["add", "."]);
        let author = format!("--author={author} <{author}@vapora.com>");
        run(self.path(), &["commit", "-q", &author, "-m", message]);
    }

    fn since(&self, name: &str) -> CommitsExpected {
        CommitsExpected::new(self.path(), name)
    }

    fn shown(&self, answer: &Answer) -> String {
        let text = told(answer).replace(self.path().to_str().unwrap(), "[folder]");
        let hex = |word: &str| word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
        text.split_inclusive(|c: char| !c.is_ascii_alphanumeric())
            .map(|word| {
                let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
                if hex(bare) { word.replace(bare, "[commit]") } else { word.to_owned() }
            })
            .collect()
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn declared<K: Kind>(answer: &Answer) {
    let finding = answer.as_ref().unwrap().finding();
    let emitted: Vec<_> = finding.evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = K::evidence().iter().map(|field| field.name).collect();
    assert_eq!(emitted, declared);
}

#[tokio::test]
async fn a_work_tree_is_clean_or_it_fails_with_what_has_changed() {
    let Some(repository) = Repository::new() else { return };
    let mut check = WorktreeClean::new(repository.path());
    let answer = ask(&check).await;
    insta::assert_snapshot!(repository.shown(&answer), @"pass: the work tree in `[folder]` has no changes");
    declared::<WorktreeClean>(&answer);
    fs::write(repository.path().join("new file"), "x").unwrap();
    let answer = ask(&check).await;
    insta::assert_snapshot!(repository.shown(&answer));
    check.untracked = true;
    assert!(passes(&ask(&check).await));
    fs::write(repository.path().join("README"), "changed").unwrap();
    assert!(fails(&ask(&check).await));
    fs::write(repository.path().join(".git/info/exclude"), "new file\n").unwrap();
    run(repository.path(), &["checkout", "-q", "README"]);
    check.untracked = false;
    assert!(passes(&ask(&check).await), "what is ignored does not count");
}

#[tokio::test]
async fn a_work_tree_that_cannot_be_judged_is_an_error() {
    let Some(repository) = Repository::new() else { return };
    let empty = tempfile::tempdir().unwrap();
    assert!(ask(&WorktreeClean::new(empty.path())).await.is_err());
    run(empty.path(), &["init", "-q", "--bare", "bare"]);
    let error = ask(&WorktreeClean::new(empty.path().join("bare"))).await.unwrap_err();
    assert!(error.message().contains("without a work tree"), "{error}");
    run(repository.path(), &["config", "filter.x.clean", "false"]);
    let error = ask(&WorktreeClean::new(repository.path())).await.unwrap_err();
    assert!(error.message().contains("filter.x.clean"), "{error}");
}

#[tokio::test]
async fn commits_are_as_expected_or_each_is_told_with_what_is_wrong() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("ada", "provisioning/a.nix", "feat(api): more");
    repository.commit("bob", "src/secret.rs", "just a change");
    let mut check = repository.since("v1");
    let answer = ask(&check).await;
    insta::assert_snapshot!(repository.shown(&answer), @"pass: all 2 commits in `v1..HEAD` as expected");
    declared::<CommitsExpected>(&answer);
    assert_eq!(
        value(&answer, "authors"),
        Value::from(texts(&["ada <ada@vapora.com>", "bob <bob@vapora.com>"]))
    );
    check.authors = Some(texts(&["ADA *"]));
    check.paths = Some(texts(&["provisioning/**", "src/*.rs"]));
    check.never_paths = texts(&["**/secret*"]);
    check.types = Some(texts(&["feat", "fix"]));
    let answer = ask(&check).await;
    insta::assert_snapshot!(repository.shown(&answer));
    declared::<CommitsExpected>(&answer);
    check.authors = Some(texts(&["*<*@vapora.com>"]));
    check.never_paths.clear();
    check.types = None;
    assert!(passes(&ask(&check).await));
    check.paths = Some(texts(&["provisioning/*"]));
    assert!(fails(&ask(&check).await));
    check.paths = None;
    check.at_most = Some(1);
    insta::assert_snapshot!(repository.shown(&ask(&check).await));
}

#[tokio::test]
async fn a_release_without_commits_or_that_takes_commits_back_fails() {
    let Some(repository) = Repository::new() else { return };
    let mut check = repository.since("v1");
    insta::assert_snapshot!(repository.shown(&ask(&check).await));
    check.allow_none = true;
    assert!(passes(&ask(&check).await));
    repository.commit("ada", "a", "fix: a");
    run(repository.path(), &["branch", "old"]);
    repository.commit("ada", "b", "fix: b");
    let mut back = repository.since("main");
    back.to = "old".to_owned();
    back.allow_none = true;
    let answer = ask(&back).await;
    insta::assert_snapshot!(repository.shown(&answer));
    assert_eq!(value(&answer, "taken_back"), Value::Int(1));
}

#[tokio::test]
async fn without_a_beginning_it_is_the_newest_tag() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("ada", "a", "fix: a");
    run(repository.path(), &["tag", "v2"]);
    repository.commit("ada", "b", "fix: b");
    let mut check = repository.since("v1");
    check.since = None;
    let answer = ask(&check).await;
    assert!(told(&answer).contains("1 commit in `v2..HEAD`"), "{}", told(&answer));
    let empty = tempfile::tempdir().unwrap();
    run(empty.path(), &["init", "-q", "-b", "main"]);
    run(empty.path(), &["commit", "-q", "--allow-empty", "--author=a <a@b>", "-m", "x"]);
    run(empty.path(), &["commit", "-q", "--allow-empty", "--author=a <a@b>", "-m", "y"]);
    let mut untagged = CommitsExpected::new(empty.path(), "");
    untagged.since = None;
    let error = ask(&untagged).await.unwrap_err();
    assert!(error.message().contains("there is no tag before"), "{error}");
}

#[tokio::test]
async fn a_merge_is_judged_by_its_paths_only_where_that_is_asked_for() {
    let Some(repository) = Repository::new() else { return };
    run(repository.path(), &["checkout", "-q", "-b", "topic"]);
    repository.commit("ada", "allowed/a", "feat: a");
    run(repository.path(), &["checkout", "-q", "main"]);
    repository.commit("ada", "allowed/b", "feat: b");
    run(repository.path(), &["merge", "-q", "--no-ff", "--no-commit", "topic"]);
    fs::write(repository.path().join("sneaked-in"), "x").unwrap();
    run(repository.path(), &["add", "."]);
    run(repository.path(), &["commit", "-q", "--author=ada <ada@vapora.com>", "-m", "Merge branch 'topic'"]);
    let mut check = repository.since("v1");
    check.paths = Some(texts(&["allowed/*"]));
    check.types = Some(texts(&["feat"]));
    assert!(passes(&ask(&check).await));
    check.merges = true;
    let answer = ask(&check).await;
    assert!(fails(&answer) && told(&answer).contains("it changes `sneaked-in`"), "{}", told(&answer));
}

#[tokio::test]
async fn signatures_are_checked_with_the_keys_of_this_machine() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("ada", "a", "fix: a");
    let mut check = repository.since("v1");
    check.signed = true;
    let answer = ask(&check).await;
    assert!(fails(&answer) && told(&answer).contains("it is not signed"), "{}", told(&answer));
    // a repository must not say itself whom to trust
    run(repository.path(), &["config", "gpg.ssh.allowedSignersFile", "signers"]);
    let error = ask(&check).await.unwrap_err();
    assert!(error.message().contains("gpg.ssh.allowedsignersfile"), "{error}");
}

/// Gives the newest commit a signature that only a program could check.
fn sign_by_nobody(repository: &Repository) {
    let read = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(repository.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let raw = read(&["cat-file", "commit", "HEAD"]);
    let (head, message) = raw.split_once("\n\n").unwrap();
    let signed = format!(
        "{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\n{message}\n"
    );
    let file = repository.path().join(".git/signed");
    fs::write(&file, signed).unwrap();
    let commit = read(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    run(repository.path(), &["update-ref", "HEAD", &commit]);
}

#[tokio::test]
async fn a_program_of_the_repository_that_checks_signatures_is_not_run() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("ada", "a", "fix: a");
    sign_by_nobody(&repository);
    let mark = repository.path().join(".git/mark");
    let program = repository.path().join(".git/gpg");
    fs::write(&program, format!("#!/bin/sh\ntouch {}\nexit 1\n", mark.display())).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    run(repository.path(), &["config", "gpg.program", program.to_str().unwrap()]);
    run(repository.path(), &["config", "log.showSignature", "true"]);
    let mut check = repository.since("v1");
    assert!(passes(&ask(&check).await));
    check.signed = true;
    assert!(ask(&check).await.unwrap_err().message().contains("gpg.program"));
    assert!(!mark.exists(), "the repository ran a program");
    run(repository.path(), &["log", "-1"]);
    assert!(mark.exists(), "this test is no test: plain `git log` ran no program");
}

#[tokio::test]
async fn no_name_of_a_file_passes_for_a_commit() {
    let Some(repository) = Repository::new() else { return };
    // what would be the head of another commit, and behind it what no commit may touch
    let id = "a".repeat(40);
    fs::write(repository.path().join(format!("\u{1}commit\u{1}{id}")), "x").unwrap();
    for secret in ["secrets/a", "secrets/b", "secrets/c", "secrets/d"] {
        fs::create_dir_all(repository.path().join("secrets")).unwrap();
        fs::write(repository.path().join(secret), "x").unwrap();
    }
    repository.commit("ada", "zebra", "fix: x");
    let mut check = repository.since("v1");
    check.never_paths = texts(&["secrets/**"]);
    let answer = ask(&check).await;
    assert!(fails(&answer), "{answer:?}");
    assert!(told(&answer).contains("`secrets/a`"), "{}", told(&answer));
    assert_eq!(value(&answer, "commits"), Value::Int(1));
}

#[tokio::test]
async fn no_setting_of_the_repository_hides_a_path_or_a_commit() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("ada", "sub/a", "fix: a");
    repository.commit("ada", "secret", "fix: b");
    // a history without a beginning in common, whose first commit brings a file
    run(repository.path(), &["checkout", "-q", "--orphan", "other"]);
    run(repository.path(), &["rm", "-q", "-r", "-f", "."]);
    repository.commit("ada", "orphan-secret", "fix: c");
    run(repository.path(), &["checkout", "-q", "main"]);
    run(repository.path(), &["merge", "-q", "--allow-unrelated-histories", "--no-edit", "other"]);
    for (name, value) in [
        ("diff.relative", "true"),
        ("log.showRoot", "false"),
        ("diff.ignoreSubmodules", "all"),
        ("log.follow", "true"),
        ("log.diffMerges", "off"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("format.pretty", "oneline"),
        ("color.ui", "always"),
    ] {
        run(repository.path(), &["config", name, value]);
    }
    let grafted = {
        let output =
            Command::new("git").args(["rev-list", "main"]).current_dir(repository.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    };
    fs::create_dir_all(repository.path().join(".git/info")).unwrap();
    let mut check = CommitsExpected::new(repository.path().join("sub"), "v1");
    check.never_paths = texts(&["**/*secret"]);
    for graft in [false, true] {
        if graft {
            // the newest commit has no parents any more, says the repository
            fs::write(repository.path().join(".git/info/grafts"), format!("{grafted}\n")).unwrap();
        }
        let answer = ask(&check).await;
        let told = told(&answer);
        assert!(fails(&answer), "{told}");
        assert!(told.contains("`secret`") && told.contains("`orphan-secret`"), "{told}");
        assert_eq!(value(&answer, "commits"), Value::Int(4), "{told}");
    }
}

#[tokio::test]
async fn a_history_that_is_cut_off_is_an_error() {
    let Some(repository) = Repository::new() else { return };
    for name in ["a", "b", "c"] {
        repository.commit("ada", name, "fix: it");
    }
    let folder = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repository.path().display());
    run(folder.path(), &["clone", "-q", "--depth", "2", &from, "shallow"]);
    let shallow = folder.path().join("shallow");
    run(&shallow, &["fetch", "-q", "--depth", "1", "origin", "tag", "v1"]);
    let error = ask(&CommitsExpected::new(&shallow, "v1")).await.unwrap_err();
    assert!(error.message().contains("is cut off"), "{error}");
    assert!(error.report().remedy.as_ref().is_some_and(|remedy| remedy.ends_with("fetch --unshallow")));
    run(&shallow, &["fetch", "-q", "--unshallow"]);
    let answer = ask(&CommitsExpected::new(&shallow, "v1")).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "commits"), Value::Int(3));
}

#[tokio::test]
async fn a_file_that_git_was_told_not_to_look_at_fails() {
    let Some(repository) = Repository::new() else { return };
    run(repository.path(), &["update-index", "--assume-unchanged", "README"]);
    fs::write(repository.path().join("README"), "changed, and nobody sees it").unwrap();
    let answer = ask(&WorktreeClean::new(repository.path())).await;
    insta::assert_snapshot!(repository.shown(&answer), @"
    fail: in `[folder]`, git was told not to look at `README`
    expected: a work tree that git looks at, without changes
    actual: git was told not to look at `README`
    remedy: let git look again: git -C [folder] update-index --no-assume-unchanged README
    ");
    declared::<WorktreeClean>(&answer);
    run(repository.path(), &["update-index", "--no-assume-unchanged", "README"]);
    assert!(told(&ask(&WorktreeClean::new(repository.path())).await).contains("`README`"));
}

#[tokio::test]
async fn more_files_than_fit_into_an_answer_of_today_are_changes_all_the_same() {
    let Some(repository) = Repository::new() else { return };
    let long = "x".repeat(200);
    for number in 0..6000 {
        fs::write(repository.path().join(format!("{long}{number}")), "").unwrap();
    }
    let answer = ask(&WorktreeClean::new(repository.path())).await;
    assert!(fails(&answer) && told(&answer).contains("6000 files have changes"), "{answer:?}");
}

#[tokio::test]
async fn what_the_clone_does_not_have_is_an_error() {
    let Some(repository) = Repository::new() else { return };
    let error = ask(&repository.since("v9")).await.unwrap_err();
    assert!(error.message().contains("the clone has no commit `v9`"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    assert!(ask(&CommitsExpected::new(empty.path(), "v1")).await.is_err());
}

#[test]
fn what_can_never_hold_is_told_when_it_is_written() {
    let problems = |text: &str| -> Vec<String> {
        let check: CommitsExpected = serde_json::from_str(text).unwrap();
        let mut problems = Problems::default();
        check.validate(&mut problems);
        problems.messages().map(str::to_owned).collect()
    };
    assert_eq!(problems("{}"), Vec::<String>::new());
    for (text, words) in [
        (r#"{"since": "--all"}"#, "`--all` is not the name of a commit"),
        (r#"{"to": "a..b"}"#, "`a..b` is not the name of a commit"),
        (r#"{"authors": []}"#, "expects nothing"),
        (r#"{"paths": ["[a"]}"#, "is no glob"),
        (r#"{"at_most": 0}"#, "there has to be a commit"),
    ] {
        assert!(problems(text).concat().contains(words), "{text}: {:?}", problems(text));
    }
}
