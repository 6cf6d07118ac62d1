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
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) annotations: Annotations,
}

/// Who owns an object.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Owner {
    kind: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) uid: String,
    #[serde(default)]
    controller: bool,
}

/// The labels that are read; an object has others too.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Labels {
    /// The service that an endpoint slice belongs to.
    #[serde(default, rename = "kubernetes.io/service-name")]
    pub(crate) service: Option<Box<str>>,
}

/// The annotations that are read; an object has others too.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Annotations {
    /// The number of a deployment's revision.
    #[serde(default, rename = "deployment.kubernetes.io/revision")]
    pub(crate) revision: Option<Box<str>>,
    /// Why a revision came to be, as its author says.
    #[serde(default, rename = "kubernetes.io/change-cause")]
    pub(crate) change_cause: Option<Box<str>>,
    /// The container of a pod that is meant where none is named.
    #[serde(default, rename = "kubectl.kubernetes.io/default-container")]
    pub(crate) default_container: Option<Box<str>>,
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

    /// The uid of the owner that controls it, whatever that is.
    pub(crate) fn controlled_by(&self) -> Option<&str> {
        self.owner_references.iter().find(|owner| owner.controller).map(|owner| owner.uid.as_str())
    }

    /// Whether an object of this kind owns it.
    pub(crate) fn is_owned_by(&self, kind: &str) -> bool {
        self.owner_references.iter().any(|owner| owner.kind == kind)
    }

    /// Whether the object of this uid owns it, as its controller or not.
    pub(crate) fn belongs_to(&self, uid: &str) -> bool {
        self.owner_references.iter().any(|owner| owner.uid == uid)
    }

    /// That the controller has not seen the newest change yet, where it has not: its status is of the time before.
    pub(crate) fn unobserved(&self, observed: Option<i64>) -> Option<String> {
        if let (Some(generation), Some(observed)) = (self.generation, observed)
            && observed >= generation
        {
            return None;
        }
        let shown = |number: Option<i64>| number.map_or("none".to_owned(), |number| number.to_string());
        Some(format!(
            "waits for its controller, which has not caught up yet (generation {}, observed {})",
            shown(self.generation),
            shown(observed)
        ))
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
