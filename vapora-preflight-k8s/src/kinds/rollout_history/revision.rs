//! The revisions of a workload.

use std::cmp::Reverse;

use vapora_preflight::{CheckError, Value};

use crate::{
    Namespace,
    object::{ControllerRevision, Meta, ReplicaSet, Template},
    read::{Reader, unreadable},
    refused::Cause,
    workload::Workload,
};

/// One revision of a workload.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    pub(super) number: u64,
    /// The replica set or controller revision that keeps it.
    pub(super) name: String,
    pub(super) change_cause: Option<String>,
    images: Vec<(String, Option<String>)>,
}

impl Revision {
    fn new(number: u64, meta: &Meta, template: &Template) -> Self {
        Self {
            number,
            name: meta.name.clone(),
            change_cause: meta.annotations.change_cause.as_deref().map(str::to_owned),
            images: template.containers().iter().map(|one| (one.name.clone(), one.image.clone())).collect(),
        }
    }

    /// Its images by container, as evidence.
    pub(super) fn images(&self) -> Value {
        Value::table(self.images.iter().cloned())
    }

    /// Whether it has the images of the workload as it is wanted now.
    pub(super) fn has_images_of(&self, template: &Template) -> bool {
        let wanted = template.containers().iter().map(|one| (&one.name, &one.image));
        self.images.iter().map(|(name, image)| (name, image)).eq(wanted)
    }

    /// It as a row of the evidence.
    pub(super) fn row(&self) -> (String, Value) {
        let row = [
            ("images", self.images()),
            ("change_cause", self.change_cause.clone().into()),
            ("name", self.name.clone().into()),
        ];
        (self.number.to_string(), Value::table(row))
    }
}

/// The revisions that are kept of a workload, the newest first.
pub(super) async fn revisions(
    reader: &Reader<'_>,
    namespace: &Namespace,
    workload: &Workload,
) -> Result<Vec<Revision>, CheckError> {
    let uid = workload.meta().uid.as_deref().unwrap_or_default();
    let mut revisions = match workload {
        Workload::Deployment(_) => {
            let sets = reader.list::<ReplicaSet>(Some(namespace), None).await?;
            let own = sets.iter().filter(|set| is_kept(&set.metadata, uid));
            own.filter_map(|set| {
                // One without a number, or with something else, is no revision to kubectl either.
                let number = set.metadata.annotations.revision.as_deref()?.parse().ok()?;
                Some(Revision::new(number, &set.metadata, &set.spec.template))
            })
            .collect()
        }
        Workload::StatefulSet(_) | Workload::DaemonSet(_) => {
            let all = reader.list::<ControllerRevision>(Some(namespace), None).await?;
            let mut revisions = Vec::new();
            for one in all.iter().filter(|one| is_kept(&one.metadata, uid)) {
                let (Ok(number), Some(template)) = (u64::try_from(one.revision), &one.template) else {
                    let cause = Cause(format!("`{}` keeps no template of pods", one.metadata.name));
                    return Err(unreadable(
                        &format!("list the controller revisions in `{namespace}`"),
                        &cause,
                    ));
                };
                revisions.push(Revision::new(number, &one.metadata, template));
            }
            revisions
        }
    };
    revisions.sort_by_key(|revision: &Revision| Reverse(revision.number));
    Ok(revisions)
}

fn is_kept(meta: &Meta, uid: &str) -> bool {
    !uid.is_empty() && meta.controlled_by() == Some(uid) && !meta.is_going()
}
