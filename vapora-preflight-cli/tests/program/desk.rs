//! A folder with a checklist, and the program to run in it.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// No part of a test takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of its own, with `preflight.toml` in it.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What the program said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new(checklist: &str) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("preflight.toml", checklist);
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// The program with nothing of the environment of the test but `PATH`.
    pub(crate) fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vapora-preflight"));
        command.current_dir(self.path()).args(words).env_clear().env("USER", "tester");
        #[expect(clippy::disallowed_methods, reason = "checks find `sh` where the test finds it")]
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        Said::of(self.program(words).output().unwrap())
    }

    /// A pipe that programs of checks can write to, by its name.
    pub(crate) fn pipe(&self, name: &str) -> Pipe {
        let path = self.file(name);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let (send, lines) = channel();
        thread::spawn(move || {
            let pipe = BufReader::new(fs::File::open(path).unwrap());
            for line in pipe.lines() {
                if send.send(Some(line.unwrap())).is_err() {
                    return;
                }
            }
            let _ = send.send(None);
        });
        Pipe { lines }
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same, where the exit code is as it should be.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// The reading end of a named pipe.
pub(crate) struct Pipe {
    lines: Receiver<Option<String>>,
}

impl Pipe {
    /// The next line that somebody writes.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line is written").expect("the pipe is open")
    }

    /// Waits until every process that has the pipe open has ended.
    pub(crate) fn closed(&self) {
        assert_eq!(self.lines.recv_timeout(PATIENCE).expect("all writers end"), None);
    }
}

/// A checklist of one phase with these checks, each given as its kind and parameters, and a gate over them all.
pub(crate) fn checklist(checks: &[(&str, &str)]) -> String {
    let mut text = "checklist = \"small\"\ndeployment = { release = \"r1\" }\n\n\
                    [roles]\nlead = { title = \"The lead\" }\n\n[change]\nwhat = \"the images of release 2\"\n\n\
                    [phase.a]\ntitle = \"All of it\"\n"
        .to_owned();
    for (id, parameters) in checks {
        let _ = write!(text, "\n[check.{id}]\nphase = \"a\"\ntitle = \"It is so\"\n{parameters}\n");
    }
    text + "\n[gate.proceed]\nphase = \"a\"\ntitle = \"Proceed?\"\nrequires = [\"a\"]\n"
}

/// The parameters of a check that runs a line of `sh`.
pub(crate) fn sh(line: &str) -> String {
    format!("kind = \"host.command_succeeds\"\nargv = [\"sh\", \"-c\", {line:?}]")
}

/// Hides what differs from run to run.
pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[instant]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[minute]");
    settings.add_filter(r"\((<?\d[\d.]*(ms|s|µs))\)", "(took)");
    settings.add_filter(r"opens in [\dhm ]+ \(", "opens in [hours] (");
    settings.add_filter(r"tester@[^ |`]+", "tester@machine");
    settings.add_filter(r"process \d+", "process [pid]");
    settings.set_prepend_module_to_snapshot(false);
    settings
}
