//! The images that a release is made of.

use std::collections::BTreeMap;

use crate::{
    ContainerRef, ImageRef, ImageTag, ObjectName,
    object::{Template, TemplateContainer},
    wording::short,
};

/// Which images the containers of a release are to have, as parameters say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release<'a> {
    /// By container: the image.
    pub(crate) images: &'a BTreeMap<ContainerRef, ImageRef>,
    /// The tag of all of them.
    pub(crate) tag: Option<&'a ImageTag>,
    /// The containers that are of the release; none for all that go on.
    pub(crate) containers: &'a [ObjectName],
}

impl<'a> Release<'a> {
    /// Whether nothing is said of it.
    pub(crate) fn is_unsaid(self) -> bool {
        self.images.is_empty() && self.tag.is_none()
    }

    /// The containers of the template that are of the release.
    pub(crate) fn of(self, template: &Template) -> Vec<&TemplateContainer> {
        if self.containers.is_empty() {
            return template.containers().iter().collect();
        }
        let named = |one: &&TemplateContainer| self.containers.iter().any(|name| name.as_str() == one.name);
        template.all_containers().filter(named).collect()
    }

    /// What is another image in the template of a workload than that of the release.
    pub(crate) fn differs(self, workload: &str, template: &Template) -> Vec<String> {
        let mut troubles = Vec::new();
        let tagged = self.of(template);
        if tagged.is_empty() && !self.containers.is_empty() {
            troubles.push("has none of the containers that are named".to_owned());
        }
        if let Some(tag) = self.tag {
            for container in tagged {
                let found = image(container);
                if found.as_ref().and_then(ImageRef::tag) != Some(tag.as_str()) {
                    troubles.push(other(container, &format!("the tag `{tag}`")));
                }
            }
        }
        let mut named = false;
        for container in template.all_containers() {
            let Some(wanted) = self.image_of(workload, &container.name) else { continue };
            named = true;
            if !image(container).is_some_and(|found| wanted.is_met_by(&found)) {
                troubles.push(other(container, &format!("the image `{wanted}`")));
            }
        }
        if !named && !self.images.is_empty() {
            troubles.push("has none of the containers of `images`".to_owned());
        }
        troubles
    }

    /// The image that a container is to have. What is said of the container of one workload goes before the others.
    fn image_of(self, workload: &str, container: &str) -> Option<&'a ImageRef> {
        let mut fitting = self.images.iter().filter(|(name, _)| name.is(workload, container));
        // The one without a workload comes first.
        fitting.next_back().map(|(_, image)| image)
    }

    /// Those of `images` that none of the workloads has.
    pub(crate) fn nowhere(self, templates: &[(&str, &Template)]) -> Vec<String> {
        let has = |name: &ContainerRef| {
            templates.iter().any(|(workload, template)| {
                template.all_containers().any(|container| name.is(workload, &container.name))
            })
        };
        self.images.keys().filter(|name| !has(name)).map(ToString::to_string).collect()
    }
}

fn image(container: &TemplateContainer) -> Option<ImageRef> {
    ImageRef::new(container.image.clone()?).ok()
}

fn other(container: &TemplateContainer, wanted: &str) -> String {
    let found = container.image.as_deref().map_or("none".to_owned(), |image| format!("`{}`", short(image)));
    format!("has another image in `{}` (expected {wanted}, found {found})", container.name)
}
