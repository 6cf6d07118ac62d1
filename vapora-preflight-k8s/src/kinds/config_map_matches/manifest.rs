//! The config map as a manifest says it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vapora_preflight::{CheckContext, CheckError};

use crate::{
    ManifestPath, Namespace, ObjectName,
    manifest::{Manifest, Mistake, Origin, Place, Sort},
    object::{ConfigMap, Contents},
    refused::Cause,
    wording::{clauses, names},
};

/// A config map as a manifest says it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) place: Place,
    pub(super) contents: Contents,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) immutable: bool,
}

impl Written {
    /// The one config map of this name, for this namespace or for none.
    pub(super) async fn read(
        cx: &CheckContext,
        file: &ManifestPath,
        namespace: &Namespace,
        name: &ObjectName,
    ) -> Result<Self, CheckError> {
        let read = Origin::of(file.clone()).read(cx).await?;
        if let Some(mistake) = read.mistakes.iter().find(|mistake| mistake.sort == Sort::Text) {
            return Err(CheckError::permanent(format!("the manifest `{file}` is not valid YAML"))
                .because(&Cause(mistake.to_string()))
                .remedy("correct the file; a template has to be filled in first"));
        }
        let several = |because: String| {
            CheckError::permanent(format!("the config map `{name}` is more than once in `{file}`"))
                .because(&Cause(because))
                .remedy("name the file that holds the right one")
        };
        let told = format!("ConfigMap `{name}` ");
        let twice = |mistake: &&Mistake| mistake.sort == Sort::Twice && mistake.what.starts_with(&told);
        if let Some(mistake) = read.mistakes.iter().find(twice) {
            return Err(several(mistake.to_string()));
        }
        let maps: Vec<&Manifest> =
            read.all.iter().filter(|one| one.is_of("", "ConfigMap") && one.version == "v1").collect();
        let named: Vec<&Manifest> = maps.iter().copied().filter(|one| one.name == name.as_str()).collect();
        let here = |one: &&Manifest| one.namespace.as_deref().is_none_or(|other| other == namespace.as_str());
        let fitting: Vec<&Manifest> = named.iter().copied().filter(here).collect();
        match (fitting.as_slice(), named.first()) {
            ([one], _) => Self::of(one),
            ([], None) => {
                let known: Vec<&str> = maps.iter().map(|one| one.name.as_str()).collect();
                let has = if known.is_empty() {
                    "it holds no config maps".to_owned()
                } else {
                    format!("it holds {}", names(&known))
                };
                Err(CheckError::permanent(format!("there is no config map `{name}` in `{file}`"))
                    .because(&Cause(has))
                    .remedy(
                        "see that `manifest` and `name` are right, and that the artifacts are up to date",
                    ))
            }
            ([], Some(other)) => Err(CheckError::permanent(format!(
                "the config map `{name}` at {} is for the namespace `{}`",
                other.place,
                other.namespace.as_deref().unwrap_or_default()
            ))
            .remedy(format!("give the manifest for the namespace `{namespace}`, or correct `namespace`"))),
            (fitting, _) => {
                let places: Vec<String> = fitting.iter().map(|one| one.place.to_string()).collect();
                Err(several(clauses(&places)))
            }
        }
    }

    fn of(manifest: &Manifest) -> Result<Self, CheckError> {
        let place = manifest.place.clone();
        let wrong = |why: String| {
            CheckError::permanent(format!("the config map at {place} is not valid: {why}"))
                .remedy("correct the manifest; a number or a truth value has to be quoted")
        };
        // Said with the key, and without what it holds.
        for part in ["data", "binaryData"] {
            for (key, value) in manifest.object.get(part).and_then(Value::as_object).into_iter().flatten() {
                if !value.is_string() {
                    return Err(wrong(format!("the value of `{key}` in `{part}` is no text")));
                }
            }
        }
        let mut object = manifest.object.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let map = ConfigMap::deserialize(&object).map_err(|_| {
            wrong(
                "its `data`, `binaryData`, `labels`, `annotations` or `immutable` is not as it has to be"
                    .to_owned(),
            )
        })?;
        let contents = map.contents();
        let ConfigMap { metadata, immutable, .. } = map;
        let (labels, annotations) = (metadata.labels, metadata.annotations);
        Ok(Self { place, contents, labels, annotations, immutable })
    }
}
