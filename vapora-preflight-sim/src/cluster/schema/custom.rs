//! The types and limits of custom resources, from the schema of their definition.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Field, Items, Listing, Relation, Struct, Type, table};
use crate::cluster::{
    cel::{self, Names},
    invalid::Cause,
};

/// The fields of a custom resource.
pub(crate) fn defined(schema: &Value) -> Struct {
    let Type::Struct(of) = type_of(schema) else { return Struct { open: true, ..Struct::default() } };
    let other = table::built_in("", "");
    let mut fields: Vec<Field> = other.fields.clone();
    fields.extend(of.fields.iter().filter(|field| other.field(&field.name).is_none()).cloned());
    Struct { name: String::new(), fields, atomic: false, open: of.open }
}

fn is_true(schema: &Value, name: &str) -> bool {
    schema[name] == true
}

fn type_of(schema: &Value) -> Type {
    if is_true(schema, "x-kubernetes-int-or-string") {
        return Type::IntOrText;
    }
    match schema["type"].as_str() {
        Some("string") => Type::Text,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("boolean") => Type::Boolean,
        Some("array") => Type::List(Box::new(type_of(&schema["items"])), listing(schema)),
        Some("object") if schema["additionalProperties"].is_object() => {
            let atomic = schema["x-kubernetes-map-type"] == "atomic";
            let relation = if atomic { Relation::Atomic } else { Relation::Granular };
            Type::Map(Box::new(type_of(&schema["additionalProperties"])), relation)
        }
        Some("object") => Type::Struct(Arc::new(object(schema))),
        _ => Type::Deduced,
    }
}

fn object(schema: &Value) -> Struct {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| Field {
        required: required.contains(&name.as_str()),
        default: schema.get("default").cloned(),
        ..Field::new(name, type_of(schema))
    });
    Struct {
        name: String::new(),
        fields: fields.collect(),
        atomic: schema["x-kubernetes-map-type"] == "atomic",
        open: is_true(schema, "x-kubernetes-preserve-unknown-fields"),
    }
}

fn listing(schema: &Value) -> Listing {
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    let items = match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => Items::Set,
        Some("map") => Items::Keyed(
            keys.into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        ),
        _ => Items::Atomic,
    };
    Listing { items, merge_key: None }
}

/// Fills in the defaults of a schema.
pub(crate) fn fill_defaults(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                match fields.get_mut(name) {
                    Some(value) if !value.is_null() || is_true(schema, "nullable") => {
                        fill_defaults(schema, value);
                    }
                    _ => {
                        if let Some(default) = schema.get("default") {
                            let mut default = default.clone();
                            fill_defaults(schema, &mut default);
                            fields.insert(name.clone(), default);
                        }
                    }
                }
            }
            if schema["additionalProperties"].is_object() {
                for value in fields.values_mut() {
                    fill_defaults(&schema["additionalProperties"], value);
                }
            }
        }
        Value::Array(list) => {
            for item in list {
                fill_defaults(&schema["items"], item);
            }
        }
        _ => {}
    }
}

/// What a value breaks of its schema, in the words of an API server; `before` is what was there.
pub(crate) fn violations(schema: &Value, value: &Value, before: Option<&Value>) -> Vec<Cause> {
    let mut found = Vec::new();
    look(schema, value, "", &mut found);
    // Rules are only asked about what is otherwise as it should be.
    if found.is_empty() {
        rules(schema, value, before, "", &mut found);
    }
    found
}

/// The rules of a schema, and of the schemas in it. A rule about `oldSelf` is only asked where something was there.
fn rules(schema: &Value, value: &Value, before: Option<&Value>, path: &str, found: &mut Vec<Cause>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let expression = text(&rule["rule"]);
        let mut names = Names::from([("self".to_owned(), value.clone())]);
        if let Some(before) = before {
            names.insert("oldSelf".to_owned(), before.clone());
        } else if expression.contains("oldSelf") {
            continue;
        }
        let what = match cel::evaluate(&expression, &names) {
            Ok(Value::Bool(true)) => continue,
            Ok(_) => {
                let computed = cel::evaluate(&text(&rule["messageExpression"]), &names).ok();
                let computed = computed.and_then(|value| value.as_str().map(str::to_owned));
                computed
                    .or_else(|| rule["message"].as_str().map(str::to_owned))
                    .unwrap_or_else(|| format!("failed rule: {expression}"))
            }
            Err(error) => format!("rule evaluation error: {error}: evaluating rule: {expression}"),
        };
        let shown = if value.is_object() || value.is_array() { sort_of(value).into() } else { value.clone() };
        found.push(Cause::invalid(path, &shown, &what));
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let before = before.and_then(|before| before.get(name));
                rules(of_field(schema, name), value, before, &below(path, name), found);
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                rules(&schema["items"], item, None, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// The schema of a field of an object.
fn of_field<'a>(schema: &'a Value, name: &str) -> &'a Value {
    match &schema["properties"][name] {
        Value::Null => &schema["additionalProperties"],
        of => of,
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn look(schema: &Value, value: &Value, path: &str, found: &mut Vec<Cause>) {
    if value.is_null() {
        if !is_true(schema, "nullable") && !schema["type"].is_null() {
            let sort = schema["type"].as_str().unwrap_or_default();
            let what = format!("{path} in body must be of type {sort}: \"null\"");
            found.push(Cause::invalid_shown(path, "\"null\"", &what));
        }
        return;
    }
    if !fits(schema, value) {
        let sort = schema["type"].as_str().unwrap_or_default();
        let found_sort = sort_of(value);
        let what = format!("{path} in body must be of type {sort}: \"{found_sort}\"");
        found.push(Cause::invalid_shown(path, &format!("\"{found_sort}\""), &what));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
        let allowed: Vec<&str> = allowed.iter().map(|text| text.trim_matches('"')).collect();
        found.push(Cause::not_supported(path, value, &allowed));
    }
    match value {
        Value::Number(_) => number(schema, value, path, found),
        Value::String(text) => length(schema, text, path, found),
        Value::Array(list) => {
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| list.len() as u64 > *most) {
                let what = format!("must have at most {most} items");
                found.push(Cause::new(
                    "FieldValueTooMany",
                    path,
                    &format!("Too many: {}: {what}", list.len()),
                ));
            }
            if let Some(least) = schema["minItems"].as_u64().filter(|least| (list.len() as u64) < *least) {
                let what = format!("{path} in body should have at least {least} items");
                found.push(Cause::invalid(path, &value_count(list.len()), &what));
            }
            for (index, item) in list.iter().enumerate() {
                look(&schema["items"], item, &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(fields) => object_limits(schema, fields, path, found),
        _ => {}
    }
}

fn value_count(count: usize) -> Value {
    count.into()
}

fn object_limits(schema: &Value, fields: &Map<String, Value>, path: &str, found: &mut Vec<Cause>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(Cause::required(&below(path, name), ""));
        }
    }
    for (name, value) in fields {
        let of = of_field(schema, name);
        if of.is_object() {
            look(of, value, &below(path, name), found);
        }
    }
}

fn number(schema: &Value, value: &Value, path: &str, found: &mut Vec<Cause>) {
    let Some(number) = value.as_f64() else { return };
    if let Some(most) = schema["maximum"].as_f64() {
        let exclusive = is_true(schema, "exclusiveMaximum");
        if number > most || (exclusive && number >= most) {
            let than = if exclusive { "less than" } else { "less than or equal to" };
            let what = format!("{path} in body should be {than} {}", schema["maximum"]);
            found.push(Cause::invalid(path, value, &what));
        }
    }
    if let Some(least) = schema["minimum"].as_f64() {
        let exclusive = is_true(schema, "exclusiveMinimum");
        if number < least || (exclusive && number <= least) {
            let than = if exclusive { "greater than" } else { "greater than or equal to" };
            let what = format!("{path} in body should be {than} {}", schema["minimum"]);
            found.push(Cause::invalid(path, value, &what));
        }
    }
}

fn length(schema: &Value, text: &str, path: &str, found: &mut Vec<Cause>) {
    let length = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        let what = format!("Too long: may not be more than {most} bytes");
        found.push(Cause::new("FieldValueTooLong", path, &what));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        let what = format!("{path} in body should be at least {least} chars long");
        found.push(Cause::invalid(path, &text.into(), &what));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
    {
        let what = format!("{path} in body should match '{pattern}'");
        found.push(Cause::invalid(path, &text.into(), &what));
    }
}

fn fits(schema: &Value, value: &Value) -> bool {
    if is_true(schema, "x-kubernetes-int-or-string") {
        return value.is_string() || value.is_i64() || value.is_u64();
    }
    match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    }
}

fn sort_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_limits_what_its_resources_say() {
        let schema = json!({
            "type": "object",
            "properties": { "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": { "type": "integer", "maximum": 5 },
                    "mode": { "type": "string", "enum": ["a", "b"], "default": "a" },
                },
            } },
        });
        let said = |value: Value| -> Vec<String> {
            violations(&schema, &value, None).iter().map(Cause::to_string).collect()
        };
        assert_eq!(
            said(json!({ "spec": { "size": 9 } })),
            ["spec.size: Invalid value: 9: spec.size in body should be less than or equal to 5"]
        );
        assert_eq!(
            said(json!({ "spec": { "size": "x", "mode": "c" } })),
            [
                "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"",
                "spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\"",
            ]
        );
        assert_eq!(said(json!({ "spec": {} })), ["spec.size: Required value"]);
        let mut value = json!({ "spec": { "size": 1 } });
        fill_defaults(&schema, &mut value);
        assert_eq!(value["spec"]["mode"], "a");
        let of = defined(&schema);
        assert!(of.type_of("metadata").is_some() && of.type_of("nope").is_none());
    }

    #[test]
    fn rules_are_asked_about_what_is_and_what_was() {
        let schema = json!({
            "type": "object",
            "properties": { "spec": {
                "type": "object",
                "properties": { "least": { "type": "integer" }, "most": { "type": "integer" } },
                "x-kubernetes-validations": [
                    { "rule": "self.least <= self.most", "message": "least is above most" },
                    { "rule": "self.most >= oldSelf.most", "messageExpression": "'it was ' + string(oldSelf.most)" },
                ],
            } },
        });
        let spec = |least: u32, most: u32| json!({ "spec": { "least": least, "most": most } });
        let said = |value: &Value, before: Option<&Value>| -> Vec<String> {
            violations(&schema, value, before).iter().map(Cause::to_string).collect()
        };
        assert!(said(&spec(1, 2), None).is_empty());
        assert_eq!(said(&spec(3, 2), None), ["spec: Invalid value: \"object\": least is above most"]);
        assert_eq!(said(&spec(1, 2), Some(&spec(1, 5))), ["spec: Invalid value: \"object\": it was 5"]);
    }
}
