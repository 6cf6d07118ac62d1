//! Config maps.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use vapora_preflight::Digest;

use super::{Meta, Object};
use crate::resource::Resource;

/// A config map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigMap {
    pub(crate) metadata: Labelled,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    binary_data: BTreeMap<String, Base64>,
    #[serde(default)]
    pub(crate) immutable: bool,
}

/// Metadata with what people and tools hang on it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Labelled {
    #[serde(flatten)]
    pub(crate) meta: Meta,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// Bytes in base64.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Base64(Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        // It may be broken into lines.
        let text: String = text.split_ascii_whitespace().collect();
        BASE64_STANDARD.decode(text).map(Self)
    }
}

/// What a config map has under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    Binary(Vec<u8>),
}

impl Content {
    /// How long it is, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// What a config map has, by key.
pub(crate) type Contents = BTreeMap<String, Content>;

impl ConfigMap {
    /// What it has. No key is in both of its parts.
    pub(crate) fn contents(&self) -> Contents {
        let texts = self.data.iter().map(|(key, text)| (key.clone(), Content::Text(text.clone())));
        let binary = self.binary_data.iter().map(|(key, it)| (key.clone(), Content::Binary(it.0.clone())));
        texts.chain(binary).collect()
    }
}

#[derive(Default, Serialize)]
struct Canonical<'a> {
    #[serde(rename = "binaryData")]
    binary: BTreeMap<&'a str, String>,
    data: BTreeMap<&'a str, &'a str>,
}

/// The digest of what a config map has: that of `{"binaryData":{…},"data":{…}}` with sorted keys and no spaces.
pub(crate) fn digest(contents: &Contents) -> Result<Digest, serde_json::Error> {
    let mut canonical = Canonical::default();
    for (key, content) in contents {
        match content {
            Content::Text(text) => drop(canonical.data.insert(key, text)),
            Content::Binary(bytes) => drop(canonical.binary.insert(key, BASE64_STANDARD.encode(bytes))),
        }
    }
    serde_json::to_vec(&canonical).map(Digest::of)
}

impl Object for ConfigMap {
    const RESOURCE: Resource = Resource::CONFIG_MAPS;

    fn meta(&self) -> &Meta {
        &self.metadata.meta
    }
}
