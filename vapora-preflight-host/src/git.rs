//! Asking git, without letting the repository run programs.

use std::path::{Path, PathBuf};

use vapora_preflight::CheckError;

use crate::process::{Ended, Program, describe, not_started};

pub(crate) mod clone;

/// How much of git's answer is kept.
const LIMIT: usize = 16 << 20;

/// The variables by which git would look at another repository than the one asked about.
const PLACES: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_EXTERNAL_DIFF",
];

/// A clone, and the git that is asked about it.
#[derive(Debug)]
pub(crate) struct Git {
    directory: PathBuf,
}

/// Whether a text is the name of a commit, in SHA-1 or SHA-256.
pub(crate) fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The beginning of a commit's name, as people write it.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Why a text cannot name a branch or a remote, or would be something else on git's command line.
pub(crate) fn not_a_name(name: &str) -> Option<String> {
    let refused = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let wrong = name.is_empty()
        || name.starts_with('-')
        || name.contains(refused)
        || name.contains("..")
        || name.contains("@{")
        || name
            .split('/')
            .any(|part| part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some())
        || name.ends_with('.');
    wrong.then(|| format!("`{}` is not a name that git allows", name.escape_debug()))
}

/// What git said.
#[derive(Debug)]
pub(crate) struct Answer {
    ended: Ended,
    asked: String,
}

impl Git {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Asks about the clone itself. Nothing is fetched, no lock is taken, and neither hooks nor a file system monitor of
    /// the repository's configuration are run. It may not have signatures checked where nobody asked for that, which would run
    /// a program of its choice, nor leave commits out by grafts.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> Result<Answer, CheckError> {
        let settings = [
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "log.showSignature=false",
            "-c",
            "log.showRoot=true",
        ];
        let program = self
            .program()
            .arguments(settings)
            .arguments(arguments)
            .variable("GIT_NO_LAZY_FETCH", "1")
            .variable("GIT_GRAFT_FILE", "/dev/null")
            .variable("GIT_ALLOW_PROTOCOL", "none");
        self.answer(program, arguments).await
    }

    /// Asks a remote by its address. The clone's own configuration is not read for it, because that may name programs
    /// to run (`core.sshCommand`, `remote.….uploadpack`, `credential.helper`); the user's configuration is.
    pub(crate) async fn ask_remote(&self, arguments: &[&str]) -> Result<Answer, CheckError> {
        let program = self
            .program()
            .arguments(arguments)
            .variable("GIT_DIR", "/dev/null")
            .variable("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
        self.answer(program, arguments).await
    }

    fn program(&self) -> Program {
        Program::new("git", LIMIT)
            .directory(Some(&self.directory))
            .without(PLACES)
            .variable("GIT_TERMINAL_PROMPT", "0")
            .variable("GIT_OPTIONAL_LOCKS", "0")
            .variable("GIT_NO_REPLACE_OBJECTS", "1")
            .variable("LC_ALL", "C")
            .arguments(["--no-pager"])
    }

    async fn answer(&self, program: Program, arguments: &[&str]) -> Result<Answer, CheckError> {
        let asked = format!("git {}", arguments.first().copied().unwrap_or_default());
        match program.run().await {
            Ok(ended) => Ok(Answer { ended, asked }),
            Err(error) => Err(not_started("git", Some(&self.directory), &error)),
        }
    }
}

impl Answer {
    pub(crate) fn code(&self) -> Option<i32> {
        self.ended.status.code()
    }

    /// What it wrote, where it ended well and all of it was kept.
    pub(crate) fn said(&self) -> Result<Vec<u8>, CheckError> {
        if self.code() != Some(0) {
            return Err(self.failed());
        }
        let said = self.ended.stdout.whole();
        said.ok_or_else(|| CheckError::permanent(format!("`{}` said more than can be kept", self.asked)))
    }

    /// The same as text without white space at its ends.
    pub(crate) fn text(&self) -> Result<String, CheckError> {
        Ok(String::from_utf8_lossy(&self.said()?).trim().to_owned())
    }

    /// What it complained of, without the advice it gives after an empty line.
    pub(crate) fn complaint(&self) -> String {
        let said = self.ended.stderr.text(&[]);
        let lines = said.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("; ")
    }

    /// The error for an ending that was not foreseen.
    pub(crate) fn failed(&self) -> CheckError {
        let complaint = self.complaint();
        let ended = describe(self.ended.status);
        let told = if complaint.is_empty() { ended } else { format!("{ended}: {complaint}") };
        CheckError::transient(format!("`{}` ended with {told}", self.asked))
    }
}
