//! The mounts of this machine, as `/proc/self/mountinfo` tells them.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// One line of `mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// The number by which the kernel knows it.
    id: u64,
    pub(super) point: PathBuf,
    pub(super) device: String,
    pub(super) filesystem: String,
    pub(super) read_only: bool,
    /// Its own options, and then those of the whole file system that are not among them.
    pub(super) options: Vec<String>,
}

/// The mount that a path belongs to: the one that the kernel says it is on, and where it does not say that, the one with the
/// longest mount point, the later one where two have the same.
pub(super) fn behind(mountinfo: &[u8], path: &Path, id: Option<u64>) -> Option<Mount> {
    let all = || mountinfo.split(|byte| *byte == b'\n').filter_map(parse);
    if let Some(known) = all().find(|mount| Some(mount.id) == id) {
        return Some(known);
    }
    all().filter(|mount| path.starts_with(&mount.point)).max_by_key(|mount| mount.point.components().count())
}

/// Reads `36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue`, with any number of
/// fields before the dash.
fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let id = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let point = unescaped(fields.nth(3)?);
    let options = fields.next()?;
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    let (filesystem, device) = (unescaped(rest.next()?), unescaped(rest.next()?));
    let of_the_whole = rest.next().unwrap_or_default();
    Some(Mount {
        id,
        point: PathBuf::from(OsString::from_vec(point)),
        device: String::from_utf8_lossy(&device).into_owned(),
        filesystem: String::from_utf8_lossy(&filesystem).into_owned(),
        read_only: has_ro(options) || has_ro(of_the_whole),
        options: all_of(options, of_the_whole),
    })
}

fn has_ro(options: &[u8]) -> bool {
    options.split(|byte| *byte == b',').any(|option| option == b"ro")
}

fn all_of(options: &[u8], of_the_whole: &[u8]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for option in options.split(|byte| *byte == b',').chain(of_the_whole.split(|byte| *byte == b',')) {
        let option = String::from_utf8_lossy(&unescaped(option)).into_owned();
        // A mount that can only be read of a file system that can be written is not written.
        let hidden = option == "rw" && all.iter().any(|other| other == "ro");
        if !option.is_empty() && !hidden && !all.contains(&option) {
            all.push(option);
        }
    }
    all
}

/// Undoes the kernel's `\040` for a space, and its like.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .filter(|digits| *first == b'\\' && digits.iter().all(|d| (b'0'..b'8').contains(d)));
        if let Some(digits) = octal {
            let code = digits.iter().fold(0_u16, |code, digit| code * 8 + u16::from(digit - b'0'));
            text.push(code as u8);
            rest = &after[3..];
        } else {
            text.push(*first);
            rest = after;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[u8] = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
        30 22 8:2 / /var rw shared:2 master:3 - xfs /dev/sdb1 ro,attr2\n\
        31 22 0:30 / /mnt/with\\040space\\134x ro - tmpfs none rw\n\
        32 22 8:3 / /data rw - ext4 /dev/sdc1 rw\n\
        33 22 8:4 / /data rw - btrfs /dev/sdd1 rw\n\
        garbage\n\
        40 22 8:9 / /cut rw";

    fn device(path: &str) -> Option<String> {
        behind(LINES, Path::new(path), None).map(|mount| mount.device)
    }

    #[test]
    fn a_path_belongs_to_the_longest_mount_point() {
        assert_eq!(device("/var/lib/vapora").as_deref(), Some("/dev/sdb1"));
        assert_eq!(device("/variant").as_deref(), Some("/dev/sda1"));
        assert_eq!(device("/cut/x").as_deref(), Some("/dev/sda1"));
        assert_eq!(behind(b"", Path::new("/"), None), None);
    }

    #[test]
    fn the_kernel_knows_better_which_mount_a_path_is_on() {
        // `/data` was mounted a second time over what lies below it
        let lines =
            b"32 22 8:3 / /data/x rw - ext4 /dev/sdc1 rw\n33 22 8:4 / /data rw - btrfs /dev/sdd1 rw\n";
        let device = |id| behind(lines, Path::new("/data/x/y"), id).map(|mount| mount.device);
        assert_eq!(device(Some(33)).as_deref(), Some("/dev/sdd1"));
        assert_eq!(device(Some(99)).as_deref(), Some("/dev/sdc1"));
        assert_eq!(device(None).as_deref(), Some("/dev/sdc1"));
    }

    #[test]
    fn the_later_of_two_mounts_hides_the_earlier() {
        assert_eq!(device("/data/x").as_deref(), Some("/dev/sdd1"));
    }

    #[test]
    fn a_mount_is_read_only_by_itself_or_with_its_file_system() {
        let read_only = |path: &str| behind(LINES, Path::new(path), None).unwrap().read_only;
        assert!(read_only("/var"));
        assert!(read_only("/mnt/with space\\x"));
        assert!(!read_only("/"));
    }

    #[test]
    fn options_are_those_of_the_mount_and_of_the_file_system() {
        let options = |path: &str| behind(LINES, Path::new(path), None).unwrap().options;
        assert_eq!(options("/"), ["rw", "relatime"]);
        assert_eq!(options("/var"), ["rw", "ro", "attr2"]);
        assert_eq!(options("/mnt/with space\\x"), ["ro"]);
    }
}
