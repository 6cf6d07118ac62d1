//! TOML, with all of its mistakes at once.

use std::rc::Rc;

use ::toml::de::{DeTable, DeValue};

use super::{MOST_MISTAKES, Mistake, Node, Parsed, one_line, position};

pub(super) fn parse(text: &str) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mistakes = errors.iter().take(MOST_MISTAKES).map(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        Mistake { line, column, message: one_line(error.message()) }
    });
    Parsed { mistakes: mistakes.collect(), documents: vec![of_table(table.get_ref())] }
}

fn of_table(table: &DeTable<'_>) -> Node {
    let row =
        |(name, value): (&::toml::Spanned<std::borrow::Cow<'_, str>>, &::toml::Spanned<DeValue<'_>>)| {
            (name.get_ref().clone().into_owned(), Rc::new(node(value.get_ref())))
        };
    Node::Table(table.iter().map(row).collect())
}

fn node(value: &DeValue<'_>) -> Node {
    match value {
        DeValue::String(text) => Node::Scalar(text.clone().into_owned()),
        DeValue::Integer(number) => Node::Scalar(number.to_string()),
        DeValue::Float(number) => Node::Scalar(number.to_string()),
        DeValue::Boolean(value) => Node::Scalar(value.to_string()),
        DeValue::Datetime(date) => Node::Scalar(date.to_string()),
        DeValue::Array(items) => Node::List(items.iter().map(|item| Rc::new(node(item.get_ref()))).collect()),
        DeValue::Table(table) => of_table(table),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ManifestFormat, parse};

    #[test]
    fn deep_nesting_and_many_mistakes_end() {
        assert!(!mistakes(&format!("a = {}", "[".repeat(100_000))).is_empty());
        assert!(!mistakes(&format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000))).is_empty());
        assert_eq!(mistakes(&"=\n".repeat(50_000)).len(), 100);
    }

    fn mistakes(text: &str) -> Vec<String> {
        let found = parse(ManifestFormat::Toml, text.as_bytes()).mistakes;
        found.iter().map(|it| format!("{}:{}: {}", it.line, it.column, it.message)).collect()
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        assert!(mistakes("[a]\nb = 1\nc = [1, { d = 2026-12-01T14:00:00Z }]\n").is_empty());
        insta::assert_debug_snapshot!(
            [
                mistakes("a = 1\nb = \nc = 'x\n[d\ne = 1e\n"),
                mistakes("[server]\nport = 1\nport = 2\n[client]\n[server]\n"),
                mistakes("# nothing\n"),
            ],
            @r#"
        [
            [
                "2:5: string values must be quoted, expected literal string",
                "3:7: invalid literal string, expected `'`",
                "4:3: unclosed table, expected `]`",
            ],
            [
                "3:1: duplicate key",
                "5:2: duplicate key",
            ],
            [
                "1:1: there is nothing in it",
            ],
        ]
        "#
        );
    }
}
