//! JSON, with names that are there twice.

use std::{collections::HashMap, rc::Rc};

use serde_json::Value;

use super::{MOST_MISTAKES, Mistake, Node, Parsed, one_line, position};

pub(super) fn parse(text: &str) -> Parsed {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    if start > 0 {
        let message = "there is a byte-order mark before it, which JSON does not know".to_owned();
        return Parsed { mistakes: vec![Mistake { line: 1, column: 1, message }], ..Parsed::default() };
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => Parsed { documents: vec![node(&value)], mistakes: twice(text) },
        Err(error) => {
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let (line, column) = (error.line().max(1), column(text, error.line(), error.column()));
            Parsed {
                mistakes: vec![Mistake { line, column, message: one_line(message) }],
                ..Parsed::default()
            }
        }
    }
}

/// The column in characters of one that is counted in bytes.
fn column(text: &str, line: usize, bytes: usize) -> usize {
    let line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    position(line, bytes.saturating_sub(1)).1
}

fn node(value: &Value) -> Node {
    match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Scalar(value.to_string()),
        Value::Number(value) => Node::Scalar(value.to_string()),
        Value::String(text) => Node::Scalar(text.clone()),
        Value::Array(items) => Node::List(items.iter().map(|item| Rc::new(node(item))).collect()),
        Value::Object(rows) => {
            Node::Table(rows.iter().map(|(name, value)| (name.clone(), Rc::new(node(value)))).collect())
        }
    }
}

/// Finds the names that an object has twice, as far as they are told, in a text that is known to be JSON.
fn twice(text: &str) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    // One for each object or list that is open: the names of an object, with their places.
    let mut open: Vec<Option<HashMap<String, usize>>> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && mistakes.len() < MOST_MISTAKES {
        match bytes[at] {
            b'{' => open.push(Some(HashMap::new())),
            b'[' => open.push(None),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                let is_name = bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if let (true, Some(Some(names))) = (is_name, open.last_mut()) {
                    let name: String = serde_json::from_str(&text[at..end]).unwrap_or_default();
                    if let Some(first) = names.get(&name) {
                        let (line, column) = position(text, at);
                        let (first, _) = position(text, *first);
                        let message = format!("`{name}` is there twice, first in line {first}");
                        mistakes.push(Mistake { line, column, message });
                    } else {
                        names.insert(name, at);
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    mistakes
}

/// Where the string ends that begins there, quotes included.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    fn mistakes(text: &str) -> Vec<String> {
        let found = super::super::parse(super::super::ManifestFormat::Json, text.as_bytes()).mistakes;
        found.iter().map(|it| format!("{}:{}: {}", it.line, it.column, it.message)).collect()
    }

    #[test]
    fn every_name_that_is_there_twice_is_found() {
        let text = "{\n  \"a\": {\"x\": 1, \"y\": [\"x\", {\"x\": 2}]},\n  \"\\u0061\": \"ü\\\"\", \"b\": 1,\n  \"b\": 2\n}\n";
        assert_eq!(
            mistakes(text),
            ["3:3: `a` is there twice, first in line 2", "4:3: `b` is there twice, first in line 3"]
        );
        assert!(mistakes("{\"a\": \"a\", \"b\": {\"a\": [\"{\\\"a\\\":\"]}}").is_empty());
    }

    #[test]
    fn a_large_text_is_read_in_one_pass() {
        let rows: Vec<String> = (0..100_000).map(|row| format!("\"name-{row}\": {row}")).collect();
        assert!(mistakes(&format!("{{{}}}", rows.join(",\n"))).is_empty());
        assert_eq!(mistakes(&format!("{{{}}}", vec!["\"a\": 1"; 100_000].join(",\n"))).len(), 100);
    }

    #[test]
    fn a_mistake_has_its_place() {
        insta::assert_debug_snapshot!(
            [
                mistakes("{\n  \"ü\": 1,\n}"),
                mistakes("{\"a\": 1} x"),
                mistakes("{\"a\": 1"),
                mistakes(""),
                mistakes("{}"),
                mistakes("\u{feff}{\"a\":1}"),
                mistakes("{'a': 1}"),
                mistakes("{\"a\": NaN}"),
                mistakes(&"[".repeat(200)),
            ],
            @r#"
        [
            [
                "3:1: trailing comma",
            ],
            [
                "1:10: trailing characters",
            ],
            [
                "1:7: EOF while parsing an object",
            ],
            [
                "1:1: EOF while parsing a value",
            ],
            [
                "1:1: there is nothing in it",
            ],
            [
                "1:1: there is a byte-order mark before it, which JSON does not know",
            ],
            [
                "1:2: key must be a string",
            ],
            [
                "1:7: expected value",
            ],
            [
                "1:128: recursion limit exceeded",
            ],
        ]
        "#
        );
    }
}
