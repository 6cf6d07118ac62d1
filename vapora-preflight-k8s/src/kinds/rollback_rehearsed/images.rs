//! What the pods run before, meanwhile and after.

use vapora_preflight::CheckError;

use super::{
    RollbackRehearsed,
    place::{Place, Trouble},
    way::Way,
};
use crate::{
    object::{Deployment, Pod, ReplicaSet, Template},
    read::Reader,
    refused::Cause,
    running::{Images, Ran, Running},
    wording::{clauses, names},
    workload::Workload,
};

/// What the pods of a deployment run, by container.
///
/// # Errors
///
/// Images that cannot be told.
pub(super) async fn running(
    reader: &Reader<'_>,
    place: &Place,
    deployment: &Deployment,
) -> Result<Images, CheckError> {
    let here = Some(&place.namespace);
    let sets: Vec<ReplicaSet> = reader.list_now(here, None).await?;
    let pods: Vec<Pod> = reader.list_now(here, None).await?;
    let containers = deployment.spec.template.containers();
    let containers: Vec<&str> = containers.iter().map(|one| one.name.as_str()).collect();
    let running = Running::of(&Workload::Deployment(deployment.clone()), &containers, &pods, &sets);
    let mut unknown = Vec::new();
    for (container, ran) in &running.images {
        if !ran.silent.is_empty() {
            unknown.push(format!("the image id of `{container}` is not known in {}", names(&ran.silent)));
        } else if ran.ids.is_empty() {
            unknown.push(format!("no pod runs `{container}`"));
        }
    }
    if unknown.is_empty() {
        return Ok(running.images);
    }
    let could_not = format!("could not tell which images are run by `{place}` in `{}`", place.namespace);
    Err(CheckError::transient(could_not).because(&Cause(clauses(&unknown))).remedy(format!(
        "`{} describe {place}`, and ask again when its pods run; `verify_image_ids = false` leaves them out",
        place.kubectl()
    )))
}

/// What runs another image than before.
pub(super) fn others(before: &Images, now: &Images) -> Vec<String> {
    before
        .iter()
        .filter(|(container, before)| now.get(*container).is_none_or(|now| !now.is_same(before)))
        .map(|(container, before)| {
            let now = now.get(container).map_or("nothing".to_owned(), Ran::shown);
            format!("runs another image than before in `{container}` (before {}, now {now})", before.shown())
        })
        .collect()
}

impl RollbackRehearsed {
    /// Notes what the pods of a deployment run.
    pub(super) async fn note_images(
        &self,
        reader: &Reader<'_>,
        found: &Deployment,
        mut way: Way,
    ) -> Result<Result<Way, Trouble>, CheckError> {
        if !self.verify_image_ids {
            return Ok(Ok(way));
        }
        let ran = running(reader, &way.place, found).await?;
        let mixed: Vec<String> = ran
            .iter()
            .filter(|(_, ran)| ran.is_one() != Some(true))
            .map(|(container, ran)| format!("runs different images in `{container}`: {}", ran.shown()))
            .collect();
        if !mixed.is_empty() {
            let remedy = format!("`{} get pods`, and replace those of the other image", way.place.kubectl());
            return Ok(Err(way.place.trouble(mixed.join(", "), remedy)));
        }
        way.ran = Some(ran);
        Ok(Ok(way))
    }

    /// What is wrong with the images that the pods run in the revision before.
    pub(super) async fn runs_other(
        &self,
        reader: &Reader<'_>,
        way: &Way,
        deployment: &Deployment,
    ) -> Result<Option<Trouble>, CheckError> {
        let Some(before) = &way.ran else { return Ok(None) };
        let now = running(reader, &way.place, deployment).await?;
        let (mut wrong, mut changed, mut same) = (Vec::new(), 0, Vec::new());
        for (container, ran) in &now {
            let image_in = |template: &Template| {
                template.all_containers().find(|one| one.name == *container).and_then(|one| one.image.clone())
            };
            let wanted = image_in(&way.previous.read).unwrap_or_default();
            if ran.images.iter().any(|image| *image != wanted) {
                let found: Vec<&String> = ran.images.iter().collect();
                wrong.push(format!("runs {} in `{container}`, and not `{wanted}`", names(&found)));
            } else if image_in(&way.present.read).is_some_and(|image| image != wanted) {
                changed += 1;
                same.extend(
                    before.get(container).filter(|before| ran.is_same(before)).map(|_| container.clone()),
                );
            }
        }
        if wrong.is_empty() && changed > 0 && same.len() == changed {
            wrong.push(format!(
                "runs the same image as the present one in {}, under another tag",
                names(&same)
            ));
        }
        if wrong.is_empty() {
            return Ok(None);
        }
        let (place, number) = (&way.place, way.previous.number);
        let remedy = format!(
            "`{} rollout history {place} --revision={number}`, and see what was pushed under its tag",
            place.kubectl()
        );
        Ok(Some(place.trouble(format!("{} in revision {number}", wrong.join(", ")), remedy)))
    }
}
