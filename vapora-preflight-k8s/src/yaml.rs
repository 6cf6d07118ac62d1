//! Writing an object as YAML that every reader of YAML takes for the same object.
//!
//! YAML 1.1 and 1.2 differ in which plain texts are numbers, dates or truth values. So a text stands plain only where none of
//! them could take it for anything else, as a block where it has lines of ordinary signs, and in quotes otherwise.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Words that some reader takes for something else than text.
const WORDS: [&str; 12] =
    ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"];
/// How far what belongs to a key is moved in.
const STEP: usize = 2;

/// A document of this object, with a newline at its end. The keys are in the order of their names.
pub(crate) fn document(object: &Value) -> String {
    let mut text = String::new();
    match object {
        Value::Object(fields) if !fields.is_empty() => mapping(&mut text, fields, 0),
        other => {
            inline(&mut text, other);
            text.push('\n');
        }
    }
    text
}

/// The same on one line, as JSON that is YAML too: YAML does not take all signs in quotes as they are.
pub(crate) fn line(object: &Value) -> String {
    object.to_string().chars().fold(String::new(), |mut text, c| {
        if is_ordinary(c) {
            text.push(c);
        } else {
            escaped(&mut text, c);
        }
        text
    })
}

fn mapping(text: &mut String, fields: &Map<String, Value>, depth: usize) {
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by_key(|(key, _)| *key);
    for (key, value) in fields {
        indent(text, depth);
        if is_plain(key) && !key.contains(':') {
            text.push_str(key);
        } else {
            quoted(text, key);
        }
        text.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                text.push('\n');
                mapping(text, inner, depth + STEP);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                sequence(text, items, depth);
            }
            Value::String(lines) if is_block(lines) => block(text, lines, depth + STEP),
            other => {
                text.push(' ');
                inline(text, other);
                text.push('\n');
            }
        }
    }
}

fn sequence(text: &mut String, items: &[Value], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push_str("- ");
        let mut inner = String::new();
        match item {
            Value::Object(fields) if !fields.is_empty() => mapping(&mut inner, fields, depth + STEP),
            Value::Array(items) if !items.is_empty() => sequence(&mut inner, items, depth + STEP),
            Value::String(lines) if is_block(lines) => {
                // the sign of a block follows on the dash
                block(&mut inner, lines, depth + STEP);
                text.push_str(inner.trim_start_matches(' '));
                continue;
            }
            other => {
                inline(text, other);
                text.push('\n');
                continue;
            }
        }
        text.push_str(&inner[depth + STEP..]);
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n(' ', depth));
}

fn inline(text: &mut String, value: &Value) {
    match value {
        Value::String(word) if is_plain(word) => text.push_str(word),
        Value::String(word) => quoted(text, word),
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

/// Whether a text can be taken for nothing but itself.
fn is_plain(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_./@+-:".contains(c);
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && word.chars().all(inner)
        && !word.ends_with(':')
        && !WORDS.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether a sign is read everywhere as it is.
fn is_ordinary(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a text has lines that can stand as they are.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(char::is_whitespace)
        && text.chars().all(|c| c == '\n' || c == '\t' || is_ordinary(c))
        && text.lines().all(|line| line.is_empty() || !line.trim().is_empty())
}

/// A text of several lines after its key.
fn block(text: &mut String, lines: &str, depth: usize) {
    let end = match (lines.ends_with('\n'), lines.ends_with("\n\n")) {
        (false, _) => "-",
        (true, false) => "",
        (true, true) => "+",
    };
    let _ = writeln!(text, " |{end}");
    for line in lines.strip_suffix('\n').unwrap_or(lines).split('\n') {
        if !line.is_empty() {
            indent(text, depth);
            text.push_str(line);
        }
        text.push('\n');
    }
}

fn quoted(text: &mut String, word: &str) {
    text.push('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            c if is_ordinary(c) => text.push(c),
            c => escaped(text, c),
        }
    }
    text.push('"');
}

/// A sign of at most four digits; those of more are all ordinary.
fn escaped(text: &mut String, c: char) {
    let _ = write!(text, "\\u{:04X}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::manifest::Manifests;

    /// What is read of an object that has this value.
    fn read_back(value: &Value) -> Value {
        let object = json!({ "apiVersion": "v1", "kind": "A", "metadata": { "name": "a" }, "x": value });
        let text = document(&object);
        let read = Manifests::of_text("a.yaml", text.as_bytes());
        assert_eq!(read.mistakes, [], "{text}");
        assert_eq!(read.all.len(), 1, "{text}");
        read.all[0].object["x"].clone()
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        for word in [
            "",
            " ",
            "yes",
            "No",
            "ON",
            "y",
            "~",
            "null",
            "Null",
            "nan",
            ".nan",
            ".inf",
            "-.INF",
            "0644",
            "0o644",
            "0x1F",
            "0b1",
            "1_000",
            "1e3",
            "12e03",
            "1.5",
            ".5",
            "+1",
            "-1",
            "1:30",
            "190:20:30",
            "2026-01-01",
            "2026-12-01T12:00:00Z",
            "=",
            "<<",
            "- a",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a'",
            "\"a\"",
            "%a",
            "@a",
            "`a`",
            "{a}",
            "[a]",
            ",",
            "---",
            "...",
            "a b",
            " a",
            "a ",
            "\t",
            "a\tb",
            "\\",
            "a\\nb",
            "true",
            "FALSE",
            "é",
            "🚀",
            "\u{85}",
            "\u{2028}",
            "\u{feff}a",
            "\u{7f}",
            "\u{0}",
            "\r\n",
            "a\r\nb",
            "\n",
            "\n\n",
            "a\n",
            "a\nb",
            "a\n\n",
            "a\n\nb\n\n\n",
            " a\nb",
            "a\n b\n",
            "a\n \nb",
            "a\n\tb\n",
            "\ta\nb",
            "---\na\n",
            "a\n---\nb\n",
            "# a\nb\n",
            "a\n# b",
            "a  \nb\n",
            "a\n  ",
            "%a\nb\n",
            "ä\nö",
        ] {
            assert_eq!(read_back(&json!(word)), json!(word));
            assert_eq!(read_back(&json!([word, [word]])), json!([word, [word]]));
            assert_eq!(read_back(&json!({ word: word })), json!({ word: word }));
        }
    }

    #[test]
    fn it_is_written_as_a_person_would() {
        insta::assert_snapshot!(document(&json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "vapora-config", "labels": {}, "annotations": { "example.com/on": "yes" } },
            "data": { "LOG_LEVEL": "debug", "PORT": "8001", "URL": "ws://surrealdb:8000", "MOTD": "it's fine: go",
                "config.toml": "[server]\nport = 8001\n\n[llm]\nprovider = \"local\"\n", "end": "a\nb", "ends": "a\n\n",
                "dos": "a\r\nb\r\n" },
            "spec": { "ports": [{ "name": "http", "port": 80, "more": [1, [true, null], []] }, {}], "args": ["-c", "a\nb\n", "x"],
                "empty": [], "nothing": null, "share": 0.5, "most": u64::MAX, "least": i64::MIN },
        })));
    }

    #[test]
    fn a_line_of_json_is_yaml_too() {
        let object = json!({ "apiVersion": "v1", "kind": "A", "metadata": { "name": "a" },
            "x": "a\u{85}\u{7f}\u{2028}\u{feff}\u{ffff}\u{0}\n\t\"\\ é🚀" });
        let text = line(&object);
        assert!(text.chars().all(is_ordinary), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), object);
        let read = Manifests::of_text("a.yaml", text.as_bytes());
        assert_eq!((read.all[0].object.clone(), read.mistakes), (object, Vec::new()));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e6..1e6).prop_map(|number: f64| json!((number * 8.0).round() / 8.0 + 0.0625)),
            ".{0,12}".prop_map(Value::from),
            "[ \t\n\r:#'\"|>-]{0,8}".prop_map(Value::from),
            "[a-z0-9 .:=-]{0,9}(\n[a-z \t#]{0,6}){0,4}\n?".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-zA-Z0-9_./ :-]{1,8}|.{1,4}", inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in values()) {
            prop_assert_eq!(read_back(&value), value);
        }
    }
}
