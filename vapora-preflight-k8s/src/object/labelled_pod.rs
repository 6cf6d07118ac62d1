//! Pods, as far as their labels go.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Meta, Object};
use crate::resource::Resource;

/// The metadata of a pod, with all of its labels.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LabelledPod {
    metadata: LabelledMeta,
}

#[derive(Debug, Clone, Deserialize)]
struct LabelledMeta {
    #[serde(flatten)]
    meta: Meta,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl LabelledPod {
    pub(crate) fn labels(&self) -> &BTreeMap<String, String> {
        &self.metadata.labels
    }
}

impl Object for LabelledPod {
    const RESOURCE: Resource = Resource::PODS;
    const METADATA_ONLY: bool = true;

    fn meta(&self) -> &Meta {
        &self.metadata.meta
    }
}
