//! Asking this machine.

use std::{fs, io, path::Path};

use rustix::fs::{AtFlags, CWD, StatVfsMountFlags, StatxFlags, statvfs, statx};

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
    let mount =
        fs::read("/proc/self/mountinfo").ok().and_then(|lines| mount::behind(&lines, &path, mount_of(&path)));
    Ok(match mount {
        Some(mount) => {
            usage.read_only |= mount.read_only;
            usage = usage.device(mount.device).filesystem(mount.filesystem).options(mount.options);
            Behind { mount: Some(mount.point), usage }
        }
        None => Behind { mount: None, usage },
    })
}

/// The number of the mount that a path is on. Linux tells it since 5.8.
fn mount_of(path: &Path) -> Option<u64> {
    let told = statx(CWD, path, AtFlags::NO_AUTOMOUNT, StatxFlags::MNT_ID).ok()?;
    let known = StatxFlags::from_bits_retain(told.stx_mask).contains(StatxFlags::MNT_ID);
    known.then_some(told.stx_mnt_id)
}
