//! Asking this machine.

use std::{fs, io, path::Path, thread};

use rustix::fs::{StatVfsMountFlags, statvfs};
use tokio::sync::oneshot;

use super::{Behind, Usage, mount};

/// Asks the machine, on a thread of its own. A system call on a dead network file system may never return: then that
/// thread is left to itself, and neither the caller nor the end of the runtime waits for it.
pub(super) async fn ask(path: &Path) -> io::Result<Behind> {
    let (sender, answer) = oneshot::channel();
    let path = path.to_owned();
    thread::Builder::new().name("storage".to_owned()).spawn(move || {
        // Nobody may be left to take the answer.
        let _ = sender.send(look(&path));
    })?;
    answer.await.unwrap_or_else(|_| Err(io::Error::other("the thread that asked for it ended")))
}

fn look(path: &Path) -> io::Result<Behind> {
    let path = fs::canonicalize(path)?;
    let told = statvfs(&path)?;
    let block = if told.f_frsize == 0 { told.f_bsize } else { told.f_frsize };
    let bytes = |blocks: u64| blocks.saturating_mul(block);
    let mut usage = Usage::new(bytes(told.f_blocks), bytes(told.f_bavail))
        .reserved(bytes(told.f_bfree.saturating_sub(told.f_bavail)))
        .inodes(told.f_files, told.f_favail);
    usage.read_only = told.f_flag.contains(StatVfsMountFlags::RDONLY);
    // Without it the answer lacks a name, and nothing that it is judged by.
    let mount = fs::read("/proc/self/mountinfo").ok().and_then(|lines| mount::behind(&lines, &path));
    Ok(match mount {
        Some(mount) => {
            usage.read_only |= mount.read_only;
            usage = usage.device(mount.device).filesystem(mount.filesystem);
            Behind { mount: Some(mount.point), usage }
        }
        None => Behind { mount: None, usage },
    })
}
