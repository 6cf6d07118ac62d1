//! What each service is sent.

use serde_json::{Map, Value, json};

use super::{mention::Mention, slack};
use crate::BodySource;

/// What a webhook is sent where the checklist does not say it.
pub(super) fn plain() -> BodySource {
    table(json!({ "text": "$text" }))
}

fn table(value: Value) -> BodySource {
    match value {
        Value::Object(table) => BodySource::Table(table),
        other => BodySource::List(vec![other]),
    }
}

/// The text behind those whom it calls.
fn calling(text: &str, mentions: &[Mention]) -> String {
    let mut words: Vec<String> = mentions.iter().map(Mention::text).collect();
    words.push(text.to_owned());
    words.join(" ")
}

/// For Slack: `channel` is given where a bot posts.
pub(super) fn slack(text: &str, mentions: &[Mention], channel: Option<&str>) -> BodySource {
    let mut body = Map::from_iter([("text".to_owned(), calling(&slack::escaped(text), mentions).into())]);
    if let Some(channel) = channel {
        body.insert("channel".to_owned(), channel.into());
    }
    BodySource::Table(body)
}

/// For Mattermost.
pub(super) fn mattermost(text: &str, mentions: &[Mention], channel: Option<&str>) -> BodySource {
    let mut body = Map::from_iter([("text".to_owned(), calling(text, mentions).into())]);
    if let Some(channel) = channel {
        // it knows channels by the name in their address
        body.insert("channel".to_owned(), channel.trim_start_matches(['#', '~']).into());
    }
    BodySource::Table(body)
}

/// For Discord: only those are called who are named.
pub(super) fn discord(text: &str, mentions: &[Mention]) -> BodySource {
    let (mut parse, mut users, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for mention in mentions {
        match mention {
            Mention::Everybody(_) => parse.push("everyone"),
            Mention::Person(id) => users.push(id.as_str()),
            Mention::Role(id) => roles.push(id.as_str()),
            Mention::Written(_) | Mention::Card { .. } => {}
        }
    }
    parse.dedup();
    table(json!({
        "content": calling(text, mentions),
        "allowed_mentions": { "parse": parse, "users": users, "roles": roles },
    }))
}

/// For the workflow of Teams: an Adaptive Card.
pub(super) fn teams(text: &str, mentions: &[Mention]) -> BodySource {
    let entities: Vec<Value> = mentions
        .iter()
        .filter_map(|mention| match mention {
            Mention::Card { name, id } => Some(json!({
                "type": "mention", "text": mention.text(), "mentioned": { "id": id, "name": name },
            })),
            _ => None,
        })
        .collect();
    // a single end of a line is a space in its Markdown
    let text = calling(text, mentions).replace('\n', "\n\n");
    table(json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [{ "type": "TextBlock", "text": text, "wrap": true }],
                "msteams": { "width": "Full", "entities": entities },
            },
        }],
    }))
}

/// For any other service: each `$name` in the texts of a body, filled. A text that is filled in stays a text of the
/// JSON.
pub(super) fn filled(body: &BodySource, values: &[(&str, &str)]) -> BodySource {
    match body {
        BodySource::Text(text) => BodySource::Text(fill(text, values)),
        BodySource::List(list) => {
            BodySource::List(list.iter().map(|value| of_value(value, values)).collect())
        }
        BodySource::Table(rows) => BodySource::Table(
            rows.iter().map(|(name, value)| (name.clone(), of_value(value, values))).collect(),
        ),
    }
}

fn of_value(value: &Value, values: &[(&str, &str)]) -> Value {
    match value {
        Value::String(text) => fill(text, values).into(),
        Value::Array(list) => list.iter().map(|value| of_value(value, values)).collect(),
        Value::Object(rows) => {
            rows.iter().map(|(name, value)| (name.clone(), of_value(value, values))).collect()
        }
        other => other.clone(),
    }
}

/// Fills in one pass, so that what is filled in is not filled again.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        let name: &str = &after[1..];
        let length = name.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(name.len());
        match values.iter().find(|(known, _)| *known == &name[..length]) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&after[..=length]),
        }
        rest = &name[length..];
    }
    filled.push_str(rest);
    filled
}

/// Whether the message is somewhere in a body.
pub(super) fn holds_text(body: &BodySource) -> bool {
    let mark = "\u{1}";
    let filled = filled(body, &[("text", mark)]);
    filled != *body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once_and_stays_json() {
        let body = table(json!({ "a": ["$text!", "$textual", "$ $1"], "b": { "c": "$check" }, "$text": 1 }));
        let values = [("text", "say \"$check\"\n\u{1f680}"), ("check", "it")];
        let BodySource::Table(filled) = filled(&body, &values) else { panic!("a table") };
        let expected = json!({ "a": ["say \"$check\"\n\u{1f680}!", "$textual", "$ $1"], "b": { "c": "it" }, "$text": 1 });
        assert_eq!(Value::Object(filled), expected);
        assert!(holds_text(&body) && holds_text(&plain()));
        assert!(!holds_text(&BodySource::Text("$texts".to_owned())));
        assert!(holds_text(&BodySource::Text("say=$text".to_owned())));
    }
}
