//! What a disk refuses.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use vapora_preflight::{CheckError, Finding};

/// What the disk refuses is a failure with what to do; what another process is about is an error. The parameter is the one that
/// names the file.
pub(crate) fn refused_by_disk(
    path: &Path,
    parameter: &str,
    error: &io::Error,
) -> Result<Finding, CheckError> {
    let path = path.display();
    let Some((what, remedy)) = words(error.kind()) else {
        if error.kind() == ErrorKind::ResourceBusy {
            return Err(CheckError::transient(format!("`{path}` is being downloaded by another process"))
                .remedy("wait for it, or download to another file"));
        }
        return Err(CheckError::transient(format!("`{path}` cannot be written")).because(error));
    };
    Ok(Finding::new(format!("`{path}` cannot be written: {what}"))
        .expected("a folder that can be written, and has room")
        .actual(error.to_string())
        .remedy(remedy.replace("`to`", &format!("`{parameter}`"))))
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
