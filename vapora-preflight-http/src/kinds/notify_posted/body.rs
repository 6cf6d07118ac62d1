//! What each service is sent.

use serde_json::{Map, Value, json};

use super::{Service, mattermost, mention::Mention, slack};
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

/// The text of a message as the service gets it, with those whom it calls.
pub(super) fn written(service: Service, text: &str, mentions: &[Mention]) -> String {
    match service {
        Service::Slack => calling(&slack::escaped(text), mentions),
        Service::Mattermost => calling(&mattermost::quiet(text), mentions),
        // a single end of a line is a space in the Markdown of a card
        Service::Teams => calling(text, mentions).replace('\n', "\n\n"),
        Service::Discord | Service::Webhook => calling(text, mentions),
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
    let text = written(Service::Slack, text, mentions);
    let mut body = Map::from_iter([("text".to_owned(), text.into())]);
    if let Some(channel) = channel {
        body.insert("channel".to_owned(), channel.into());
    }
    BodySource::Table(body)
}

/// For Mattermost.
pub(super) fn mattermost(text: &str, mentions: &[Mention], channel: Option<&str>) -> BodySource {
    let text = written(Service::Mattermost, text, mentions);
    let mut body = Map::from_iter([("text".to_owned(), text.into())]);
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
    // each once: it refuses a list that names somebody twice
    for list in [&mut parse, &mut users, &mut roles] {
        list.sort_unstable();
        list.dedup();
    }
    table(json!({
        "content": written(Service::Discord, text, mentions),
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
    let text = written(Service::Teams, text, mentions);
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
