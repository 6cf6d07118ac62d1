//! Label selectors: `app=vapora`, `tier in (a, b)`, `!legacy`, `weight>3`.

use std::fmt;

use serde_json::Value;

/// A parsed label selector; the empty one fits everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "",
        }
    }
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "=!(),><".contains(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    tokens
}

struct Parser(std::iter::Peekable<std::vec::IntoIter<Token>>);

impl Parser {
    fn peek(&mut self) -> Token {
        self.0.peek().cloned().unwrap_or(Token::End)
    }

    fn take(&mut self) -> Token {
        self.0.next().unwrap_or(Token::End)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == Token::Symbol("!");
        if absent {
            self.take();
        }
        let key = match self.take() {
            Token::Word(key) => key,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        check_key(&key)?;
        if absent {
            return Ok(Requirement { key, operator: Operator::Absent });
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(Requirement { key, operator: Operator::Exists });
        }
        let operator = match self.take() {
            Token::Word(word) if word == "in" => Operator::In(self.values()?),
            Token::Word(word) if word == "notin" => Operator::NotIn(self.values()?),
            Token::Symbol("=" | "==") => Operator::In(vec![self.value()?]),
            Token::Symbol("!=") => Operator::NotIn(vec![self.value()?]),
            Token::Symbol(">") => Operator::Greater(self.number(&key)?),
            Token::Symbol("<") => Operator::Less(self.number(&key)?),
            other => {
                return Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", other.text()));
            }
        };
        Ok(Requirement { key, operator })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(value) => {
                self.take();
                check_value(&value)?;
                Ok(value)
            }
            other @ Token::Symbol(_) => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self, key: &str) -> Result<i64, String> {
        let value = self.value()?;
        value
            .parse()
            .map_err(|_| format!("values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.take();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut values = Vec::new();
        loop {
            values.push(match self.peek() {
                Token::Symbol(")") => String::new(),
                _ => self.value()?,
            });
            match self.take() {
                Token::Symbol(")") => return Ok(values),
                Token::Symbol(",") => {}
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

fn name_part(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if name_part(name) && prefix.is_none_or(|prefix| !prefix.is_empty()) {
        return Ok(());
    }
    Err(format!(
        "key: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', and must \
         start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    ))
}

fn check_value(value: &str) -> Result<(), String> {
    if value.is_empty() || name_part(value) {
        return Ok(());
    }
    Err(format!(
        "values[0]: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric \
         characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
         'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    ))
}

impl LabelSelector {
    /// Reads a selector, or says why not in the words of an API server.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser(tokens(text).into_iter().peekable());
        let mut requirements = Vec::new();
        loop {
            match parser.peek() {
                Token::End => return Ok(Self(requirements)),
                Token::Word(_) | Token::Symbol("!") => {}
                other @ Token::Symbol(_) => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
            let requirement =
                parser.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
            requirements.push(requirement);
            match parser.take() {
                Token::End => return Ok(Self(requirements)),
                Token::Symbol(",") => match parser.peek() {
                    Token::Word(_) | Token::Symbol("!") => {}
                    other => return Err(format!("found '{}', expected: identifier after ','", other.text())),
                },
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    /// The selector of a workload or policy: `matchLabels` and `matchExpressions`. `None` where there is none, or where
    /// it cannot be read; the empty one fits everything.
    pub(crate) fn of(selector: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let fields = selector.as_object()?;
        let equal = fields.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
        let mut requirements = equal
            .map(|(key, value)| {
                Some(Requirement { key: key.clone(), operator: Operator::In(vec![text(value)?]) })
            })
            .collect::<Option<Vec<_>>>()?;
        for expression in fields.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
            let values = expression["values"].as_array().into_iter().flatten().filter_map(text).collect();
            let operator = match expression["operator"].as_str()? {
                "In" => Operator::In(values),
                "NotIn" => Operator::NotIn(values),
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::Absent,
                _ => return None,
            };
            requirements.push(Requirement { key: text(&expression["key"])?, operator });
        }
        Some(Self(requirements))
    }

    /// Does it fit an object with these labels?
    pub(crate) fn fits(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0.iter().all(|Requirement { key, operator }| {
            let value = labels[key.as_str()].as_str();
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match operator {
                Operator::Exists => value.is_some(),
                Operator::Absent => value.is_none(),
                Operator::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
                Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
                Operator::Greater(than) => number().is_some_and(|number| number > *than),
                Operator::Less(than) => number().is_some_and(|number| number < *than),
            }
        })
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut terms: Vec<String> = self
            .0
            .iter()
            .map(|Requirement { key, operator }| match operator {
                Operator::Exists => key.clone(),
                Operator::Absent => format!("!{key}"),
                Operator::In(values) if values.len() == 1 => format!("{key}={}", values[0]),
                Operator::In(values) => format!("{key} in ({})", values.join(",")),
                Operator::NotIn(values) => format!("{key} notin ({})", values.join(",")),
                Operator::Greater(than) => format!("{key}>{than}"),
                Operator::Less(than) => format!("{key}<{than}"),
            })
            .collect();
        terms.sort();
        f.write_str(&terms.join(","))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_fits_as_its_operators_say() {
        let object =
            json!({ "metadata": { "labels": { "app": "backend", "tier": "2", "example.com/x": "" } } });
        for yes in [
            "",
            "app",
            "app=backend",
            "app==backend",
            "app != agents",
            "app in (agents, backend)",
            "app notin (agents)",
            "!legacy",
            "legacy!=x",
            "legacy notin (x)",
            "tier>1,tier<3",
            "example.com/x=",
            "app=backend,tier in (1,2),!legacy",
        ] {
            assert!(LabelSelector::parse(yes).unwrap().fits(&object), "{yes}");
        }
        for no in [
            "legacy",
            "app=agents",
            "app!=backend",
            "!app",
            "app in (agents)",
            "tier>2",
            "app=backend,legacy",
        ] {
            assert!(!LabelSelector::parse(no).unwrap().fits(&object), "{no}");
        }
    }

    #[test]
    fn a_wrong_selector_is_refused_in_the_words_of_an_api_server() {
        let error = |text: &str| LabelSelector::parse(text).unwrap_err();
        assert_eq!(error("a==="), "unable to parse requirement: found '=', expected: identifier");
        assert_eq!(error("a,"), "found '', expected: identifier after ','");
        assert_eq!(error("a=b c"), "found 'c', expected: ',' or 'end of string'");
        assert_eq!(error(")"), "found ')', expected: !, identifier, or 'end of string'");
        assert!(error("a in b").contains("expected: '('"));
        assert!(error("-a=b").contains("name part must consist of"));
        assert!(error("a=b-").contains("a valid label must be"));
    }
}
