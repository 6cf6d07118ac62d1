//! Secrets, without what is in them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de};

use super::{Meta, Object};
use crate::resource::Resource;

/// A secret: its keys, and how long what is in them is. The values are never kept.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Secret {
    pub(crate) metadata: Meta,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) data: BTreeMap<String, Size>,
    #[serde(default)]
    pub(crate) immutable: bool,
}

/// How many bytes a value of a secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Measure;

        impl de::Visitor<'_> for Measure {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes in base64")
            }

            fn visit_str<E>(self, base64: &str) -> Result<Size, E> {
                let digits = base64.bytes().filter(|byte| !matches!(byte, b'=' | b'\r' | b'\n')).count();
                Ok(Size(digits * 3 / 4))
            }
        }

        deserializer.deserialize_str(Measure)
    }
}

impl Object for Secret {
    const RESOURCE: Resource = Resource::SECRETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_length_of_a_value_is_kept() {
        let secret: Secret = serde_json::from_str(
            r#"{"metadata":{"name":"a"},"type":"Opaque","data":{"a":"","b":"YQ==","c":"YWJj","d":"YWJjZGU="}}"#,
        )
        .unwrap();
        let sizes: Vec<usize> = secret.data.values().map(|size| size.0).collect();
        assert_eq!(sizes, [0, 1, 3, 5]);
        assert!(!format!("{secret:?}").contains("YWJj"));
    }
}
