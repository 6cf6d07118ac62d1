//! `k8s.config_map_matches`

mod compare;
mod manifest;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Digest, Evidence, EvidenceField, Finding, Kind,
    Outcome, Problems, Requirements, Value, async_trait,
};

use self::{
    compare::{Differences, Wanted},
    manifest::Written,
};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, ManifestPath, Namespace, ObjectName, OneOrMore, Pattern,
    object::{ConfigMap, Content, Contents, digest},
    read::Reader,
    resource::Resource,
    wording::{clauses, count},
};

/// A config map holds what it should.
///
/// # Why
///
/// Pods start with the config map that is in the cluster, not with the one in the repository. A key that was changed by hand,
/// or an artifact that was never applied, shows only after the restart that the deployment brings.
///
/// # What it asks
///
/// It gets the config map, and reads the `manifest` from the disk of the machine that runs the check, where one is given.
/// Where the config map does not exist it also gets the namespace, to tell whether that is what is missing.
///
/// `data` and `binaryData` are compared by key, text as text and bytes as bytes. Labels and annotations are compared only
/// where `labels` or `annotations` ask for it.
///
/// Values are not shown unless `show_values` is set, since a config map may hold a password by mistake: without it, a finding
/// names keys, line numbers and sizes. The evidence `digest` is the SHA-256 of `{"binaryData":{…},"data":{…}}` with sorted keys
/// and no spaces, the same as
/// `kubectl get configmap NAME -o json | jq -cS '{binaryData: (.binaryData // {}), data: (.data // {})}' | tr -d '\n' | sha256sum`.
/// Compare it with that of an earlier check by `unchanged` and `baseline`, or by `plan.unchanged`.
///
/// # What fails
///
/// A config map that does not exist. A key that is missing, has another value, or is there and should not be. A text that
/// `contains`, `matches` or `lacks` is about and is not as they say. Another digest than `sha256`, or than the check named as
/// `baseline` saw. A failure says whether the config map is immutable, which makes it impossible to apply the right one over
/// it.
///
/// # What errs
///
/// A manifest that cannot be read, has a key twice, does not hold exactly one config map of this name (for this namespace, or
/// for none), or holds a value that is no text. No right to get the config map. A `baseline` without a digest on record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own")]
pub struct ConfigMapMatches {
    /// The namespace it is in.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// A file with its manifest (YAML, of one or several documents, or JSON), an archive, a folder with files that end in
    /// `.yaml`, `.yml` or `.json`, or a pattern such as `deploy/*.yaml`; documents that are no objects of the API are passed
    /// over. A relative path is taken from the folder the program is started in.
    #[serde(default)]
    pub manifest: Option<ManifestPath>,
    /// All of its texts by key, in place of a manifest: `{ LOG_LEVEL = "info" }`.
    #[serde(default)]
    pub data: Option<BTreeMap<String, String>>,
    /// Keys it has to have, whatever is in them.
    #[serde(default)]
    pub keys: Vec<String>,
    /// By key, a text or several that its value has to contain: `{ "config.toml" = "ws://surrealdb:8000" }`.
    #[serde(default)]
    pub contains: BTreeMap<String, OneOrMore<String>>,
    /// By key, a regular expression or several that have to be found in its value: `{ "config.toml" = '(?m)^port = \d+$' }`.
    #[serde(default)]
    pub matches: BTreeMap<String, OneOrMore<Pattern>>,
    /// By key, a text or several that its value must not contain: `{ "config.toml" = "localhost" }`.
    #[serde(default)]
    pub lacks: BTreeMap<String, OneOrMore<String>>,
    /// The digest of all that it holds, as this kind's evidence `digest` gives it: 64 hexadecimal digits.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub sha256: Option<Digest>,
    /// Whether it has to hold what the check named as `baseline` saw.
    #[serde(default)]
    pub unchanged: bool,
    /// Whether it may have keys that are not named here: by default not where `manifest` or `data` is given, and otherwise
    /// yes.
    #[serde(default)]
    pub extra_keys: Option<bool>,
    /// Whether the newlines at the very end of a text do not count.
    #[serde(default)]
    pub ignore_final_newline: bool,
    /// Whether it has to have the labels of the manifest; it may have more.
    #[serde(default)]
    pub labels: bool,
    /// Whether it has to have the annotations of the manifest; it may have more.
    #[serde(default)]
    pub annotations: bool,
    /// Whether the finding and the evidence `diff` show the lines that differ. They go into the journal and all reports.
    #[serde(default)]
    pub show_values: bool,
}

impl ConfigMapMatches {
    fn may_have_more(&self) -> bool {
        self.extra_keys.unwrap_or(self.manifest.is_none() && self.data.is_none())
    }

    fn wanted<'a>(&'a self, written: Option<&'a Written>) -> Wanted<'a> {
        let data = self.data.as_ref().map(|data| {
            let text = |(key, text): (&String, &String)| (key.clone(), Content::Text(text.clone()));
            data.iter().map(text).collect::<Contents>()
        });
        Wanted { check: self, written, contents: written.map(|written| written.contents.clone()).or(data) }
    }

    fn evidence(found: Option<&ConfigMap>) -> Result<(Evidence, Contents), CheckError> {
        let contents = found.map(ConfigMap::contents).unwrap_or_default();
        let digest = match found {
            Some(_) => Some(digest(&contents)?.to_string()),
            None => None,
        };
        let keys: Vec<&str> = contents.keys().map(String::as_str).collect();
        let sizes = contents.iter().map(|(key, content)| (key.clone(), content.len()));
        let evidence = Evidence::new()
            .with("exists", found.is_some())
            .with("digest", digest)
            .with("keys", keys)
            .with("sizes", Value::table(sizes))
            .with("immutable", found.map(|found| found.immutable));
        Ok((evidence, contents))
    }

    fn absent(&self, evidence: Evidence, source: &str, no_namespace: Option<String>) -> Finding {
        let Self { namespace, name, .. } = self;
        let remedy = match (&no_namespace, &self.manifest) {
            (Some(_), _) => {
                "see that `namespace` is spelt right and the target is the right cluster".to_owned()
            }
            (None, Some(manifest)) => format!("`kubectl -n {namespace} apply -f {manifest}`"),
            (None, None) => {
                "see that `name` is spelt right, and that the release was deployed there".to_owned()
            }
        };
        Finding::new(format!("the config map `{name}` does not exist in `{namespace}`"))
            .expected(format!("a config map `{name}` as {source} says"))
            .actual(no_namespace.unwrap_or_else(|| "no such config map".to_owned()))
            .remedy(remedy)
            .advice(Advice::Investigate)
            .evidence(Differences::default().added_to(evidence))
    }

    /// What has changed since the check named as `baseline` looked.
    fn since_baseline(
        &self,
        cx: &CheckContext,
        evidence: &Evidence,
        into: &mut Differences,
    ) -> Result<(), CheckError> {
        if !self.unchanged {
            return Ok(());
        }
        let earlier = cx.baseline().ok_or_else(|| {
            CheckError::permanent("there is nothing to compare with: no earlier answer is on record")
                .remedy("name the check that looked before as `baseline`, and let it be asked first")
        })?;
        let Some(Value::Text(digest)) = earlier.evidence.get("digest") else {
            return Err(CheckError::permanent(format!("`{}` saw no config map", earlier.check))
                .remedy(format!("let `{}` be asked again when the config map is there", earlier.check)));
        };
        if evidence.get("digest") != Some(&Value::Text(digest.clone())) {
            let before = earlier.evidence.get("sizes");
            into.changed_since(&earlier.check, earlier.finished, before, evidence.get("sizes"));
        }
        Ok(())
    }

    fn judge(
        &self,
        found: &ConfigMap,
        keys: usize,
        written: Option<&Written>,
        evidence: Evidence,
        differences: Differences,
    ) -> Outcome {
        let Self { namespace, name, .. } = self;
        let source = source(written);
        let evidence = differences.added_to(evidence);
        if differences.said.is_empty() {
            let said = format!("the config map `{name}` in `{namespace}` is as {source} says");
            return Outcome::Pass(
                Finding::new(format!("{said}, with {}", count(keys, "key"))).evidence(evidence),
            );
        }
        let immutable = if found.immutable {
            "; it is immutable, so delete it first, or give the right one another name"
        } else {
            ""
        };
        let remedy = match &self.manifest {
            Some(file) => {
                format!(
                    "`kubectl -n {namespace} diff -f {file}` shows it; apply the manifest, or correct it where the \
                     cluster is right{immutable}"
                )
            }
            None => format!(
                "`kubectl -n {namespace} get configmap {name} -o yaml` shows it; correct it, or the \
                 checklist{immutable}"
            ),
        };
        let summary = format!(
            "the config map `{name}` in `{namespace}` is not as it should be: {}",
            count(differences.said.len(), "difference")
        );
        Outcome::Fail(
            Finding::new(summary)
                .expected(format!("what {source} says"))
                .actual(clauses(&differences.said))
                .remedy(remedy)
                .advice(Advice::Investigate)
                .evidence(evidence),
        )
    }
}

/// Where it is written what the config map has to hold.
fn source(written: Option<&Written>) -> String {
    written.map_or_else(|| "the checklist".to_owned(), |written| written.place.to_string())
}

#[async_trait]
impl Check for ConfigMapMatches {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let written = match &self.manifest {
            Some(file) => Some(Written::read(cx, file, &self.namespace, &self.name).await?),
            None => None,
        };
        let reader = Reader::of(cx)?;
        let found = reader.get::<ConfigMap>(Some(&self.namespace), self.name.as_str()).await?;
        let (evidence, contents) = Self::evidence(found.as_ref())?;
        let Some(found) = found else {
            let no_namespace = missing_namespace(&reader, &self.namespace).await;
            let source = source(written.as_ref());
            return Ok(Outcome::Fail(self.absent(evidence, &source, no_namespace)));
        };
        let mut differences = self.wanted(written.as_ref()).compare(&found, &contents, &evidence);
        self.since_baseline(cx, &evidence, &mut differences)?;
        Ok(self.judge(&found, contents.len(), written.as_ref(), evidence, differences))
    }
}

impl Kind for ConfigMapMatches {
    const NAME: &'static str = "k8s.config_map_matches";
    const EXAMPLE: &'static str = r#"
[check.config-map]
kind      = "k8s.config_map_matches"
title     = "The config map is that of the release"
target    = "production"
namespace = "vapora"
name      = "vapora-config"
manifest  = "provisioning/artifacts/configmap.yaml"
contains  = { "config.toml" = "ws://surrealdb:8000" }
lacks     = { "config.toml" = ["localhost", "127.0.0.1"] }
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "exists", about: "whether it exists" },
            EvidenceField { name: "digest", about: "the SHA-256 of all that it holds" },
            EvidenceField { name: "keys", about: "its keys" },
            EvidenceField { name: "sizes", about: "by key: how many bytes are in it" },
            EvidenceField { name: "immutable", about: "whether it is immutable" },
            EvidenceField { name: "missing", about: "the keys that it should have and has not" },
            EvidenceField { name: "extra", about: "the keys that it has and should not have" },
            EvidenceField { name: "different", about: "the keys whose values are not as they should be" },
            EvidenceField {
                name: "diff",
                about: "the lines that differ, `-` before those that should be there and `+` before those that are; \
                        nothing unless `show_values` is set",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        let asks = self.manifest.is_some()
            || self.data.is_some()
            || !(self.keys.is_empty() && self.contains.is_empty())
            || !(self.matches.is_empty() && self.lacks.is_empty())
            || self.sha256.is_some()
            || self.unchanged;
        if !asks {
            problems.whole(
                "nothing is said of what the config map has to hold",
                "give a `manifest`, `data`, `keys`, `contains`, `matches`, `lacks` or `sha256`, or set `unchanged`",
            );
        }
        if self.manifest.is_some() && self.data.is_some() {
            problems.at("data", "both `manifest` and `data` are given", "give one of them");
        }
        if self.data.as_ref().is_some_and(BTreeMap::is_empty) {
            problems.at("data", "`data` is empty", "name the keys and their values, or leave it out");
        }
        for (name, set) in [("labels", self.labels), ("annotations", self.annotations)] {
            if set && self.manifest.is_none() {
                problems.at(
                    name,
                    format!("`{name}` are compared with those of a manifest, and none is given"),
                    "give a `manifest`, or leave it out",
                );
            }
        }
        let nothing_named = self.keys.is_empty()
            && self.contains.is_empty()
            && self.matches.is_empty()
            && self.manifest.is_none()
            && self.data.is_none();
        if self.extra_keys == Some(false) && nothing_named {
            problems.at(
                "extra_keys",
                "no keys are named, so that every key would be one too many",
                "name them in `keys`",
            );
        }
        for (name, empty) in [
            ("contains", compare::has_empty(&self.contains, String::is_empty)),
            ("matches", compare::has_empty(&self.matches, |_| false)),
            ("lacks", compare::has_empty(&self.lacks, String::is_empty)),
        ] {
            if let Some(key) = empty {
                problems.at(
                    name,
                    format!("nothing is said of the value of `{key}`"),
                    "name a text of at least one character",
                );
            }
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let get = Resource::CONFIG_MAPS.permission("get", Some(&self.namespace));
        needs.permission(get.named(self.name.as_str()));
        may_look_for_namespace(needs, &self.namespace);
    }
}
