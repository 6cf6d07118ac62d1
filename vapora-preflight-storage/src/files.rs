//! The files of a place, wherever that is.

use std::{io, path::PathBuf};

use object_store::ObjectMeta;
use vapora_preflight::{CheckContext, CheckError, Timestamp};

use crate::{
    blocking,
    objects::{Bucket, ObjectStores},
    place::{At, Place, StoreSettings},
};

mod content;
mod folder;

pub(crate) use self::content::Content;

/// How many files of one place are looked at.
pub(crate) const MOST_FILES: usize = 100_000;

/// A place whose files can be listed and read.
#[derive(Debug, Clone)]
pub(crate) enum Files {
    Folder(PathBuf),
    Bucket {
        bucket: Bucket,
        /// What the names of its files begin with, without a slash at the end.
        prefix: String,
    },
}

/// One file of a place.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its name from the place on, with slashes.
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    pub(crate) sort: Sort,
    at: Where,
}

/// What sort of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A file with content; a link to one, where links are followed.
    File,
    /// A symbolic link.
    Link,
    /// A socket, a device or the like.
    Special,
}

#[derive(Debug, Clone)]
enum Where {
    Path(PathBuf),
    Object(ObjectMeta),
}

/// Which files are listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Listing<'a> {
    /// The folder in the place that the names of all files wanted begin with; empty for the whole place.
    pub(crate) below: &'a str,
    /// Whether the files of folders further down are listed too.
    pub(crate) deep: bool,
    /// Whether links to files count as files. Links to folders are never followed.
    pub(crate) follow: bool,
}

impl Files {
    /// Opens a place, without looking at it yet.
    pub(crate) fn open(
        cx: &CheckContext,
        place: &Place,
        settings: Option<&StoreSettings>,
    ) -> Result<Self, CheckError> {
        Ok(match &place.at {
            At::Path(path) => Self::Folder(path.clone()),
            At::Bucket(provider, bucket, prefix) => {
                let stores = cx.resource::<ObjectStores>()?;
                let none = StoreSettings::default();
                let bucket = stores.open(cx, *provider, bucket, settings.unwrap_or(&none))?;
                Self::Bucket { bucket, prefix: prefix.clone() }
            }
        })
    }

    /// Lists the files of the place, by name.
    ///
    /// # Errors
    ///
    /// A place that is not there, is no folder, cannot be read, or holds too many.
    pub(crate) async fn list(&self, listing: Listing<'_>) -> Result<Vec<File>, CheckError> {
        let mut files = match self {
            Self::Folder(path) => {
                let (path, below) = (path.clone(), listing.below.to_owned());
                let (deep, follow) = (listing.deep, listing.follow);
                blocking::on_thread(move |wanted| folder::list(&path, &below, deep, follow, wanted)).await??
            }
            Self::Bucket { bucket, prefix } => {
                let begin = [prefix.as_str(), listing.below].into_iter().filter(|part| !part.is_empty());
                let begin: String = begin.flat_map(|part| [part, "/"]).collect();
                let objects = bucket.list(&begin, listing.deep, MOST_FILES).await?;
                let skip = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
                let files = objects.into_iter().filter(|object| object.location.as_ref().starts_with(&begin));
                let mut files: Vec<File> = files.filter_map(|object| of_object(object, skip)).collect();
                drop_markers(&mut files);
                files
            }
        };
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    /// The file of that name; nothing where there is none. An empty name means the place itself.
    pub(crate) async fn look(&self, name: &str) -> Result<Option<File>, CheckError> {
        match self {
            Self::Folder(path) => {
                let path = if name.is_empty() { path.clone() } else { path.join(name) };
                let name = name.to_owned();
                blocking::on_thread(move |_| folder::look(&path, &name)).await?
            }
            Self::Bucket { bucket, prefix } => {
                let key = match (prefix.is_empty(), name.is_empty()) {
                    (true, _) => name.to_owned(),
                    (false, true) => prefix.clone(),
                    (false, false) => format!("{prefix}/{name}"),
                };
                let Ok(path) = object_store::path::Path::parse(&key) else { return Ok(None) };
                let skip = key.len() - name.len();
                Ok(bucket.look(&path).await?.and_then(|object| of_object(object, skip)))
            }
        }
    }

    /// Reads a file: hands its content to `work`, on a thread of its own.
    ///
    /// # Errors
    ///
    /// The file could not be read to where the work wanted to; whatever came of the work then is not known.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        file: &File,
        work: impl FnOnce(&mut Content) -> T + Send + 'static,
    ) -> Result<T, CheckError> {
        match (&file.at, self) {
            (Where::Path(path), _) => {
                let (path, size) = (path.clone(), file.size);
                blocking::on_thread(move |wanted| folder::read(&path, size, wanted, work)).await?
            }
            (Where::Object(object), Self::Bucket { bucket, .. }) => {
                content::read_object(bucket, object, work).await
            }
            (Where::Object(_), Self::Folder(_)) => Err(CheckError::permanent("an object is in no folder")),
        }
    }
}

fn of_object(object: ObjectMeta, skip: usize) -> Option<File> {
    Some(File {
        name: object.location.as_ref().get(skip..)?.to_owned(),
        size: object.size,
        modified: Timestamp::from_unix_seconds(object.last_modified.timestamp()),
        sort: Sort::File,
        at: Where::Object(object),
    })
}

/// Drops the empty objects that stand for folders: they have the name of what others are in.
fn drop_markers(files: &mut Vec<File>) {
    let mut names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    names.sort();
    files.retain(|file| {
        let inside = format!("{}/", file.name);
        let next = names.partition_point(|name| *name < inside);
        file.size > 0 || !names.get(next).is_some_and(|name| name.starts_with(&inside))
    });
}

/// A file that cannot be read, in plain words.
fn unreadable(what: &str, error: &io::Error) -> CheckError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            CheckError::permanent(format!("`{what}` does not exist")).remedy("create it, or correct the path")
        }
        io::ErrorKind::PermissionDenied => CheckError::permanent(format!("`{what}` may not be read"))
            .because(error)
            .remedy("run as a user who may read it"),
        io::ErrorKind::InvalidInput => {
            CheckError::permanent(format!("`{what}` is no path")).because(error).remedy("correct the path")
        }
        _ => CheckError::transient(format!("could not read `{what}`")).because(error),
    }
}
