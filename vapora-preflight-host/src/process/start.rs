//! Programs that cannot be run.

use std::{io, path::Path};

use vapora_preflight::CheckError;

/// Why a program could not be run.
pub(crate) fn not_started(program: &str, directory: Option<&Path>, error: &io::Error) -> CheckError {
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return CheckError::permanent(format!(
            "`{}` is no folder to run `{program}` in",
            directory.display()
        ))
        .because(error)
        .remedy("correct `directory`");
    }
    match error.kind() {
        io::ErrorKind::NotFound => CheckError::permanent(format!("the program `{program}` was not found"))
            .remedy(format!("install `{program}` on this machine, or put its folder into `PATH`")),
        io::ErrorKind::PermissionDenied => {
            CheckError::permanent(format!("the program `{program}` may not be run"))
                .because(error)
                .remedy(format!("make `{program}` executable for the user of the run"))
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory | io::ErrorKind::Interrupted => {
            CheckError::transient(format!("`{program}` could not be started now")).because(error)
        }
        _ => CheckError::permanent(format!("`{program}` could not be run"))
            .because(error)
            .remedy(format!("see that `{program}` is a program of this machine")),
    }
}
