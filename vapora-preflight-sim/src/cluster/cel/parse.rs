//! From a text to an expression.

use serde_json::Value;

use super::Expression;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Literal(Value),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}",
];

pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let expression = parser.choice()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some(token) => Err(wrong(token)),
    }
}

fn wrong(token: &Token) -> String {
    let shown = match token {
        Token::Name(name) => name.clone(),
        Token::Literal(value) => value.to_string(),
        Token::Symbol(symbol) => (*symbol).to_owned(),
    };
    format!("syntax error: unexpected '{shown}'")
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(raw) = rest.strip_prefix("r'").or_else(|| rest.strip_prefix("r\"")) {
            let (value, length) = quoted(raw, rest.as_bytes()[1] as char, true)?;
            tokens.push(Token::Literal(value.into()));
            length + 2
        } else if first == '\'' || first == '"' {
            let (value, length) = quoted(&rest[1..], first, false)?;
            tokens.push(Token::Literal(value.into()));
            length + 1
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
            let number = rest[..end].trim_end_matches('u');
            let value = serde_json::from_str(number).map_err(|_| format!("syntax error: number {number}"))?;
            tokens.push(Token::Literal(value));
            end
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(match &rest[..end] {
                "true" => Token::Literal(true.into()),
                "false" => Token::Literal(false.into()),
                "null" => Token::Literal(Value::Null),
                name => Token::Name(name.to_owned()),
            });
            end
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            let symbol = symbol.ok_or_else(|| format!("syntax error: unexpected '{first}'"))?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

/// A text up to its closing quote, and how long it is with it.
fn quoted(text: &str, quote: char, raw: bool) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if !raw => match letters.next().map(|(_, letter)| letter) {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(other) => value.push(other),
                None => break,
            },
            letter if letter == quote => return Ok((value, at + 1)),
            letter => value.push(letter),
        }
    }
    Err("syntax error: a text that does not end".to_owned())
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// From the weakest to the strongest.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];

impl Parser {
    fn takes(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Symbol(one)) if *one == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.takes(symbol) {
            return Ok(());
        }
        Err(self.tokens.get(self.at).map_or_else(|| format!("syntax error: expected '{symbol}'"), wrong))
    }

    fn choice(&mut self) -> Result<Expression, String> {
        let condition = self.binary(0)?;
        if !self.takes("?") {
            return Ok(condition);
        }
        let yes = self.choice()?;
        self.expect(":")?;
        let no = self.choice()?;
        Ok(Expression::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let found = operators.iter().find(|operator| match self.tokens.get(self.at) {
                Some(Token::Symbol(symbol)) => symbol == *operator,
                Some(Token::Name(name)) => name == **operator,
                _ => false,
            });
            let Some(operator) = found else { return Ok(left) };
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if self.takes("!") {
            return Ok(Expression::Not(Box::new(self.unary()?)));
        }
        if self.takes("-") {
            return Ok(Expression::Negative(Box::new(self.unary()?)));
        }
        let mut value = self.primary()?;
        loop {
            if self.takes(".") {
                let name = self.name()?;
                value = if self.takes("(") {
                    Expression::Call(Some(Box::new(value)), name, self.list(")")?)
                } else {
                    Expression::Field(Box::new(value), name)
                };
            } else if self.takes("[") {
                let index = self.choice()?;
                self.expect("]")?;
                value = Expression::Index(Box::new(value), Box::new(index));
            } else {
                return Ok(value);
            }
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            Some(token) => Err(wrong(token)),
            None => Err("syntax error: expected a name".to_owned()),
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expression>, String> {
        let mut list = Vec::new();
        while !self.takes(end) {
            list.push(self.choice()?);
            if !self.takes(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(list)
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err("syntax error: expected an expression".to_owned());
        };
        self.at += 1;
        match token {
            Token::Literal(value) => Ok(Expression::Literal(value)),
            Token::Name(name) if self.takes("(") => Ok(Expression::Call(None, name, self.list(")")?)),
            Token::Name(name) => Ok(Expression::Name(name)),
            Token::Symbol("(") => {
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("[") => Ok(Expression::List(self.list("]")?)),
            Token::Symbol("{") => {
                let mut entries = Vec::new();
                while !self.takes("}") {
                    let key = self.choice()?;
                    self.expect(":")?;
                    entries.push((key, self.choice()?));
                    if !self.takes(",") {
                        self.expect("}")?;
                        break;
                    }
                }
                Ok(Expression::Map(entries))
            }
            token @ Token::Symbol(_) => Err(wrong(&token)),
        }
    }
}
