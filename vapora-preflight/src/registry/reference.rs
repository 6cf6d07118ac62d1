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
        let mut page = format!("# `{}`\n\n{}\n", self.name, below(self.docs().trim()));
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
                let default = match &schema["default"] {
                    _ if required.contains(&name) => "required".to_owned(),
                    Value::Null => "none".to_owned(),
                    value => format!("`{}`", toml(value)),
                };
                let (kind, default) = (cell(&type_of(schema)), cell(&default));
                let _ = writeln!(page, "| `{name}` | {kind} | {default} | {} |", cell(&about));
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

/// The documentation with its headings below that of the page, and an empty line at its end.
fn below(docs: &str) -> String {
    let mut fenced = false;
    let mut page = String::new();
    for line in docs.lines() {
        fenced ^= line.starts_with("```");
        if line.starts_with('#') && !fenced {
            page.push('#');
        }
        page.push_str(line);
        page.push('\n');
    }
    page
}

/// A value as a checklist writes it.
fn toml(value: &Value) -> String {
    let list = |values: Vec<String>| values.join(", ");
    match value {
        Value::Array(values) => format!("[{}]", list(values.iter().map(toml).collect())),
        Value::Object(rows) if rows.is_empty() => "{}".to_owned(),
        Value::Object(rows) => {
            format!(
                "{{ {} }}",
                list(rows.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect())
            )
        }
        value => value.to_string(),
    }
}

/// The type of a parameter in words.
fn type_of(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        return either(values.iter().map(|value| format!("`{}`", toml(value))));
    }
    if !schema["const"].is_null() {
        return format!("`{}`", toml(&schema["const"]));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            return either(choices.iter().filter(|choice| choice["type"] != "null").map(type_of));
        }
    }
    match &schema["type"] {
        Value::String(name) => named(name, schema),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            either(names.map(|name| named(name, schema)))
        }
        _ => "any value".to_owned(),
    }
}

/// One type of JSON, as TOML calls it.
fn named(name: &str, schema: &Value) -> String {
    match name {
        "array" => of("list", &schema["items"]),
        "object" => match schema["properties"].as_object() {
            Some(properties) if !properties.is_empty() => {
                let required = crate::registry::required_names(schema);
                let rows: Vec<String> = properties
                    .iter()
                    .map(|(key, value)| {
                        let optional = if required.contains(&key.as_str()) { "" } else { "?" };
                        format!("{key}{optional} = {}", type_of(value))
                    })
                    .collect();
                format!("{{ {} }}", rows.join(", "))
            }
            _ => of("table", &schema["additionalProperties"]),
        },
        "string" => match schema["examples"].get(0) {
            Some(example) if schema["default"].is_null() => format!("string, as in `{}`", toml(example)),
            _ => "string".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// A list or table, and what is in it.
fn of(outer: &str, inner: &Value) -> String {
    if !inner.is_object() {
        return outer.to_owned();
    }
    let inner = type_of(inner);
    // a table of its own has its own brackets
    if inner.contains(" or ") && !inner.starts_with('{') {
        format!("{outer} of ({inner})")
    } else {
        format!("{outer} of {inner}")
    }
}

/// Some choices, each said once.
fn either(choices: impl Iterator<Item = String>) -> String {
    let mut said: Vec<String> = Vec::new();
    for choice in choices {
        if !said.contains(&choice) {
            said.push(choice);
        }
    }
    let last = said.pop().unwrap_or_default();
    if said.is_empty() { last } else { format!("{} or {last}", said.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_is_told_in_the_words_of_toml() {
        let secret = json!({ "oneOf": [
            { "type": "object", "properties": { "env": { "type": "string" } }, "required": ["env"] },
            { "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"] },
        ] });
        for (schema, told) in [
            (json!({ "type": ["string", "null"] }), "string"),
            (json!({ "type": "string", "examples": ["20s"] }), "string, as in `\"20s\"`"),
            (json!({ "type": ["string", "array", "object", "null"] }), "string, list or table"),
            (json!({ "type": ["array", "null"], "items": { "type": "string" } }), "list of string"),
            (
                json!({ "anyOf": [{ "const": "a" }, { "const": "b" }, { "type": "null" }] }),
                "`\"a\"` or `\"b\"`",
            ),
            (secret.clone(), "{ env = string } or { file = string }"),
            (
                json!({ "type": ["object", "null"], "properties": { "user": { "type": "string" }, "n": { "type": "integer" } }, "required": ["user"] }),
                "{ user = string, n? = integer }",
            ),
            (
                json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, secret] } }),
                "table of (string or { env = string } or { file = string })",
            ),
            (json!(true), "any value"),
        ] {
            assert_eq!(type_of(&schema), told);
        }
    }

    #[test]
    fn headings_of_the_documentation_stand_below_that_of_the_page() {
        let docs = "It holds.\n\n# Why\n\n```sh\n# a comment\n```";
        assert_eq!(below(docs), "It holds.\n\n## Why\n\n```sh\n# a comment\n```\n");
    }

    #[test]
    fn a_default_is_written_as_in_a_checklist() {
        assert_eq!(toml(&json!({ "a": [1, "x"], "b": true })), "{ a = [1, \"x\"], b = true }");
        assert_eq!(toml(&json!({})), "{}");
    }
}
