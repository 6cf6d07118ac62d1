//! From an expression to its value.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{Expression, Names};

type Answer = Result<Value, String>;

fn no_overload(what: &str) -> String {
    format!("no such overload: {what}")
}

fn is_true(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| no_overload("a condition that is neither true nor false"))
}

pub(super) fn evaluate(expression: &Expression, names: &Names) -> Answer {
    match expression {
        Expression::Literal(value) => Ok(value.clone()),
        Expression::Name(name) => {
            names.get(name).cloned().ok_or_else(|| format!("undeclared reference to '{name}'"))
        }
        Expression::List(list) => list.iter().map(|item| evaluate(item, names)).collect(),
        Expression::Map(entries) => {
            let mut fields = Map::new();
            for (key, value) in entries {
                let Value::String(key) = evaluate(key, names)? else { return Err(no_overload("a key")) };
                fields.insert(key, evaluate(value, names)?);
            }
            Ok(Value::Object(fields))
        }
        Expression::Field(of, name) => {
            let of = evaluate(of, names)?;
            of.get(name).cloned().ok_or_else(|| format!("no such key: {name}"))
        }
        Expression::Index(of, index) => at(&evaluate(of, names)?, &evaluate(index, names)?),
        Expression::Call(of, name, arguments) => call(of.as_deref(), name, arguments, names),
        Expression::Not(of) => Ok((!is_true(&evaluate(of, names)?)?).into()),
        Expression::Negative(of) => negative(&evaluate(of, names)?),
        Expression::Binary("&&", left, right) => both(left, right, names, false),
        Expression::Binary("||", left, right) => both(left, right, names, true),
        Expression::Binary(operator, left, right) => {
            binary(operator, &evaluate(left, names)?, &evaluate(right, names)?)
        }
        Expression::Choice(condition, yes, no) => {
            evaluate(if is_true(&evaluate(condition, names)?)? { yes } else { no }, names)
        }
    }
}

/// `&&` and `||`: one side that decides is enough, whatever is wrong with the other.
fn both(left: &Expression, right: &Expression, names: &Names, decides: bool) -> Answer {
    let side = |expression| evaluate(expression, names).and_then(|value| is_true(&value));
    let left = side(left);
    if left == Ok(decides) {
        return Ok(decides.into());
    }
    let right = side(right);
    if right == Ok(decides) {
        return Ok(decides.into());
    }
    left.and(right).map(Value::from)
}

fn at(of: &Value, index: &Value) -> Answer {
    match (of, index) {
        (Value::Object(fields), Value::String(key)) => {
            fields.get(key).cloned().ok_or_else(|| format!("no such key: {key}"))
        }
        (Value::Array(list), Value::Number(number)) => {
            let index = number.as_u64().and_then(|index| usize::try_from(index).ok());
            index
                .and_then(|index| list.get(index))
                .cloned()
                .ok_or_else(|| format!("index out of bounds: {number}"))
        }
        _ => Err(no_overload("an index")),
    }
}

fn negative(value: &Value) -> Answer {
    match (value.as_i64(), value.as_f64()) {
        (Some(number), _) => Ok((-number).into()),
        (None, Some(number)) => Ok((-number).into()),
        _ => Err(no_overload("-")),
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn binary(operator: &str, left: &Value, right: &Value) -> Answer {
    let equal = || match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.partial_cmp(&right) == Some(Ordering::Equal),
        _ => left == right,
    };
    let compared = || order(left, right).ok_or_else(|| no_overload(operator));
    match operator {
        "==" => Ok(equal().into()),
        "!=" => Ok((!equal()).into()),
        "<" => Ok(compared()?.is_lt().into()),
        "<=" => Ok(compared()?.is_le().into()),
        ">" => Ok(compared()?.is_gt().into()),
        ">=" => Ok(compared()?.is_ge().into()),
        "in" => match (left, right) {
            (left, Value::Array(list)) => Ok(list.contains(left).into()),
            (Value::String(key), Value::Object(fields)) => Ok(fields.contains_key(key).into()),
            _ => Err(no_overload("in")),
        },
        _ => arithmetic(operator, left, right),
    }
}

fn arithmetic(operator: &str, left: &Value, right: &Value) -> Answer {
    match (operator, left, right) {
        ("+", Value::String(left), Value::String(right)) => return Ok(format!("{left}{right}").into()),
        ("+", Value::Array(left), Value::Array(right)) => {
            return Ok(left.iter().chain(right).cloned().collect());
        }
        _ => {}
    }
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        if right == 0 && matches!(operator, "/" | "%") {
            return Err("division by zero".to_owned());
        }
        let number = match operator {
            "+" => left.checked_add(right),
            "-" => left.checked_sub(right),
            "*" => left.checked_mul(right),
            "/" => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        return number.map(Value::from).ok_or_else(|| "integer overflow".to_owned());
    }
    match (operator, left.as_f64(), right.as_f64()) {
        ("+", Some(left), Some(right)) => Ok((left + right).into()),
        ("-", Some(left), Some(right)) => Ok((left - right).into()),
        ("*", Some(left), Some(right)) => Ok((left * right).into()),
        ("/", Some(left), Some(right)) => Ok((left / right).into()),
        _ => Err(no_overload(operator)),
    }
}

fn call(of: Option<&Expression>, name: &str, arguments: &[Expression], names: &Names) -> Answer {
    match (of, name, arguments) {
        (None, "has", [Expression::Field(of, field)]) => {
            let of = evaluate(of, names)?;
            Ok(of.get(field).is_some_and(|value| !value.is_null()).into())
        }
        (
            Some(of),
            "all" | "exists" | "exists_one" | "filter" | "map",
            [Expression::Name(variable), body],
        ) => each(&evaluate(of, names)?, name, variable, body, names),
        _ => {
            let mut values = Vec::new();
            for value in of.into_iter().chain(arguments) {
                values.push(evaluate(value, names)?);
            }
            function(name, &values)
        }
    }
}

fn each(of: &Value, macro_name: &str, variable: &str, body: &Expression, names: &Names) -> Answer {
    let items: Vec<Value> = match of {
        Value::Array(list) => list.clone(),
        Value::Object(fields) => fields.keys().map(|key| key.as_str().into()).collect(),
        _ => return Err(no_overload(macro_name)),
    };
    let mut names = names.clone();
    let mut answers = Vec::new();
    for item in &items {
        names.insert(variable.to_owned(), item.clone());
        answers.push(evaluate(body, &names));
    }
    if macro_name == "map" {
        return answers.into_iter().collect();
    }
    let conditions: Vec<Result<bool, String>> =
        answers.into_iter().map(|answer| answer.and_then(|value| is_true(&value))).collect();
    let decides = match macro_name {
        "all" => Some(false),
        "exists" => Some(true),
        _ => None,
    };
    if let Some(decides) = decides {
        if conditions.contains(&Ok(decides)) {
            return Ok(decides.into());
        }
        return conditions.into_iter().collect::<Result<Vec<_>, _>>().map(|_| (!decides).into());
    }
    let conditions = conditions.into_iter().collect::<Result<Vec<_>, _>>()?;
    let kept = items.into_iter().zip(conditions).filter(|(_, holds)| *holds).map(|(item, _)| item);
    Ok(if macro_name == "filter" { kept.collect() } else { (kept.count() == 1).into() })
}

fn function(name: &str, values: &[Value]) -> Answer {
    let answer = match (name, values) {
        ("size", [Value::String(text)]) => text.chars().count().into(),
        ("size", [Value::Array(list)]) => list.len().into(),
        ("size", [Value::Object(fields)]) => fields.len().into(),
        ("startsWith", [Value::String(text), Value::String(part)]) => text.starts_with(part.as_str()).into(),
        ("endsWith", [Value::String(text), Value::String(part)]) => text.ends_with(part.as_str()).into(),
        ("contains", [Value::String(text), Value::String(part)]) => text.contains(part.as_str()).into(),
        ("matches", [Value::String(text), Value::String(pattern)]) => {
            let pattern = regex::Regex::new(pattern).map_err(|error| error.to_string())?;
            pattern.is_match(text).into()
        }
        ("lowerAscii", [Value::String(text)]) => text.to_ascii_lowercase().into(),
        ("upperAscii", [Value::String(text)]) => text.to_ascii_uppercase().into(),
        ("trim", [Value::String(text)]) => text.trim().into(),
        ("split", [Value::String(text), Value::String(by)]) => {
            text.split(by.as_str()).map(Value::from).collect()
        }
        ("join", [Value::Array(list), Value::String(by)]) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.ok_or_else(|| no_overload("join"))?.join(by).into()
        }
        ("string", [Value::String(text)]) => text.as_str().into(),
        ("string", [other]) => other.to_string().into(),
        ("int", [Value::String(text)]) => text.parse::<i64>().map_err(|error| error.to_string())?.into(),
        ("int", [Value::Number(number)]) if number.is_i64() => number.clone().into(),
        (
            "size" | "startsWith" | "endsWith" | "contains" | "matches" | "int" | "join" | "split" | "string",
            _,
        ) => {
            return Err(no_overload(name));
        }
        _ => return Err(format!("undeclared reference to '{name}'")),
    };
    Ok(answer)
}
