//! Namespaces, configuration, quotas, events, in rows.

use serde_json::Value;

use super::{
    age,
    column::{AGE, Columns, NAME, Row, count, number, or, text},
};

pub(super) const NAMESPACES: Columns = Columns(&[
    NAME,
    text("Status", "whether it is going", |namespace, _| namespace["status"]["phase"].clone()),
    AGE,
]);

fn size(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

pub(super) const CONFIG_MAPS: Columns = Columns(&[
    NAME,
    number("Data", "how many keys it has", |map, _| (size(&map["data"]) + size(&map["binaryData"])).into()),
    AGE,
]);

pub(super) const SECRETS: Columns = Columns(&[
    NAME,
    text("Type", "what it is for", |secret, _| secret["type"].clone()),
    number("Data", "how many keys it has", |secret, _| size(&secret["data"]).into()),
    AGE,
]);

pub(super) const SERVICE_ACCOUNTS: Columns = Columns(&[
    NAME,
    number("Secrets", "how many Secrets it names", |account, _| {
        account["secrets"].as_array().map_or(0, Vec::len).into()
    }),
    AGE,
]);

/// What is used of what may be, for the names of which `limits` tells.
fn used(quota: &Value, limits: bool) -> Value {
    let hard = quota["status"]["hard"].as_object().into_iter().flatten();
    let mut parts: Vec<String> = hard
        .filter(|(name, _)| name.starts_with("limits.") == limits)
        .map(|(name, hard)| {
            let used = quota["status"]["used"][name].as_str().unwrap_or("0");
            format!("{name}: {used}/{}", hard.as_str().unwrap_or_default())
        })
        .collect();
    parts.sort_unstable();
    parts.join(", ").into()
}

pub(super) const QUOTAS: Columns = Columns(&[
    NAME,
    text("Request", "what is used of what may be requested", |quota, _| used(quota, false)),
    text("Limit", "what is used of the limits", |quota, _| used(quota, true)),
    AGE,
]);

fn number_or_percentage(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        other => or(other, "N/A"),
    }
}

pub(super) const BUDGETS: Columns = Columns(&[
    NAME,
    text("Min Available", "how many Pods have to stay", |budget, _| {
        number_or_percentage(&budget["spec"]["minAvailable"])
    }),
    text("Max Unavailable", "how many Pods may be missing", |budget, _| {
        number_or_percentage(&budget["spec"]["maxUnavailable"])
    }),
    number("Allowed Disruptions", "how many Pods may go now", |budget, _| {
        count(&budget["status"]["disruptionsAllowed"])
    }),
    AGE,
]);

pub(super) const API_SERVICES: Columns = Columns(&[
    NAME,
    text("Service", "what serves it", |service, _| {
        let reference = &service["spec"]["service"];
        match (reference["namespace"].as_str(), reference["name"].as_str()) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}").into(),
            _ => "Local".into(),
        }
    }),
    text("Available", "whether it answers", |service, _| {
        let conditions = service["status"]["conditions"].as_array().into_iter().flatten();
        let available = conditions.into_iter().find(|one| one["type"] == "Available");
        match available.and_then(|one| Some((one["status"].as_str()?, one["reason"].as_str()))) {
            Some(("True", _)) => "True".into(),
            Some((status, Some(reason))) => format!("{status} ({reason})").into(),
            Some((status, None)) => status.into(),
            None => "Unknown".into(),
        }
    }),
    AGE,
]);

fn first_of<'a>(event: &'a Value, fields: &[&str]) -> &'a Value {
    let found = fields.iter().map(|field| &event[*field]).find(|value| !value.is_null());
    found.unwrap_or(&Value::Null)
}

pub(super) const EVENTS: Columns = Columns(&[
    text("Last Seen", "how long ago it was last", |event, now| {
        let last = &event["series"]["lastObservedTime"];
        let time = if last.is_null() { first_of(event, &["lastTimestamp", "eventTime"]) } else { last };
        age::since(time, now).into()
    }),
    text("Type", "whether it is a warning", |event, _| event["type"].clone()),
    text("Reason", "what it is, in a word", |event, _| event["reason"].clone()),
    text("Object", "what it is about", |event, _| {
        let about = &event["involvedObject"];
        let kind = about["kind"].as_str().unwrap_or_default().to_ascii_lowercase();
        match about["name"].as_str() {
            Some(name) => format!("{kind}/{name}").into(),
            None => kind.into(),
        }
    }),
    text("Subobject", "which part of it", |event, _| or(&event["involvedObject"]["fieldPath"], "")).wide(),
    text("Source", "who says it", |event, _| {
        let source = &event["source"];
        let component = source["component"].as_str().or_else(|| event["reportingComponent"].as_str());
        match (component.unwrap_or_default(), source["host"].as_str()) {
            (component, Some(host)) => format!("{component}, {host}").into(),
            (component, None) => component.into(),
        }
    })
    .wide(),
    text("Message", "what it says", |event, _| event["message"].as_str().unwrap_or_default().trim().into()),
    text("First Seen", "how long ago it was first", |event, now| {
        age::since(first_of(event, &["firstTimestamp", "eventTime"]), now).into()
    })
    .wide(),
    text("Count", "how often it was", |event, _| {
        let times = event["series"]["count"].as_i64().or_else(|| event["count"].as_i64()).unwrap_or(1);
        times.max(1).into()
    })
    .wide(),
    Row { priority: 1, ..NAME },
]);
