//! Why a file could not be kept.

use std::io::{self, ErrorKind};

use vapora_preflight::{CheckError, CheckResult, Finding, Outcome};

use super::{HttpDownloaded, evidence::Seen};

/// The checksums do not name the file.
pub(super) fn unnamed(asked: &HttpDownloaded, names: &[String]) -> Outcome {
    let checksums = asked.checksums.as_ref().map(ToString::to_string).unwrap_or_default();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Outcome::Fail(
        Finding::new(format!("`{checksums}` does not name `{}`", asked.url))
            .expected(format!("a SHA-256 of {}", names.join(" or ")))
            .actual("none")
            .remedy("have it named there, or give its digest with `sha256`")
            .evidence(Seen::default().evidence(asked)),
    )
}

/// What the disk refuses is a failure with what to do; what another process is about is an error.
pub(super) fn of_disk(asked: &HttpDownloaded, error: io::Error, seen: Option<&Seen>) -> CheckResult {
    let path = asked.to.display();
    let Some((what, remedy)) = words(error.kind()) else {
        if error.kind() == ErrorKind::ResourceBusy {
            return Err(CheckError::transient(format!("`{path}` is being downloaded by another process"))
                .remedy("wait for it, or download to another file"));
        }
        return Err(CheckError::transient(format!("`{path}` cannot be written")).because(&error));
    };
    Ok(Outcome::Fail(
        Finding::new(format!("`{path}` cannot be written: {what}"))
            .expected("a folder that can be written, and has room")
            .actual(error.to_string())
            .remedy(remedy)
            .evidence(seen.cloned().unwrap_or_default().evidence(asked)),
    ))
}

fn words(kind: ErrorKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ErrorKind::StorageFull => {
            ("the disk is full", "remove what is no longer needed there, or download to another disk")
        }
        ErrorKind::QuotaExceeded => {
            ("the quota is used up", "remove what is no longer needed, or raise the quota")
        }
        ErrorKind::PermissionDenied => {
            ("it may not be written", "check the owner and the rights of the folder")
        }
        ErrorKind::ReadOnlyFilesystem => {
            ("its disk can only be read", "mount it for writing, or download to another folder")
        }
        ErrorKind::NotFound => ("its folder is not there", "create it, or correct `to`"),
        ErrorKind::NotADirectory => ("what should be its folder is a file", "correct `to`"),
        ErrorKind::IsADirectory => ("it is a folder", "name a file in it with `to`"),
        ErrorKind::FileTooLarge => {
            ("it is larger than its disk or its user allows", "raise the limit, or download to another disk")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_refuses_is_told_apart() {
        let told = |code: i32| words(io::Error::from_raw_os_error(code).kind()).map(|(what, _)| what);
        let all = [28, 122, 13, 30, 2, 20, 21, 27].map(|code| told(code).unwrap());
        assert_eq!(all[0], "the disk is full");
        let mut different = all.to_vec();
        different.dedup();
        assert_eq!(different.len(), all.len());
        assert_eq!(told(5), None, "a broken disk is no answer");
    }
}
