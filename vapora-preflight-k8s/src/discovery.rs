//! What the API server serves, as it says itself.

use std::sync::Arc;

use http::{Request, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use vapora_preflight::CheckError;

use crate::{
    lists::Lists,
    read::{Reader, kind, read, unreadable},
    refused::{Answer, Cause},
    wording::short,
};

/// Aggregated discovery where the server has it, and what was before it otherwise.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const AGGREGATED: &str = "APIGroupDiscoveryList";

/// A resource that the server serves, in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    /// As it is in paths: `deployments`.
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
}

/// Where a kind was looked for and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is served.
    Served(Served),
    /// The group is not served at all.
    NoGroup,
    /// The group is not served in that version, but in these.
    NoVersion(Vec<String>),
    /// The group and version are served, and the kind is not in them; it is in these versions of the group.
    NoKind(Vec<String>),
}

/// One version of a group. What is in it is not known yet where the server has no aggregated discovery.
#[derive(Debug, Clone)]
struct GroupVersion {
    group: String,
    version: String,
    resources: Option<Arc<Vec<Served>>>,
    /// Another server has to say what is in it, and does not answer.
    stale: bool,
}

/// What the server serves.
#[derive(Debug)]
pub(crate) struct Discovery<'r> {
    reader: &'r Reader<'r>,
    versions: Arc<Vec<GroupVersion>>,
}

impl Served {
    /// Its API version, as an object names it: `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// The path of the collection, or of one object in it.
    pub(crate) fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let root = root(&self.group, &self.version);
        let inside = match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/namespaces/{namespace}"),
            None => String::new(),
        };
        let name = name.map_or_else(String::new, |name| format!("/{name}"));
        format!("{root}{inside}/{}{name}", self.plural)
    }

    /// It as `kubectl` writes it: `deployments.apps`, `configmaps`.
    pub(crate) fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
}

pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

impl<'r> Discovery<'r> {
    /// Asks what is served; what another check of this run has asked since this one was begun serves it too.
    pub(crate) async fn of(reader: &'r Reader<'r>) -> Result<Self, CheckError> {
        let lists = reader.cx.shared::<Lists>();
        let versions = lists.get_or_read(reader.cx, "discovery".to_owned(), || groups(reader)).await?;
        Ok(Self { reader, versions })
    }

    /// The same, asked anew whatever is known, for a check that has changed something itself.
    pub(crate) async fn now(reader: &'r Reader<'r>) -> Result<Self, CheckError> {
        Ok(Self { reader, versions: Arc::new(groups(reader).await?) })
    }

    /// Looks for a kind.
    ///
    /// # Errors
    ///
    /// The group is served by another server that does not answer.
    pub(crate) async fn kind(&self, group: &str, version: &str, kind: &str) -> Result<Found, CheckError> {
        self.find(group, version, |served| served.kind == kind).await
    }

    /// Looks for a resource by the name that it has in paths, in the version of its group that the server prefers.
    ///
    /// # Errors
    ///
    /// The group is served by another server that does not answer.
    pub(crate) async fn resource(&self, group: &str, plural: &str) -> Result<Option<Served>, CheckError> {
        for version in self.of_group(group) {
            let resources = self.resources(version).await?;
            if let Some(found) = resources.iter().find(|served| served.plural == plural) {
                return Ok(Some(found.clone()));
            }
        }
        Ok(None)
    }

    /// What else somebody may have meant by the name of a resource: as `kubectl` writes it. What does not answer is passed over.
    pub(crate) async fn like(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for version in self.versions.iter() {
            let Ok(resources) = self.resources(version).await else { continue };
            let is_like = |served: &&Served| served.plural == name || served.kind.to_lowercase() == name;
            all.extend(resources.iter().filter(is_like).map(Served::resource));
        }
        all.sort();
        all.dedup();
        all
    }

    async fn find(
        &self,
        group: &str,
        version: &str,
        is_it: impl Fn(&Served) -> bool,
    ) -> Result<Found, CheckError> {
        if self.of_group(group).next().is_none() {
            return Ok(Found::NoGroup);
        }
        let Some(here) = self.of_group(group).find(|one| one.version == version) else {
            return Ok(Found::NoVersion(self.of_group(group).map(|one| one.version.clone()).collect()));
        };
        if let Some(found) = self.resources(here).await?.iter().find(|served| is_it(served)) {
            return Ok(Found::Served(found.clone()));
        }
        let mut elsewhere = Vec::new();
        for other in self.of_group(group).filter(|one| one.version != version) {
            if self.resources(other).await?.iter().any(&is_it) {
                elsewhere.push(other.version.clone());
            }
        }
        Ok(Found::NoKind(elsewhere))
    }

    fn of_group(&self, group: &str) -> impl Iterator<Item = &GroupVersion> {
        self.versions.iter().filter(move |one| one.group == group)
    }

    async fn resources(&self, of: &GroupVersion) -> Result<Arc<Vec<Served>>, CheckError> {
        let named = api_version(&of.group, &of.version);
        if of.stale {
            return Err(CheckError::transient(format!("could not find out what `{named}` serves"))
                .because(&Cause("the server behind it does not answer".to_owned()))
                .remedy(format!("`kubectl get apiservice {}.{}`", of.version, of.group)));
        }
        if let Some(known) = &of.resources {
            return Ok(Arc::clone(known));
        }
        let lists = self.reader.cx.shared::<Lists>();
        let key = format!("discovery of {named}");
        lists.get_or_read(self.reader.cx, key, || resources(self.reader, of)).await
    }
}

/// All groups and versions; the core group first, and the versions of a group in the order of the server's preference.
async fn groups(reader: &Reader<'_>) -> Result<Vec<GroupVersion>, CheckError> {
    let mut all = Vec::new();
    for (path, core) in [("/api", true), ("/apis", false)] {
        let what = if core { "ask what the core group serves" } else { "ask which groups are served" };
        let request = Request::get(path).header(header::ACCEPT, ACCEPT).body(Vec::new())?;
        let answer = reader.send(what, request).await?;
        let before = all.len();
        match kind_of(what, &answer)?.as_str() {
            AGGREGATED => {
                let list: Aggregated = parsed(what, &answer)?;
                all.extend(list.items.into_iter().flat_map(AggregatedGroup::versions));
            }
            "APIVersions" if core => {
                let list: Versions = parsed(what, &answer)?;
                all.extend(
                    list.versions.into_iter().map(|version| GroupVersion::unknown(String::new(), version)),
                );
            }
            "APIGroupList" if !core => {
                let list: Groups = parsed(what, &answer)?;
                all.extend(list.groups.into_iter().flat_map(Group::versions));
            }
            other => {
                let cause =
                    Cause(format!("expected a list of groups, found an object of kind `{}`", short(other)));
                return Err(unreadable(what, &cause));
            }
        }
        if all.len() == before {
            return Err(unreadable(what, &Cause("the list of groups is empty".to_owned())));
        }
    }
    Ok(all)
}

async fn resources(reader: &Reader<'_>, of: &GroupVersion) -> Result<Vec<Served>, CheckError> {
    let what = format!("ask what `{}` serves", api_version(&of.group, &of.version));
    let answer = reader.path(&what, &root(&of.group, &of.version)).await?;
    let list: Resources = read(&what, &answer, &[StatusCode::OK], "APIResourceList")?;
    let whole = list.resources.into_iter().filter(|one| !one.name.contains('/'));
    Ok(whole
        .map(|one| Served {
            group: of.group.clone(),
            version: of.version.clone(),
            kind: one.kind,
            plural: one.name,
            namespaced: one.namespaced,
            verbs: one.verbs,
        })
        .collect())
}

fn kind_of(what: &str, answer: &Answer) -> Result<String, CheckError> {
    if answer.status == StatusCode::OK { kind(what, answer) } else { Err(answer.refuses(what)) }
}

fn parsed<T: DeserializeOwned>(what: &str, answer: &Answer) -> Result<T, CheckError> {
    serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))
}

#[derive(Deserialize)]
struct Versions {
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    versions: Vec<GroupOfVersion>,
    #[serde(default)]
    preferred_version: Option<GroupOfVersion>,
}

#[derive(Deserialize, PartialEq)]
struct GroupOfVersion {
    version: String,
}

impl Group {
    fn versions(self) -> Vec<GroupVersion> {
        let Self { name, mut versions, preferred_version } = self;
        versions.sort_by_key(|one| Some(one) != preferred_version.as_ref());
        versions.into_iter().map(|one| GroupVersion::unknown(name.clone(), one.version)).collect()
    }
}

impl GroupVersion {
    fn unknown(group: String, version: String) -> Self {
        Self { group, version, resources: None, stale: false }
    }
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<ResourceOfList>,
}

#[derive(Deserialize)]
struct ResourceOfList {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct Aggregated {
    items: Vec<AggregatedGroup>,
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: GroupMeta,
    #[serde(default)]
    versions: Vec<AggregatedVersion>,
}

#[derive(Default, Deserialize)]
struct GroupMeta {
    /// The core group has none.
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    version: String,
    #[serde(default)]
    resources: Vec<AggregatedResource>,
    #[serde(default)]
    freshness: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    /// A resource of which only parts are served has none.
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    kind: String,
}

impl AggregatedGroup {
    fn versions(self) -> Vec<GroupVersion> {
        let group = self.metadata.name;
        let of = |one: AggregatedVersion| {
            let served = |it: AggregatedResource| {
                Some(Served {
                    group: group.clone(),
                    version: one.version.clone(),
                    kind: it.response_kind.map(|of| of.kind).filter(|kind| !kind.is_empty())?,
                    plural: it.resource,
                    namespaced: it.scope == "Namespaced",
                    verbs: it.verbs,
                })
            };
            GroupVersion {
                group: group.clone(),
                resources: Some(Arc::new(one.resources.into_iter().filter_map(served).collect())),
                stale: one.freshness.as_deref() == Some("Stale"),
                version: one.version,
            }
        };
        self.versions.into_iter().map(of).collect()
    }
}
