//! What is in a folder, to see whether anything changed.

use std::{collections::BTreeMap, fs, io, path::Path};

/// Every file below a folder with what is in it; folders and links have nothing in them.
pub(super) fn contents(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    collect(folder, &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let held = if kind.is_file() { fs::read(&path)? } else { Vec::new() };
        found.insert(path.display().to_string(), held);
        if kind.is_dir() {
            collect(&path, found)?;
        }
    }
    Ok(())
}

/// The first path that differs.
pub(super) fn difference(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) -> Option<String> {
    let changed = |(path, held): &(&String, &Vec<u8>)| before.get(*path) != Some(*held);
    let gone = |path: &&String| !after.contains_key(*path);
    after.iter().find(changed).map(|(path, _)| path).or_else(|| before.keys().find(gone)).cloned()
}
