//! Manifests: the objects that are to be in a cluster, read from files, folders and archives.

mod archive;
mod document;
mod files;
mod order;
mod place;
mod source;

use std::collections::HashMap;

use serde_json::Value;
use vapora_preflight::{CheckContext, CheckError};

pub use self::files::{EntryPattern, ManifestPath};
pub(crate) use self::{order::order, place::Place};
use crate::wording::names;

/// How many objects are read at most.
const MOST_OBJECTS: usize = 5_000;

/// Where manifests are read from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) files: Vec<ManifestPath>,
    pub(crate) only: Vec<EntryPattern>,
}

/// One object as a manifest gives it.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) place: Place,
    /// The API group; empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The namespace that the manifest itself gives.
    pub(crate) namespace: Option<String>,
    pub(crate) object: Value,
}

/// A mistake in a manifest, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) place: Place,
    pub(crate) sort: Sort,
    pub(crate) what: String,
}

/// The sort of a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A text that cannot be read at all.
    Text,
    /// Something that is no object of Kubernetes.
    Object,
    /// An object that is there twice.
    Twice,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// In the order in which they can be applied.
    pub(crate) all: Vec<Manifest>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Manifest {
    /// `apps/v1`, `v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Its kind as one writes it down where more than one group may have it: `Deployment`, `Widget.example.com`.
    pub(crate) fn is_of(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Origin {
    /// All manifests of one file, folder or archive.
    pub(crate) fn of(file: ManifestPath) -> Self {
        Self { files: vec![file], only: Vec::new() }
    }

    /// Reads all manifests, and all that is wrong with them.
    ///
    /// # Errors
    ///
    /// A file or archive that cannot be read, or is refused for its size or for a path that leads out of it.
    pub(crate) async fn read(&self, cx: &CheckContext) -> Result<Manifests, CheckError> {
        cx.doing(format!("reading the manifests of {}", self.told()));
        let origin = self.clone();
        tokio::task::spawn_blocking(move || origin.read_now()).await?
    }

    /// The files as they were named.
    pub(crate) fn told(&self) -> String {
        let named: Vec<String> = self.files.iter().map(ToString::to_string).collect();
        names(&named)
    }

    fn read_now(&self) -> Result<Manifests, CheckError> {
        let sources = source::all(&self.files, &self.only)?;
        let mut read = Manifests::default();
        for source in sources {
            document::read(&source, &mut read);
            if read.all.len() > MOST_OBJECTS {
                return Err(CheckError::permanent(format!(
                    "the manifests of {} hold more than {MOST_OBJECTS} objects",
                    self.told()
                ))
                .remedy("divide them among several checks"));
            }
        }
        read.find_doubles();
        read.all.sort_by_key(order);
        Ok(read)
    }
}

impl Manifests {
    /// All objects of one text, in the order of the text, and all that is wrong with them.
    pub(crate) fn of_text(name: &str, text: &[u8]) -> Self {
        let mut read = Self::default();
        document::read(&source::Source { name: name.into(), text: text.to_vec() }, &mut read);
        read.find_doubles();
        read
    }

    /// An object that is there twice would be applied twice, and the last one stay: only the first is taken.
    fn find_doubles(&mut self) {
        let mut seen: HashMap<(String, String, Option<String>, String), Place> = HashMap::new();
        let mistakes = &mut self.mistakes;
        self.all.retain(|one| {
            let key = (one.group.clone(), one.kind.clone(), one.namespace.clone(), one.name.clone());
            let first = seen.get(&key);
            if let Some(first) = first {
                let what = format!("{} `{}` is given at {first} already", one.kind, one.name);
                mistakes.push(Mistake { place: one.place.clone(), sort: Sort::Twice, what });
            }
            let alone = first.is_none();
            seen.entry(key).or_insert_with(|| one.place.clone());
            alone
        });
    }
}
