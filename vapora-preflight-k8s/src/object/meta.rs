//! What all objects have.

use serde::Deserialize;

/// The metadata of an object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    pub(crate) uid: Option<String>,
    #[serde(default)]
    pub(crate) generation: Option<i64>,
    #[serde(default)]
    deletion_timestamp: Option<String>,
    #[serde(default)]
    owner_references: Vec<Owner>,
}

/// Who owns an object.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Owner {
    kind: String,
    pub(crate) name: String,
    #[serde(default)]
    controller: bool,
}

impl Meta {
    /// Where it is in a sorted list.
    pub(crate) fn place(&self) -> (Option<&str>, &str) {
        (self.namespace.as_deref(), &self.name)
    }

    /// Whether it is being deleted.
    pub(crate) fn is_going(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The owner of this kind that controls it.
    pub(crate) fn controller(&self, kind: &str) -> Option<&Owner> {
        self.owner_references.iter().find(|owner| owner.controller && owner.kind == kind)
    }

    /// Whether an object of this kind owns it.
    pub(crate) fn is_owned_by(&self, kind: &str) -> bool {
        self.owner_references.iter().any(|owner| owner.kind == kind)
    }
}

/// One condition of a status.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
}

impl Condition {
    pub(crate) fn is_true(&self) -> bool {
        self.status == "True"
    }

    pub(crate) fn is_false(&self) -> bool {
        self.status == "False"
    }

    /// Why it is so, in brackets.
    pub(crate) fn because(&self) -> String {
        crate::wording::because(self.reason.as_deref(), self.message.as_deref())
    }
}

/// The condition of that type.
pub(crate) fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == kind)
}
