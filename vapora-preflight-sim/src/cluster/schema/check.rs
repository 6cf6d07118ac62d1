//! What is wrong with an object by the types of its fields, in the words with which server-side apply says it.

use std::fmt;

use serde_json::{Map, Value};

use super::{Items, Struct, Type};
use crate::cluster::{
    paths::{Element, written},
    quantity::Quantity,
};

/// Something that is not as its type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) path: Vec<Element>,
    pub(crate) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.what);
        }
        write!(f, "{}: {}", written(&self.path), self.what)
    }
}

/// Everything that is not as its type says. As a real server, it stops in an object at the first field that is not
/// declared.
pub(crate) fn mistakes(of: &Type, value: &Value) -> Vec<Mistake> {
    let mut walk = Walk::default();
    walk.value(of, value);
    walk.found
}

/// Why a value that is as its type says can still not be read: a quantity that is none.
pub(crate) fn unreadable(of: &Type, value: &Value) -> Option<String> {
    match (of, value) {
        (Type::Quantity, Value::String(text)) => Quantity::parse(text).err().map(|error| error.to_string()),
        (Type::Map(of, _), Value::Object(fields)) => fields.values().find_map(|value| unreadable(of, value)),
        (Type::List(of, _), Value::Array(list)) => list.iter().find_map(|value| unreadable(of, value)),
        (Type::Struct(known), Value::Object(fields)) => {
            fields.iter().find_map(|(name, value)| unreadable(known.type_of(name)?, value))
        }
        _ => None,
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<Element>,
    found: Vec<Mistake>,
}

impl Walk {
    fn wrong(&mut self, what: String) {
        self.found.push(Mistake { path: self.path.clone(), what });
    }

    fn inside(&mut self, element: Element, of: &Type, value: &Value) {
        self.path.push(element);
        self.value(of, value);
        self.path.pop();
    }

    fn value(&mut self, of: &Type, value: &Value) {
        if value.is_null() {
            return;
        }
        match of {
            Type::Text | Type::Bytes if !value.is_string() => {
                self.wrong(format!(
                    "expected string, got &value.valueUnstructured{{Value:{}}}",
                    literal(value)
                ));
            }
            Type::Integer | Type::Number if !value.is_number() => {
                self.wrong(format!("expected numeric (int or float), got {}", name(value)));
            }
            Type::Boolean if !value.is_boolean() => {
                self.wrong(format!("expected boolean, got &{{{}}}", as_go(value)));
            }
            Type::Quantity | Type::IntOrText | Type::Time if value.is_array() || value.is_object() => {
                self.wrong(format!("expected any scalar, got &{{{}}}", as_go(value)));
            }
            Type::Map(of, _) => match value.as_object() {
                Some(fields) => {
                    for (key, value) in fields {
                        self.inside(Element::field(key), of, value);
                    }
                }
                None => self.wrong(format!("expected map, got &{{{}}}", as_go(value))),
            },
            Type::List(of, listing) => match value.as_array() {
                Some(list) => self.items(of, &listing.items, list),
                None => self.wrong(format!("expected list, got &{{{}}}", as_go(value))),
            },
            Type::Struct(of) => match value.as_object() {
                Some(fields) => self.fields(of, fields),
                None => self.wrong(format!("expected map, got &{{{}}}", as_go(value))),
            },
            _ => {}
        }
    }

    fn fields(&mut self, of: &Struct, fields: &Map<String, Value>) {
        for (name, value) in fields {
            let element = Element::field(name);
            let Some(of) = of.type_of(name) else {
                self.path.push(element);
                self.wrong("field not declared in schema".to_owned());
                self.path.pop();
                return;
            };
            self.inside(element, of, value);
        }
    }

    fn items(&mut self, of: &Type, items: &Items, list: &[Value]) {
        let mut seen = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let element = match items {
                Items::Atomic => Ok(None),
                _ => Element::of_item(items, of, item).map(Some),
            };
            match element {
                Err(why) => {
                    self.wrong(format!("element {index}: {why}"));
                    return;
                }
                Ok(Some(element)) => {
                    if seen.contains(&element) {
                        self.wrong(format!("duplicate entries for key {element}"));
                    }
                    seen.push(element.clone());
                    self.inside(element, of, item);
                }
                Ok(None) => self.inside(Element::Index(index), of, item),
            }
        }
    }
}

/// The name of the type of a value in Go.
fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go prints it.
pub(crate) fn as_go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(as_go).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key}:{}", as_go(value))).collect();
            fields.sort();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}

/// A value as Go writes it in source.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(list) => {
            format!("[]interface {{}}{{{}}}", list.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key:?}:{}", literal(value))).collect();
            fields.sort();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::schema::built_in;

    fn said(api_version: &str, kind: &str, value: &Value) -> Vec<String> {
        mistakes(&Type::Struct(built_in(api_version, kind)), value).iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn a_mistake_is_told_in_the_words_of_server_side_apply() {
        let pod =
            |container: Value| json!({ "spec": { "template": { "spec": { "containers": [container] } } } });
        for (value, expected) in [
            (
                json!({ "spec": { "replicas": 2, "replicaz": 3 } }),
                ".spec.replicaz: field not declared in schema",
            ),
            (
                json!({ "spec": { "replicas": "two" } }),
                ".spec.replicas: expected numeric (int or float), got string",
            ),
            (
                pod(json!({ "name": "web", "env": [{ "name": "A" }, { "name": "A" }] })),
                ".spec.template.spec.containers[name=\"web\"].env: duplicate entries for key [name=\"A\"]",
            ),
            (
                pod(json!({ "image": "nginx" })),
                ".spec.template.spec.containers: element 0: associative list with keys has an element that omits key \
                 field \"name\" (and doesn't have default value)",
            ),
            (json!({ "spec": { "paused": "yes" } }), ".spec.paused: expected boolean, got &{yes}"),
            (json!({ "spec": [1, 2] }), ".spec: expected map, got &{[1 2]}"),
        ] {
            assert_eq!(said("apps/v1", "Deployment", &value), [expected]);
        }
        assert_eq!(
            said("v1", "ConfigMap", &json!({ "data": { "PORT": 8001 } })),
            [".data.PORT: expected string, got &value.valueUnstructured{Value:8001}"]
        );
        assert!(said("apps/v1", "Deployment", &pod(json!({ "name": "web", "image": null }))).is_empty());
    }
}
