//! Evidence in words: numbers with their units.

use vapora_preflight::{Bytes, CheckView, Evidence, Item, Unit, Value};

/// The value of a piece of evidence, with its unit.
pub(crate) fn measured(item: &Item) -> String {
    match (&item.value, item.unit) {
        (Value::Int(bytes), Some(Unit::Bytes)) if u64::try_from(*bytes).is_ok() => {
            Bytes::new(bytes.unsigned_abs()).to_string()
        }
        (Value::Float(seconds), Some(Unit::Seconds)) if (0.000_1..0.1).contains(&seconds.abs()) => {
            format!("{} ms", rounded((seconds * 100_000.0).round() / 100.0))
        }
        (Value::Int(_) | Value::Float(_), Some(Unit::Percent)) => format!("{}%", plain(&item.value)),
        (Value::Int(_) | Value::Float(_), Some(unit)) => format!("{} {}", plain(&item.value), unit.sign()),
        (value, Some(unit)) => format!("{} ({})", plain(value), unit.sign()),
        (value, None) => plain(value),
    }
}

/// Whether a value says that there is none.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(values) => values.is_empty(),
        Value::Table(rows) => rows.is_empty(),
        _ => false,
    }
}

/// What a check saw, name by name, for the record of metrics: its numbers, where it has any; of the word of a person, what that person said. A value that
/// a check it needs saw before, under the same name, comes beside it.
pub(crate) fn seen(
    check: &CheckView<'_>,
    evidence: &Evidence,
    before: &[&Evidence],
) -> Vec<(String, String)> {
    let there =
        |name: &str| evidence.items().iter().find(|item| item.name == name && !is_nothing(&item.value));
    if let Some(who) = there("who").filter(|_| check.outline.role.is_some()) {
        let said: Vec<String> = ["evidence", "comment"].into_iter().filter_map(there).map(measured).collect();
        let said = if said.is_empty() { "said so".to_owned() } else { said.join("; ") };
        return vec![(measured(who), said)];
    }
    let earlier = |item: &Item| {
        let same =
            |evidence: &&Evidence| evidence.items().iter().find(|other| other.name == item.name).cloned();
        before.iter().find_map(same).filter(|other| matches!(other.value, Value::Int(_) | Value::Float(_)))
    };
    let value = |item: &Item| match earlier(item) {
        Some(earlier) => format!("{} (before: {})", measured(item), measured(&earlier)),
        None => measured(item),
    };
    let number = |item: &&Item| matches!(item.value, Value::Int(_) | Value::Float(_));
    let any = evidence.items().iter().any(|item| number(&item));
    let items =
        evidence.items().iter().filter(|item| if any { number(item) } else { !is_nothing(&item.value) });
    items.map(|item| (item.name.clone(), value(item))).collect()
}

/// A value in words; a list or a table that holds nothing says so.
fn plain(value: &Value) -> String {
    match value {
        Value::Float(number) => rounded(*number),
        Value::Text(text) if text.is_empty() => "empty".to_owned(),
        Value::List(values) if values.is_empty() => "none".to_owned(),
        Value::List(values) => values.iter().map(nested).collect::<Vec<_>>().join(", "),
        Value::Table(rows) if rows.is_empty() => "none".to_owned(),
        Value::Table(rows) => rows
            .iter()
            .map(|(name, value)| format!("{name}: {}", nested(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

/// A value inside of another one, in brackets where it holds several.
pub(crate) fn nested(value: &Value) -> String {
    match value {
        Value::List(values) if values.len() > 1 => format!("[{}]", plain(value)),
        Value::Table(rows) if rows.len() > 1 => format!("{{{}}}", plain(value)),
        other => plain(other),
    }
}

/// A number to four digits after the first one that counts.
fn rounded(number: f64) -> String {
    let magnitude = if number == 0.0 { 0.0 } else { number.abs().log10().floor() };
    let digits = (4.0 - magnitude).clamp(0.0, 12.0) as usize;
    let text = format!("{number:.digits$}");
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(value: impl Into<Value>, unit: Option<Unit>) -> Item {
        Item { name: "x".to_owned(), value: value.into(), unit }
    }

    #[test]
    fn a_number_comes_with_its_unit() {
        assert_eq!(measured(&item(0.1 + 0.2, Some(Unit::Seconds))), "0.3 s");
        assert_eq!(measured(&item(12_884_901_888_i64, Some(Unit::Bytes))), "12GiB");
        assert_eq!(measured(&item(-3, Some(Unit::Bytes))), "-3 B");
        assert_eq!(measured(&item(83.456_789, Some(Unit::Percent))), "83.457%");
        assert_eq!(measured(&item(0.000_123_456_7, None)), "0.00012346");
        assert_eq!(measured(&item(123_456.7, None)), "123457");
        assert_eq!(measured(&item(0.0, None)), "0");
        assert_eq!(measured(&item(1e300, None)).len(), 301);
    }

    #[test]
    fn what_holds_nothing_says_so() {
        assert_eq!(measured(&item(Value::List(Vec::new()), None)), "none");
        assert_eq!(measured(&item("", None)), "empty");
        assert_eq!(measured(&item(Value::Null, Some(Unit::Days))), "nothing (d)");
        let nested = Value::table([("a", Value::from(vec![1, 2])), ("b", Value::from(vec![3]))]);
        assert_eq!(measured(&item(nested, None)), "a: [1, 2], b: 3");
    }
}
