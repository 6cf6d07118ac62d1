//! Running a program of this machine that says something short.

use std::{io, process::Stdio};

use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};
use vapora_preflight::CheckError;

use crate::refused::Cause;

/// No answer that is asked for here is longer.
const LONGEST: u64 = 256 << 10;

/// A started program with all that it starts in turn: they end with it.
struct Group {
    child: Child,
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    fn start(name: &str, arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(name);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        #[cfg(unix)]
        let leader =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Ok(Self {
            child,
            #[cfg(unix)]
            leader,
        })
    }
}

impl Drop for Group {
    /// Runs before the child is dropped and collected, so that the number of the group is still its own.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader.take() {
            // There may be nobody left to kill.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// What a program writes on its standard output, where it ends well. It is started without a shell, and killed with all it
/// has started when the future is dropped.
pub(crate) async fn output(name: &str, arguments: &[&str]) -> Result<Vec<u8>, CheckError> {
    let spoken = format!("{name} {}", arguments.join(" "));
    let mut group = Group::start(name, arguments).map_err(|error| not_started(name, &error))?;
    let mut said = Vec::new();
    if let Some(stdout) = group.child.stdout.take() {
        stdout.take(LONGEST + 1).read_to_end(&mut said).await?;
    }
    if said.len() as u64 > LONGEST {
        return Err(CheckError::permanent(format!("`{spoken}` says more than is read of it")));
    }
    let status = group.child.wait().await?;
    if !status.success() {
        return Err(CheckError::transient(format!("`{spoken}` did not end well"))
            .because(&Cause(status.to_string()))
            .remedy("run it by hand, and see what it says"));
    }
    Ok(said)
}

fn not_started(name: &str, error: &io::Error) -> CheckError {
    match error.kind() {
        io::ErrorKind::NotFound => CheckError::permanent(format!("the program `{name}` was not found"))
            .remedy(format!("install `{name}` on this machine, or put its folder into `PATH`")),
        _ => CheckError::permanent(format!("the program `{name}` could not be started"))
            .because(error)
            .remedy("see that the user of the run may execute it"),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_it_says_is_read_where_it_ends_well() {
        assert_eq!(output("sh", &["-c", "echo it; echo more >&2"]).await.unwrap(), b"it\n");
        let error = output("sh", &["-c", "echo it; exit 3"]).await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("exit status: 3"), "{error}");
        let error = output("no-such-program-at-all", &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "the program `no-such-program-at-all` was not found");
        let endless = output("sh", &["-c", "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"]).await;
        assert!(endless.unwrap_err().to_string().ends_with("says more than is read of it"));
    }

    #[tokio::test]
    async fn what_it_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // The grandchild holds the pipe open as long as it lives.
        let script = format!("( echo up >&3; sleep 1000 ) 3> {} & wait", pipe.display());
        let mut open = tokio::fs::OpenOptions::new();
        open.read(true);
        let arguments = ["-c", script.as_str()];
        let begun = async {
            let mut pipe = open.open(&pipe).await.unwrap();
            let mut line = [0; 3];
            pipe.read_exact(&mut line).await.unwrap();
            assert_eq!(&line, b"up\n");
            pipe
        };
        let mut pipe = tokio::select! {
            said = output("sh", &arguments) => panic!("{said:?}"),
            pipe = begun => pipe,
        };
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_mins(1), pipe.read_to_end(&mut rest)).await;
        assert_eq!(end.expect("it lives on").unwrap(), 0);
    }
}
