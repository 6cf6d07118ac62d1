//! What is wrong with an object that was sent: the causes of a 422.

use std::fmt;

use serde_json::{Value, json};

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Cause {
    pub(crate) fn new(reason: &'static str, field: &str, message: &str) -> Self {
        Self { reason, field: field.to_owned(), message: message.to_owned() }
    }

    pub(crate) fn invalid(field: &str, value: &Value, what: &str) -> Self {
        Self::invalid_shown(field, &value.to_string(), what)
    }

    /// The value is shown as it stands here.
    pub(crate) fn invalid_shown(field: &str, value: &str, what: &str) -> Self {
        Self::new("FieldValueInvalid", field, &format!("Invalid value: {value}: {what}"))
    }

    pub(crate) fn required(field: &str, what: &str) -> Self {
        let colon = if what.is_empty() { "" } else { ": " };
        Self::new("FieldValueRequired", field, &format!("Required value{colon}{what}"))
    }

    pub(crate) fn forbidden(field: &str, what: &str) -> Self {
        Self::new("FieldValueForbidden", field, &format!("Forbidden: {what}"))
    }

    pub(crate) fn duplicate(field: &str, value: &Value) -> Self {
        Self::new("FieldValueDuplicate", field, &format!("Duplicate value: {value}"))
    }

    pub(crate) fn not_found(field: &str, value: &Value) -> Self {
        Self::new("FieldValueNotFound", field, &format!("Not found: {value}"))
    }

    pub(crate) fn not_supported(field: &str, value: &Value, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|one| format!("{one:?}")).collect();
        let what = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        Self::new("FieldValueNotSupported", field, &what)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "reason": self.reason, "message": self.message, "field": self.field })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Several causes as they stand in a message.
pub(crate) fn listed(causes: &[Cause]) -> String {
    let texts: Vec<String> = causes.iter().map(Cause::to_string).collect();
    match texts.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}
