//! A try of all manifests: nothing is kept of it.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use vapora_preflight::{CheckError, Problems, Requirements};

use super::{Applied, Done, FieldManager, How, Item, Refused, Resolved, Trouble, Why, resolve};
use crate::{
    Namespace, ResourceRef,
    changes::{Change, changes, cleaned},
    discovery::Discovery,
    manifest::{Manifest, Manifests, Mistake, Origin, Place},
    read::Reader,
    resource::permission,
};

/// How many objects are tried at once.
const AT_ONCE: usize = 4;
/// Resources of the whole cluster, whose rights are asked there even where a namespace is given.
const OF_THE_CLUSTER: [&str; 18] = [
    "apiservices",
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "csidrivers",
    "customresourcedefinitions",
    "flowschemas",
    "ingressclasses",
    "mutatingwebhookconfigurations",
    "namespaces",
    "nodes",
    "persistentvolumes",
    "priorityclasses",
    "runtimeclasses",
    "storageclasses",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
];

/// What is tried, and how.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) origin: Origin,
    pub(crate) namespace: Option<&'a Namespace>,
    pub(crate) resources: &'a [ResourceRef],
    pub(crate) manager: &'a FieldManager,
    pub(crate) force: bool,
}

/// One object that was tried.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) item: Item,
    /// As it is in the cluster.
    pub(crate) live: Option<Value>,
    pub(crate) applied: Applied,
}

/// How an object would be after it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Would {
    Create,
    Change,
    Keep,
}

/// What came of the try.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) troubles: Vec<ATrouble>,
    /// How many objects the manifests hold.
    pub(crate) objects: usize,
    /// What has to be tried again when something else is there.
    pub(crate) waiting: Vec<Manifest>,
}

impl Tried {
    /// What is known before anything is tried.
    fn of(manifests: &Manifests) -> Self {
        let trouble = |mistake: &Mistake| ATrouble {
            label: None,
            place: mistake.place.clone(),
            what: What::Wrong(mistake.what.clone()),
        };
        let troubles = manifests.mistakes.iter().map(trouble).collect();
        Self { troubles, objects: manifests.all.len(), ..Self::default() }
    }

    /// Whether there is trouble that does not go away by itself when something else is there.
    pub(crate) fn has_lasting_troubles(&self) -> bool {
        self.troubles.iter().any(|trouble| !matches!(trouble.what, What::Before(_)))
    }
}

/// An object that does not apply.
#[derive(Debug)]
pub(crate) struct ATrouble {
    /// None where it is not known which object it is.
    pub(crate) label: Option<String>,
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// Why it does not.
#[derive(Debug)]
pub(crate) enum What {
    /// It is found wrong before it is sent, or by the server.
    Wrong(String),
    Refused(Refused),
    /// It cannot be tried before this is so.
    Before(String),
}

impl ATrouble {
    /// `Deployment/vapora-backend at deploy/app.yaml:1: …`
    pub(crate) fn told(&self) -> String {
        let place = &self.place;
        let what = match &self.what {
            What::Wrong(text) => text.clone(),
            What::Refused(refused) => refused.to_string(),
            What::Before(what) => format!("it cannot be tried before {what}"),
        };
        match &self.label {
            Some(label) => format!("`{label}` at {place}: {what}"),
            None => format!("{place}: {what}"),
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self, force: bool) -> String {
        let refused = match &self.what {
            What::Wrong(_) => return "correct the manifest there".to_owned(),
            What::Before(what) => return format!("see to it that {what} first, and try again"),
            What::Refused(refused) => refused,
        };
        match &refused.why {
            Why::Mistake => "correct the field in the manifest".to_owned(),
            Why::Conflict(managers) if !force => format!(
                "see who {} is: leave these fields to it, name it as `field_manager`, or take them over with `force`",
                crate::wording::names(managers)
            ),
            Why::Conflict(_) => "try again: the server did not take the fields over".to_owned(),
            Why::Admission => {
                "see the rule or quota that is named: change what is applied, or have it changed".to_owned()
            }
            Why::NoNamespace(name) => {
                format!("`kubectl create namespace {name}`, or see that the target is the right cluster")
            }
            Why::Going => "wait until the namespace is gone, and create it anew".to_owned(),
            Why::TooLarge => "divide what it holds among several objects".to_owned(),
        }
    }
}

impl Would {
    /// What has become of an object of which this came true.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Change => "changed",
            Self::Keep => "unchanged",
        }
    }

    /// What has become of an object that was so before, and was answered thus.
    pub(crate) fn of(live: Option<&Value>, done: &Done) -> (Self, Vec<Change>) {
        match live.filter(|_| !done.created) {
            Some(live) => {
                let changes = changes(&cleaned(live), &cleaned(&done.object));
                (if changes.is_empty() { Self::Keep } else { Self::Change }, changes)
            }
            None => (Self::Create, Vec::new()),
        }
    }
}

impl Attempt {
    /// What would become of it, and what of it would change; nothing where the server does not take it.
    pub(crate) fn would(&self) -> Option<(Would, Vec<Change>)> {
        self.applied.result.as_ref().ok().map(|done| Would::of(self.live.as_ref(), done))
    }
}

impl Trial<'_> {
    /// How objects are applied in a try.
    pub(crate) fn how(&self, dry_run: bool) -> How<'_> {
        How { manager: self.manager.as_str(), force: self.force, dry_run }
    }

    /// Reads all manifests and tries them.
    pub(crate) async fn run(&self, reader: &Reader<'_>) -> Result<Tried, CheckError> {
        let manifests = self.origin.read(reader.cx).await?;
        if manifests.all.is_empty() {
            return Ok(Tried::of(&manifests));
        }
        let discovery = Discovery::of(reader).await?;
        self.with(reader, &discovery, manifests).await
    }

    /// Tries these manifests.
    pub(crate) async fn with(
        &self,
        reader: &Reader<'_>,
        discovery: &Discovery<'_>,
        manifests: Manifests,
    ) -> Result<Tried, CheckError> {
        let mut tried = Tried::of(&manifests);
        let namespaces = namespaces(&manifests);
        let Resolved { items, rest } =
            resolve(discovery, manifests, self.namespace, Some(self.resources)).await?;
        for (label, manifest, trouble) in rest {
            let place = manifest.place.clone();
            let what = match trouble {
                Trouble::Wrong(what) => What::Wrong(what),
                Trouble::Before(what) => {
                    tried.waiting.push(manifest);
                    What::Before(what)
                }
            };
            tried.troubles.push(ATrouble { label: Some(label), place, what });
        }
        let all = stream::iter(items).map(|item| self.attempt(reader, item)).buffered(AT_ONCE);
        tried.attempts = all.try_collect().await?;
        for attempt in &tried.attempts {
            let Err(refused) = &attempt.applied.result else { continue };
            let Item { manifest, label, .. } = &attempt.item;
            let what = match &refused.why {
                Why::NoNamespace(name) if namespaces.contains(name) => {
                    tried.waiting.push(manifest.clone());
                    What::Before(format!("the namespace `{name}` is there"))
                }
                _ => What::Refused(refused.clone()),
            };
            let place = manifest.place.clone();
            tried.troubles.push(ATrouble { label: Some(label.clone()), place, what });
        }
        Ok(tried)
    }

    async fn attempt(&self, reader: &Reader<'_>, item: Item) -> Result<Attempt, CheckError> {
        let (served, namespace) = (&item.served, item.namespace.as_deref());
        let name = item.manifest.name.as_str();
        let live = reader.get_whole(served, namespace, name).await?;
        let applied = reader.apply(served, namespace, name, item.body(), self.how(true)).await?;
        if let Ok(done) = &applied.result
            && done.created == live.is_some()
        {
            return Err(CheckError::transient(format!("`{}` came or went while it was tried", item.label)));
        }
        Ok(Attempt { item, live, applied })
    }
}

/// The namespaces that the manifests make.
fn namespaces(manifests: &Manifests) -> BTreeSet<String> {
    let made = manifests.all.iter().filter(|manifest| manifest.is_of("", "Namespace"));
    made.map(|manifest| manifest.name.clone()).collect()
}

/// Checks the parameters that all kinds with manifests have.
pub(crate) fn validate(problems: &mut Problems, files: usize, resources: &[ResourceRef]) {
    if files == 0 {
        problems.at("files", "no files are given", "name at least one file, folder or archive");
    }
    if resources.is_empty() {
        problems.at(
            "resources",
            "no resources are given",
            "name what the manifests may hold, as in `[\"configmaps\", \"deployments.apps\"]`",
        );
    }
    whole_resources(problems, resources);
}

/// Checks that each of the resources is one and whole.
pub(crate) fn whole_resources(problems: &mut Problems, resources: &[ResourceRef]) {
    for resource in resources {
        if resource.whole().is_none() {
            problems.at(
                "resources",
                format!("expected a whole resource, found `{resource}`"),
                "name it as in `configmaps` or `deployments.apps`, without a part and without `*`",
            );
        }
    }
}

/// The rights to get these resources and apply them. The right to create is used for what is new only.
pub(crate) fn rights(needs: &mut Requirements, resources: &[ResourceRef], namespace: Option<&Namespace>) {
    for (group, plural) in resources.iter().filter_map(ResourceRef::whole) {
        let namespace = namespace_of(plural, namespace);
        for verb in ["get", "patch"] {
            needs.permission(permission(verb, group, plural, namespace));
        }
        needs.permission(permission("create", group, plural, namespace).optional());
    }
}

/// The namespace in which the rights on a resource are asked: none for what is of the whole cluster.
pub(crate) fn namespace_of<'n>(plural: &str, namespace: Option<&'n Namespace>) -> Option<&'n Namespace> {
    namespace.filter(|_| !OF_THE_CLUSTER.contains(&plural))
}
