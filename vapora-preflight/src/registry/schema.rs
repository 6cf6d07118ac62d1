//! The JSON Schema of a whole checklist, for editors.

use serde_json::{Map, Value, json};

use super::schema_of;
use crate::{Advice, Registry, Severity};

impl Registry {
    /// The JSON Schema of a checklist that may name the kinds of this registry. It serves editors; a checklist is read by
    /// [`PlanBuilder`](crate::PlanBuilder), which checks far more.
    pub fn schema(&self) -> Value {
        let kinds: Vec<Value> = self.kinds().map(Self::check_schema).collect();
        let check = json!({
            "type": "object",
            "required": ["kind"],
            "properties": { "kind": { "enum": self.kinds().map(|kind| kind.name).collect::<Vec<_>>() } },
            "oneOf": kinds,
        });
        let families: Map<String, Value> = self
            .targets
            .iter()
            .map(|(name, info)| {
                let mut schema = info.schema.clone();
                if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert("protected".to_owned(), protected());
                }
                ((*name).to_owned(), schema)
            })
            .collect();
        let mut target = families;
        target.insert("protected".to_owned(), protected());
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "vapora-preflight checklist",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "checklist": text("the name of the checklist"),
                "format": { "const": 1, "description": "the format it is written in" },
                "title": text("what people call it"),
                "include": list(text("a file, relative to this one")),
                "phase": {
                    "description": "the default phase of the checks and gates of this file, or tables that declare phases",
                    "oneOf": [{ "type": "string" }, named(phase())],
                },
                "deployment": deployment(),
                "vars": { "type": "object", "description": "variables for templates and expressions" },
                "required_vars": named(required_variable()),
                "target": named(table(target)),
                "check": named(check),
                "gate": named(gate()),
                "group": named(table([("width", json!({ "type": "integer", "minimum": 1 }))])),
                "roles": named(table([
                    ("title", text("what people call it")),
                    ("person", text("who fills it")),
                    ("optional", json!({ "type": "boolean" })),
                    ("duties", list(text("what that person does"))),
                ])),
                "change": named(text("a section of the change record")),
                "message": named(table([("title", text("what people call it")), ("text", text("the message"))])),
                "commands": named(table([
                    ("title", text("what people call them")),
                    ("target", text("the target they are for")),
                    ("lines", list(text("a line to type"))),
                ])),
            },
        })
    }

    fn check_schema(kind: &super::KindInfo) -> Value {
        let mut schema = kind.schema.clone();
        allow_templates(&mut schema);
        let reserved = reserved(kind.name);
        if let Some(object) = schema.as_object_mut() {
            let properties = object.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                for (name, value) in reserved {
                    properties.insert(name, value);
                }
            }
            let required = object.entry("required").or_insert_with(|| json!([]));
            if let Some(required) = required.as_array_mut() {
                required.insert(0, json!("kind"));
            }
        }
        schema
    }
}

/// Lets a template stand where one of several words is expected. Other strings say no more than that they are strings.
fn allow_templates(schema: &mut Value) {
    let template = || json!({ "type": "string", "pattern": "\\{\\{", "description": "a template" });
    match schema {
        Value::Object(object) => {
            let are_words = |words: &Value| {
                words.as_array().is_some_and(|words| !words.is_empty() && words.iter().all(Value::is_string))
            };
            if object.get("enum").is_some_and(are_words) {
                let words = object.remove("enum").unwrap_or_default();
                object.insert("oneOf".to_owned(), json!([{ "enum": words }, template()]));
                return;
            }
            let is_word = |choice: &Value| choice.get("const").is_some_and(Value::is_string);
            if let Some(choices) = object.get_mut("oneOf").and_then(Value::as_array_mut)
                && !choices.is_empty()
                && choices.iter().all(is_word)
            {
                choices.push(template());
                return;
            }
            object.values_mut().for_each(allow_templates);
        }
        Value::Array(values) => values.iter_mut().for_each(allow_templates),
        _ => {}
    }
}

/// The keys that mean the same for every kind.
fn reserved(kind: &str) -> Map<String, Value> {
    let period = || schema_of::<crate::Period>();
    let expressions = |about: &str| json!({ "description": about, "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] });
    let rows: Vec<(&str, Value)> = vec![
        ("kind", json!({ "const": kind })),
        ("title", text("what people call the check")),
        ("phase", text("the phase it belongs to")),
        ("target", text("the target it asks")),
        ("needs", list(text("a check or gate that has to hold first"))),
        ("severity", schema_of::<Severity>()),
        (
            "timeout",
            json!({
                "description": "how long one attempt, or all of them, may take",
                "oneOf": [period(), table([("attempt", period()), ("total", period())])],
            }),
        ),
        (
            "retry",
            table([
                ("attempts", json!({ "type": "integer", "minimum": 2 })),
                ("backoff", period()),
                ("max", period()),
            ]),
        ),
        (
            "until",
            table([
                ("timeout", period()),
                ("interval", period()),
                ("consecutive", json!({ "type": "integer", "minimum": 1 })),
            ]),
        ),
        ("fresh_for", period()),
        ("group", text("a group, of which only so many checks run at once")),
        (
            "for_each",
            json!({ "type": "object", "minProperties": 1, "description": "a list, or an expression that names one, for each name" }),
        ),
        ("when", text("an expression; where it does not hold, the check does not apply")),
        ("expect", expressions("expressions over the evidence that have to be true")),
        ("warn_unless", expressions("expressions over the evidence, with a warning where one is not true")),
        ("baseline", text("an earlier check to compare with")),
        ("on_fail", schema_of::<Advice>()),
        ("hint", text("what to try by hand")),
        ("docs", text("where to read more")),
        ("owner", text("whom to ask")),
        ("tags", list(text("a tag"))),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn deployment() -> Value {
    let time = || schema_of::<crate::Timestamp>();
    table([
        ("release", text("the release")),
        ("environment", text("the environment it goes to")),
        ("planned", time()),
        ("window", table([("opens", time()), ("closes", time())])),
    ])
}

fn required_variable() -> Value {
    let mut schema = table([
        ("about", text("what it is, in a few words")),
        (
            "example",
            json!({ "description": "a value as it may be, with which the checklist is looked at without a release" }),
        ),
    ]);
    schema["required"] = json!(["about", "example"]);
    schema
}

fn phase() -> Value {
    let moment = || json!({ "type": "string", "description": "a moment around T, as in `T-24h`, or an instant with its zone" });
    table([
        ("title", text("what people call it")),
        ("window", table([("opens", moment()), ("due", moment())])),
        ("needs", list(text("a check or gate that all its checks need"))),
    ])
}

fn gate() -> Value {
    let conditions = || {
        json!({ "type": "array", "minItems": 1, "items": table([
            ("name", text("what the condition is called")),
            ("checks", list(text("a phase, a check, a pattern, or `tag:…`"))),
        ]) })
    };
    table([
        ("title", text("what people call it")),
        ("phase", text("the phase it closes")),
        ("question", schema_of::<crate::Question>()),
        ("requires", list(text("a phase, a check, a pattern, or `tag:…`"))),
        ("proceed_if", conditions()),
        ("reschedule_if", conditions()),
    ])
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn protected() -> Value {
    json!({ "type": "boolean", "description": "whether nothing may change it" })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A table whose keys are names.
fn named(value: Value) -> Value {
    json!({ "type": "object", "additionalProperties": value })
}

fn table<K: Into<String>>(rows: impl IntoIterator<Item = (K, Value)>) -> Value {
    let properties: Map<String, Value> = rows.into_iter().map(|(name, value)| (name.into(), value)).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_every_reserved_key_and_every_kind() {
        let known: Vec<String> = reserved("x.y").keys().cloned().collect();
        let mut expected: Vec<&str> = crate::RESERVED.to_vec();
        let mut found: Vec<&str> = known.iter().map(String::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);

        let mut registry = Registry::new();
        crate::register(&mut registry);
        let schema = registry.schema();
        let kinds = schema["properties"]["check"]["additionalProperties"]["oneOf"].as_array().unwrap();
        assert_eq!(kinds.len(), registry.kinds().count());
    }
}
