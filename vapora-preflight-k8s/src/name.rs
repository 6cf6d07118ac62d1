//! Names of objects, and label selectors, as parameters.

/// A name or selector that Kubernetes would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{found}`")]
pub struct InvalidName {
    /// What the grammar wants.
    pub expected: &'static str,
    /// What was given.
    pub found: String,
}

fn label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 63
        && text.starts_with(inner)
        && text.ends_with(inner)
        && text.chars().all(|c| inner(c) || c == '-')
}

fn subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| label(part) || (part.len() > 63 && dotless(part)))
}

/// A part of a name between dots may be longer than a label on its own.
fn dotless(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(inner) && text.ends_with(inner) && text.chars().all(|c| inner(c) || c == '-')
}

fn selector(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.split(',').any(|part| part.trim().is_empty())
        && text.chars().all(|c| !c.is_control())
        && text.matches('(').count() == text.matches(')').count()
}

/// A parameter that is a text of a certain grammar.
macro_rules! text {
    ($(#[$doc:meta])* $type:ident, $valid:expr, $expected:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks `text` against the grammar.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::InvalidName> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err($crate::InvalidName { expected: $expected, found: text }) }
            }

            /// It as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::InvalidName;
            fn try_from(text: String) -> Result<Self, $crate::InvalidName> {
                Self::new(text)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "description": $expected })
            }
        }
    };
}
pub(crate) use text;

text! {
    /// The name of a namespace.
    Namespace, label, "a namespace of lowercase letters, digits and `-`, at most 63 of them"
}
text! {
    /// The name of an object in a namespace.
    ObjectName, subdomain, "a name of lowercase letters, digits, `-` and `.`, at most 253 of them"
}
text! {
    /// A label selector as `kubectl -l` takes it; its finer grammar is the API server's to judge.
    LabelSelector, selector, "a label selector as in `app=vapora,tier!=test`"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_path() {
        for bad in ["", "Vapora", "a/b", "..", "a b", "-a", "a-", "a?b", "ä", &"a".repeat(64)] {
            assert!(Namespace::new(bad).is_err(), "{bad}");
        }
        for bad in ["", "a/b", "..", ".a", "a.", "a%2f", &"a".repeat(254)] {
            assert!(ObjectName::new(bad).is_err(), "{bad}");
        }
        assert!(Namespace::new("vapora-2").is_ok());
        assert!(ObjectName::new("node-1.eu.example.com").is_ok());
        assert!(ObjectName::new("a".repeat(253)).is_ok());
    }

    #[test]
    fn an_empty_selector_is_none_at_all() {
        for bad in ["", "  ", "a=b,", ",", "a in (b", "a=b\n"] {
            assert!(LabelSelector::new(bad).is_err(), "{bad}");
        }
        for good in ["app=vapora", "tier in (a, b),!old", "a!=b"] {
            assert!(LabelSelector::new(good).is_ok(), "{good}");
        }
    }
}
