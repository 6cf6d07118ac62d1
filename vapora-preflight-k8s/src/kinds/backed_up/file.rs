//! The file that a backup is kept in.

use std::ops::Range;

use serde_json::Value;
use vapora_preflight::CheckError;

use super::{reading::Live, restorable::restorable};
use crate::{
    manifest::{Manifest, Manifests, Place, order},
    refused::Cause,
    wording::short,
    yaml::document,
};

/// What the file is called.
pub(super) const NAME: &str = "backup.yaml";
const HEAD: &str = "# To restore: kubectl apply --server-side --force-conflicts -f FILE\n";
/// How long it is at most, in bytes; what reads manifests takes no longer one.
const LONGEST: usize = 16 * 1024 * 1024;

/// A file of objects, and the objects that were read from it again.
#[derive(Debug)]
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    /// In the order of the file, which is one in which they can be applied.
    pub(super) kept: Vec<Kept>,
}

/// One object of the file.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) live: Live,
    /// As it was read from the file.
    pub(super) object: Value,
    /// Where its document is in the file.
    place: Range<usize>,
}

impl File {
    /// Writes the objects and reads them again from what was written.
    ///
    /// # Errors
    ///
    /// The file would be too long, or would not say the same.
    pub(super) fn of(mut all: Vec<Live>) -> Result<Self, CheckError> {
        all.sort_by_cached_key(|live| (order(&manifest(live)), live.label.clone()));
        let mut text = HEAD.to_owned();
        let mut kept = Vec::new();
        for live in all {
            let object = restorable(&live.object);
            text.push_str("---\n");
            let begin = text.len();
            text.push_str(&document(&object));
            kept.push(Kept { place: begin..text.len(), live, object });
            if text.len() > LONGEST {
                let limit = LONGEST / 1024 / 1024;
                return Err(CheckError::permanent(format!("the backup is longer than {limit} MiB"))
                    .remedy("divide the objects among several checks"));
            }
        }
        let mut file = Self { bytes: text.into_bytes(), kept };
        file.read_again()?;
        Ok(file)
    }

    /// Takes each object as the file has it, and compares it with what was to be written.
    fn read_again(&mut self) -> Result<(), CheckError> {
        let read = Manifests::of_text(NAME, &self.bytes);
        let wrong = |why: String| {
            Err(CheckError::permanent("could not write a backup that reads as it should")
                .because(&Cause(why)))
        };
        if let Some(mistake) = read.mistakes.first() {
            return wrong(mistake.to_string());
        }
        if read.all.len() != self.kept.len() {
            return wrong(format!("expected {} objects in it, found {}", self.kept.len(), read.all.len()));
        }
        for (kept, manifest) in self.kept.iter_mut().zip(read.all) {
            if !same(&kept.object, &manifest.object) {
                return wrong(format!("`{}` does not read as it was written", short(&kept.live.label)));
            }
            kept.object = manifest.object;
        }
        Ok(())
    }

    /// The document of an object, as it is in the file.
    pub(super) fn document(&self, kept: &Kept) -> Vec<u8> {
        self.bytes[kept.place.clone()].to_vec()
    }
}

/// Whether two values are the same; `2.0` is the same number as `2`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|it| same(value, it)))
        }
        (one, other) => one == other,
    }
}

fn manifest(live: &Live) -> Manifest {
    Manifest {
        place: Place::new(&NAME.into(), 1),
        group: live.served.group.clone(),
        version: live.served.version.clone(),
        kind: live.served.kind.clone(),
        name: live.name.clone(),
        namespace: live.namespace.clone(),
        object: Value::Null,
    }
}
