//! What differs between two states of an object.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{diff::Diff, wording::count};

/// What the server fills in of the metadata, and no manifest gives.
const FILLED_IN: [&str; 6] =
    ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];
/// Where `kubectl apply` keeps what it has applied.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// How many lines of one change are shown, and how much of a line.
const MOST_LINES: usize = 400;
const LONGEST_LINE: usize = 1_000;
/// How long the text of all changes is at most.
const LONGEST_TEXT: usize = 256 * 1024;

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// As the server writes it: `.spec.template.spec.containers[name="web"].image`.
    pub(crate) path: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// An object without its status and what else the server fills in.
pub(crate) fn cleaned(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in FILLED_IN {
            meta.remove(field);
        }
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
            if annotations.is_empty() {
                meta.remove("annotations");
            }
        }
    }
    object
}

/// All fields that differ, in the order of the first state.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut all = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut all);
    all
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, all: &mut Vec<Change>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let new = other.keys().filter(|key| !one.contains_key(*key));
            for key in one.keys().chain(new) {
                compare(format!("{path}{}", member(key)), one.get(key), other.get(key), all);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => match (named(one), named(other)) {
            (Some(first), Some(second)) => {
                let new = second.iter().filter(|name| !first.contains(name));
                for name in first.iter().chain(new) {
                    let of = |list: &[Value]| list.iter().position(|item| item["name"] == **name);
                    let (before, after) =
                        (of(one).and_then(|at| one.get(at)), of(other).and_then(|at| other.get(at)));
                    compare(format!("{path}[name=\"{name}\"]"), before, after, all);
                }
                let kept = |from: &[&str], of: &[&str]| -> Vec<String> {
                    from.iter().filter(|name| of.contains(name)).map(|name| (*name).to_owned()).collect()
                };
                if kept(&first, &second) != kept(&second, &first) {
                    let order = |names: &[&str]| Some(Value::from(names.join(", ")));
                    all.push(Change {
                        path: format!("{path} (order)"),
                        before: order(&first),
                        after: order(&second),
                    });
                }
            }
            _ => {
                for at in 0..one.len().max(other.len()) {
                    compare(format!("{path}[{at}]"), one.get(at), other.get(at), all);
                }
            }
        },
        (before, after) => all.push(Change { path, before: before.cloned(), after: after.cloned() }),
    }
}

/// The names of the items, where all of them have one of their own.
fn named(list: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = list.iter().map(|item| item["name"].as_str()).collect();
    let names = names?;
    let alone = |(at, name): (usize, &&str)| !names[..at].contains(name);
    names.iter().enumerate().all(alone).then_some(names)
}

fn member(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!(".{key}") } else { format!("[{key:?}]") }
}

/// The changes of several objects as a text that can be attached.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    text: String,
    /// How many lines did not fit.
    left_out: usize,
}

impl Sheet {
    fn line(&mut self, line: &str) {
        if self.text.len() + line.len() < LONGEST_TEXT {
            self.text.push_str(line);
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
    }

    /// An object that is new. Of a secret only the keys are told.
    pub(crate) fn created(&mut self, label: &str, place: &str, object: &Value) {
        self.line(&format!("# {label} ({place}): is created"));
        let mut object = cleaned(object);
        if object["kind"] == "Secret" {
            for field in ["data", "stringData"] {
                for (_, value) in object.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                    *value = HIDDEN.into();
                }
            }
        }
        let text = serde_saphyr::to_string(&object).unwrap_or_default();
        for line in text.lines() {
            self.line(&format!("+{line}"));
        }
        self.line("");
    }

    /// An object that changes. Of a secret no value is told.
    pub(crate) fn changed(&mut self, label: &str, place: &str, secret: bool, changes: &[Change]) {
        self.line(&format!("# {label} ({place}): changes in {}", count(changes.len(), "field")));
        for change in changes {
            self.line(&change.path);
            let hidden =
                secret && [".data", ".stringData"].iter().any(|field| change.path.starts_with(field));
            for line in if hidden { change.hidden() } else { change.lines() } {
                self.line(&line);
            }
        }
        self.line("");
    }

    /// The text; none where nothing changes.
    pub(crate) fn text(mut self) -> Option<String> {
        if self.left_out > 0 {
            let _ = writeln!(self.text, "# and {} more", count(self.left_out, "line"));
        }
        (!self.text.is_empty()).then_some(self.text)
    }
}

const HIDDEN: &str = "(not shown)";

impl Change {
    fn hidden(&self) -> Vec<String> {
        let of = |sign: char, value: &Option<Value>| value.as_ref().map(|_| format!("{sign}{HIDDEN}"));
        of('-', &self.before).into_iter().chain(of('+', &self.after)).collect()
    }

    /// The lines that go and come, each with its sign.
    fn lines(&self) -> Vec<String> {
        let (before, after) = (shown(self.before.as_ref()), shown(self.after.as_ref()));
        let mut lines = Diff::of(&before, &after).unified(MOST_LINES, LONGEST_LINE);
        // a value that comes or goes has no place in another one
        if self.before.is_none() || self.after.is_none() || before.lines().count() == 1 {
            lines.retain(|line| !line.starts_with("@@"));
        }
        lines
    }
}

/// A value as lines.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) if text.contains('\n') => text.clone(),
        Some(Value::String(text)) => format!("{text:?}\n"),
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            serde_saphyr::to_string(value).unwrap_or_default()
        }
        Some(value) => format!("{value}\n"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_with_names_are_told_apart_by_them() {
        let before = json!({ "spec": { "containers": [{ "name": "a", "image": "x:1", "env": [{ "name": "A", "value": "1" }] }, { "name": "b" }],
            "args": ["1", "2"], "gone": true } });
        let after = json!({ "spec": { "containers": [{ "name": "c" }, { "name": "b" }, { "name": "a", "image": "x:2", "env": [] }],
            "args": ["1", "3", "4"], "new/one": { "x": 1 } } });
        let told: Vec<String> = changes(&before, &after)
            .iter()
            .map(|change| format!("{}: {:?} -> {:?}", change.path, change.before, change.after))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
        assert_eq!(changes(&before, &before), []);
    }

    #[test]
    fn what_the_server_fills_in_is_no_change() {
        let manifest =
            json!({ "kind": "A", "metadata": { "name": "a", "annotations": { "x": "y" } }, "spec": 1 });
        let mut live = manifest.clone();
        live["metadata"]["uid"] = "1".into();
        live["metadata"]["managedFields"] = json!([]);
        live["metadata"]["annotations"][LAST_APPLIED] = "{}".into();
        live["status"] = json!({});
        assert_eq!(cleaned(&live), manifest);
    }

    #[test]
    fn a_sheet_shows_lines_that_differ_and_no_secret() {
        let mut sheet = Sheet::default();
        let text = |port: u32| {
            format!("[server]\nhost = \"0.0.0.0\"\nport = {port}\n[llm]\nprovider = \"local\"\nx = 1\n")
        };
        let before = json!({ "data": { "config.toml": text(8001), "A": "1" } });
        let after = json!({ "data": { "config.toml": text(8002), "A": "2", "B": { "x": [1] } } });
        sheet.changed("ConfigMap/a", "a.yaml:1", false, &changes(&before, &after));
        let secret = |value: &str| json!({ "kind": "Secret", "metadata": { "name": "s" }, "data": { "token": value }, "type": "Opaque" });
        sheet.changed("Secret/s", "a.yaml:9", true, &changes(&secret("aGVsbG8="), &secret("d29ybGQ=")));
        sheet.created("Secret/s", "a.yaml:9", &secret("aGVsbG8="));
        let told = sheet.text().unwrap();
        assert!(!told.contains("aGVsbG8") && !told.contains("d29ybGQ"));
        insta::assert_snapshot!(told);
        assert_eq!(Sheet::default().text(), None);
    }

    #[test]
    fn a_sheet_has_an_end() {
        let mut sheet = Sheet::default();
        let fields = |value: usize| -> Value {
            (0..20_000).map(|n| (format!("field-{n}"), json!(value + n))).collect()
        };
        sheet.changed("A/a", "a.yaml:1", false, &changes(&fields(0), &fields(1)));
        let text = sheet.text().unwrap();
        assert!(text.len() < LONGEST_TEXT + 100, "{}", text.len());
        assert!(text.ends_with(" lines more\n"), "{}", &text[text.len() - 100..]);
        let mut sheet = Sheet::default();
        let long = "a line\n".repeat(100_000);
        sheet.changed("A/a", "a.yaml:1", false, &changes(&json!({}), &json!({ "x": long })));
        assert_eq!(sheet.text().unwrap().lines().count(), MOST_LINES + 3);
    }
}
