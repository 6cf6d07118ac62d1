//! What a check saw: ordered, typed, with units.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use crate::{Digest, Period, Timestamp};

/// One value of a piece of evidence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value: asked for, and not there.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number. One that is not finite is recorded as [`Value::Null`]: it is no data.
    Float(f64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Named values in order.
    Table(Vec<(String, Value)>),
}

impl Value {
    /// A table of the given rows.
    pub fn table<K: Into<String>, V: Into<Value>>(rows: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Table(rows.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value with every number that is not finite turned into [`Value::Null`].
    pub(crate) fn normalised(self) -> Self {
        match self {
            Self::Float(number) if !number.is_finite() => Self::Null,
            Self::List(values) => Self::List(values.into_iter().map(Self::normalised).collect()),
            Self::Table(rows) => {
                Self::Table(rows.into_iter().map(|(name, value)| (name, value.normalised())).collect())
            }
            other => other,
        }
    }

    pub(crate) fn map_text(&mut self, edit: &dyn Fn(&mut String)) {
        match self {
            Self::Text(text) => edit(text),
            Self::List(values) => values.iter_mut().for_each(|value| value.map_text(edit)),
            Self::Table(rows) => rows.iter_mut().for_each(|(name, value)| {
                edit(name);
                value.map_text(edit);
            }),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => {}
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Bool(value) => f.write_str(if *value { "yes" } else { "no" }),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Table(rows) => {
                for (index, (name, value)) in rows.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

macro_rules! value_from {
    ($($from:ty => |$value:ident| $into:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $into
            }
        })*
    };
}
value_from! {
    bool => |value| Self::Bool(value);
    i64 => |value| Self::Int(value);
    i32 => |value| Self::Int(value.into());
    u32 => |value| Self::Int(value.into());
    u16 => |value| Self::Int(value.into());
    u64 => |value| i64::try_from(value).map_or(Self::Float(value as f64), Self::Int);
    usize => |value| Self::from(value as u64);
    f64 => |value| Self::Float(value);
    String => |value| Self::Text(value);
    &str => |value| Self::Text(value.to_owned());
    &String => |value| Self::Text(value.clone());
    Timestamp => |value| Self::Text(value.to_string());
    Period => |value| Self::Float(value.get().as_secs_f64());
}
impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}
impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) if !value.is_finite() => serializer.serialize_unit(),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Table(rows) => {
                let mut map = serializer.serialize_map(Some(rows.len()))?;
                for (name, value) in rows {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
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
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Int(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::from(value))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = map.next_entry()? {
                    rows.push(row);
                }
                Ok(Value::Table(rows))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Days of 24 hours.
    Days,
    /// Bytes.
    Bytes,
    /// Parts of a hundred.
    Percent,
    /// Cores of a processor.
    Cores,
}

impl Unit {
    /// The sign written after the number.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Days => "d",
            Self::Bytes => "B",
            Self::Percent => "%",
            Self::Cores => "cores",
        }
    }
}

/// One named value of a check's evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The name under which expressions find it.
    pub name: String,
    /// What was seen.
    pub value: Value,
    /// What the number counts, where it is one.
    pub unit: Option<Unit>,
}

/// A file that goes with a check's evidence. The journal keeps it beside itself, under the name of its digest.
#[derive(Clone, PartialEq)]
pub struct Attachment {
    /// What a reader calls it: `configmap-backup.yaml`.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The SHA-256 of its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The content, while this process has it; a replayed journal only has the digest.
    pub content: Option<Arc<[u8]>>,
    /// Whether it is of use only as it is, such as a backup; a replayed journal does not tell.
    pub whole: bool,
}

impl fmt::Debug for Attachment {
    /// All but the content, which may be long and nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("digest", &self.digest)
            .field("size", &self.size)
            .field("whole", &self.whole)
            .finish_non_exhaustive()
    }
}

impl Attachment {
    /// The content with this edit, where it is text that the edit changes.
    fn edited(&self, edit: &dyn Fn(&mut String)) -> Option<String> {
        let text = std::str::from_utf8(self.content.as_deref()?).ok()?;
        let mut edited = text.to_owned();
        edit(&mut edited);
        (edited != text).then_some(edited)
    }

    /// Edits the content where it is text.
    fn map_text(&mut self, edit: &dyn Fn(&mut String)) {
        if let Some(edited) = self.edited(edit) {
            self.digest = Digest::of(&edited);
            self.size = edited.len() as u64;
            self.content = Some(edited.into_bytes().into());
        }
    }
}

/// What a check saw, in the order it says it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    items: Vec<Item>,
    attachments: Vec<Attachment>,
}

impl Evidence {
    /// No evidence yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; a value of that name is replaced.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(name, value, None);
        self
    }

    /// Adds a number with its unit; a value of that name is replaced.
    pub fn measured(mut self, name: impl Into<String>, value: impl Into<Value>, unit: Unit) -> Self {
        self.set(name, value, Some(unit));
        self
    }

    /// Adds a file. The secrets that the run has resolved are taken out of it where it is text.
    pub fn attached(
        self,
        name: impl Into<String>,
        media_type: impl Into<String>,
        content: impl Into<Arc<[u8]>>,
    ) -> Self {
        self.attach(name.into(), media_type.into(), content.into(), false)
    }

    /// Adds a file that is of use only as it is, such as a backup. One that holds a secret which the run has resolved is not
    /// kept: the check is an error then. Where the journal keeps it, only its owner can read it.
    pub fn attached_whole(
        self,
        name: impl Into<String>,
        media_type: impl Into<String>,
        content: impl Into<Arc<[u8]>>,
    ) -> Self {
        self.attach(name.into(), media_type.into(), content.into(), true)
    }

    fn attach(mut self, name: String, media_type: String, content: Arc<[u8]>, whole: bool) -> Self {
        let (digest, size) = (Digest::of(&content), content.len() as u64);
        self.attachments.push(Attachment { name, media_type, digest, size, content: Some(content), whole });
        self
    }

    /// The first file that has to stay as it is, and would not with this edit.
    pub(crate) fn spoilt_by(&self, edit: &dyn Fn(&mut String)) -> Option<&Attachment> {
        self.attachments.iter().find(|file| file.whole && file.edited(edit).is_some())
    }

    /// Sets a value, in place of an earlier one of that name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>, unit: Option<Unit>) {
        let item = Item { name: name.into(), value: value.into().normalised(), unit };
        match self.items.iter_mut().find(|earlier| earlier.name == item.name) {
            Some(earlier) => *earlier = item,
            None => self.items.push(item),
        }
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.items.iter().find(|item| item.name == name).map(|item| &item.value)
    }

    /// Its values, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Its files, in order.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// Whether there is neither a value nor a file.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.attachments.is_empty()
    }

    pub(crate) fn from_parts(items: Vec<Item>, attachments: Vec<Attachment>) -> Self {
        Self { items, attachments }
    }

    pub(crate) fn map_text(&mut self, edit: &dyn Fn(&mut String)) {
        for item in &mut self.items {
            edit(&mut item.name);
            item.value.map_text(edit);
        }
        for attachment in &mut self.attachments {
            edit(&mut attachment.name);
            attachment.map_text(edit);
        }
    }
}

/// One line of a kind's documentation: a value that its evidence holds, for use in `expect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceField {
    /// The name of the value.
    pub name: &'static str,
    /// What it says, with its unit.
    pub about: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_no_data() {
        let evidence = Evidence::new().with("a", f64::NAN).with("b", vec![f64::INFINITY, 1.0]);
        assert_eq!(evidence.get("a"), Some(&Value::Null));
        assert_eq!(evidence.get("b"), Some(&Value::List(vec![Value::Null, Value::Float(1.0)])));
    }

    #[test]
    fn a_value_survives_its_text() {
        let value = Value::table([
            ("z", Value::Int(-3)),
            ("a", Value::Float(2.0)),
            ("n", Value::Null),
            ("l", Value::from(vec!["x", "\u{1f680}"])),
            ("t", Value::Bool(true)),
        ]);
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"{"z":-3,"a":2.0,"n":null,"l":["x","🚀"],"t":true}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn what_is_taken_out_of_texts_is_taken_out_of_files_too() {
        let mut evidence = Evidence::new().attached("log", "text/plain", b"token abc".to_vec());
        evidence.map_text(&|text| *text = text.replace("abc", "[redacted]"));
        let attachment = &evidence.attachments()[0];
        assert_eq!(attachment.content.as_deref(), Some(&b"token [redacted]"[..]));
        assert_eq!(attachment.digest, Digest::of("token [redacted]"));
        assert_eq!(attachment.size, 16);
    }

    #[test]
    fn a_file_that_has_to_stay_whole_is_told_before_it_is_edited() {
        let edit = |text: &mut String| *text = text.replace("abc", "[redacted]");
        let spoilt = |evidence: &Evidence| evidence.spoilt_by(&edit).map(|file| file.name.clone());
        let part = Evidence::new().attached("log", "text/plain", b"token abc".to_vec());
        assert_eq!(spoilt(&part), None, "what need not stay whole is edited");
        let other = part.attached_whole("a.yaml", "application/yaml", b"token: abd".to_vec());
        assert_eq!(spoilt(&other), None);
        let binary = other.attached_whole("a.bin", "application/octet-stream", b"\xffabc".to_vec());
        assert_eq!(spoilt(&binary), None, "only texts are edited");
        let whole = binary.attached_whole("b.yaml", "application/yaml", b"token: abc".to_vec());
        assert_eq!(spoilt(&whole).as_deref(), Some("b.yaml"));
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one_in_place() {
        let evidence = Evidence::new().with("a", 1).with("b", 2).with("a", 3);
        let names: Vec<_> = evidence.items().iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(evidence.get("a"), Some(&Value::Int(3)));
    }
}
