//! What a command says until it ends.

use vapora_preflight::CheckError;

use super::Command;
use crate::{
    refused::{Cause, Refusal},
    wording::short,
};

/// What the runtimes say of a program that cannot be started.
const NOT_STARTED: [&str; 4] =
    ["executable file not found", "no such file or directory", "permission denied", "not a directory"];
/// What is said where the container was not reached, so that nothing has run.
const NOT_REACHED: [&str; 4] =
    ["error sending request", "error dialing backend", "unable to upgrade connection", "container not found"];

/// What a command has said, and how it ended.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) exit_code: i64,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// The channels of the protocol: the first byte of each message.
pub(super) mod channel {
    pub(crate) const STDIN: u8 = 0;
    pub(crate) const STDOUT: u8 = 1;
    pub(crate) const STDERR: u8 = 2;
    pub(crate) const STATUS: u8 = 3;
    /// The channel that follows has ended.
    pub(crate) const CLOSE: u8 = 255;
}

impl Said {
    /// Takes one message, and says whether it was the last one.
    pub(super) fn take(
        &mut self,
        command: &Command<'_>,
        what: &str,
        message: &[u8],
    ) -> Result<bool, CheckError> {
        let Some((number, text)) = message.split_first() else { return Ok(false) };
        match *number {
            channel::STDOUT => self.stdout.extend_from_slice(text),
            channel::STDERR => self.stderr.extend_from_slice(text),
            channel::STATUS if !text.is_empty() => {
                self.exit_code = ended(command, what, text)?;
                return Ok(true);
            }
            _ => {}
        }
        let said = self.stdout.len().saturating_add(self.stderr.len());
        if said as u64 > command.most.get() {
            return Err(CheckError::permanent(format!("could not {what} to its end"))
                .because(&Cause(format!("it writes more than {}", command.most)))
                .remedy("let it write less, or raise `output_limit`; it may go on in the container"));
        }
        Ok(false)
    }
}

/// The exit code in the status object that ends a command.
fn ended(command: &Command<'_>, what: &str, status: &[u8]) -> Result<i64, CheckError> {
    let status: Refusal = match serde_json::from_slice(status) {
        Ok(status) => status,
        Err(error) => return Err(command.lost(what, &error)),
    };
    match (status.status.as_deref(), status.reason.as_deref()) {
        (Some("Success"), _) => return Ok(0),
        (Some("Failure"), Some("NonZeroExitCode")) => {
            let causes = status.details.map(|details| details.causes).unwrap_or_default();
            let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
            let code = code.and_then(|code| code.message.as_deref()?.parse::<i64>().ok());
            return code.filter(|code| *code != 0).ok_or_else(|| {
                command.lost(what, &Cause("it ended with an exit code that is not told".to_owned()))
            });
        }
        _ => {}
    }
    let said = status.message.unwrap_or_default();
    let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    let cause = Cause(match short(&said) {
        said if said.is_empty() => "the server does not say how it ended".to_owned(),
        said => said,
    });
    if says(&NOT_REACHED) {
        return Err(CheckError::transient(format!("could not {what}")).because(&cause).remedy(format!(
            "`kubectl -n {} describe pod {}`: see whether its node and its container are there",
            command.namespace, command.pod
        )));
    }
    if says(&NOT_STARTED) {
        return Err(CheckError::permanent(format!("could not {what}"))
            .because(&cause)
            .remedy("name a program that the image of the container has, and that its user may run"));
    }
    Err(command.lost(what, &cause))
}
