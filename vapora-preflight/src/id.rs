//! Names: of checks, phases, gates, targets and kinds.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A name that does not follow its grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{found}`")]
pub struct InvalidName {
    /// What the grammar wants.
    pub expected: &'static str,
    /// What was given.
    pub found: String,
}

const NAME: &str = "a name of lowercase letters, digits, `-`, `_` and `.` that begins with a letter or digit";

fn plain(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $valid:expr, $expected:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks `text` against the grammar and takes it as a name.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidName> {
                let text = text.as_ref();
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(Arc::from(text)))
                } else {
                    Err(InvalidName { expected: $expected, found: text.to_owned() })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`{}`", self.0)
            }
        }
        impl FromStr for $type {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }
        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name! {
    /// The name of a check or of a gate; both live in one name space, since a check may need either.
    ///
    /// An instance made by `for_each` carries its values in brackets: `logs-clean[vapora-backend]`.
    CheckId, valid_check_id, NAME
}
name! {
    /// The name of a phase, such as `t-4h`.
    PhaseId, plain, NAME
}
name! {
    /// The name of a target, such as `production`.
    TargetName, plain, NAME
}
name! {
    /// The name of a release; a run's folder is called after it.
    ReleaseId, valid_release,
    "a release of letters, digits, `-`, `_`, `.` and `+` that begins with a letter or digit"
}
name! {
    /// The name of a kind: its family, then what holds when it is green, as in `k8s.nodes_ready`.
    KindName, valid_kind, "a kind as `family.what_holds`, in lowercase letters, digits and `_`"
}

impl CheckId {
    /// The name without the values of `for_each`: `logs-clean` of `logs-clean[vapora-backend]`.
    pub fn base(&self) -> &str {
        self.0.split_once('[').map_or(&*self.0, |(base, _)| base)
    }

    /// The name of one instance of this check, with its values of `for_each`. Whatever would break the grammar of
    /// a name is written as `-`.
    pub(crate) fn instance(&self, values: &[String]) -> Self {
        let clean = |value: &String| -> String {
            let clean: String =
                value.chars().map(|c| if c.is_control() || "[],".contains(c) { '-' } else { c }).collect();
            if clean.is_empty() { "-".to_owned() } else { clean }
        };
        let values: Vec<String> = values.iter().map(clean).collect();
        Self(Arc::from(format!("{}[{}]", self.0, values.join(","))))
    }
}

impl KindName {
    /// The family of the kind: `k8s` of `k8s.nodes_ready`.
    pub fn family(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(family, _)| family)
    }
}

fn valid_check_id(text: &str) -> bool {
    match text.split_once('[') {
        None => plain(text),
        Some((base, rest)) => {
            plain(base)
                && rest.strip_suffix(']').is_some_and(|values| {
                    !values.is_empty() && !values.contains(|c: char| c.is_control() || c == '[' || c == ']')
                })
        }
    }
}

fn valid_release(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
}

fn valid_kind(text: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split_once('.').is_some_and(|(family, name)| word(family) && word(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_its_grammar() {
        for good in ["nodes", "t-4h", "0", "logs-clean[vapora-backend]", "a[b,c]"] {
            assert!(CheckId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "Nodes", "a b", "a[", "a[]", "a]", "a[b]c", "../x"] {
            assert!(CheckId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_instance_keeps_its_base() {
        let id = CheckId::new("logs-clean").unwrap().instance(&["a[b]".into(), "c".into()]);
        assert_eq!(id, "logs-clean[a-b-,c]");
        assert_eq!(id.base(), "logs-clean");
        assert!(CheckId::new(id.as_str()).is_ok());
        let empty = CheckId::new("x").unwrap().instance(&[String::new()]);
        assert!(CheckId::new(empty.as_str()).is_ok(), "{empty}");
    }

    #[test]
    fn a_kind_has_a_family() {
        assert_eq!(KindName::new("k8s.nodes_ready").unwrap().family(), "k8s");
        assert!(KindName::new("nodes_ready").is_err());
        assert!(KindName::new("k8s.Nodes").is_err());
    }

    #[test]
    fn a_release_cannot_leave_its_folder() {
        assert!(ReleaseId::new("v1.2.3+build").is_ok());
        for bad in ["..", "a/b", ".", "", "/"] {
            assert!(ReleaseId::new(bad).is_err(), "{bad}");
        }
    }
}
