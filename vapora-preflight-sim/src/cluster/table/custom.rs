//! The columns that the definition of a kind describes.

use serde_json::Value;

use super::column::{AGE, Column, Columns, NAME};
use crate::cluster::{kinds::ServedKind, store::Store};

/// The columns of a kind that was defined; `None` for one that was not.
pub(super) fn columns(store: &Store, kind: &ServedKind) -> Option<Vec<Column>> {
    let definition = store.stored("apiextensions.k8s.io/customresourcedefinitions").find(|definition| {
        definition["spec"]["group"] == *kind.group && definition["spec"]["names"]["plural"] == *kind.plural
    })?;
    let versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let version = versions.into_iter().find(|version| version["name"] == *kind.version)?;
    let described = version["additionalPrinterColumns"].as_array().into_iter().flatten();
    let described: Vec<Column> = described.filter_map(column).collect();
    let mut columns = Columns(&[NAME]).to_vec();
    columns.extend(if described.is_empty() { Columns(&[AGE]).to_vec() } else { described });
    Some(columns)
}

fn column(described: &Value) -> Option<Column> {
    let path = described["jsonPath"].as_str()?.trim_start_matches('.');
    let path = path.split('.').map(str::to_owned).collect();
    let priority = described["priority"].as_i64().unwrap_or(0);
    Some(Column::found(described["name"].as_str()?, described["type"].as_str()?, priority, path))
}
