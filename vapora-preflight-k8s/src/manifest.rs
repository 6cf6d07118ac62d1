//! Manifests: files in which objects are written down.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use vapora_preflight::CheckError;

use crate::refused::Cause;

/// The longest file that is read; the API server takes no object of more than 3 MiB.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;
/// How a file ends that is read from a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// One document of a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) place: Place,
    pub(crate) object: Value,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    file: PathBuf,
    /// Its number in the file, from one, where the file has several.
    document: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file.display())?;
        self.document.map_or(Ok(()), |number| write!(f, " (document {number})"))
    }
}

impl Manifest {
    /// Whether it is an object of this version and kind.
    pub(crate) fn is_a(&self, api_version: &str, kind: &str) -> bool {
        self.text("/apiVersion") == Some(api_version) && self.text("/kind") == Some(kind)
    }

    /// The name of its object.
    pub(crate) fn name(&self) -> Option<&str> {
        self.text("/metadata/name")
    }

    /// The namespace of its object, where it says one.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.text("/metadata/namespace").filter(|namespace| !namespace.is_empty())
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.object.pointer(pointer)?.as_str()
    }
}

/// Reads the documents of a file, or of the files directly in a folder that end in `.yaml`, `.yml` or `.json`, in the order
/// of their names. Lists are taken apart. Documents that are no objects of the API are among them.
///
/// # Errors
///
/// A permanent error where there is nothing to read, or something cannot be read. It quotes nothing of the file.
pub(crate) async fn manifests(path: &Path) -> Result<Vec<Manifest>, CheckError> {
    let unreadable = |path: &Path, error: &io::Error| {
        CheckError::permanent(format!("the manifest `{}` cannot be read", path.display()))
            .because(error)
            .remedy("correct the path, which a relative one is from the folder the program is started in")
    };
    let about = tokio::fs::metadata(path).await.map_err(|error| unreadable(path, &error))?;
    let mut files = if about.is_dir() {
        files_of(path).await.map_err(|error| unreadable(path, &error))?
    } else {
        vec![path.to_path_buf()]
    };
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let size = tokio::fs::metadata(&file).await.map_err(|error| unreadable(&file, &error))?.len();
        if size > LARGEST_FILE {
            let limit = LARGEST_FILE / 1024 / 1024;
            let message = format!("the manifest `{}` is longer than {limit} MiB", file.display());
            return Err(CheckError::permanent(message).remedy("name the file that holds the manifests alone"));
        }
        let text = tokio::fs::read_to_string(&file).await.map_err(|error| unreadable(&file, &error))?;
        all.extend(documents(&file, &text)?);
    }
    if all.is_empty() {
        return Err(CheckError::permanent(format!("there are no manifests in `{}`", path.display()))
            .remedy("name a file, or a folder with files that end in `.yaml`, `.yml` or `.json`"));
    }
    Ok(all)
}

async fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = tokio::fs::read_dir(folder).await?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        let fits = path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if fits && tokio::fs::metadata(&path).await?.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn documents(file: &Path, text: &str) -> Result<Vec<Manifest>, CheckError> {
    // A snippet would quote the file, which may hold what nobody should read.
    let options = serde_saphyr::options! { with_snippet: false };
    let found: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let said = error.to_string().replace(", set DuplicateKeyPolicy in Options if acceptable", "");
        CheckError::permanent(format!("the manifest `{}` is not valid YAML", file.display()))
            .because(&Cause(said))
            .remedy("correct the file; a template has to be filled in first")
    })?;
    let several = found.len() > 1;
    let mut all = Vec::new();
    for (index, object) in found.into_iter().enumerate() {
        let place = Place { file: file.to_path_buf(), document: several.then_some(index + 1) };
        match object {
            Value::Object(mut list) if list.get("kind").and_then(Value::as_str) == Some("List") => {
                if let Some(Value::Array(items)) = list.remove("items") {
                    all.extend(items.into_iter().map(|object| Manifest { place: place.clone(), object }));
                }
            }
            object => all.push(Manifest { place, object }),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let all = documents(Path::new("a.yaml"), text).unwrap();
        all.iter().map(|one| format!("{} {}", one.name().unwrap_or("none"), one.place)).collect()
    }

    #[test]
    fn a_file_may_hold_several_documents_and_lists() {
        let two = "---\n# nothing\n---\nkind: A\nmetadata: { name: a }\n---\nkind: List\nitems:\n- metadata: { name: b }\n- \
                   metadata: { name: c }\n";
        let document = |number: usize| format!("`a.yaml` (document {number})");
        assert_eq!(
            names(two),
            [format!("a {}", document(1)), format!("b {}", document(2)), format!("c {}", document(2))]
        );
        assert_eq!(names("{\n\t\"kind\": \"A\",\n\t\"metadata\": {\"name\": \"a\"}\n}\n"), ["a `a.yaml`"]);
        assert!(names("# only a comment\n").is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_without_its_content() {
        for text in ["data:\n  A: secret\n  A: secret\n", "data: [secret\n", "{{ secret }}: {{ secret }}\n"] {
            let error = documents(Path::new("a.yaml"), text).unwrap_err();
            assert!(!error.is_transient());
            let said = error.to_string();
            assert!(said.starts_with("the manifest `a.yaml` is not valid YAML: "), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
