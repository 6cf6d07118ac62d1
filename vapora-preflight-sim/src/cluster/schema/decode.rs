//! Reads an object from JSON or YAML and keeps account of keys that stand there twice.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Struct, Type};

/// What was read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) value: Value,
    /// What is said about each key that stands there again; its last value counts.
    pub(crate) duplicates: Vec<String>,
}

/// Reads JSON; the error says why not.
pub(crate) fn json(body: &[u8]) -> Result<Decoded, String> {
    let found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = Node::<String>::new(&found).deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(Decoded { value, duplicates: found.duplicates.into_inner() })
}

/// Reads YAML, of which JSON is a part.
pub(crate) fn yaml(body: &str) -> Result<Decoded, String> {
    let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough };
    let found = Found::default();
    let read = serde_saphyr::with_deserializer_from_str_with_options(body, options, |reader| {
        Node::<serde_saphyr::Spanned<String>>::new(&found).deserialize(reader)
    });
    let value = read.map_err(|error| error.to_string())?;
    Ok(Decoded { value, duplicates: found.duplicates.into_inner() })
}

/// A key, and what is said when it is there again.
trait Key: for<'de> serde::Deserialize<'de> {
    fn name(&self) -> &str;
    fn again(&self, path: &str) -> String;
}

impl Key for String {
    fn name(&self) -> &str {
        self
    }

    fn again(&self, path: &str) -> String {
        format!("duplicate field \"{path}\"")
    }
}

impl Key for serde_saphyr::Spanned<String> {
    fn name(&self) -> &str {
        &self.value
    }

    fn again(&self, _: &str) -> String {
        format!("line {}: key \"{}\" already set in map", self.referenced.line(), self.value)
    }
}

#[derive(Default)]
struct Found {
    path: RefCell<Vec<String>>,
    duplicates: RefCell<Vec<String>>,
}

struct Node<'a, K> {
    found: &'a Found,
    key: std::marker::PhantomData<K>,
}

impl<'a, K> Node<'a, K> {
    fn new(found: &'a Found) -> Self {
        Self { found, key: std::marker::PhantomData }
    }
}

impl<'de, K: Key> DeserializeSeed<'de> for Node<'_, K> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, K: Key> Visitor<'de> for Node<'_, K> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.found.path.borrow_mut().push(format!("[{}]", list.len()));
            let item = access.next_element_seed(Self::new(self.found))?;
            self.found.path.borrow_mut().pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = access.next_key::<K>()? {
            let name = key.name().to_owned();
            {
                let mut path = self.found.path.borrow_mut();
                let dot = if path.is_empty() { "" } else { "." };
                path.push(format!("{dot}{name}"));
                if fields.contains_key(&name) {
                    self.found.duplicates.borrow_mut().push(key.again(&path.concat()));
                }
            }
            let value = access.next_value_seed(Self::new(self.found))?;
            self.found.path.borrow_mut().pop();
            if fields.len() > 1 << 20 {
                return Err(A::Error::custom("too many keys"));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// The fields that the type does not have, each with its path.
pub(crate) fn unknown_fields(of: &Struct, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    unknown_in(of, value, "", &mut found);
    found
}

fn unknown_in(of: &Struct, value: &Value, path: &str, found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match of.type_of(name) {
            Some(of) => unknown_below(of, value, &path, found),
            None => found.push(format!("unknown field \"{path}\"")),
        }
    }
}

fn unknown_below(of: &Type, value: &Value, path: &str, found: &mut Vec<String>) {
    match (of, value) {
        (Type::Struct(of), value) => unknown_in(of, value, path, found),
        (Type::List(of, _), Value::Array(list)) => {
            for (index, item) in list.iter().enumerate() {
                unknown_below(of, item, &format!("{path}[{index}]"), found);
            }
        }
        (Type::Map(of, _), Value::Object(fields)) => {
            for (name, value) in fields {
                unknown_below(of, value, &format!("{path}.{name}"), found);
            }
        }
        _ => {}
    }
}

/// The first value that is not of its type, in the words of Go's decoder of JSON.
pub(crate) fn undecodable(of: &Struct, value: &Value) -> Option<String> {
    if !value.is_object() {
        return Some(format!("json: cannot unmarshal {} into Go value of type v1.{}", sort(value), of.name));
    }
    undecodable_in(of, value, "")
}

fn undecodable_in(of: &Struct, value: &Value, path: &str) -> Option<String> {
    value.as_object().into_iter().flatten().find_map(|(name, value)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        undecodable_below(of.type_of(name)?, value, &of.name, &path)
    })
}

fn undecodable_below(of: &Type, value: &Value, owner: &str, path: &str) -> Option<String> {
    let wrong = |expected: &str| {
        let sort = sort(value);
        let number = if sort == "number" && expected.starts_with("int") {
            format!("{sort} {value}")
        } else {
            sort.to_owned()
        };
        Some(format!(
            "json: cannot unmarshal {number} into Go struct field {owner}.{path} of type {expected}"
        ))
    };
    match (of, value) {
        (_, Value::Null) | (Type::Any | Type::Deduced, _) => None,
        (Type::Text | Type::Bytes, value) if !value.is_string() => wrong("string"),
        (Type::Integer, value) if value.as_i64().is_none() => wrong("int32"),
        (Type::Number, value) if !value.is_number() => wrong("float64"),
        (Type::Boolean, value) if !value.is_boolean() => wrong("bool"),
        (Type::Time, value) if !value.is_string() => wrong("string"),
        (Type::IntOrText, value) if !value.is_string() && value.as_i64().is_none() => {
            wrong("intstr.IntOrString")
        }
        (Type::Quantity, value) => super::check::unreadable(&Type::Quantity, value),
        (Type::Map(of, _), Value::Object(fields)) => {
            fields.values().find_map(|value| undecodable_below(of, value, owner, path))
        }
        (Type::Map(..), _) => wrong("map[string]string"),
        (Type::List(of, _), Value::Array(list)) => {
            list.iter().find_map(|item| undecodable_below(of, item, owner, path))
        }
        (Type::List(of, _), _) => wrong(&match &**of {
            Type::Struct(of) => format!("[]v1.{}", of.name),
            _ => "[]string".to_owned(),
        }),
        (Type::Struct(of), value) if value.is_object() => undecodable_in(of, value, path),
        (Type::Struct(of), _) => wrong(&format!("v1.{}", of.name)),
        _ => None,
    }
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::schema::built_in;

    #[test]
    fn a_key_that_stands_there_twice_is_told_with_its_place() {
        let read = json(br#"{ "spec": { "a": 1, "list": [{ "b": 1, "b": 2 }], "a": 3 } }"#).unwrap();
        assert_eq!(read.value, json!({ "spec": { "a": 3, "list": [{ "b": 2 }] } }));
        assert_eq!(read.duplicates, ["duplicate field \"spec.list[0].b\"", "duplicate field \"spec.a\""]);
        let read = yaml("spec:\n  image: a\n  other: {x: [1, true, ~]}\n  image: b\n").unwrap();
        assert_eq!(read.value, json!({ "spec": { "image": "b", "other": { "x": [1, true, null] } } }));
        assert_eq!(read.duplicates, ["line 4: key \"image\" already set in map"]);
        // As on a real server, these are no texts.
        assert_eq!(yaml("[yes, on, y, no, 'yes']").unwrap().value, json!([true, true, true, false, "yes"]));
        assert_eq!(yaml(r#"{"a": {"b": "c"}}"#).unwrap().value, json!({ "a": { "b": "c" } }));
        assert!(yaml("a: [").is_err() && json(b"{").is_err());
    }

    #[test]
    fn fields_that_are_not_known_are_told_with_their_place() {
        let of = built_in("apps/v1", "Deployment");
        let value = json!({ "spec": {
            "replicaz": 3,
            "template": { "spec": { "containers": [{ "name": "web", "imagePullPolicyy": "Always" }] } },
        } });
        assert_eq!(
            unknown_fields(&of, &value),
            [
                "unknown field \"spec.replicaz\"",
                "unknown field \"spec.template.spec.containers[0].imagePullPolicyy\"",
            ]
        );
    }

    #[test]
    fn a_value_of_another_type_is_told_in_the_words_of_go() {
        let of = built_in("apps/v1", "Deployment");
        assert_eq!(
            undecodable(&of, &json!({ "spec": { "replicas": "two" } })).unwrap(),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
        assert_eq!(undecodable(&of, &json!({ "spec": { "replicas": 2 } })), None);
    }
}
