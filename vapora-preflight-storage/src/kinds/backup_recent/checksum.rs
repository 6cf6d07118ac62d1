//! Holding a backup to its checksum.

use std::io::{self, Read as _};

use vapora_preflight::{CheckError, Finding};

use super::{BackupRecent, Read, candidates::Backup, wrong};
use crate::{
    files::{File, Files},
    sums::{self, Line, Sum},
};

/// How large a file of checksums may be, in bytes.
const LARGEST: u64 = 4 << 20;

/// Reads a backup and compares. Tells the checksum of one that is a file.
pub(super) async fn check(
    check: &BackupRecent,
    files: &Files,
    backup: &Backup,
) -> Result<Read<Option<String>>, CheckError> {
    let Some(name) = check.checksums_of(&backup.name) else { return Ok(Ok(None)) };
    let lines = match lines(files, backup, &name).await? {
        Ok(lines) => lines,
        Err(finding) => return Ok(Err(finding)),
    };
    let folder = if check.folders {
        backup.name.as_str()
    } else {
        name.rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    let mut digest = None;
    for file in backup.files.iter().filter(|file| file.name != name) {
        let below = if folder.is_empty() { &file.name } else { &file.name[folder.len() + 1..] };
        let Some(line) = line_of(&lines, below, &file.name) else {
            return Ok(wrong(
                Finding::new(format!("`{}` has no checksum in `{name}`", file.name))
                    .expected(format!("a line of it in `{name}`"))
                    .actual("there is none")
                    .remedy("find out why whoever makes the backup writes none; a backup that cannot be checked is none"),
            ));
        };
        match compare(files, file, &line.sum).await? {
            Ok(sum) => digest = Some(sum),
            Err(found) => {
                let algorithm = line.sum.algorithm();
                return Ok(wrong(
                    Finding::new(format!(
                        "`{}` is not what `{name}` says: its {algorithm} is another",
                        file.name
                    ))
                    .expected(format!("the {algorithm} `{}`", line.sum))
                    .actual(format!("`{found}`"))
                    .remedy("make a new backup, and find out what damaged this one"),
                ));
            }
        }
    }
    let told = |line: &&Line| line.name.as_ref().is_some_and(|name| !is_there(backup, folder, name));
    if check.folders
        && let Some(Line { name: Some(gone), .. }) = lines.iter().find(told)
    {
        return Ok(wrong(
            Finding::new(format!("`{}` lacks `{gone}`, of which there is a checksum", backup.name))
                .expected(format!("every file that `{name}` names"))
                .actual(format!("`{gone}` is missing"))
                .remedy("make a new backup, and find out what removed that file"),
        ));
    }
    Ok(Ok(if check.folders { None } else { digest }))
}

fn is_there(backup: &Backup, folder: &str, name: &str) -> bool {
    backup
        .files
        .iter()
        .any(|file| file.name.strip_prefix(folder).is_some_and(|rest| rest.trim_start_matches('/') == name))
}

/// The lines of a file of checksums.
async fn lines(files: &Files, backup: &Backup, name: &str) -> Result<Read<Vec<Line>>, CheckError> {
    let Some(file) = files.look(name).await? else {
        return Ok(wrong(
            Finding::new(format!("there is no checksum of `{}`", backup.name))
                .expected(format!("the file `{name}`"))
                .actual("it is not there")
                .remedy(
                    "find out why whoever makes the backup writes none, or whether it is still being made",
                ),
        ));
    };
    let unusable = |why: String| {
        wrong(
            Finding::new(format!("`{name}` cannot be used: {why}"))
                .expected("checksums as `sha256sum` or `sha512sum` writes them")
                .actual(why)
                .remedy("have it written anew"),
        )
    };
    if file.size > LARGEST {
        return Ok(unusable(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = files
        .read(&file, |content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).map(|_| bytes)
        })
        .await??;
    let Ok(text) = String::from_utf8(text) else { return Ok(unusable("it is not UTF-8".to_owned())) };
    Ok(match sums::parse(&text) {
        Ok(lines) if lines.is_empty() => unusable("there is no checksum in it".to_owned()),
        Ok(lines) => Ok(lines),
        Err(why) => unusable(why),
    })
}

/// The line of a file: by its name from there on, by its last part alone, or the only one there is where it has no name.
fn line_of<'l>(lines: &'l [Line], below: &str, whole: &str) -> Option<&'l Line> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    if let [only @ Line { name: None, .. }] = lines {
        return Some(only);
    }
    let named = |wanted: &str| lines.iter().find(|line| line.name.as_deref() == Some(wanted));
    // Some write the whole path of the machine that the backup was made on.
    let by_path = || {
        lines.iter().find(|line| {
            line.name.as_deref().is_some_and(|name| name.starts_with('/') && last(name) == last(whole))
        })
    };
    named(below).or_else(|| named(whole)).or_else(by_path)
}

/// Reads a file to its end. Tells its digest, or the other one that it has.
async fn compare(files: &Files, file: &File, expected: &Sum) -> Result<Result<String, String>, CheckError> {
    let expected = expected.clone();
    let compared: io::Result<_> = files
        .read(file, move |content| {
            let found = expected.same_of(content)?;
            Ok(if found == expected { Ok(found.to_string()) } else { Err(found.to_string()) })
        })
        .await?;
    Ok(compared?)
}
