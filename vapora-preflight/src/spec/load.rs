//! Reading the files of a checklist.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::fields::place;
use crate::{Code, Diagnostic, Sources};

/// How large a file of a checklist may be, in bytes.
const LARGEST: u64 = 16 << 20;

/// The texts of a checklist, with what went wrong in reading them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// The texts that could be read.
    pub sources: Sources,
    /// The files that could not.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a checklist from a file, or from all `.toml` files of a folder in the order of their names, together with
/// what they `include`. Included paths are relative to the file that names them.
pub fn load(path: impl AsRef<Path>) -> Loaded {
    let path = path.as_ref();
    let mut reader = Reader::default();
    if path.is_dir() {
        match toml_files(path) {
            Ok(files) if files.is_empty() => reader.loaded.diagnostics.push(Diagnostic::error(
                Code::EmptyChecklist,
                format!("the folder `{}` holds no `.toml` file", path.display()),
                None,
            )),
            Ok(files) => files.iter().for_each(|file| reader.read(file, None)),
            Err(error) => reader.unreadable(path, &error, None),
        }
    } else {
        reader.read(path, None);
    }
    reader.loaded
}

fn toml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[derive(Default)]
struct Reader {
    loaded: Loaded,
    /// What has been read.
    seen: Vec<PathBuf>,
    /// What is being read, each included by the one before.
    open: Vec<PathBuf>,
}

impl Reader {
    fn unreadable(&mut self, path: &Path, error: &std::io::Error, at: Option<crate::Span>) {
        let message = format!("could not read `{}`: {error}", path.display());
        self.loaded.diagnostics.push(Diagnostic::error(Code::UnreadableFile, message, at));
    }

    fn read(&mut self, path: &Path, at: Option<crate::Span>) {
        let key = tidy(path);
        if let Some(begin) = self.open.iter().position(|open| *open == key) {
            let mut path: Vec<String> =
                self.open[begin..].iter().map(|file| format!("`{}`", file.display())).collect();
            path.push(format!("`{}`", key.display()));
            self.loaded.diagnostics.push(
                Diagnostic::error(
                    Code::IncludeCycle,
                    format!("files include one another in a circle: {}", path.join(" includes ")),
                    at,
                )
                .help("drop one of these includes"),
            );
            return;
        }
        if self.seen.contains(&key) {
            return;
        }
        self.seen.push(key.clone());
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => return self.unreadable(path, &error, at),
        };
        let includes = includes(&text);
        let source = self.loaded.sources.add(path.display().to_string(), text);
        self.open.push(key);
        for (name, range) in includes {
            let file = path.parent().unwrap_or(Path::new("")).join(name);
            self.read(&file, Some(place(source, range)));
        }
        self.open.pop();
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > LARGEST {
        return Err(std::io::Error::other(format!("it has {size} bytes, more than a checklist may have")));
    }
    fs::read_to_string(path)
}

/// A path without `.` and inner `..`, so that a file has one name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// What a text includes. Mistakes in it are found again when it is compiled.
fn includes(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let (table, _) = DeTable::parse_recoverable(text);
    let Some(DeValue::Array(values)) = table.get_ref().get("include").map(toml::Spanned::get_ref) else {
        return Vec::new();
    };
    values.iter().filter_map(|value| Some((value.get_ref().as_str()?.to_owned(), value.span()))).collect()
}
