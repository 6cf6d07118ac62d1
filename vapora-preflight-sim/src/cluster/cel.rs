//! The part of the Common Expression Language in which policies are usually written: fields, lists and maps,
//! comparisons, arithmetic, `has`, the macros `all`, `exists`, `exists_one`, `filter` and `map`, and the functions of
//! texts. What it does not know is an error of the expression, as a mistake in it is.

mod evaluate;
mod parse;

use std::collections::BTreeMap;

use serde_json::Value;

/// The values that an expression can use, by name.
pub(crate) type Names = BTreeMap<String, Value>;

/// Evaluates an expression; the error says what is wrong with it.
pub(crate) fn evaluate(expression: &str, names: &Names) -> Result<Value, String> {
    evaluate::evaluate(&parse::parse(expression)?, names)
}

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Literal(Value),
    Name(String),
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Field(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    /// A function, with the value before its dot.
    Call(Option<Box<Expression>>, String, Vec<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(expression: &str) -> Result<Value, String> {
        let object = json!({
            "metadata": { "name": "web", "labels": { "app.kubernetes.io/name": "web" } },
            "spec": { "replicas": 3, "containers": [
                { "name": "a", "image": "nginx:1.27.0" },
                { "name": "b", "image": "nginx:latest" },
            ] },
        });
        evaluate(expression, &Names::from([("object".to_owned(), object)]))
    }

    #[test]
    fn expressions_of_policies_are_evaluated() {
        for (expression, value) in [
            ("object.spec.replicas <= 5", json!(true)),
            ("object.spec.containers.all(c, !c.image.endsWith(':latest'))", json!(false)),
            ("object.spec.containers.exists(c, c.image == 'nginx:latest')", json!(true)),
            ("object.spec.containers.exists_one(c, c.name == \"a\")", json!(true)),
            ("object.spec.containers.filter(c, c.name != 'a').map(c, c.image)", json!(["nginx:latest"])),
            ("has(object.spec.paused) && object.spec.paused", json!(false)),
            ("!has(object.metadata.annotations) || 'x' in object.metadata.annotations", json!(true)),
            ("'app.kubernetes.io/name' in object.metadata.labels", json!(true)),
            ("object.metadata.labels['app.kubernetes.io/name'] == 'web'", json!(true)),
            ("object.metadata.name.matches('^w.b$') ? 1 + 2 * 3 : 0", json!(7)),
            ("size(object.spec.containers) == 2 && object.metadata.name.size() == 3", json!(true)),
            ("object.metadata.name in ['web', 'api']", json!(true)),
            ("object.spec.nope == 1 || true", json!(true)),
            ("-object.spec.replicas < 0 && 7 % 4 == 3", json!(true)),
            ("'a' + string(1) + \"b\"", json!("a1b")),
            ("{'a': [1, 2]}['a'][1]", json!(2)),
            ("object.spec.containers.map(c, c.name).join(',') == 'a,b'", json!(true)),
        ] {
            assert_eq!(says(expression), Ok(value), "{expression}");
        }
    }

    #[test]
    fn a_mistake_is_an_error_and_never_a_value() {
        for (expression, error) in [
            ("object.spec.nope", "no such key: nope"),
            ("object.spec.replicas + 'x'", "no such overload"),
            ("object.nonsense(1)", "undeclared reference"),
            ("nothing", "undeclared reference"),
            ("1 / 0", "division by zero"),
            ("object.", "syntax error"),
            ("1 2", "syntax error"),
        ] {
            let found = says(expression).unwrap_err();
            assert!(found.contains(error), "{expression}: {found}");
        }
    }
}
