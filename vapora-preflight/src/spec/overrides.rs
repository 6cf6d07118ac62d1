//! What a caller sets in place of the checklist.

use std::collections::BTreeMap;

use crate::{MaintenanceWindow, ReleaseId, Timestamp};

/// What a caller sets in place of the checklist: a CI job knows the release, an operator the time.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Overrides {
    /// The release.
    pub release: Option<ReleaseId>,
    /// The environment.
    pub environment: Option<String>,
    /// The planned time T.
    pub planned: Option<Timestamp>,
    /// The maintenance window.
    pub window: Option<MaintenanceWindow>,
    /// Variables by name. One that the checklist does not declare is an error.
    pub vars: BTreeMap<String, serde_json::Value>,
    /// Who fills a role, by its name.
    pub roles: BTreeMap<String, String>,
    /// Sections of the change record, by their names.
    pub change: BTreeMap<String, String>,
}

impl Overrides {
    /// Nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable. The text is read as a TOML value where it is one (`5`, `["a", "b"]`), else it is taken as
    /// it stands.
    pub fn var(mut self, name: impl Into<String>, text: &str) -> Self {
        let value = toml::de::DeValue::parse(text)
            .map_or_else(|_| text.into(), |value| super::text::to_json(value.get_ref()));
        self.vars.insert(name.into(), value);
        self
    }

    /// Says who fills a role.
    pub fn role(mut self, name: impl Into<String>, person: impl Into<String>) -> Self {
        self.roles.insert(name.into(), person.into());
        self
    }

    /// Writes a section of the change record.
    pub fn change(mut self, section: impl Into<String>, text: impl Into<String>) -> Self {
        self.change.insert(section.into(), text.into());
        self
    }

    /// Sets the release.
    pub fn release(mut self, release: ReleaseId) -> Self {
        self.release = Some(release);
        self
    }

    /// Sets the environment.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Sets the planned time T.
    pub fn planned(mut self, planned: Timestamp) -> Self {
        self.planned = Some(planned);
        self
    }

    /// Sets the maintenance window.
    pub fn window(mut self, opens: Timestamp, closes: Timestamp) -> Self {
        self.window = Some(MaintenanceWindow { opens, closes });
        self
    }
}
