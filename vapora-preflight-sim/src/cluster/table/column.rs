//! One column of a table.

use serde_json::{Value, json};

use super::age;

/// What a cell shows of an object, at a time in seconds of Unix time.
#[derive(Debug, Clone)]
enum Cell {
    Made(fn(&Value, i64) -> Value),
    /// What is found at a path of fields; nothing where there is nothing. A date is shown as what has passed since.
    Found(Vec<String>),
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    name: String,
    kind: String,
    format: String,
    about: String,
    /// One is shown only by whoever wants all columns.
    priority: i64,
    cell: Cell,
}

/// A column as it is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) format: &'static str,
    pub(super) about: &'static str,
    pub(super) priority: i64,
    pub(super) cell: fn(&Value, i64) -> Value,
}

/// The columns of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns(pub(super) &'static [Row]);

impl Columns {
    pub(super) fn to_vec(self) -> Vec<Column> {
        let column = |row: &Row| Column {
            name: row.name.to_owned(),
            kind: row.kind.to_owned(),
            format: row.format.to_owned(),
            about: row.about.to_owned(),
            priority: row.priority,
            cell: Cell::Made(row.cell),
        };
        self.0.iter().map(column).collect()
    }
}

pub(super) const fn text(name: &'static str, about: &'static str, cell: fn(&Value, i64) -> Value) -> Row {
    Row { name, kind: "string", format: "", about, priority: 0, cell }
}

pub(super) const fn number(name: &'static str, about: &'static str, cell: fn(&Value, i64) -> Value) -> Row {
    Row { kind: "integer", ..text(name, about, cell) }
}

impl Row {
    /// Shown only by whoever wants all columns.
    pub(super) const fn wide(self) -> Self {
        Self { priority: 1, ..self }
    }
}

pub(super) const NAME: Row = Row {
    format: "name",
    ..text("Name", "the name of the object", |object, _| object["metadata"]["name"].clone())
};
pub(super) const AGE: Row = text("Age", "how long ago it was made", |object, now| {
    age::since(&object["metadata"]["creationTimestamp"], now).into()
});
pub(super) const NAME_AND_TIME: Columns = Columns(&[
    NAME,
    Row {
        kind: "date",
        ..text("Created At", "when it was made", |object, _| object["metadata"]["creationTimestamp"].clone())
    },
]);

impl Column {
    /// A column that a definition of a kind describes.
    pub(super) fn found(name: &str, kind: &str, priority: i64, path: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            format: String::new(),
            about: format!("what is at `.{}`", path.join(".")),
            priority,
            cell: Cell::Found(path),
        }
    }

    pub(super) fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind,
            "format": self.format,
            "description": self.about,
            "priority": self.priority,
        })
    }

    pub(super) fn cell(&self, object: &Value, now: i64) -> Value {
        match &self.cell {
            Cell::Made(cell) => cell(object, now),
            Cell::Found(path) => {
                let found = path.iter().fold(object, |value, field| &value[field.as_str()]);
                match (self.kind.as_str(), found) {
                    ("date", Value::String(_)) => age::since(found, now).into(),
                    ("string", Value::Object(_) | Value::Array(_)) => found.to_string().into(),
                    _ => found.clone(),
                }
            }
        }
    }
}

/// The text, or what stands where there is none.
pub(super) fn or(value: &Value, none: &str) -> Value {
    match value.as_str() {
        Some(text) if !text.is_empty() => text.into(),
        _ => none.into(),
    }
}

/// The number, or zero.
pub(super) fn count(value: &Value) -> Value {
    value.as_i64().unwrap_or(0).into()
}

/// What the containers of a template have in this field, in a row.
pub(super) fn containers(spec: &Value, field: &str) -> String {
    let list = spec["containers"].as_array().into_iter().flatten();
    list.filter_map(|container| container[field].as_str()).collect::<Vec<_>>().join(",")
}

/// A selector in the form in which it is written.
pub(super) fn selector(selector: &Value) -> Value {
    let labels = if selector["matchLabels"].is_object() { &selector["matchLabels"] } else { selector };
    let labels = labels.as_object().into_iter().flatten();
    let pairs: Vec<String> =
        labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",").into() }
}
