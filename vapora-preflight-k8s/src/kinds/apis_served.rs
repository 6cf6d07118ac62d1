//! `k8s.apis_served`

use std::collections::BTreeMap;

use http::{Request, StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait,
};

use super::dry_run_applies::{Weight, nothing};
use crate::{
    EntryPattern, KubernetesTarget, ManifestPath, Namespace, ResourceRef, Version,
    apply::not_served,
    discovery::{Discovery, Found, Served},
    lifecycle::{KNOWN_UNTIL, Stands, is_upstream, stands},
    manifest::{Manifest, Manifests, Origin},
    read::Reader,
    resource::{Resource, permission},
    warnings::warnings,
    wording::{clauses, count, is, short},
};

/// Every kind in the manifests is served by the server, and none of them is deprecated.
///
/// # Why
///
/// A release of Kubernetes drops API versions. Manifests that still use them are refused by a cluster that was upgraded, and a
/// cluster is not upgraded as long as manifests use them.
///
/// # What it asks
///
/// It reads the manifests, and asks the server what it serves and of which version it is. What upstream has deprecated and
/// dropped up to 1.36, and what its beta versions declare of themselves, is known beforehand. Of custom resources, and of all
/// where the server is newer, it lists one object (its metadata only), since the server warns of what is deprecated in any
/// answer; where it has no right to list a custom resource, it gets its definition. A kind that the manifests themselves define
/// counts as served.
///
/// # What fails
///
/// No object at all, and text that is no YAML. A kind that the server does not serve in that version, with what it serves
/// instead. One that is not served any more in the release of `for_release`. One that is deprecated there, where
/// `deprecated = "fail"`; otherwise it makes a warning, and so does an alpha version of Kubernetes itself, and a beta version in a
/// release that is newer than what is known.
///
/// # What errs
///
/// A file that cannot be read, a server that does not say what it serves, and no right to find out whether a resource is
/// deprecated, where it is not known beforehand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApisServed {
    /// Files, folders, archives, or patterns such as `deploy/*.yaml`. A relative path is taken from the folder in which the
    /// program is started.
    pub files: Vec<ManifestPath>,
    /// Which files of a folder or archive are read; without it, all that end in `.yaml`, `.yml` or `.json` and are not hidden.
    #[serde(default)]
    pub only: Vec<EntryPattern>,
    /// The namespace in which one object of each resource is listed; without it, the whole cluster.
    #[serde(default)]
    pub namespace: Option<Namespace>,
    /// The resources that the manifests may hold, as in `["configmaps", "deployments.apps"]`, so that the rights to list them
    /// are known beforehand; an object of another resource fails. Without it, all may be there.
    #[serde(default)]
    pub resources: Vec<ResourceRef>,
    /// The release of Kubernetes that they are meant for, as in `"1.38"`; the default is the one after the server's.
    #[serde(default)]
    pub for_release: Option<Version>,
    /// What a deprecated version is: `"warn"` or `"fail"`.
    #[serde(default)]
    pub deprecated: Weight,
}

/// What is found of the kinds, a clause for each.
#[derive(Debug, Default)]
struct Judged {
    served: Vec<String>,
    missing: Vec<String>,
    removed: Vec<String>,
    deprecated: Vec<String>,
    /// Of resources that the check does not name.
    unnamed: Vec<String>,
}

/// The objects of one kind.
struct Group<'a> {
    first: &'a Manifest,
    number: usize,
}

impl Group<'_> {
    /// `apps/v1 Deployment`
    fn label(&self) -> String {
        format!("{} {}", self.first.api_version(), self.first.kind)
    }

    /// `` `apps/v1 Deployment` (2 objects, first at deploy/app.yaml:1) ``
    fn told(&self) -> String {
        let (label, place) = (self.label(), &self.first.place);
        match self.number {
            1 => format!("`{label}` ({place})"),
            number => format!("`{label}` ({}, first at {place})", count(number, "object")),
        }
    }
}

fn groups(manifests: &Manifests) -> Vec<Group<'_>> {
    let mut all: BTreeMap<(&str, &str, &str), Group<'_>> = BTreeMap::new();
    for manifest in &manifests.all {
        let key = (manifest.group.as_str(), manifest.version.as_str(), manifest.kind.as_str());
        all.entry(key).or_insert(Group { first: manifest, number: 0 }).number += 1;
    }
    all.into_values().collect()
}

/// What the server says of a deprecated version: `… is deprecated in v1.21+, unavailable in v1.25+; use …`.
fn unavailable_since(warning: &str) -> Option<u32> {
    let (_, rest) = warning.split_once("unavailable in v1.")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A version that the manifests themselves define, and whether they call it deprecated.
fn defined(manifests: &Manifests, manifest: &Manifest) -> Option<bool> {
    let of_kind = |spec: &Value| {
        spec["group"] == manifest.group.as_str() && spec["names"]["kind"] == manifest.kind.as_str()
    };
    let definition = manifests.all.iter().find(|one| {
        one.is_of("apiextensions.k8s.io", "CustomResourceDefinition") && of_kind(&one.object["spec"])
    })?;
    let version = version_of(&definition.object, &manifest.version)?;
    (version["served"] != false).then(|| version["deprecated"] == true)
}

fn version_of<'v>(definition: &'v Value, version: &str) -> Option<&'v Value> {
    definition["spec"]["versions"].as_array()?.iter().find(|one| one["name"] == version)
}

impl ApisServed {
    fn origin(&self) -> Origin {
        Origin { files: self.files.clone(), only: self.only.clone() }
    }

    async fn judge_kind(
        &self,
        reader: &Reader<'_>,
        found: Found,
        group: &Group<'_>,
        (server, release): (Version, Version),
        manifests: &Manifests,
        judged: &mut Judged,
    ) -> Result<(), CheckError> {
        let manifest = group.first;
        let stands = stands(manifest, release);
        let told = group.told();
        let Found::Served(served) = found else {
            match (defined(manifests, manifest), &stands) {
                (Some(deprecated), _) => {
                    judged.served.push(group.label());
                    if deprecated {
                        judged.deprecated.push(format!("{told} is deprecated by its own definition"));
                    }
                }
                (None, Stands::Removed { since, instead }) => judged.missing.push(format!(
                    "{told}: {}; it was served before 1.{since}, write {instead}",
                    not_served(manifest, &found)
                )),
                (None, _) => judged.missing.push(format!("{told}: {}", not_served(manifest, &found))),
            }
            return Ok(());
        };
        if !self.resources.is_empty()
            && !self.resources.iter().any(|one| one.is(&served.group, &served.plural))
        {
            judged
                .missing
                .push(format!("{told} is of `{}`, which `resources` does not name", served.resource()));
            return Ok(());
        }
        judged.served.push(group.label());
        match stands {
            Stands::Removed { since, instead } => {
                judged.removed.push(format!("{told} is not served since 1.{since}: write {instead}"));
                return Ok(());
            }
            Stands::Deprecated { since, until, instead } => {
                let until = until.map_or(String::new(), |until| format!(", and goes in 1.{until}"));
                judged
                    .deprecated
                    .push(format!("{told} is deprecated since 1.{since}{until}: write {instead}"));
                return Ok(());
            }
            Stands::Alpha => {
                judged.deprecated.push(format!("{told} is an alpha version, which may go in any release"));
                return Ok(());
            }
            Stands::Unknown => {
                let release = release.release();
                judged.deprecated.push(format!(
                    "{told} is a beta version of which it is not known whether {release} has it"
                ));
            }
            Stands::Good => {}
        }
        // all that such a server could say is known
        if is_upstream(&served.group) && !server.reaches(KNOWN_UNTIL + 1) {
            return Ok(());
        }
        let Some(said) = self.said(reader, &served).await? else { return Ok(()) };
        match unavailable_since(&said) {
            Some(since) if release.reaches(since) => {
                judged.removed.push(format!("{told}: the server says: {}", short(&said)));
            }
            _ => judged.deprecated.push(format!("{told}: the server says: {}", short(&said))),
        }
        Ok(())
    }

    /// What the server says against a resource that it serves.
    async fn said(&self, reader: &Reader<'_>, served: &Served) -> Result<Option<String>, CheckError> {
        let what = format!("ask whether `{}` of `{}` is deprecated", served.plural, served.api_version());
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        let namespace = self.namespace.as_ref().map(Namespace::as_str);
        let request = Request::get(format!("{}?limit=1", served.path(namespace, None)))
            .header(header::ACCEPT, list)
            .body(Vec::new())?;
        let answer = reader.send(&what, request).await?;
        let of_it = |text: &String| text.contains("deprecated") || text.contains("unavailable");
        if answer.status == StatusCode::OK {
            let kind = crate::read::kind(&what, &answer)?;
            let expected = ["PartialObjectMetadataList".to_owned(), format!("{}List", served.kind)];
            if !expected.contains(&kind) {
                let cause = crate::refused::Cause(format!(
                    "expected a list, found an object of kind `{}`",
                    short(&kind)
                ));
                return Err(crate::read::unreadable(&what, &cause));
            }
            return Ok(warnings(&answer.headers).into_iter().find(of_it));
        }
        if !answer.lacks_a_right() {
            return Err(answer.refuses(&what));
        }
        let refused = answer.refuses(&what);
        if is_upstream(&served.group) {
            return Err(refused);
        }
        let path = format!("{}/{}.{}", Resource::DEFINITIONS.path(None), served.plural, served.group);
        let answer = reader.path(&what, &path).await?;
        if answer.status != StatusCode::OK {
            return Err(if answer.lacks_a_right() { refused } else { answer.refuses(&what) });
        }
        let definition: Value =
            crate::read::read(&what, &answer, &[StatusCode::OK], Resource::DEFINITIONS.kind)?;
        let version = version_of(&definition, &served.version).ok_or_else(|| {
            crate::read::unreadable(&what, &crate::refused::Cause("it lacks the version".to_owned()))
        })?;
        let text = version["deprecationWarning"].as_str().unwrap_or("it is deprecated").to_owned();
        Ok((version["deprecated"] == true).then_some(text))
    }

    fn judge(&self, manifests: &Manifests, judged: &Judged, release: Option<Version>) -> Outcome {
        let mistakes = manifests.mistakes.iter().map(ToString::to_string).chain(judged.unnamed.clone());
        let mistakes: Vec<String> = mistakes.collect();
        let kinds = groups(manifests).len();
        let evidence = Evidence::new()
            .with("kinds", kinds)
            .with("served", judged.served.clone())
            .with("missing", judged.missing.clone())
            .with("removed", judged.removed.clone())
            .with("deprecated", judged.deprecated.clone())
            .with("mistakes", mistakes.clone())
            .with("release", release.map(Version::release));
        if manifests.all.is_empty() && mistakes.is_empty() {
            return nothing(&self.origin(), "manifests of the release", evidence);
        }
        let release = release.map(Version::release).unwrap_or_default();
        let wrong: Vec<&String> = mistakes.iter().chain(&judged.missing).chain(&judged.removed).collect();
        let all: Vec<&String> = wrong.iter().copied().chain(&judged.deprecated).collect();
        let (missing, removed, deprecated) =
            (judged.missing.len(), judged.removed.len(), judged.deprecated.len());
        let mut parts = Vec::new();
        if !mistakes.is_empty() {
            parts.push(format!("the manifests have {}", count(mistakes.len(), "mistake")));
        }
        if missing > 0 {
            parts.push(format!("{missing} of {} {} not served", count(kinds, "kind"), is(missing)));
        }
        if removed > 0 {
            parts.push(format!("{removed} of {} {} gone in {release}", count(kinds, "kind"), is(removed)));
        }
        if deprecated > 0 {
            parts.push(format!("{deprecated} of {} {} deprecated", count(kinds, "kind"), is(deprecated)));
        }
        if all.is_empty() {
            let verb = is(kinds);
            let summary = format!("{} {verb} served, and not deprecated in {release}", count(kinds, "kind"));
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        }
        let finding = Finding::new(parts.join(", "))
            .expected(if release.is_empty() {
                "manifests that can be read".to_owned()
            } else {
                format!("every kind served in its version, here and in {release}")
            })
            .actual(clauses(&all))
            .remedy(if !mistakes.is_empty() {
                "correct the manifests"
            } else if missing > 0 {
                "see that group, version and kind are spelt right and that what defines them is installed, or write a \
                 version that is served"
            } else {
                "write the manifests in the version that is named, and look for fields that are called otherwise there"
            })
            .evidence(evidence);
        if wrong.is_empty() && self.deprecated == Weight::Warn {
            Outcome::Warn(finding)
        } else {
            Outcome::Fail(finding)
        }
    }
}

#[async_trait]
impl Check for ApisServed {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let manifests = self.origin().read(cx).await?;
        let mut judged = Judged::default();
        if manifests.all.is_empty() {
            return Ok(self.judge(&manifests, &judged, self.for_release));
        }
        let said = reader.version().await?;
        let server = Version::new(&said.text()).map_err(|error| {
            CheckError::permanent("could not tell the version of the server").because(&error)
        })?;
        let release = self.for_release.unwrap_or(server.next_minor());
        let discovery = Discovery::of(&reader).await?;
        for group in groups(&manifests) {
            let Manifest { group: api, version, kind, .. } = group.first;
            let found = discovery.kind(api, version, kind).await?;
            self.judge_kind(&reader, found, &group, (server, release), &manifests, &mut judged).await?;
        }
        Ok(self.judge(&manifests, &judged, Some(release)))
    }
}

impl Kind for ApisServed {
    const NAME: &'static str = "k8s.apis_served";
    const EXAMPLE: &'static str = r#"
[check.apis]
kind        = "k8s.apis_served"
title       = "The cluster serves what the manifests are written in, and 1.38 will"
target      = "production"
files       = ["deploy"]
namespace   = "vapora"
resources   = ["configmaps", "deployments.apps"]
for_release = "1.38"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "kinds", about: "how many kinds of objects the manifests hold" },
            EvidenceField { name: "served", about: "those that are served, as in `apps/v1 Deployment`" },
            EvidenceField { name: "missing", about: "those that are not served, and why" },
            EvidenceField { name: "removed", about: "those that are not served any more in the release" },
            EvidenceField {
                name: "deprecated",
                about: "those that are deprecated in the release, or that may go",
            },
            EvidenceField { name: "mistakes", about: "what is wrong with the manifests themselves" },
            EvidenceField {
                name: "release",
                about: "the release of Kubernetes they are judged for, as in `1.38`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.files.is_empty() {
            problems.at("files", "no files are given", "name at least one file, folder or archive");
        }
        for resource in self.resources.iter().filter(|resource| resource.whole().is_none()) {
            problems.at(
                "resources",
                format!("expected a whole resource, found `{resource}`"),
                "name it as in `configmaps` or `deployments.apps`, without a part and without `*`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        for (group, plural) in self.resources.iter().filter_map(ResourceRef::whole) {
            let namespace = crate::apply::namespace_of(plural, self.namespace.as_ref());
            needs.permission(permission("list", group, plural, namespace).optional());
            if !is_upstream(group) {
                let definition = Resource::DEFINITIONS.permission("get", None);
                needs.permission(definition.named(format!("{plural}.{group}")).optional());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_in_which_something_goes_is_read_off_the_warning() {
        let said =
            "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob";
        assert_eq!(unavailable_since(said), Some(25));
        assert_eq!(unavailable_since("v1 ComponentStatus is deprecated in v1.19+"), None);
    }
}
