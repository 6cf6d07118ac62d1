//! The forms in which objects are sent.

use serde_json::{Value, json};
use vapora_preflight::Timestamp;

use super::{kinds::ServedKind, reply::Reply, routes::Query, store::Store, table::Table};

/// The form in which a client wants the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    MetadataOnly,
    Table,
}

impl Form {
    /// The first form in an `Accept` header that the server has; `None` where it has none of them.
    pub(crate) fn accepted(accept: Option<&str>) -> Option<Self> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Some(Self::Whole);
        };
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next()?;
            let wanted = parts.find_map(|parameter| parameter.strip_prefix("as="));
            match (media, wanted) {
                ("application/json" | "application/*" | "*/*", None) => Some(Self::Whole),
                ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList")) => {
                    Some(Self::MetadataOnly)
                }
                ("application/json", Some("Table")) => Some(Self::Table),
                _ => None,
            }
        })
    }

    /// How objects of a kind are shown in this form; an answer that says no where they cannot be.
    pub(crate) fn shape<'a>(
        self,
        store: &Store,
        kind: &'a ServedKind,
        query: &Query,
        now: Timestamp,
    ) -> Result<Shape<'a>, Reply> {
        Ok(match self {
            Self::Whole => Shape::Whole(kind),
            Self::MetadataOnly => Shape::MetadataOnly,
            Self::Table => Shape::Table(Table::of(store, kind, query, now)?),
        })
    }
}

/// How objects are shown.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    Whole(&'a ServedKind),
    MetadataOnly,
    Table(Table),
}

impl Shape<'_> {
    /// One object.
    pub(crate) fn one(&self, object: &Value) -> Value {
        match self {
            Self::Whole(kind) => kind.shown(object).into_owned(),
            Self::MetadataOnly => metadata_only(object),
            Self::Table(table) => {
                table.show(json!({ "resourceVersion": object["metadata"]["resourceVersion"] }), [object])
            }
        }
    }

    /// A list with this metadata.
    pub(crate) fn list<'a>(&self, metadata: Value, objects: impl Iterator<Item = &'a Value>) -> Value {
        let (kind, api_version, items) = match self {
            Self::Table(table) => return table.show(metadata, objects),
            Self::MetadataOnly => {
                let items: Vec<Value> = objects.map(metadata_only).collect();
                ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned(), items)
            }
            Self::Whole(kind) => {
                let items = objects.map(|object| item(object, kind)).collect();
                (format!("{}List", kind.kind), kind.api_version(), items)
            }
        };
        json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items })
    }
}

pub(crate) fn metadata_only(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}

/// An object as a list has it: without its kind, unless that was defined in this cluster.
fn item(object: &Value, kind: &ServedKind) -> Value {
    let mut object = kind.shown(object).into_owned();
    if kind.custom.is_some() {
        return object;
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_the_server_has_is_taken() {
        for whole in [
            None,
            Some("application/json"),
            Some("*/*"),
            Some("application/json;as=Chair;v=v1;g=meta.k8s.io,application/json"),
            Some("application/vnd.kubernetes.protobuf,application/json"),
        ] {
            assert_eq!(Form::accepted(whole), Some(Form::Whole), "{whole:?}");
        }
        let partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        assert_eq!(Form::accepted(Some(partial)), Some(Form::MetadataOnly));
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(Form::accepted(Some(table)), Some(Form::Table));
        assert_eq!(Form::accepted(Some("text/html")), None);
    }
}
