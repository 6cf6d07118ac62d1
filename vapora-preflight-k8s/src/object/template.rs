//! The template of the pods of a workload.

use std::collections::BTreeMap;

use serde::Deserialize;
use vapora_preflight::Value;

/// What the pods of a workload are made from.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Template {
    #[serde(default)]
    metadata: TemplateMeta,
    #[serde(default)]
    spec: TemplateSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct TemplateMeta {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TemplateSpec {
    #[serde(default)]
    init_containers: Vec<TemplateContainer>,
    #[serde(default)]
    containers: Vec<TemplateContainer>,
}

/// One container of a template.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TemplateContainer {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) image: Option<String>,
}

impl Template {
    /// The labels that its pods get.
    pub(crate) fn labels(&self) -> &BTreeMap<String, String> {
        &self.metadata.labels
    }

    /// Its containers, without those that run before them.
    pub(crate) fn containers(&self) -> &[TemplateContainer] {
        &self.spec.containers
    }

    /// All of its containers, those that run before the others first.
    pub(crate) fn all_containers(&self) -> impl Iterator<Item = &TemplateContainer> {
        self.spec.init_containers.iter().chain(&self.spec.containers)
    }

    /// The images of its containers by their names, as evidence.
    pub(crate) fn images(&self) -> Value {
        Value::table(self.spec.containers.iter().map(|one| (one.name.clone(), one.image.clone())))
    }
}
