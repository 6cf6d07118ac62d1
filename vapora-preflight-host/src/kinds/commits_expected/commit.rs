//! Commits, as git tells of them.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use vapora_preflight::CheckError;

use crate::git::{Git, is_commit};

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) subject: String,
    /// The letter by which git tells of the signature; `G` is good and trusted.
    pub(super) signature: char,
    pub(super) merge: bool,
    pub(super) paths: Vec<String>,
}

/// What stands before each commit: a text that nobody could know when they chose a message or the name of a file.
fn mark() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("\x01commit {:016x}{:016x}\x01", random(), random())
}

impl Commit {
    /// The commits that the second one has and the first one has not, the oldest first.
    pub(super) async fn between(
        git: &Git,
        since: &str,
        to: &str,
        signed: bool,
    ) -> Result<Vec<Self>, CheckError> {
        let signature = if signed { "%G?" } else { "-" };
        let mark = mark();
        let format = format!("--format={mark}%H%x00%P%x00%an <%ae>%x00%s%x00{signature}%x00");
        let range = format!("{since}..{to}");
        let arguments = [
            "log",
            "--reverse",
            "--topo-order",
            "--no-color",
            "--no-ext-diff",
            "--no-mailmap",
            "--no-relative",
            "--ignore-submodules=none",
            "--encoding=UTF-8",
            "--no-textconv",
            "--no-renames",
            "--diff-merges=first-parent",
            "--name-only",
            "-z",
            &format,
            &range,
            "--",
        ];
        let said = git.ask(&arguments).await?.said()?;
        let mut parts = split(&said, mark.as_bytes());
        let before = parts.next().unwrap_or_default();
        if !before.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Err(unreadable());
        }
        parts.map(Self::read).collect()
    }

    fn read(part: &[u8]) -> Result<Self, CheckError> {
        let mut fields = part.splitn(6, |byte| *byte == 0);
        let mut next =
            || fields.next().map(|field| String::from_utf8_lossy(field).into_owned()).ok_or_else(unreadable);
        let (id, parents, author, subject, signature) = (next()?, next()?, next()?, next()?, next()?);
        if !is_commit(&id) {
            return Err(unreadable());
        }
        let rest = fields.next().unwrap_or_default();
        let paths = rest.split(|byte| *byte == 0 || *byte == b'\n').filter(|path| !path.is_empty());
        Ok(Self {
            id,
            author,
            subject,
            signature: signature.chars().next().unwrap_or('-'),
            merge: parents.split_whitespace().count() > 1,
            paths: paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect(),
        })
    }
}

fn unreadable() -> CheckError {
    CheckError::permanent("`git log` answered what does not read as commits")
}

/// The parts between marks.
fn split<'a>(mut text: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let Some(at) = text.windows(mark.len()).position(|window| window == mark) else {
            done = true;
            return Some(text);
        };
        let part = &text[..at];
        text = &text[at + mark.len()..];
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_with_its_paths() {
        let id = "a".repeat(40);
        let text = format!("{id}\0{id} {id}\0A B <a@b>\0feat: x\0G\0\0\na b.txt\0c/d\0");
        let commit = Commit::read(text.as_bytes()).unwrap();
        assert_eq!((commit.author.as_str(), commit.signature, commit.merge), ("A B <a@b>", 'G', true));
        assert_eq!(commit.paths, ["a b.txt", "c/d"]);
        assert!(Commit::read(b"no commit").is_err());
        assert!(Commit::read(b"x\0\0a\0b\0G\0").is_err());
    }
}
