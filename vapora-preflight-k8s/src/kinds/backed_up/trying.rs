//! Restoring by a dry run.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use vapora_preflight::CheckError;

use super::{
    file::{File, Kept},
    restorable::restorable,
};
use crate::{
    apply::{Done, How, Refused, Why},
    changes::{Change, changes, cleaned},
    read::Reader,
    refused::Cause,
    wording::{names, short},
    yaml::document,
};

/// How many objects are tried at once.
const AT_ONCE: usize = 4;
/// Who would restore it: whoever follows the first line of the file.
const MANAGER: &str = "kubectl";
/// The name under which an object is made anew in a dry run. Nothing of this name is ever kept.
const NEW_NAME: &str = "vapora-preflight-dry-run";

/// Why an object would not be restored as it is.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server does not take it.
    Refused(Refused),
    /// The server would make something else of it: the fields that would differ.
    Differs(Vec<String>),
}

/// What came of one object.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) label: String,
    /// Whether it is about the object as a new one.
    pub(super) anew: bool,
    pub(super) trouble: Option<Trouble>,
    pub(super) warnings: Vec<String>,
}

impl Tried {
    /// `ConfigMap/vapora-config: …`
    pub(super) fn told(&self) -> Option<String> {
        let trouble = match self.trouble.as_ref()? {
            Trouble::Refused(refused) => format!("the server does not take it: {}", refused.said),
            Trouble::Differs(fields) => format!("it would differ in {}", names(fields)),
        };
        let anew = if self.anew { ", as a new object" } else { "" };
        Some(format!("`{}`{anew}: {trouble}", self.label))
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> Option<String> {
        Some(match self.trouble.as_ref()? {
            Trouble::Differs(_) => {
                "see which webhook, policy or default sets these fields, and whether what is there was made before it"
                    .to_owned()
            }
            Trouble::Refused(refused) => match &refused.why {
                Why::Mistake => {
                    "see what has changed since the object was made: its schema, its validation or a webhook"
                        .to_owned()
                }
                Why::Admission => {
                    "see the rule or quota that is named: it stands against a restoration too".to_owned()
                }
                Why::Conflict(managers) => format!("see what {} does to the object", names(managers)),
                Why::NoNamespace(name) => format!("`kubectl create namespace {name}`"),
                Why::Going => "see who deletes the namespace, and why".to_owned(),
                Why::TooLarge => "divide what it holds among several objects".to_owned(),
            },
        })
    }
}

impl File {
    /// Restores each object by a dry run: over the one that is there, and where that is wanted, as a new one too.
    pub(super) async fn try_to_restore(
        &self,
        reader: &Reader<'_>,
        anew: bool,
    ) -> Result<Vec<Tried>, CheckError> {
        // a closure over each of them would not be general enough over their lifetimes
        let each: Vec<_> = self.kept.iter().map(|kept| self.try_one(reader, kept, anew)).collect();
        let all: Vec<Vec<Tried>> = stream::iter(each).buffered(AT_ONCE).try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    async fn try_one(&self, reader: &Reader<'_>, kept: &Kept, anew: bool) -> Result<Vec<Tried>, CheckError> {
        let mut tried = vec![self.over(reader, kept).await?];
        if anew {
            tried.push(self.anew(reader, kept).await?);
        }
        Ok(tried)
    }

    /// Applies the document over the object that is there. Nothing may change by it.
    async fn over(&self, reader: &Reader<'_>, kept: &Kept) -> Result<Tried, CheckError> {
        let live = &kept.live;
        let (label, namespace) = (live.label.clone(), live.namespace.as_deref());
        let applied = reader.apply(&live.served, namespace, &live.name, self.document(kept), how()).await?;
        let warnings = applied.warnings;
        let trouble = match applied.result {
            Ok(Done { created: true, .. }) => return Err(changed(&label, "it was deleted")),
            Ok(Done { object, .. }) => differing(&cleaned(&live.object), &cleaned(&object)),
            Err(refused) => Some(Trouble::Refused(refused)),
        };
        if trouble.is_some() {
            unchanged(reader, kept).await?;
        }
        Ok(Tried { label, anew: false, trouble, warnings })
    }

    /// Makes the object under another name. What comes of it has to be what is in the file.
    async fn anew(&self, reader: &Reader<'_>, kept: &Kept) -> Result<Tried, CheckError> {
        let live = &kept.live;
        let (label, namespace) = (live.label.clone(), live.namespace.as_deref());
        let mut object = kept.object.clone();
        object["metadata"]["name"] = NEW_NAME.into();
        let body = document(&object).into_bytes();
        let applied = reader.apply(&live.served, namespace, NEW_NAME, body, how()).await?;
        let warnings = applied.warnings;
        let trouble = match applied.result {
            Ok(Done { created: false, .. }) => {
                return Err(CheckError::permanent(format!("`{label}` could not be tried as a new object"))
                    .because(&Cause(format!("there is an object `{NEW_NAME}` already")))
                    .remedy(format!(
                        "see who has made it, and delete it: `{NEW_NAME}` is the name of a try"
                    )));
            }
            Ok(Done { mut object, .. }) => {
                object["metadata"]["name"] = live.name.as_str().into();
                differing(&kept.object, &restorable(&object))
            }
            Err(refused) => Some(Trouble::Refused(refused)),
        };
        Ok(Tried { label, anew: true, trouble, warnings })
    }
}

fn how() -> How<'static> {
    How { manager: MANAGER, force: false, dry_run: true }
}

/// The fields that differ; no value of them is told.
fn differing(before: &Value, after: &Value) -> Option<Trouble> {
    let fields: Vec<String> = changes(before, after).iter().map(|Change { path, .. }| short(path)).collect();
    (!fields.is_empty()).then_some(Trouble::Differs(fields))
}

/// Sees that an object is still the one that was read: else it is not the file that is wrong.
async fn unchanged(reader: &Reader<'_>, kept: &Kept) -> Result<(), CheckError> {
    let live = &kept.live;
    let now = reader.get_whole(&live.served, live.namespace.as_deref(), &live.name).await?;
    match now {
        None => Err(changed(&live.label, "it was deleted")),
        Some(now) if cleaned(&now) != cleaned(&live.object) => Err(changed(&live.label, "it was changed")),
        Some(_) => Ok(()),
    }
}

fn changed(label: &str, how: &str) -> CheckError {
    CheckError::transient(format!("`{label}` did not stay as it is while it was backed up"))
        .because(&Cause(format!("{how} meanwhile")))
        .remedy("see who changes it, and back it up when they are done")
}
