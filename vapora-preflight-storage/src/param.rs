//! Parameters that are texts of a certain form.

/// Lets a type with a field `text` be read with its `FromStr`, written as that text, and shown as it.
macro_rules! text_parameter {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::place::InvalidParameter;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.text
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.text)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.text, f)
            }
        }
        impl $name {
            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }
    };
}
pub(crate) use text_parameter;
