//! What the images of one workload come to.

use std::collections::BTreeSet;

use crate::{
    ImageDigest, ImageRef,
    image::ImageId,
    running::{Images, Ran, Running},
    wording::{count, names, short},
    workload::Workload,
};

/// What the images of one workload come to.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// What is not as it has to be.
    pub(super) troubles: Vec<String>,
    /// What cannot be told.
    pub(super) unknown: Vec<String>,
    /// Whether an image is still that of the baseline.
    pub(super) unchanged: bool,
    /// Whether its pods run different images.
    pub(super) mixed: bool,
}

impl Compared {
    /// Whether all of its pods are there, and are of its newest revision where that matters.
    pub(super) fn pods(&mut self, workload: &Workload, running: &Running, has_to_be_newest: bool) {
        if workload.meta().is_going() {
            self.troubles.push("is being deleted".to_owned());
        }
        if let Some(behind) = workload.unobserved() {
            self.troubles.push(behind);
            return;
        }
        let wanted = workload.wanted();
        if wanted == 0 {
            self.troubles.push("is to have no pods, so that it runs no image".to_owned());
        } else if running.pods < wanted {
            let of = count(wanted as usize, "pod");
            self.troubles.push(format!("has {} of {of} wanted", running.pods));
        }
        if let Some(old @ 1..) = has_to_be_newest.then(|| workload.of_older_revision()) {
            self.troubles.push(format!("still has {} of an older revision", count(old as usize, "pod")));
        }
    }

    /// Whether all replicas run one image.
    pub(super) fn is_one(&mut self, container: &str, ran: &Ran) {
        if !ran.silent.is_empty() {
            let pods = names(&ran.silent);
            self.unknown.push(format!("the image id of `{container}` is not known in {pods}"));
        }
        match ran.is_one() {
            Some(true) => {}
            Some(false) => {
                self.mixed = true;
                self.troubles.push(format!("runs different images in `{container}`: {}", ran.shown()));
            }
            // Without any, its pods are missing or silent, which is told.
            None if ran.ids.is_empty() => {}
            None => self.unknown.push(format!(
                "the images of `{container}` came to the nodes in different ways, and cannot be compared: {}",
                ran.shown()
            )),
        }
    }

    /// Whether the image of a container is another one than before.
    pub(super) fn is_new(&mut self, container: &str, ran: &Ran, before: Option<&Images>) {
        let Some(before) = before.and_then(|images| images.get(container)) else { return };
        if before.ids.is_empty() {
            self.unknown.push(format!("the baseline does not know the image of `{container}`"));
        }
        for (id, images) in &ran.ids {
            let same: Vec<Option<bool>> = before.ids.keys().map(|earlier| id.is_same(earlier)).collect();
            if same.contains(&Some(true)) {
                self.unchanged = true;
                self.troubles.push(unchanged(container, images, &before.images, id));
            } else if same.contains(&None) {
                self.unknown.push(format!(
                    "the image of `{container}` came to its node in another way than before, and cannot be compared: \
                     `{id}`, before {}",
                    before.shown()
                ));
            }
        }
    }

    /// Whether the image of a container has this digest.
    pub(super) fn has_digest(&mut self, container: &str, ran: &Ran, digest: &ImageDigest) {
        let wanted = ImageId::Registry(digest.as_str().to_owned());
        for id in ran.ids.keys() {
            match wanted.is_same(id) {
                Some(true) => {}
                Some(false) => self.troubles.push(format!(
                    "has another image in `{container}` (expected the digest `{wanted}`, found `{id}`)"
                )),
                None => self.unknown.push(format!(
                    "the image of `{container}` has no digest of a registry: it came to its node otherwise (`{id}`)"
                )),
            }
        }
    }
}

/// How an image that is the one of before is told: by `now`, the images that are asked for, and those of `before`.
fn unchanged(container: &str, now: &BTreeSet<String>, before: &BTreeSet<String>, id: &ImageId) -> String {
    let shown = |images: &BTreeSet<String>| match images.first() {
        Some(image) => format!("`{}`", short(image)),
        None => "none".to_owned(),
    };
    let same_name = now.iter().all(|image| {
        let image = ImageRef::new(image.clone());
        before.iter().any(|earlier| ImageRef::new(earlier.clone()) == image)
    });
    if same_name {
        format!("still runs the image of before in `{container}` ({}, `{id}`)", shown(now))
    } else {
        format!(
            "runs the same image as before under another name in `{container}` (`{id}`: {} before, {} now)",
            shown(before),
            shown(now)
        )
    }
}
