//! What the clone says.

use std::path::Path;

use vapora_preflight::CheckError;

use super::{Git, is_commit};

/// How many commits each side has that the other lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distance {
    pub(crate) ahead: u64,
    pub(crate) behind: u64,
}

/// Whether there are files beside the repository. An error where there is no repository.
pub(crate) async fn has_work_tree(git: &Git, directory: &Path) -> Result<bool, CheckError> {
    let answer = git.ask(&["rev-parse", "--is-inside-work-tree"]).await?;
    if answer.code() == Some(128) {
        let message =
            format!("`{}` cannot be used as a repository: {}", directory.display(), answer.complaint());
        return Err(
            CheckError::permanent(message).remedy("correct `directory`, or clone the repository there")
        );
    }
    match answer.text()?.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(CheckError::permanent(format!("`git rev-parse` answered `{other}`"))),
    }
}

/// The commit of a reference, where the clone has it.
pub(crate) async fn commit(git: &Git, reference: &str) -> Result<Option<String>, CheckError> {
    let answer = git.ask(&["rev-parse", "--verify", "--quiet", &format!("{reference}^{{commit}}")]).await?;
    if answer.code() == Some(1) {
        return Ok(None);
    }
    let commit = answer.text()?;
    if is_commit(&commit) {
        Ok(Some(commit))
    } else {
        Err(CheckError::permanent(format!("`git rev-parse` answered `{commit}`, which is no commit")))
    }
}

/// How far two commits are apart, where the clone has both.
pub(crate) async fn distance(git: &Git, local: &str, remote: &str) -> Result<Option<Distance>, CheckError> {
    if git.ask(&["cat-file", "-e", &format!("{remote}^{{commit}}")]).await?.code() != Some(0) {
        return Ok(None);
    }
    let answer = git.ask(&["rev-list", "--count", "--left-right", &format!("{local}...{remote}")]).await?;
    let counts = answer.text()?;
    let distance = counts.split_once('\t').and_then(|(ahead, behind)| {
        Some(Distance { ahead: ahead.parse().ok()?, behind: behind.parse().ok()? })
    });
    match distance {
        // Two commits that are not the same are apart, whatever a broken history says.
        Some(Distance { ahead: 0, behind: 0 }) | None => Err(CheckError::permanent(format!(
            "`git rev-list` answered `{counts}` for two different commits"
        ))),
        some => Ok(some),
    }
}

/// Whether the history of the clone was cut off when it was made.
pub(crate) async fn is_shallow(git: &Git) -> Result<bool, CheckError> {
    Ok(git.ask(&["rev-parse", "--is-shallow-repository"]).await?.text()? == "true")
}

/// Whether a branch is the one that is checked out.
pub(crate) async fn is_checked_out(git: &Git, reference: &str) -> Result<bool, CheckError> {
    let answer = git.ask(&["symbolic-ref", "--quiet", "HEAD"]).await?;
    Ok(answer.code() == Some(0) && answer.text()? == reference)
}

/// The files that git was told not to look at (`assume-unchanged`), so that it does not see what changes in them.
pub(crate) async fn unseen(git: &Git) -> Result<Vec<String>, CheckError> {
    let said = git.ask(&["ls-files", "-v", "-z", "--full-name", ":/"]).await?.said()?;
    let entries =
        said.split(|byte| *byte == 0).filter(|entry| entry.first().is_some_and(u8::is_ascii_lowercase));
    Ok(entries
        .map(|entry| String::from_utf8_lossy(entry.get(2..).unwrap_or_default()).into_owned())
        .collect())
}

/// Which files count that are not tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untracked {
    /// None of them.
    Ignored,
    /// All that are not ignored.
    Counted,
}

/// The files that have changes.
pub(crate) async fn changed(git: &Git, untracked: Untracked) -> Result<Vec<String>, CheckError> {
    refuse_programs(git, r"^filter\..*\.(clean|process)$", "`clean = false`").await?;
    let status = [
        "status",
        "--porcelain=v2",
        "-z",
        "--no-renames",
        match untracked {
            Untracked::Ignored => "--untracked-files=no",
            Untracked::Counted => "--untracked-files=all",
        },
        "--ignore-submodules=dirty",
    ];
    let said = git.ask(&status).await?.said()?;
    let entries = said.split(|byte| *byte == 0).filter(|entry| !entry.is_empty() && !entry.starts_with(b"#"));
    Ok(entries.map(path).collect())
}

/// The path of an entry: after 8 fields, after 10 where it is not merged, and after one where it is not tracked.
fn path(entry: &[u8]) -> String {
    let fields = match entry.first() {
        Some(b'u') => 11,
        Some(b'?') => 2,
        _ => 9,
    };
    let path = entry.splitn(fields, |byte| *byte == b' ').last().unwrap_or(entry);
    String::from_utf8_lossy(path).into_owned()
}

/// Refuses a repository whose own configuration has settings by which git would run programs, or trust keys, of its
/// choice: filters when it compares files, and programs that check signatures. `otherwise` is how to do without.
pub(crate) async fn refuse_programs(git: &Git, settings: &str, otherwise: &str) -> Result<(), CheckError> {
    let answer = git.ask(&["config", "--show-scope", "-z", "--get-regexp", settings]).await?;
    if answer.code() == Some(1) {
        return Ok(());
    }
    let said = answer.said()?;
    let mut fields = said.split(|byte| *byte == 0);
    while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
        if scope == b"local" || scope == b"worktree" {
            let name = entry.split(|byte| *byte == b'\n').next().unwrap_or(entry);
            let message = format!(
                "the repository's own configuration says what git is to run or trust, `{}`",
                String::from_utf8_lossy(name)
            );
            return Err(CheckError::permanent(message).remedy(format!(
                "move it to your own configuration (`git config --global`), or set {otherwise}"
            )));
        }
    }
    Ok(())
}

const SHOWN: usize = 5;

/// Changed files, in words.
pub(crate) fn told(changed: &[String]) -> String {
    let shown: Vec<_> = changed.iter().take(SHOWN).map(|path| format!("`{}`", path.escape_debug())).collect();
    let files = if changed.len() == 1 { "1 file has" } else { &format!("{} files have", changed.len()) };
    let more = if changed.len() > SHOWN { ", …" } else { "" };
    format!("{files} changes that are not committed: {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_entry_may_contain_spaces() {
        assert_eq!(path(b"1 .M N... 100644 100644 100644 aaaa bbbb a b c.txt"), "a b c.txt");
        assert_eq!(path(b"? a new file.txt"), "a new file.txt");
        assert_eq!(path(b"u UU N... 100644 100644 100644 100644 a b c both sides"), "both sides");
    }

    #[test]
    fn many_changes_are_counted() {
        let paths: Vec<_> = (0..7).map(|n| format!("f{n}")).collect();
        assert_eq!(told(&paths[..1]), "1 file has changes that are not committed: `f0`");
        assert_eq!(
            told(&paths),
            "7 files have changes that are not committed: `f0`, `f1`, `f2`, `f3`, `f4`, …"
        );
    }
}
