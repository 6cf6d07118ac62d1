//! YAML 1.2: many documents, anchors, and names that are there twice.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::{Mistake, Node, Parsed, one_line};

/// How many values a document may have, with everything that its aliases repeat. `a: &a [*b, *b]`, a few times over, would be
/// more than any memory holds.
const MOST_VALUES: u64 = 1_000_000;
/// How long a text may be, in bytes, to count as one value; a longer one counts as so many more.
const VALUE_LENGTH: usize = 64;

pub(super) fn parse(text: &str) -> Parsed {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        parsed: Parsed::default(),
        anchors: HashMap::new(),
        open_anchors: HashSet::new(),
        values: 0,
    };
    while reader.document() {}
    reader.parsed
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    parsed: Parsed,
    /// The values with an anchor, and how many values each of them is.
    anchors: HashMap<usize, (Rc<Node>, u64)>,
    /// The anchors of the values that are being read.
    open_anchors: HashSet<usize>,
    /// How many values the document has so far.
    values: u64,
}

/// The document cannot be read any further. What is wrong with it is among the mistakes.
struct Lost;

type Read<T> = Result<T, Lost>;

impl<'t> Reader<'t> {
    fn mistake(&mut self, line: usize, column: usize, message: impl Into<String>) {
        self.parsed.mistakes.push(Mistake { line, column, message: message.into() });
    }

    fn at(&mut self, span: &Span, message: impl Into<String>) {
        self.mistake(span.start.line(), span.start.col() + 1, message);
    }

    fn scan(&mut self, error: &ScanError) {
        let mark = error.marker();
        let (line, column) = (mark.line().max(1), mark.col() + 1);
        // It quotes signs in its own way.
        self.mistake(line, column, one_line(&error.info()).replace('\'', "`"));
    }

    fn next(&mut self) -> Read<(Event<'t>, Span)> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                self.scan(&error);
                Err(Lost)
            }
            None => Err(Lost),
        }
    }

    /// Reads up to the end of the next document. There is none where the text has come to its end.
    fn document(&mut self) -> bool {
        self.anchors.clear();
        self.open_anchors.clear();
        self.values = 0;
        match self.one_document() {
            Ok(more) => more,
            // One broken document does not hide the mistakes of the next.
            Err(Lost) => match self.parser.proceed_next_document() {
                Ok(more) => more,
                Err(error) => {
                    self.scan(&error);
                    false
                }
            },
        }
    }

    fn one_document(&mut self) -> Read<bool> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(false),
                (Event::DocumentStart(..), _) => {
                    let first = self.next()?;
                    let (node, _) = self.value(first)?;
                    self.parsed.documents.push(Rc::unwrap_or_clone(node));
                }
                (Event::DocumentEnd, _) => return Ok(true),
                _ => {}
            }
        }
    }

    /// Reads the value that begins with this event, and says how many values it is.
    fn value(&mut self, (event, span): (Event<'t>, Span)) -> Read<(Rc<Node>, u64)> {
        let (anchor, node, values) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::UnresolvedAlias(name) => {
                self.at(&span, format!("there is no anchor `{name}` before it"));
                return Ok((Rc::new(Node::Null), 1));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let null = style == ScalarStyle::Plain
                    && tag.is_none()
                    && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let values = 1 + (text.len() / VALUE_LENGTH) as u64;
                self.count(values, &span)?;
                (anchor, if null { Node::Null } else { Node::Scalar(text.into_owned()) }, values)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.count(1, &span)?;
                self.open_anchors.insert(anchor);
                let (mut items, mut values) = (Vec::new(), 1);
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        next => {
                            let (item, more) = self.value(next)?;
                            items.push(item);
                            values += more;
                        }
                    }
                }
                (anchor, Node::List(items), values)
            }
            Event::MappingStart(_, anchor, _) => {
                self.count(1, &span)?;
                self.open_anchors.insert(anchor);
                let (rows, values) = self.rows()?;
                (anchor, Node::Table(rows), values)
            }
            _ => {
                self.at(&span, "there is no value where one belongs");
                return Err(Lost);
            }
        };
        let node = Rc::new(node);
        if anchor != 0 {
            self.open_anchors.remove(&anchor);
            self.anchors.insert(anchor, (Rc::clone(&node), values));
        }
        Ok((node, values))
    }

    /// Reads the rows of a mapping up to its end.
    fn rows(&mut self) -> Read<(HashMap<String, Rc<Node>>, u64)> {
        let mut rows: HashMap<String, Rc<Node>> = HashMap::new();
        let mut lines: HashMap<(bool, String), usize> = HashMap::new();
        let mut merged = Vec::new();
        let mut values = 1;
        loop {
            let first = match self.next()? {
                (Event::MappingEnd, _) => break,
                first => first,
            };
            let span = first.1;
            // `1` and `"1"` are two names, and so are `null` and `"null"`.
            let plain =
                matches!(&first.0, Event::Scalar(_, ScalarStyle::Plain, _, None)) && !is_text(&first.0);
            let (key, more) = self.value(first)?;
            values += more;
            let name = name_of(&key);
            if let Some(line) = lines.get(&(plain, name.clone())) {
                let message = format!("`{}` is there twice, first in line {line}", one_line(&name));
                self.at(&span, message);
            } else {
                lines.insert((plain, name.clone()), span.start.line());
            }
            let next = self.next()?;
            let (value, more) = self.value(next)?;
            values += more;
            if name == "<<" {
                merged.push(value);
            } else {
                rows.entry(name).or_insert(value);
            }
        }
        for value in &merged {
            merge(&mut rows, value);
        }
        Ok((rows, values))
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Read<(Rc<Node>, u64)> {
        if self.open_anchors.contains(&anchor) {
            self.at(span, "a value holds itself");
            return Ok((Rc::new(Node::Null), 1));
        }
        let Some((node, values)) = self.anchors.get(&anchor).map(|(node, values)| (Rc::clone(node), *values))
        else {
            self.at(span, "there is no such anchor before it");
            return Ok((Rc::new(Node::Null), 1));
        };
        self.count(values, span)?;
        Ok((node, values))
    }

    fn count(&mut self, values: u64, span: &Span) -> Read<()> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_VALUES {
            self.at(
                span,
                format!("with what its aliases repeat, the document has more than {MOST_VALUES} values"),
            );
            return Err(Lost);
        }
        Ok(())
    }
}

/// Whether a plain scalar is a text and nothing else, so that it is the same name as the quoted one.
fn is_text(event: &Event<'_>) -> bool {
    let Event::Scalar(text, ..) = event else { return false };
    let special = ["", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"];
    let number = text.parse::<f64>().is_ok()
        || text.strip_prefix("0x").is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok())
        || text.strip_prefix("0o").is_some_and(|digits| u64::from_str_radix(digits, 8).is_ok())
        || matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    !special.contains(&&**text) && !number
}

/// A key as a name. One that is a list or a table has none of its own, and is told by what it holds.
fn name_of(key: &Node) -> String {
    match key {
        Node::Null => "null".to_owned(),
        Node::Scalar(text) => text.clone(),
        Node::List(items) => {
            let names: Vec<String> = items.iter().map(|item| name_of(item)).collect();
            format!("[{}]", names.join(", "))
        }
        Node::Table(rows) => {
            let mut names: Vec<String> =
                rows.iter().map(|(name, value)| format!("{name}: {}", name_of(value))).collect();
            names.sort();
            format!("{{{}}}", names.join(", "))
        }
    }
}

/// Takes over the rows of what `<<` names, where they are not there already.
fn merge(rows: &mut HashMap<String, Rc<Node>>, value: &Node) {
    match value {
        Node::Table(others) => {
            for (name, value) in others {
                rows.entry(name.clone()).or_insert_with(|| Rc::clone(value));
            }
        }
        Node::List(items) => items.iter().for_each(|item| merge(rows, item)),
        Node::Null | Node::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ManifestFormat, Object, parse};

    fn mistakes(text: &str) -> Vec<String> {
        let found = parse(ManifestFormat::Yaml, text.as_bytes()).mistakes;
        found.iter().map(|it| format!("{}:{}: {}", it.line, it.column, it.message)).collect()
    }

    fn objects(text: &str) -> Vec<Object> {
        let parsed = parse(ManifestFormat::Yaml, text.as_bytes());
        assert!(parsed.mistakes.is_empty(), "{:?}", parsed.mistakes);
        let mut found = Vec::new();
        parsed.documents.iter().for_each(|document| document.objects(&mut found));
        found
    }

    #[test]
    fn documents_anchors_and_merges_are_read() {
        let found = objects(
            "# first\n---\nkind: ConfigMap\nmetadata: &meta {name: a, namespace: n}\n---\n---\nx: &x\n  kind: Secret\n  apiVersion: v1\n\
             ---\napiVersion: v1\nkind: List\nitems:\n- &d {kind: Deployment, metadata: {name: d}}\n- <<: *d\n  kind: Service\n...\n",
        );
        let told: Vec<_> =
            found.iter().map(|it| format!("{}/{}", it.kind, it.name.as_deref().unwrap_or("-"))).collect();
        assert_eq!(told, ["ConfigMap/a", "Deployment/d", "Service/d"]);
        assert_eq!(found[0].namespace.as_deref(), Some("n"));
    }

    #[test]
    fn every_mistake_has_its_place() {
        insta::assert_debug_snapshot!(
            [
                mistakes("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n"),
                mistakes("a: [1, 2\nb: 3\n---\nok: 1\n---\nc: 'x\n"),
                mistakes("a:\n\tb: 1\n"),
                mistakes("a: *missing\nb: &self [*self]\n"),
                mistakes("ü: @x\n"),
                mistakes("a: 1\n b: 2\n"),
                mistakes("key: {a: 1, a: 2}\n---\nkey: 1\nkey: 1\n"),
                mistakes("1: a\n'1': b\ntext: a\n'text': b\n"),
                mistakes("[a, b]: 1\n[a, b]: 2\n"),
                mistakes(""),
                mistakes("# only a comment\n---\n---\n{}\n"),
            ],
            @r#"
        [
            [
                "5:3: `c` is there twice, first in line 3",
                "6:1: `a` is there twice, first in line 1",
            ],
            [
                "2:2: illegal placement of `:` indicator",
                "6:4: unclosed quote",
            ],
            [
                "2:2: tabs disallowed within this context (block indentation)",
            ],
            [
                "1:4: there is no anchor `missing` before it",
                "2:11: a value holds itself",
            ],
            [
                "1:4: unexpected character: `@`",
            ],
            [
                "2:3: mapping values are not allowed in this context",
            ],
            [
                "1:13: `a` is there twice, first in line 1",
                "4:1: `key` is there twice, first in line 3",
            ],
            [
                "4:1: `text` is there twice, first in line 3",
            ],
            [
                "2:1: `[a, b]` is there twice, first in line 1",
            ],
            [
                "1:1: there is nothing in it",
            ],
            [
                "1:1: there is nothing in it",
            ],
        ]
        "#
        );
    }

    #[test]
    fn anchors_of_one_document_are_not_those_of_the_next() {
        assert_eq!(mistakes("a: &x 1\n---\nb: *x\n"), ["3:4: there is no anchor `x` before it"]);
    }

    #[test]
    fn a_billion_laughs_end_early() {
        let level = |level: u32| {
            let before = vec![format!("*a{}", level - 1); 9].join(", ");
            format!("a{level}: &a{level} [{before}]\n")
        };
        let levels: Vec<String> = (1..=30).map(level).collect();
        let told = mistakes(&format!("a0: &a0 [lol]\n{}", levels.concat()));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("more than 1000000 values"), "{told:?}");
    }

    #[test]
    fn a_long_text_that_is_repeated_counts_by_its_length() {
        let text = "x".repeat(1 << 20);
        let list = vec!["*text"; 500].join(", ");
        let told = mistakes(&format!("a: &text {text}\nb: &list [{list}]\n? *list\n: c\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("more than 1000000 values"), "{told:?}");
        assert!(mistakes(&format!("a: &text {text}\nb: *text\n")).is_empty());
    }

    #[test]
    fn deep_nesting_is_a_mistake_and_no_crash() {
        assert_eq!(mistakes(&"[".repeat(100_000)).len(), 1);
        assert_eq!(mistakes(&"- ".repeat(100_000)).len(), 1);
    }
}
