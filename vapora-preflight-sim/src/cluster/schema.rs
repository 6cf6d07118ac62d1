//! What the fields of the kinds are: their types, which are required, by which keys the items of lists are known.
//!
//! The types of the built-in kinds are in `schema/types.txt`, one a line; those of custom resources come from their
//! definitions.

mod check;
mod custom;
mod decode;
mod normal;
mod table;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use self::{
    check::{Mistake, as_go, mistakes, unreadable},
    custom::{defined, fill_defaults, violations},
    decode::{Decoded, json, undecodable, unknown_fields, yaml},
    normal::{empty, normalize},
    table::built_in,
};

/// The type of a value.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Text,
    /// In base64.
    Bytes,
    Integer,
    Number,
    Boolean,
    Quantity,
    IntOrText,
    Time,
    /// Anything, taken whole.
    Any,
    /// Anything, whose fields and items are known by themselves.
    Deduced,
    Map(Box<Type>, Relation),
    List(Box<Type>, Listing),
    Struct(Arc<Struct>),
}

/// Are the parts of a value owned one by one, or is it one whole?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Granular,
    Atomic,
}

/// By what the items of a list are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) items: Items,
    /// The key by which a strategic merge patch finds an item; without one it replaces the list. The empty text is
    /// that of a set.
    pub(crate) merge_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Items {
    /// The list is one whole.
    Atomic,
    /// By themselves.
    Set,
    /// By these fields.
    Keyed(Vec<String>),
}

/// The fields of an object.
#[derive(Debug, Default)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) atomic: bool,
    /// May it have fields besides these?
    pub(crate) open: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) required: bool,
    /// A server sends it whatever is in it: an object within the object.
    pub(crate) always: bool,
    /// A server does not send it when it is zero, false or empty.
    pub(crate) omitted: bool,
    pub(crate) default: Option<Value>,
}

impl Field {
    pub(crate) fn new(name: impl Into<String>, of: Type) -> Self {
        Self { name: name.into(), of, required: false, always: false, omitted: false, default: None }
    }
}

impl Struct {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The type of a field; `None` where it may not be there.
    pub(crate) fn type_of(&self, name: &str) -> Option<&Type> {
        match self.field(name) {
            Some(field) => Some(&field.of),
            None if self.open => Some(&Type::Deduced),
            None => None,
        }
    }
}

impl Type {
    /// Are the parts of such a value owned one by one?
    pub(crate) fn relation(&self) -> Relation {
        let granular = match self {
            Self::Deduced => true,
            Self::Map(_, relation) => *relation == Relation::Granular,
            Self::List(_, listing) => listing.items != Items::Atomic,
            Self::Struct(fields) => !fields.atomic,
            _ => false,
        };
        if granular { Relation::Granular } else { Relation::Atomic }
    }

    /// The type of a field of such a value.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(of, _) => Some(of),
            Self::Struct(fields) => fields.type_of(name),
            Self::Deduced => Some(&Self::Deduced),
            _ => None,
        }
    }

    /// Is this one of the fields that the type itself names?
    pub(crate) fn names(&self, name: &str) -> bool {
        matches!(self, Self::Struct(fields) if fields.field(name).is_some())
    }
}
