//! What a document holds, as far as it is looked at.

use std::{collections::HashMap, rc::Rc};

/// A value of a document: only what is needed to find the objects in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// No value.
    Null,
    /// A text, or anything else that is no list and no table.
    Scalar(String),
    List(Vec<Rc<Node>>),
    Table(HashMap<String, Rc<Node>>),
}

/// An object of a manifest, by what names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) api_version: Option<String>,
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
}

impl Node {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Scalar(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Table(rows) => rows.is_empty(),
        }
    }

    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Table(rows) => rows.get(name).map(Rc::as_ref),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name) {
            Some(Self::Scalar(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// Collects the objects that it is or, being a `List` of Kubernetes or a plain list, holds.
    pub(crate) fn objects(&self, found: &mut Vec<Object>) {
        if let Self::List(items) = self {
            for item in items {
                item.objects(found);
            }
            return;
        }
        let Some(kind) = self.text("kind") else { return };
        match self.get("items") {
            Some(Self::List(items)) if kind.ends_with("List") => {
                for item in items {
                    item.objects(found);
                }
            }
            _ => {
                let metadata = self.get("metadata");
                let of = |name: &str| metadata.and_then(|metadata| metadata.text(name));
                found.push(Object {
                    api_version: self.text("apiVersion"),
                    kind,
                    name: of("name"),
                    namespace: of("namespace"),
                });
            }
        }
    }
}
