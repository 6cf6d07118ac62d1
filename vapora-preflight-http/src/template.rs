//! Bodies with places in them that are filled in.

use serde_json::Value;

use crate::BodySource;

/// A body with each `$name` in its texts filled in. What is filled in stays a text of the JSON, and is not filled
/// again.
pub(crate) fn filled(body: &BodySource, values: &[(&str, &str)]) -> BodySource {
    match body {
        BodySource::Text(text) => BodySource::Text(fill(text, values)),
        BodySource::List(list) => {
            BodySource::List(list.iter().map(|value| of_value(value, values)).collect())
        }
        BodySource::Table(rows) => BodySource::Table(
            rows.iter().map(|(name, value)| (name.clone(), of_value(value, values))).collect(),
        ),
    }
}

fn of_value(value: &Value, values: &[(&str, &str)]) -> Value {
    match value {
        Value::String(text) => fill(text, values).into(),
        Value::Array(list) => list.iter().map(|value| of_value(value, values)).collect(),
        Value::Object(rows) => {
            rows.iter().map(|(name, value)| (name.clone(), of_value(value, values))).collect()
        }
        other => other.clone(),
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        let name: &str = &after[1..];
        let length = name.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(name.len());
        match values.iter().find(|(known, _)| *known == &name[..length]) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&after[..=length]),
        }
        rest = &name[length..];
    }
    filled.push_str(rest);
    filled
}

/// Whether a place of that name is somewhere in a body.
pub(crate) fn holds(body: &BodySource, name: &str) -> bool {
    filled(body, &[(name, "")]) != *body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_filled_once_and_stays_json() {
        let body: BodySource = serde_json::from_value(
            json!({ "a": ["$text!", "$textual", "$ $1"], "b": { "c": "$check" }, "$text": 1 }),
        )
        .unwrap();
        let values = [("text", "say \"$check\"\n\u{1f680}"), ("check", "it")];
        let expected: BodySource = serde_json::from_value(
            json!({ "a": ["say \"$check\"\n\u{1f680}!", "$textual", "$ $1"], "b": { "c": "it" }, "$text": 1 }),
        )
        .unwrap();
        assert_eq!(filled(&body, &values), expected);
        assert!(holds(&body, "text") && holds(&BodySource::Text("say=$text".to_owned()), "text"));
        assert!(!holds(&body, "release") && !holds(&BodySource::Text("$texts".to_owned()), "text"));
    }
}
