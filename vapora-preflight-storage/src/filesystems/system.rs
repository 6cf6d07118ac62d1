//! Asking this machine.

use std::{fs, io, path::Path};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::{Behind, Usage, mount};
use crate::blocking;

/// Asks the machine.
pub(super) async fn ask(path: &Path) -> io::Result<Behind> {
    let path = path.to_owned();
    blocking::on_thread(move |_| look(&path)).await?
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
            usage = usage.device(mount.device).filesystem(mount.filesystem).options(mount.options);
            Behind { mount: Some(mount.point), usage }
        }
        None => Behind { mount: None, usage },
    })
}
