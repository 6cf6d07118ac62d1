//! The texts that manifests are read from.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use globset::GlobMatcher;
use vapora_preflight::CheckError;

use super::{
    archive,
    files::{EntryPattern, ManifestPath},
};
use crate::refused::Cause;

/// The longest file that is read, in bytes; the API server takes no object of more than 3 MiB.
pub(super) const LARGEST_FILE: u64 = 16 * MIB;
/// How much all files of one check have together, in bytes.
pub(super) const LARGEST_SUM: u64 = 64 * MIB;
/// How many files are read, or entries of a folder or archive looked at.
pub(super) const MOST_ENTRIES: usize = 20_000;
pub(super) const MIB: u64 = 1024 * 1024;
/// How deep a folder is looked through.
const DEEPEST: usize = 32;
/// What ends the names of manifests in a folder or archive, unless the check says which ones to read.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// One file of manifests.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) text: Vec<u8>,
}

/// Which files of a folder or archive are read.
#[derive(Debug)]
pub(super) struct Wanted(Vec<GlobMatcher>);

impl Wanted {
    pub(super) fn of(only: &[EntryPattern]) -> Self {
        Self(only.iter().filter_map(EntryPattern::matcher).collect())
    }

    /// Whether a path below the folder, its parts divided by `/`, is one of them. Hidden files are none, unless a pattern
    /// names them.
    pub(super) fn has(&self, path: &str) -> bool {
        if !self.0.is_empty() {
            return self.0.iter().any(|pattern| pattern.is_match(path));
        }
        let hidden = path.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        !hidden && ENDINGS.iter().any(|ending| path.to_ascii_lowercase().ends_with(ending))
    }
}

/// Reads all files that are named, each once, in the order in which they are named and those of one folder in that of their
/// names.
pub(super) fn all(files: &[ManifestPath], only: &[EntryPattern]) -> Result<Vec<Source>, CheckError> {
    let wanted = Wanted::of(only);
    let mut sources = Sources::default();
    for named in files {
        let before = sources.all.len() + sources.repeated;
        sources.take(named, &wanted)?;
        if sources.all.len() + sources.repeated == before {
            return Err(CheckError::permanent(format!("there are no manifests in `{named}`"))
                .remedy("see that the path is right, and that `only` names what is in it"));
        }
    }
    Ok(sources.all)
}

#[derive(Default)]
struct Sources {
    all: Vec<Source>,
    seen: BTreeSet<PathBuf>,
    repeated: usize,
    bytes: u64,
}

impl Sources {
    fn take(&mut self, named: &ManifestPath, wanted: &Wanted) -> Result<(), CheckError> {
        let path = named.path();
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => self.folder(path, &|inside| wanted.has(inside)),
            Ok(_) if archive::is_one(path) => self.archive(path, wanted),
            Ok(_) => self.file(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match named.pattern() {
                Some((base, pattern)) => self.folder(&base, &|inside| pattern.is_match(inside)),
                None => Err(unread(path, &error)),
            },
            Err(error) => Err(unread(path, &error)),
        }
    }

    fn folder(&mut self, root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<(), CheckError> {
        let whole = fs::canonicalize(root).map_err(|error| unread(root, &error))?;
        let mut found = Vec::new();
        let mut looked_at = 0;
        let mut folders = vec![(root.to_owned(), String::new(), 0)];
        while let Some((folder, inside, depth)) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| unread(&folder, &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| unread(&folder, &error))?;
                looked_at += 1;
                if looked_at > MOST_ENTRIES || depth > DEEPEST {
                    return Err(too_much(
                        root,
                        &format!("more than {MOST_ENTRIES} files, or they are too deep"),
                    ));
                }
                let name = entry.file_name().to_string_lossy().into_owned();
                let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
                let sort = entry.file_type().map_err(|error| unread(&entry.path(), &error))?;
                if sort.is_dir() {
                    folders.push((entry.path(), inside, depth + 1));
                } else if wanted(&inside) {
                    found.push((inside, entry.path()));
                }
            }
        }
        found.sort();
        for (_, path) in found {
            let target = fs::canonicalize(&path).map_err(|error| unread(&path, &error))?;
            if !target.starts_with(&whole) {
                return Err(refused(&path, "it is a link that leads out of its folder"));
            }
            if target.is_file() {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    fn archive(&mut self, path: &Path, wanted: &Wanted) -> Result<(), CheckError> {
        if !self.is_new(path)? {
            return Ok(());
        }
        let left = LARGEST_SUM.saturating_sub(self.bytes);
        let entries = archive::read(path, wanted, left)?;
        for (inside, text) in entries {
            self.add(path.join(inside).display().to_string(), text, path)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), CheckError> {
        if !self.is_new(path)? {
            return Ok(());
        }
        let file = File::open(path).map_err(|error| unread(path, &error))?;
        let mut text = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut text).map_err(|error| unread(path, &error))?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(too_much(path, &format!("more than {} MiB", LARGEST_FILE / MIB)));
        }
        self.add(path.display().to_string(), text, path)
    }

    /// Whether a file was not read yet; one that two patterns name is read once.
    fn is_new(&mut self, path: &Path) -> Result<bool, CheckError> {
        let whole = fs::canonicalize(path).map_err(|error| unread(path, &error))?;
        let new = self.seen.insert(whole);
        self.repeated += usize::from(!new);
        Ok(new)
    }

    fn add(&mut self, name: String, text: Vec<u8>, path: &Path) -> Result<(), CheckError> {
        self.bytes += text.len() as u64;
        if self.bytes > LARGEST_SUM {
            return Err(too_much(
                path,
                &format!("more than {} MiB with the files before it", LARGEST_SUM / MIB),
            ));
        }
        self.all.push(Source { name: name.into(), text });
        Ok(())
    }
}

pub(super) fn unread(path: &Path, error: &io::Error) -> CheckError {
    let error_is_there = error.kind() == io::ErrorKind::NotFound;
    let made = CheckError::permanent(format!("could not read `{}`", path.display())).because(error);
    if error_is_there {
        return made.remedy("a relative path is taken from the folder in which the program was started");
    }
    made.remedy("see that it can be read by the user of the run")
}

pub(super) fn refused(path: &Path, why: &str) -> CheckError {
    CheckError::permanent(format!("`{}` is refused", path.display()))
        .because(&Cause(why.to_owned()))
        .remedy("do not use it before you know how it was made")
}

pub(super) fn too_much(path: &Path, what: &str) -> CheckError {
    CheckError::permanent(format!("`{}` is too large to be read", path.display()))
        .because(&Cause(format!("it holds {what}")))
        .remedy("name only the files that hold manifests, with `files` or `only`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path, files: &[&str], only: &[&str]) -> Result<Vec<String>, String> {
        let root = folder.display().to_string();
        let files: Vec<_> =
            files.iter().map(|file| ManifestPath::new(format!("{root}/{file}")).unwrap()).collect();
        let only: Vec<_> = only.iter().map(|text| EntryPattern::new(*text).unwrap()).collect();
        match all(&files, &only) {
            Ok(sources) => {
                Ok(sources.iter().map(|source| source.name.replace(&format!("{root}/"), "")).collect())
            }
            Err(error) => Err(error.to_string().replace(&root, "FOLDER")),
        }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "b.yaml",
            "a.yml",
            "deep/c.json",
            "deep/er/d.yaml",
            ".hidden/e.yaml",
            "readme.md",
            "data/..x/f.yaml",
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a: 1\n").unwrap();
        }
        folder
    }

    #[test]
    fn folders_and_patterns_are_read_in_the_order_of_their_names() {
        let folder = folder();
        let read = |files: &[&str], only: &[&str]| read(folder.path(), files, only);
        assert_eq!(read(&["."], &[]).unwrap(), ["./a.yml", "./b.yaml", "./deep/c.json", "./deep/er/d.yaml"]);
        assert_eq!(read(&["*.yaml", "deep/**/*.yaml"], &[]).unwrap(), ["b.yaml", "deep/er/d.yaml"]);
        assert_eq!(
            read(&["b.yaml", "*.y*ml"], &[]).unwrap(),
            ["b.yaml", "a.yml"],
            "each once, and as it is named"
        );
        assert_eq!(read(&["deep"], &["c.*"]).unwrap(), ["deep/c.json"]);
        assert_eq!(
            read(&["readme.md"], &[]).unwrap(),
            ["readme.md"],
            "a file that is named is read whatever it is"
        );
    }

    #[test]
    fn a_link_is_followed_inside_of_its_folder_only() {
        let folder = folder();
        std::os::unix::fs::symlink(folder.path().join("data/..x/f.yaml"), folder.path().join("data/f.yaml"))
            .unwrap();
        assert_eq!(read(folder.path(), &["data"], &[]).unwrap(), ["data/f.yaml"]);
        std::os::unix::fs::symlink(folder.path().join("b.yaml"), folder.path().join("data/g.yaml")).unwrap();
        let error = read(folder.path(), &["data"], &[]).unwrap_err();
        assert!(error.contains("FOLDER/data/g.yaml") && error.contains("leads out of its folder"), "{error}");
    }

    #[test]
    fn nothing_at_all_and_too_much_are_errors() {
        let folder = folder();
        fs::write(folder.path().join("big.yaml"), vec![b'#'; LARGEST_FILE as usize + 1]).unwrap();
        let told = [
            read(folder.path(), &["none.yaml"], &[]).unwrap_err(),
            read(folder.path(), &["*.toml"], &[]).unwrap_err(),
            read(folder.path(), &["deep"], &["x.*"]).unwrap_err(),
            read(folder.path(), &["nowhere/*.yaml"], &[]).unwrap_err(),
            read(folder.path(), &["big.yaml"], &[]).unwrap_err(),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }
}
