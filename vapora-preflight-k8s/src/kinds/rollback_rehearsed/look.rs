//! What has to be so before a rollback is rehearsed.

use std::sync::Mutex;

use vapora_preflight::CheckError;

use super::{
    RollbackRehearsed,
    mark::{Mark, hash},
    place::{Place, Trouble},
    rollout::progress,
    template::{annotations, template},
    way::{Revision, Sent, Way},
};
use crate::{
    object::{Deployment, ReplicaSet, Template, Whole},
    progress::Need,
    read::Reader,
    release::Release,
};

/// The deployments by name, and the replica sets that are theirs.
pub(super) struct There {
    pub(super) deployments: Vec<(Place, Option<Whole<Deployment>>)>,
    sets: Vec<Whole<ReplicaSet>>,
}

impl There {
    /// Reads what is there now.
    pub(super) async fn now(check: &RollbackRehearsed, reader: &Reader<'_>) -> Result<Self, CheckError> {
        let mut deployments = Vec::new();
        for place in check.places() {
            let found = place.read(reader).await?;
            deployments.push((place, found));
        }
        let uids: Vec<String> =
            deployments.iter().filter_map(|(_, found)| found.as_ref()?.object.metadata.uid.clone()).collect();
        let mut sets = Vec::new();
        if !uids.is_empty() {
            let is_theirs = |set: &Whole<ReplicaSet>| {
                let owner = set.object.metadata.controlled_by();
                !set.object.metadata.is_going() && uids.iter().any(|uid| owner == Some(uid.as_str()))
            };
            let begin = Vec::new;
            let take = |all: &mut Vec<_>, set| {
                if is_theirs(&set) {
                    all.push(set);
                }
            };
            sets = reader.fold(Some(&check.namespace), None, begin, take).await?;
        }
        Ok(Self { deployments, sets })
    }

    fn sets_of<'a>(&'a self, deployment: &Whole<Deployment>) -> impl Iterator<Item = &'a Whole<ReplicaSet>> {
        let uid = deployment.object.metadata.uid.clone();
        self.sets
            .iter()
            .filter(move |set| uid.is_some() && set.object.metadata.controlled_by() == uid.as_deref())
    }

    /// The way back of a deployment that still has the mark of a rehearsal that was killed; none where it has no mark.
    pub(super) fn left(&self, place: &Place, deployment: &Whole<Deployment>) -> Option<Result<Way, Trouble>> {
        let mark = Mark::on(deployment)?;
        let (kubectl, uid) = (place.kubectl(), deployment.object.metadata.uid.clone());
        let by_hash = |wanted: &str| self.sets_of(deployment).find(|set| hash(set) == Some(wanted));
        let clear = format!(
            "see which template `{place}` is to have: `{kubectl} rollout history {place}`; then take the mark off: `{kubectl} \
             label {place} {}- {}-`",
            super::mark::RETURN_TO,
            super::mark::UNDONE_TO
        );
        let left = "is marked by a rehearsal that was killed";
        let revisions =
            by_hash(&mark.return_to).and_then(revision).zip(by_hash(&mark.undone_to).and_then(revision));
        let (Some((present, previous)), Some(uid)) = (revisions, uid) else {
            let said = format!("{left}, but the replica set it was to go back to is gone");
            return Some(Err(place.trouble(said, clear)));
        };
        let found = template(deployment);
        if found != present.template && found != previous.template {
            let said = format!("{left}, and has got another template since");
            return Some(Err(place.trouble(said, clear)));
        }
        let sent = Mutex::new(Sent::Done(previous.template.clone()));
        let owners = serde_json::Value::Null;
        Some(Ok(Way { place: place.clone(), uid, present, previous, mark, owners, ran: None, sent }))
    }
}

fn revision(set: &Whole<ReplicaSet>) -> Option<Revision> {
    Some(Revision {
        number: set.object.metadata.annotations.revision.as_deref()?.parse().ok()?,
        template: template(set),
        annotations: annotations(set),
        read: set.object.spec.template.clone(),
    })
}

/// The images of a template by container.
fn images(template: &Template) -> Vec<(&str, Option<&str>)> {
    template.all_containers().map(|one| (one.name.as_str(), one.image.as_deref())).collect()
}

impl RollbackRehearsed {
    /// The way of a deployment to the revision before, or what stands against it.
    pub(super) fn way(
        &self,
        there: &There,
        place: &Place,
        found: &Whole<Deployment>,
    ) -> Result<Way, Trouble> {
        let (kubectl, deployment) = (place.kubectl(), &found.object);
        if deployment.metadata.is_going() {
            return Err(place.trouble(
                "is being deleted",
                format!("`{kubectl} get {place} -o yaml`, and see who deletes it"),
            ));
        }
        is_settled(place, deployment)?;
        let wanted = template(found);
        let present = there.sets_of(found).find(|set| template(*set) == wanted);
        let status = format!("`{kubectl} rollout status {place}`, then ask again");
        let Some((set, present)) = present.and_then(|set| Some((set, revision(set)?))) else {
            return Err(place.trouble("has no replica set of its present template", status));
        };
        if deployment.spec.revision_history_limit == Some(0) {
            let remedy =
                format!("set `spec.revisionHistoryLimit` of `{place}` to 1 or more, and roll a release out");
            return Err(
                place.trouble("keeps no revision but the present one (`revisionHistoryLimit` is 0)", remedy)
            );
        }
        let others = there.sets_of(found).filter(|set| template(*set) != wanted);
        let others = others.filter_map(|set| Some((set, revision(set)?)));
        let Some((before, previous)) = others.max_by_key(|(_, revision)| revision.number) else {
            let remedy = "roll the release before out first, then this one: a deployment that was rolled out once has nothing \
                          to go back to";
            return Err(place.trouble(format!("has no revision before {}", present.number), remedy));
        };
        self.is_meant(place, &present, &previous)?;
        let (Some(return_to), Some(undone_to), Some(uid)) =
            (hash(set), hash(before), &deployment.metadata.uid)
        else {
            let said = "has replica sets without the hash of their template, so that it could not be marked";
            return Err(place.trouble(said, status));
        };
        Ok(Way {
            place: place.clone(),
            uid: uid.clone(),
            mark: Mark { return_to: return_to.to_owned(), undone_to: undone_to.to_owned() },
            // what the deployment says now goes before what its replica set was handed
            present: Revision { annotations: annotations(found), ..present },
            previous,
            owners: found.json["metadata"]["managedFields"].clone(),
            ran: None,
            sent: Mutex::new(Sent::No),
        })
    }

    /// Whether the revision before is one that a rollback is to go back to.
    fn is_meant(&self, place: &Place, present: &Revision, previous: &Revision) -> Result<(), Trouble> {
        let (number, kubectl) = (previous.number, place.kubectl());
        let release = Release {
            images: &std::collections::BTreeMap::new(),
            tag: self.previous_tag.as_ref(),
            containers: &self.containers,
        };
        let differs = release.differs(place.name.as_str(), &previous.read);
        if !differs.is_empty() {
            let remedy = format!(
                "`{kubectl} rollout history {place}`, and correct `previous_tag` or roll that release out first"
            );
            return Err(place.trouble(
                format!("would go back to revision {number}, which {}", differs.join(", ")),
                remedy,
            ));
        }
        if !self.allow_same_images && images(&present.read) == images(&previous.read) {
            let remedy = format!(
                "`{kubectl} rollout history {place} --revision={number}`; set `allow_same_images` if that is meant"
            );
            return Err(place.trouble(format!("has the same images in revision {number} as now"), remedy));
        }
        Ok(())
    }
}

/// Whether it is rolled out, and does not stand still.
fn is_settled(place: &Place, deployment: &Deployment) -> Result<(), Trouble> {
    let kubectl = place.kubectl();
    let progress = progress(deployment);
    let said = progress.troubles.join(", ");
    if deployment.spec.paused {
        let remedy = format!("`{kubectl} rollout resume {place}`");
        return Err(place.trouble("is paused, so that it cannot be rolled back", remedy));
    }
    match progress.need {
        Some(Need::Undo) => {
            let remedy = format!("`{kubectl} rollout undo {place}`, or mend what stops it");
            Err(place.trouble(format!("has a rollout that does not come to its end: it {said}"), remedy))
        }
        Some(Need::Scale) => {
            let remedy = format!("`{kubectl} scale {place} --replicas=1`: without pods nothing is rehearsed");
            Err(place.trouble(said, remedy))
        }
        _ if !progress.troubles.is_empty() => {
            let remedy = format!("`{kubectl} rollout status {place}`, then ask again");
            Err(place.trouble(format!("is not rolled out: it {said}"), remedy))
        }
        _ => Ok(()),
    }
}
