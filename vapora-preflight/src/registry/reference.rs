//! The reference page of a kind.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{KindInfo, Registry};

impl Registry {
    /// The reference of all kinds, as one Markdown page per kind in the order of their names.
    pub fn reference(&self) -> Vec<(String, String)> {
        self.kinds().map(|kind| (format!("{}.md", kind.name), kind.reference())).collect()
    }
}

impl KindInfo {
    /// The reference page of the kind, as Markdown. It comes from the kind's own documentation and schema alone.
    pub fn reference(&self) -> String {
        let mut page = format!("# `{}`\n\n{}\n\n", self.name, self.docs().trim());
        let _ = writeln!(page, "Effect: {}.\n", self.effect);
        page.push_str("## Parameters\n\n");
        let required = self.required();
        let parameters = self.parameters();
        if parameters.is_empty() {
            page.push_str("None.\n\n");
        } else {
            page.push_str("| parameter | type | default | about |\n|---|---|---|---|\n");
            for name in parameters {
                let schema = &self.schema["properties"][name];
                let about = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
                let default = if required.contains(&name) {
                    "required".to_owned()
                } else {
                    match &schema["default"] {
                        Value::Null => "none".to_owned(),
                        value => format!("`{value}`"),
                    }
                };
                let _ = writeln!(page, "| `{name}` | {} | {default} | {} |", type_of(schema), cell(&about));
            }
            page.push('\n');
        }
        if !self.evidence.is_empty() {
            page.push_str("## Evidence\n\nThese names can be used in `expect` and `warn_unless`.\n\n");
            page.push_str("| name | about |\n|---|---|\n");
            for field in self.evidence {
                let _ = writeln!(page, "| `{}` | {} |", field.name, cell(field.about));
            }
            page.push('\n');
        }
        let _ = write!(page, "## Example\n\n```toml\n{}\n```\n", self.example.trim());
        page
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The type of a parameter in words.
fn type_of(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        return one_of(values.iter().map(ToString::to_string));
    }
    if !schema["const"].is_null() {
        return format!("`{}`", schema["const"]);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            let mut kinds: Vec<String> =
                choices.iter().filter(|choice| choice["type"] != "null").map(type_of).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", type_of(&schema["items"])),
        Value::String(name) if name == "object" => match schema["properties"].as_object() {
            Some(properties) if !properties.is_empty() => {
                let keys: Vec<String> = properties.keys().map(|key| format!("`{key}`")).collect();
                format!("table with {}", keys.join(", "))
            }
            _ => "table".to_owned(),
        },
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let mut names: Vec<&str> =
                names.iter().filter_map(Value::as_str).filter(|it| *it != "null").collect();
            names.dedup();
            if names == ["array"] {
                format!("list of {}", type_of(&schema["items"]))
            } else {
                names.join(" or ")
            }
        }
        _ => "anything".to_owned(),
    }
}

fn one_of(values: impl Iterator<Item = String>) -> String {
    values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}
