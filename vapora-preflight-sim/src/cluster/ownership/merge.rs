//! An applied object laid over the one that is there.

use serde_json::{Map, Value};

use super::compare::by_element;
use crate::cluster::schema::{Items, Relation, Type};

/// Lays `over` upon `under`: what it has not stays as it is.
pub(super) fn merged(of: &Type, under: &Value, over: &Value) -> Value {
    if of.relation() == Relation::Atomic {
        return over.clone();
    }
    match (of, under, over) {
        (Type::List(of, listing), Value::Array(_), Value::Array(_)) => lists(of, &listing.items, under, over),
        (_, Value::Object(under), Value::Object(over)) => {
            let mut fields: Map<String, Value> = under.clone();
            for (name, value) in over {
                let value = match (fields.get(name), of.field(name)) {
                    (Some(under), Some(of)) => merged(of, under, value),
                    _ => value.clone(),
                };
                fields.insert(name.clone(), value);
            }
            Value::Object(fields)
        }
        _ => over.clone(),
    }
}

/// Items that only one list has keep their place; the order of the others is that of the applied list.
fn lists(of: &Type, items: &Items, under: &Value, over: &Value) -> Value {
    let [under, over] = [under, over].map(|list| by_element(of, items, Some(list)));
    let mut under_left = under.iter().peekable();
    let mut over_left = over.iter().peekable();
    let has = |list: &[(_, _)], element| list.iter().any(|(other, _)| other == element);
    let mut list = Vec::new();
    let mut placed = Vec::new();
    loop {
        let below = match (under_left.peek(), over_left.peek()) {
            (None, None) => break,
            (Some((element, _)), _) if placed.contains(&element) => {
                under_left.next();
                continue;
            }
            (Some((element, item)), above) => {
                let same = above.is_some_and(|(other, _)| other == element);
                if !has(&over, element) {
                    list.push((*item).clone());
                    under_left.next();
                    continue;
                }
                same.then_some(*item)
            }
            (None, Some(_)) => None,
        };
        let Some((element, item)) = over_left.next() else { break };
        let below = below.or_else(|| under.iter().find(|(other, _)| other == element).map(|(_, item)| *item));
        list.push(below.map_or_else(|| (*item).clone(), |below| merged(of, below, item)));
        placed.push(element);
    }
    Value::Array(list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::schema::built_in;

    #[test]
    fn lists_are_merged_by_their_keys_and_others_are_replaced() {
        let of = Type::Struct(built_in("v1", "Pod"));
        let pod = |containers: Value| json!({ "spec": { "containers": containers } });
        let under = pod(json!([
            { "name": "a", "image": "a:1", "args": ["x", "y"] },
            { "name": "b", "image": "b:1" },
            { "name": "c", "image": "c:1" },
        ]));
        let over = pod(json!([
            { "name": "c", "image": "c:2" },
            { "name": "new", "image": "n:1" },
            { "name": "a", "args": ["z"] },
        ]));
        assert_eq!(
            merged(&of, &under, &over),
            pod(json!([
                { "name": "c", "image": "c:2" },
                { "name": "new", "image": "n:1" },
                { "name": "a", "image": "a:1", "args": ["z"] },
                { "name": "b", "image": "b:1" },
            ]))
        );
    }
}
