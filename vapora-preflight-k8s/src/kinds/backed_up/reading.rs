//! The objects that are backed up, as they are in the cluster.

use serde_json::Value;
use vapora_preflight::CheckError;

use super::BackedUp;
use crate::{
    ResourceRef,
    discovery::{Discovery, Served},
    read::{Reader, unreadable},
    refused::Cause,
    wording::{names, short},
};

/// How many objects are backed up by one check at most; each is a request or two.
const MOST: usize = 1_000;

/// An object as it is in the cluster.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) served: Served,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// As a person says it: `ConfigMap/vapora-config`.
    pub(super) label: String,
    pub(super) object: Value,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) all: Vec<Live>,
    pub(super) missing: Vec<Missing>,
    /// Objects that others have made and would make again.
    pub(super) left_out: Vec<String>,
    /// Whether something is not there in a namespace, so that the namespace may be what is missing.
    pub(super) nothing_there: bool,
}

/// What is not there, or cannot be backed up.
#[derive(Debug)]
pub(super) struct Missing {
    /// As the check names it.
    pub(super) called: String,
    /// A clause that says so.
    pub(super) why: String,
    pub(super) remedy: String,
}

/// A resource that can be read and applied, or why it cannot.
enum Usable {
    Yes(Served),
    No(String),
}

impl Live {
    fn of(served: &Served, namespace: Option<&str>, name: &str, object: Value) -> Self {
        let namespace = namespace.filter(|_| served.namespaced).map(str::to_owned);
        let label = format!("{}/{name}", served.kind);
        Self { served: served.clone(), namespace, name: name.to_owned(), label, object }
    }

    fn is(&self, other: &Self) -> bool {
        (&self.served.group, &self.served.kind, &self.namespace, &self.name)
            == (&other.served.group, &other.served.kind, &other.namespace, &other.name)
    }
}

impl BackedUp {
    /// Reads all objects that the check names.
    pub(super) async fn read(
        &self,
        reader: &Reader<'_>,
        discovery: &Discovery<'_>,
    ) -> Result<Found, CheckError> {
        let here = Some(self.namespace.as_str());
        let mut found = Found::default();
        for object in &self.objects {
            let called = object.to_string();
            let served = match usable(discovery, object.resource(), "get").await? {
                Usable::Yes(served) => served,
                Usable::No(why) => {
                    found.missing.push(not_usable(called, why));
                    continue;
                }
            };
            if let Some(whole) = reader.get_whole(&served, here, object.name()).await? {
                found.take(Live::of(&served, here, object.name(), whole));
            } else {
                found.nothing_there |= served.namespaced;
                let why = format!("`{called}` does not exist");
                found.missing.push(Missing { called, why, remedy: self.look(&served.resource()) });
            }
        }
        for resource in &self.resources {
            let called = resource.to_string();
            let served = match usable(discovery, resource, "list").await? {
                Usable::Yes(served) => served,
                Usable::No(why) => {
                    found.missing.push(not_usable(called, why));
                    continue;
                }
            };
            let all = reader.list_whole(&served, here, self.selector.as_ref()).await?;
            let mut some = false;
            for object in all {
                let live = listed(&served, here, object)?;
                if is_controlled(&live.object) {
                    found.left_out.push(live.label);
                } else {
                    some = true;
                    found.take(live);
                }
            }
            if !some {
                found.nothing_there |= served.namespaced;
                let of =
                    self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
                let why = format!("there are no `{called}`{of}");
                found.missing.push(Missing { called, why, remedy: self.look(&served.resource()) });
            }
        }
        if found.all.len() > MOST {
            return Err(CheckError::permanent(format!("there are more than {MOST} objects to back up"))
                .remedy("divide them among several checks"));
        }
        Ok(found)
    }

    fn look(&self, resource: &str) -> String {
        format!("see that it is spelt right: `kubectl -n {} get {resource}`", self.namespace)
    }
}

fn not_usable(called: String, why: String) -> Missing {
    let remedy = "see that the resource is spelt right: `kubectl api-resources`".to_owned();
    Missing { called, why, remedy }
}

impl Found {
    /// Takes an object that is there, once. One that is being deleted is as good as gone.
    fn take(&mut self, live: Live) {
        if self.all.iter().any(|other| other.is(&live)) {
            return;
        }
        if live.object["metadata"].get("deletionTimestamp").is_some_and(|time| !time.is_null()) {
            let why = format!("`{}` is being deleted", live.label);
            let remedy = "see who deletes it, and why".to_owned();
            self.missing.push(Missing { called: live.label, why, remedy });
            return;
        }
        self.all.push(live);
    }
}

/// Finds the resource among what the server serves.
async fn usable(discovery: &Discovery<'_>, resource: &ResourceRef, verb: &str) -> Result<Usable, CheckError> {
    let Some((group, plural)) = resource.whole() else {
        return Ok(Usable::No(format!("`{resource}` is no whole resource")));
    };
    let Some(served) = discovery.resource(group, plural).await? else {
        let like = discovery.like(plural).await;
        let meant = if like.is_empty() { String::new() } else { format!(", but {}", names(&like)) };
        return Ok(Usable::No(format!("the server does not serve `{resource}`{meant}")));
    };
    let lacks = [verb, "patch"].into_iter().find(|verb| !served.verbs.iter().any(|it| it == verb));
    Ok(match lacks {
        Some("patch") => Usable::No(format!("the server lets nobody apply `{resource}`")),
        Some(verb) => Usable::No(format!("the server lets nobody {verb} `{resource}`")),
        None => Usable::Yes(served),
    })
}

/// An object of a list, if it says where it is.
fn listed(served: &Served, namespace: Option<&str>, object: Value) -> Result<Live, CheckError> {
    let meta = &object["metadata"];
    let (name, place) = (meta["name"].as_str().unwrap_or_default(), meta["namespace"].as_str());
    let namespace = namespace.filter(|_| served.namespaced);
    if name.is_empty() || place != namespace {
        let why = format!("expected objects of the namespace, found `{}`", short(name));
        return Err(unreadable(&format!("list the {}", served.resource()), &Cause(why)));
    }
    let name = name.to_owned();
    Ok(Live::of(served, namespace, &name, object))
}

/// Whether a controller has made an object, and would make it again.
fn is_controlled(object: &Value) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|owners| owners.iter().any(|owner| owner["controller"] == true))
}
