//! Which images the pods of a workload run.

use std::collections::{BTreeMap, BTreeSet};

use vapora_preflight::Value;

use crate::{
    image::ImageId,
    object::{Pod, ReplicaSet},
    workload::Workload,
};

/// The images of one container, over the pods of a workload or as an earlier check saw them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ran {
    /// As the pods ask for them.
    pub(crate) images: BTreeSet<String>,
    /// As their nodes name them, each as it was said.
    said: BTreeSet<String>,
    /// Those, as far as they can be compared, with the images that were asked for.
    pub(crate) ids: BTreeMap<ImageId, BTreeSet<String>>,
    /// The pods that do not say it.
    pub(crate) silent: Vec<String>,
}

impl Ran {
    fn take(&mut self, pod: &Pod, container: &str) {
        let wanted = pod.spec.containers.iter().chain(&pod.spec.init_containers);
        let image = wanted.filter(|one| one.name == container).find_map(|one| one.image.clone());
        self.images.extend(image.clone());
        let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
        let said = statuses.filter(|one| one.name == container).map(|one| one.image_id.as_str()).next();
        match said.and_then(|said| Some((said, ImageId::of(said)?))) {
            Some((said, id)) => {
                self.said.insert(said.to_owned());
                self.ids.entry(id).or_default().extend(image);
            }
            None => self.silent.push(pod.metadata.name.clone()),
        }
    }

    /// Whether all pods run the same image; none where that cannot be told.
    pub(crate) fn is_one(&self) -> Option<bool> {
        let (first, _) = self.ids.first_key_value()?;
        let mut one = Some(true);
        for id in self.ids.keys() {
            match first.is_same(id) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => one = None,
            }
        }
        one
    }

    /// Whether all pods run the one image that all of another time ran; not where that cannot be told.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let one = |ran: &Self| ran.ids.keys().next().filter(|_| ran.is_one() == Some(true)).cloned();
        match (one(self), one(other)) {
            (Some(this), Some(other)) => this.is_same(&other) == Some(true),
            _ => false,
        }
    }

    /// Their short forms, to be shown.
    pub(crate) fn shown(&self) -> String {
        let ids: Vec<String> = self.ids.keys().map(|id| format!("`{id}`")).collect();
        ids.join(" and ")
    }

    /// The ids, as the nodes say them.
    pub(crate) fn said(&self) -> Value {
        self.said.iter().cloned().collect::<Vec<_>>().into()
    }

    fn value(&self) -> Value {
        let list = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>();
        Value::table([("images", list(&self.images).into()), ("ids", self.said())])
    }

    fn read(value: &Value) -> Option<Self> {
        let (images, said) = (texts(value, "images")?, texts(value, "ids")?);
        let ids =
            said.iter().map(|said| Some((ImageId::of(said)?, images.clone()))).collect::<Option<_>>()?;
        Some(Self { images, said, ids, silent: Vec::new() })
    }
}

fn texts(value: &Value, field: &str) -> Option<BTreeSet<String>> {
    let Value::List(list) = rows(value)?.iter().find(|(name, _)| name == field).map(|(_, value)| value)?
    else {
        return None;
    };
    list.iter().map(|one| if let Value::Text(text) = one { Some(text.clone()) } else { None }).collect()
}

fn rows(value: &Value) -> Option<&[(String, Value)]> {
    if let Value::Table(rows) = value { Some(rows) } else { None }
}

/// The images of a workload by container.
pub(crate) type Images = BTreeMap<String, Ran>;

/// The pods that are those of a workload, and what they run.
#[derive(Debug, Default)]
pub(crate) struct Running {
    pub(crate) images: Images,
    pub(crate) pods: u32,
    pub(crate) terminating: u32,
    pub(crate) finished: u32,
}

impl Running {
    /// Looks at the pods that belong to the workload by their owners, as for these containers.
    pub(crate) fn of(workload: &Workload, containers: &[&str], pods: &[Pod], sets: &[ReplicaSet]) -> Self {
        let owners = workload.owners_of_pods(sets);
        let mut running = Self::default();
        for name in containers {
            running.images.insert((*name).to_owned(), Ran::default());
        }
        for pod in pods {
            if !pod.metadata.controlled_by().is_some_and(|owner| owners.contains(owner)) {
                continue;
            }
            if pod.metadata.is_going() {
                running.terminating += 1;
            } else if matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
                running.finished += 1;
            } else {
                running.pods += 1;
                for (name, ran) in &mut running.images {
                    ran.take(pod, name);
                }
            }
        }
        running
    }

    /// The images by container, as evidence that a later check can be compared with.
    pub(crate) fn value(&self) -> Value {
        Value::table(self.images.iter().map(|(name, ran)| (name.clone(), ran.value())))
    }
}

/// The images of several workloads, as the evidence of an earlier check has them.
pub(crate) fn read(value: &Value) -> Option<BTreeMap<String, Images>> {
    let images = |value: &Value| -> Option<Images> {
        rows(value)?.iter().map(|(name, ran)| Some((name.clone(), Ran::read(ran)?))).collect()
    };
    rows(value)?.iter().map(|(name, value)| Some((name.clone(), images(value)?))).collect()
}
