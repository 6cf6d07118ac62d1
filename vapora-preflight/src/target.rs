//! What checks are asked of.

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use crate::{TargetName, TargetSettings};

/// Something that checks are asked of, such as a cluster: `[target.production.kubernetes]`.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub name: TargetName,
    /// Whether nothing may change it.
    pub protected: bool,
    pub(crate) families: BTreeMap<String, Family>,
}

#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) settings: Arc<dyn Any + Send + Sync>,
    pub(crate) written: serde_json::Value,
}

impl Target {
    /// A target without settings.
    pub fn new(name: TargetName, protected: bool) -> Self {
        Self { name, protected, families: BTreeMap::new() }
    }

    /// The same target with the settings of one family; `written` is how they read in the checklist.
    pub fn with<T: TargetSettings>(mut self, settings: T, written: serde_json::Value) -> Self {
        self.families.insert(T::NAME.to_owned(), Family { settings: Arc::new(settings), written });
        self
    }

    /// The settings of one family, where the target has them.
    pub fn settings<T: TargetSettings>(&self) -> Option<&T> {
        self.families.get(T::NAME).and_then(|family| family.settings.downcast_ref::<T>())
    }

    /// The names of the families it has settings of.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.families.keys().map(String::as_str)
    }

    /// What expressions see of it: its name, and its settings as they are written.
    pub(crate) fn in_expressions(&self) -> serde_json::Value {
        let mut value = self.written();
        if let Some(rows) = value.as_object_mut() {
            rows.insert("name".to_owned(), self.name.as_str().into());
        }
        value
    }

    /// Its settings as they are written, for definitions and reports.
    pub(crate) fn written(&self) -> serde_json::Value {
        self.families.iter().map(|(name, family)| (name.clone(), family.written.clone())).collect()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("protected", &self.protected)
            .field("families", &self.families.keys().collect::<Vec<_>>())
            .finish()
    }
}
