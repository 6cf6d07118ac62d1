//! The objects of one file.

use serde_json::Value;

use super::{Manifest, Manifests, Mistake, Place, Sort, source::Source};
use crate::wording::short;

/// How deep a list may hold lists.
const DEEPEST_LIST: usize = 4;

/// Reads all documents of a file. Those that hold nothing are passed over.
pub(super) fn read(source: &Source, into: &mut Manifests) {
    let name = &source.name;
    let bytes = source.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source.text);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = good.matches('\n').count() + 1;
            let what = "it is not text in UTF-8".to_owned();
            into.mistakes.push(Mistake { place: Place::new(name, line), sort: Sort::Text, what });
            return;
        }
    };
    for (first, document) in documents(text) {
        match parse(document) {
            Ok(Value::Null) => {}
            Ok(value) => {
                let line = first + document.lines().take_while(|line| is_blank(line)).count();
                let place = Place::new(name, line);
                Objects { place, into: &mut *into }.take(value, None, 0);
            }
            Err(Wrong { at: Some((line, column)), what }) => {
                let place = Place::new(name, first + line.saturating_sub(1)).at_column(column);
                into.mistakes.push(Mistake { place, sort: Sort::Text, what });
            }
            Err(Wrong { at: None, what }) => {
                into.mistakes.push(Mistake { place: Place::new(name, first), sort: Sort::Text, what });
            }
        }
    }
}

/// The documents of a text, with the number of the line each begins at.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut begin, mut first, mut at) = (0, 1, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let divides = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if divides {
            found.push((first, &text[begin..at]));
            // what stands on the line itself belongs to the document
            (begin, first) = (at, number + 1);
        }
        at += line.len();
    }
    found.push((first, &text[begin..]));
    found.retain(|(_, document)| !document.lines().all(is_blank));
    found
}

/// Whether nothing stands on a line but a comment, a directive or the beginning of a document.
fn is_blank(line: &str) -> bool {
    let rest = line.strip_prefix("---").unwrap_or(line).trim();
    rest.is_empty() || rest.starts_with('#') || line.starts_with('%')
}

/// What is wrong with a document, and at which line and column of it.
struct Wrong {
    at: Option<(usize, usize)>,
    what: String,
}

fn parse(document: &str) -> Result<Value, Wrong> {
    // as `kubectl` reads it: `yes` is true, and `0644` is a number of eight digits
    let options = serde_saphyr::options! {
        legacy_octal_numbers: true,
        with_snippet: false,
        emit_comments: false,
    };
    let read: Result<Value, _> = serde_saphyr::from_str_with_options(document, options);
    read.map(whole_numbers).map_err(|error| {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let at = error.location().map(|place| (number(place.line()), number(place.column())));
        let what = match error.without_snippet() {
            serde_saphyr::Error::DuplicateMappingKey { key, .. } => match key {
                Some(key) => format!("the key `{}` is there twice", short(key)),
                None => "a key is there twice".to_owned(),
            },
            other => {
                let said = other.to_string();
                let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
                if said.starts_with("cannot deserialize null into string") {
                    "a key is missing".to_owned()
                } else {
                    short(said)
                }
            }
        };
        Wrong { at, what }
    })
}

/// Writes `2.0` and `1e3` as the whole numbers that they are.
fn whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(all) => all.into_iter().map(whole_numbers).collect(),
        Value::Object(all) => all.into_iter().map(|(key, value)| (key, whole_numbers(value))).collect(),
        other => other,
    }
}

struct Objects<'a> {
    place: Place,
    into: &'a mut Manifests,
}

impl Objects<'_> {
    fn wrong(&mut self, what: impl Into<String>) {
        self.into.mistakes.push(Mistake { place: self.place.clone(), sort: Sort::Object, what: what.into() });
    }

    /// Takes an object, or the objects of a list. Those of a list of one kind need not say their kind again.
    fn take(&mut self, mut value: Value, list: Option<(&str, &str)>, depth: usize) {
        let Some(object) = value.as_object_mut() else {
            return self.wrong("expected an object, found another value");
        };
        if let Some((api_version, kind)) = list {
            object.entry("apiVersion").or_insert_with(|| api_version.into());
            object.entry("kind").or_insert_with(|| kind.into());
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text(object.get("apiVersion")), text(object.get("kind")));
        if api_version.is_empty() || kind.is_empty() {
            return self.wrong("it has no `apiVersion` or no `kind`, so it is no object of Kubernetes");
        }
        if kind.ends_with("List") && object.contains_key("items") {
            let Some(Value::Array(items)) = object.remove("items") else {
                return self.wrong(format!("the `items` of {kind} are no list"));
            };
            if depth >= DEEPEST_LIST {
                return self.wrong("it holds lists in lists in lists");
            }
            let of = kind.strip_suffix("List").unwrap_or_default().to_owned();
            for item in items {
                let each = (!of.is_empty()).then_some((api_version.as_str(), of.as_str()));
                self.take(item, each, depth + 1);
            }
            return;
        }
        let meta = object.get("metadata");
        let of_meta = |field: &str| meta.and_then(|meta| meta.get(field)).filter(|value| !value.is_null());
        // `no` and `1.0` are names that YAML takes for something else
        if let Some(field) =
            ["name", "namespace"].into_iter().find(|field| of_meta(field).is_some_and(|it| !it.is_string()))
        {
            return self.wrong(format!("the {field} of {kind} is no text: put it in quotes"));
        }
        let (name, namespace) = (text(of_meta("name")), text(of_meta("namespace")));
        if name.is_empty() {
            let generated = meta.is_some_and(|meta| meta.get("generateName").is_some());
            return self.wrong(if generated {
                format!("{kind} has a `generateName` and no name, so it can be created but not applied")
            } else {
                format!("{kind} has no name")
            });
        }
        let (group, version) = match api_version.rsplit_once('/') {
            Some((group, version)) => (group.to_owned(), version.to_owned()),
            None => (String::new(), api_version),
        };
        let sign = |c: char| c.is_ascii_alphanumeric() || "-._:~@!$&'()*+,;=".contains(c);
        let in_path = |text: &str| text.chars().all(sign) && text != ".." && text != ".";
        if ![&group, &version, &kind, &name].into_iter().all(|text| in_path(text)) {
            return self.wrong(format!("its kind or name has signs that neither can have: {}", short(&name)));
        }
        let namespace = Some(namespace).filter(|text| !text.is_empty());
        let place = self.place.clone();
        self.into.all.push(Manifest { place, group, version, kind, name, namespace, object: value });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> Manifests {
        let mut read = Manifests::default();
        let name = "a.yaml".into();
        super::read(&Source { name, text: text.as_bytes().to_vec() }, &mut read);
        read
    }

    fn mistakes(text: &str) -> Vec<String> {
        of(text).mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_are_read_as_kubectl_reads_them() {
        for (text, value) in [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("0644", json!(420)),
            ("2.0", json!(2)),
            ("1e3", json!(1000)),
            ("1.10", json!(1.1)),
            ("'0644'", json!("0644")),
            ("2026-01-01", json!("2026-01-01")),
            ("~", Value::Null),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            let read = of(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {text}\n"));
            assert_eq!(read.all[0].object["x"], value, "{text}");
        }
    }

    #[test]
    fn documents_keep_their_lines_and_empty_ones_are_passed_over() {
        let read = of(
            "%YAML 1.2\n---\n# nothing\n---\n\nkind: A\napiVersion: v1\nmetadata: {name: a}\n--- # next\n\
                       kind: B\napiVersion: x.io/v2\nmetadata:\n  name: b\n  namespace: ns\ndata: |\n  x\n  ---\n---\n",
        );
        assert_eq!(read.mistakes, []);
        let told: Vec<String> = read
            .all
            .iter()
            .map(|one| format!("{} {} {} {}", one.place, one.group, one.kind, one.name))
            .collect();
        assert_eq!(told, ["a.yaml:6  A a", "a.yaml:10 x.io B b"]);
        assert_eq!(read.all[1].namespace.as_deref(), Some("ns"));
        assert_eq!(read.all[1].object["data"], "x\n---\n");
    }

    #[test]
    fn lists_are_taken_apart() {
        let read =
            of("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n\
                       - {apiVersion: v1, kind: BList, items: [{metadata: {name: b}}]}\n");
        let told: Vec<(&str, &str)> =
            read.all.iter().map(|one| (one.kind.as_str(), one.name.as_str())).collect();
        assert_eq!((told.as_slice(), read.mistakes.len()), (&[("A", "a"), ("B", "b")][..], 0));
        let json = of("{\n\t\"apiVersion\": \"v1\", \"kind\": \"A\",\n\t\"metadata\": {\"name\": \"a\"}}");
        assert_eq!(json.all.len(), 1, "{:?}", json.mistakes);
    }

    #[test]
    fn mistakes_have_their_line_and_column() {
        insta::assert_snapshot!(
            [
                "a: 1\n---\nkind: A\nkind: B\n",
                "a: b: c\n",
                "a: [1\n",
                "x\n",
                "apiVersion: v1\nkind: A\n",
                "apiVersion: v1\nkind: A\nmetadata: {generateName: a-}\n",
                "apiVersion: v1\nkind: A\nmetadata: {name: ../b}\n",
                "apiVersion: v1\nkind: A\nmetadata: {name: 1.0}\n",
                "apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: no}\n",
                "apiVersion: v1\nkind: List\nitems: 3\n",
                "a: *b\n",
                "a: .nan\n",
                "{\"kind\": \"A\",\n \"kind\": \"B\"}",
            ]
            .map(|text| mistakes(text).join("\n"))
            .join("\n")
        );
    }
}
