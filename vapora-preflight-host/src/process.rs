//! Running programs: in a group of their own, with bounded output.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use regex::bytes::Regex;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, Command},
    time::Instant,
};

mod capture;
mod start;
mod status;

pub(crate) use self::{
    capture::{Captured, Pattern},
    start::not_started,
    status::describe,
};

/// How much a pipe can hold at most when a program that is not the superuser's made it larger.
const LARGEST_PIPE: usize = 1 << 20;

/// A program to run, with all that it is given.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: OsString,
    arguments: Vec<OsString>,
    pub(crate) directory: Option<PathBuf>,
    set: Vec<(OsString, OsString)>,
    unset: Vec<OsString>,
    clear: bool,
    input: Option<Vec<u8>>,
    limit: usize,
    patterns: Vec<Pattern>,
    lines: Vec<Regex>,
}

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) duration: Duration,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
}

impl Program {
    /// A program by its name or path, keeping so many bytes of each of its outputs.
    pub(crate) fn new(name: impl Into<OsString>, limit: usize) -> Self {
        Self {
            name: name.into(),
            arguments: Vec::new(),
            directory: None,
            set: Vec::new(),
            unset: Vec::new(),
            clear: false,
            input: None,
            limit,
            patterns: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub(crate) fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn directory(mut self, directory: Option<&Path>) -> Self {
        self.directory = directory.map(Path::to_owned);
        self
    }

    pub(crate) fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.set.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, names: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.unset.extend(names.into_iter().map(Into::into));
        self
    }

    /// Starts it with an empty environment but for what is set.
    pub(crate) fn without_environment(mut self, clear: bool) -> Self {
        self.clear = clear;
        self
    }

    pub(crate) fn input(mut self, input: Option<Vec<u8>>) -> Self {
        self.input = input;
        self
    }

    /// Looks for texts in all of its standard output, whatever part of it is kept.
    pub(crate) fn looking_for(mut self, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.patterns.extend(texts.into_iter().map(|text| Pattern::new(text.as_ref())));
        self
    }

    /// Looks for patterns in all lines of its standard output, whatever part of it is kept.
    pub(crate) fn matching(mut self, patterns: impl IntoIterator<Item = Regex>) -> Self {
        self.lines.extend(patterns);
        self
    }

    /// Runs it to its end. When the future is dropped before, its whole group is killed.
    pub(crate) async fn run(self) -> io::Result<Ended> {
        let began = Instant::now();
        let mut group = self.start()?;
        let stdin = group.child.stdin.take().zip(self.input);
        let (Some(mut stdout), Some(mut stderr)) = (group.child.stdout.take(), group.child.stderr.take())
        else {
            return Err(io::Error::other("its output is not connected"));
        };
        let mut kept = (
            Captured::new(self.limit, self.patterns, self.lines),
            Captured::new(self.limit, Vec::new(), Vec::new()),
        );
        let status = {
            let talk = async {
                let (stdout, stderr) = (follow(&mut stdout, &mut kept.0), follow(&mut stderr, &mut kept.1));
                let ((), stdout, stderr) = tokio::join!(feed(stdin), stdout, stderr);
                stdout.and(stderr)
            };
            tokio::pin!(talk);
            let mut silent = false;
            loop {
                tokio::select! {
                    said = &mut talk, if !silent => {
                        said?;
                        silent = true;
                    }
                    status = group.child.wait() => break status?,
                }
            }
        };
        // What it left behind may hold the pipes open for ever. Its own last words are in them already.
        group.kill();
        drain(&stdout, &mut kept.0)?;
        drain(&stderr, &mut kept.1)?;
        kept.0.ended();
        Ok(Ended { status, duration: began.elapsed(), stdout: kept.0, stderr: kept.1 })
    }

    fn start(&self) -> io::Result<Group> {
        let mut command = Command::new(self.resolved()?);
        command.args(&self.arguments);
        if self.clear {
            command.env_clear();
        }
        for name in &self.unset {
            command.env_remove(name);
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).process_group(0);
        let child = command.spawn()?;
        let leader =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Ok(Group { child, leader })
    }

    /// A relative path starts at the directory that the program is run in; a bare name is looked up in `PATH`.
    fn resolved(&self) -> io::Result<OsString> {
        let path = Path::new(&self.name);
        match &self.directory {
            Some(directory) if path.is_relative() && has_slash(&self.name) => {
                Ok(std::path::absolute(directory)?.join(path).into_os_string())
            }
            _ => Ok(self.name.clone()),
        }
    }
}

fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

/// A started program with all that it starts in turn.
#[derive(Debug)]
struct Group {
    child: Child,
    leader: Option<rustix::process::Pid>,
}

impl Group {
    fn kill(&mut self) {
        if let Some(leader) = self.leader.take() {
            // There may be nobody left to kill.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Group {
    /// Runs before the child is dropped and collected, so that the number of the group is still its own.
    fn drop(&mut self) {
        self.kill();
    }
}

async fn feed(input: Option<(ChildStdin, Vec<u8>)>) {
    if let Some((mut stdin, input)) = input {
        // A program need not read what it is given.
        let _ = stdin.write_all(&input).await;
    }
}

async fn follow(from: &mut (impl AsyncRead + Unpin), into: &mut Captured) -> io::Result<()> {
    let mut chunk = vec![0; 16 << 10];
    loop {
        match from.read(&mut chunk).await? {
            0 => return Ok(()),
            read => into.push(&chunk[..read]),
        }
    }
}

/// Takes what is in a pipe, without waiting for more.
fn drain(from: &impl AsFd, into: &mut Captured) -> io::Result<()> {
    use rustix::io::Errno;
    let mut chunk = vec![0; 16 << 10];
    let mut taken = 0;
    while taken < LARGEST_PIPE {
        match rustix::io::read(from, chunk.as_mut_slice()) {
            Ok(0) | Err(Errno::AGAIN) => break,
            Ok(read) => {
                into.push(&chunk[..read]);
                taken += read;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
