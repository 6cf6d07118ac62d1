//! Which resource of the server each manifest is of.

use vapora_preflight::CheckError;

use crate::{
    Namespace, ResourceRef,
    discovery::{Discovery, Found, Served, api_version},
    manifest::{Manifest, Manifests},
    wording::names,
};

/// An object that can be sent to the server.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) manifest: Manifest,
    pub(crate) served: Served,
    /// The namespace that it goes into.
    pub(crate) namespace: Option<String>,
    /// As a person says it: `Deployment/vapora-backend`.
    pub(crate) label: String,
}

/// Why an object is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is wrong as it is.
    Wrong(String),
    /// It cannot be tried before something else that the manifests hold is there: what has to be.
    Before(String),
}

/// The manifests, as far as they can be sent.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) items: Vec<Item>,
    /// The others: their labels, themselves and their troubles.
    pub(crate) rest: Vec<(String, Manifest, Trouble)>,
}

impl Item {
    /// The body of a request that applies it.
    pub(crate) fn body(&self) -> Vec<u8> {
        crate::yaml::line(&self.manifest.object).into_bytes()
    }
}

/// `Deployment/vapora-backend`, and the namespace between where it is not the usual one.
fn label(manifest: &Manifest, namespace: Option<&Namespace>) -> String {
    match manifest.namespace.as_deref().filter(|name| namespace.is_none_or(|usual| usual.as_str() != *name)) {
        Some(other) => format!("{}/{other}/{}", manifest.kind, manifest.name),
        None => format!("{}/{}", manifest.kind, manifest.name),
    }
}

/// Finds out what each manifest is one of. An object without a namespace is put into the one given; one of another namespace
/// is wrong, as it is for `kubectl -n`. So is one of a resource that is not among those allowed.
pub(crate) async fn resolve(
    discovery: &Discovery<'_>,
    manifests: Manifests,
    namespace: Option<&Namespace>,
    allowed: Option<&[ResourceRef]>,
) -> Result<Resolved, CheckError> {
    let defined: Vec<Definition> = manifests.all.iter().filter_map(Definition::of).collect();
    let mut resolved = Resolved::default();
    for mut manifest in manifests.all {
        let label = label(&manifest, namespace);
        let found = discovery.kind(&manifest.group, &manifest.version, &manifest.kind).await?;
        let trouble = match found {
            Found::Served(served) => match fits(&served, &manifest, namespace, allowed) {
                Ok(namespace) => {
                    if let Some(namespace) = &namespace {
                        manifest.object["metadata"]["namespace"] = namespace.as_str().into();
                    }
                    resolved.items.push(Item { manifest, served, namespace, label });
                    continue;
                }
                Err(wrong) => Trouble::Wrong(wrong),
            },
            missing => match defined.iter().find(|one| one.defines(&manifest)) {
                Some(definition) => {
                    Trouble::Before(format!("the CustomResourceDefinition `{}` is there", definition.name))
                }
                None => Trouble::Wrong(not_served(&manifest, &missing)),
            },
        };
        resolved.rest.push((label, manifest, trouble));
    }
    Ok(resolved)
}

/// What is wrong with an object that is served; else the namespace that it goes into.
fn fits(
    served: &Served,
    manifest: &Manifest,
    namespace: Option<&Namespace>,
    allowed: Option<&[ResourceRef]>,
) -> Result<Option<String>, String> {
    if allowed.is_some_and(|allowed| !allowed.iter().any(|one| one.is(&served.group, &served.plural))) {
        return Err(format!("it is of `{}`, which `resources` does not name", served.resource()));
    }
    if !served.verbs.iter().any(|verb| verb == "patch") {
        return Err(format!("the server lets nobody apply `{}`", served.resource()));
    }
    if !served.namespaced {
        return Ok(None);
    }
    match (&manifest.namespace, namespace) {
        (Some(own), Some(given)) if own != given.as_str() => {
            Err(format!("it is of the namespace `{own}`, and the check of `{given}`"))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, Some(given)) => Ok(Some(given.as_str().to_owned())),
        (None, None) => Err("it names no namespace, and `namespace` is not given".to_owned()),
    }
}

/// How a kind is said not to be served.
pub(crate) fn not_served(manifest: &Manifest, found: &Found) -> String {
    let version = manifest.api_version();
    match found {
        Found::NoVersion(others) => {
            let others: Vec<String> =
                others.iter().map(|other| api_version(&manifest.group, other)).collect();
            format!("the server does not serve `{version}`, but {}", names(&others))
        }
        Found::NoKind(others) if !others.is_empty() => {
            let others: Vec<String> =
                others.iter().map(|other| api_version(&manifest.group, other)).collect();
            format!("the server serves {} not in `{version}`, but in {}", manifest.kind, names(&others))
        }
        Found::NoKind(_) => format!("the server has no {} in `{version}`", manifest.kind),
        _ => format!("the server does not serve `{version}`"),
    }
}

/// A custom resource that the manifests themselves define.
struct Definition {
    name: String,
    group: String,
    kind: String,
}

impl Definition {
    fn of(manifest: &Manifest) -> Option<Self> {
        manifest.is_of("apiextensions.k8s.io", "CustomResourceDefinition").then_some(())?;
        let spec = &manifest.object["spec"];
        let (group, kind) = (spec["group"].as_str()?, spec["names"]["kind"].as_str()?);
        Some(Self { name: manifest.name.clone(), group: group.to_owned(), kind: kind.to_owned() })
    }

    fn defines(&self, manifest: &Manifest) -> bool {
        manifest.is_of(&self.group, &self.kind)
    }
}
