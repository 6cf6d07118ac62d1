//! Where a value stands in an object, as field managers say it: `.spec.containers[name="web"].image`.

use std::{cmp::Ordering, fmt};

use serde_json::{Map, Value};

use super::schema::{Items, Type};

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Element {
    /// The field of an object, or the key of a map.
    Field(String),
    /// The item of a list that has these fields.
    Keys(Vec<(String, Value)>),
    /// The item of a set.
    Item(Value),
    /// The item of any other list, by its number.
    Index(usize),
}

impl Element {
    pub(crate) fn field(name: &str) -> Self {
        Self::Field(name.to_owned())
    }

    /// How it is written in `fieldsV1`.
    pub(crate) fn to_key(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Keys(keys) => {
                let keys: Map<String, Value> = keys.iter().cloned().collect();
                format!("k:{}", Value::Object(keys))
            }
            Self::Item(value) => format!("v:{value}"),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads what is written in `fieldsV1`.
    pub(crate) fn from_key(text: &str) -> Option<Self> {
        let (sort, rest) = text.split_once(':')?;
        match sort {
            "f" => Some(Self::field(rest)),
            "k" => match serde_json::from_str(rest).ok()? {
                Value::Object(keys) => {
                    let mut keys: Vec<(String, Value)> = keys.into_iter().collect();
                    keys.sort_by(|(a, _), (b, _)| a.cmp(b));
                    Some(Self::Keys(keys))
                }
                _ => None,
            },
            "v" => serde_json::from_str(rest).ok().map(Self::Item),
            "i" => rest.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    /// What an item of such a list is known by, or why it is not.
    pub(crate) fn of_item(items: &Items, of: &Type, item: &Value) -> Result<Self, String> {
        match items {
            Items::Atomic => Err("a list that is one whole has no items of its own".to_owned()),
            Items::Set => match item {
                Value::Null => Err("associative list with keys may not have null values".to_owned()),
                Value::Array(_) | Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".to_owned())
                }
                scalar => Ok(Self::Item(scalar.clone())),
            },
            Items::Keyed(keys) => {
                let Value::Object(fields) = item else {
                    return Err("associative list with keys has an element that's not a map".to_owned());
                };
                let default = |key: &str| match of {
                    Type::Struct(fields) => fields.field(key)?.default.clone(),
                    _ => None,
                };
                let mut found = Vec::new();
                let mut missing = Vec::new();
                for key in keys {
                    match fields.get(key).cloned().or_else(|| default(key)) {
                        Some(value) => found.push((key.clone(), value)),
                        None => missing.push(key.clone()),
                    }
                }
                if found.is_empty()
                    && let Some(key) = missing.first()
                {
                    return Err(if keys.len() == 1 {
                        format!(
                            "associative list with keys has an element that omits key field \"{key}\" (and doesn't \
                             have default value)"
                        )
                    } else {
                        format!(
                            "associative list with keys has an element that omits all key fields {missing:?} (and \
                             doesn't have default values for any key fields)"
                        )
                        .replace(", ", " ")
                    });
                }
                found.sort_by(|(a, _), (b, _)| a.cmp(b));
                Ok(Self::Keys(found))
            }
        }
    }
}

fn rank(element: &Element) -> u8 {
    match element {
        Element::Field(_) => 0,
        Element::Keys(_) => 1,
        Element::Item(_) => 2,
        Element::Index(_) => 3,
    }
}

fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        _ => a.to_string().cmp(&b.to_string()),
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => a.cmp(b),
            (Self::Keys(a), Self::Keys(b)) => a
                .iter()
                .zip(b)
                .map(|((a, x), (b, y))| a.cmp(b).then_with(|| compare_values(x, y)))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len())),
            (Self::Item(a), Self::Item(b)) => compare_values(a, b),
            (Self::Index(a), Self::Index(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Keys(keys) => {
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Item(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A path as a text.
pub(crate) fn written(path: &[Element]) -> String {
    path.iter().map(Element::to_string).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::schema::built_in;

    #[test]
    fn an_element_is_written_and_read() {
        let ports = Element::Keys(vec![
            ("containerPort".to_owned(), json!(8001)),
            ("protocol".to_owned(), json!("TCP")),
        ]);
        for (element, key, text) in [
            (Element::field("app.kubernetes.io/name"), "f:app.kubernetes.io/name", ".app.kubernetes.io/name"),
            (
                ports,
                "k:{\"containerPort\":8001,\"protocol\":\"TCP\"}",
                "[containerPort=8001,protocol=\"TCP\"]",
            ),
            (Element::Item(json!("a")), "v:\"a\"", "[=\"a\"]"),
        ] {
            assert_eq!(element.to_key(), key);
            assert_eq!(element.to_string(), text);
            assert_eq!(Element::from_key(key), Some(element));
        }
        assert_eq!(Element::from_key("."), None);
    }

    #[test]
    fn a_key_that_is_missing_has_its_default() {
        let service = Type::Struct(built_in("v1", "Service"));
        let Some(Type::List(of, listing)) = service.field("spec").and_then(|spec| spec.field("ports")) else {
            panic!("ports are a list")
        };
        let element = Element::of_item(&listing.items, of, &json!({ "port": 80 })).unwrap();
        assert_eq!(element.to_string(), "[port=80,protocol=\"TCP\"]");
    }
}
