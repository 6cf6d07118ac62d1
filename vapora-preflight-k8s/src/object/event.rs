//! Events, of both of their APIs.

use serde::Deserialize;
use vapora_preflight::Timestamp;

use super::{Meta, Object};
use crate::resource::Resource;

/// What happened to an object. The fields are called one way in `events.k8s.io/v1` and another in `v1`; the same event has
/// both forms.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    metadata: EventMeta,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default, alias = "message")]
    pub(crate) note: Option<String>,
    #[serde(alias = "involvedObject")]
    pub(crate) regarding: Regarding,
    #[serde(default, rename = "eventTime")]
    began: Option<Timestamp>,
    #[serde(default)]
    series: Option<Series>,
    #[serde(default, alias = "deprecatedFirstTimestamp")]
    first_timestamp: Option<Timestamp>,
    #[serde(default, alias = "deprecatedLastTimestamp")]
    last_timestamp: Option<Timestamp>,
    #[serde(default, alias = "deprecatedCount")]
    count: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventMeta {
    #[serde(flatten)]
    meta: Meta,
    #[serde(default)]
    creation_timestamp: Option<Timestamp>,
}

/// The object that something happened to.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Regarding {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    #[serde(default)]
    count: Option<u32>,
    #[serde(default)]
    last_observed_time: Option<Timestamp>,
}

impl Event {
    pub(crate) fn is_warning(&self) -> bool {
        self.kind.as_deref() == Some("Warning")
    }

    /// When it happened last. One that has no time of its own has that of its creation.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        let repeated = self.series.as_ref().and_then(|series| series.last_observed_time);
        let told = [self.last_timestamp, repeated, self.began, self.first_timestamp];
        told.into_iter().flatten().max().or(self.metadata.creation_timestamp)
    }

    /// How often it has happened since it was first told.
    pub(crate) fn times(&self) -> u32 {
        let repeated = self.series.as_ref().and_then(|series| series.count);
        [repeated, self.count].into_iter().flatten().max().unwrap_or(1).max(1)
    }
}

/// An event as `events.k8s.io/v1` gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct EventV1(Event);

/// An event as `v1` gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct CoreEvent(Event);

impl From<EventV1> for Event {
    fn from(event: EventV1) -> Self {
        event.0
    }
}

impl From<CoreEvent> for Event {
    fn from(event: CoreEvent) -> Self {
        event.0
    }
}

impl Object for EventV1 {
    const RESOURCE: Resource = Resource::EVENTS_V1;

    fn meta(&self) -> &Meta {
        &self.0.metadata.meta
    }
}

impl Object for CoreEvent {
    const RESOURCE: Resource = Resource::EVENTS;

    fn meta(&self) -> &Meta {
        &self.0.metadata.meta
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(fields: Value) -> Event {
        let mut event = json!({ "metadata": { "name": "a", "creationTimestamp": "2026-11-23T10:00:00Z" }, "regarding": {} });
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn the_newest_of_its_times_counts() {
        for (fields, last, times) in [
            (json!({}), "2026-11-23T10:00:00Z", 1),
            (json!({ "eventTime": "2026-11-23T11:00:00.5Z", "series": null }), "2026-11-23T11:00:00.5Z", 1),
            (
                json!({ "eventTime": "2026-11-23T11:00:00Z",
                    "series": { "count": 7, "lastObservedTime": "2026-11-23T12:00:00.25Z" } }),
                "2026-11-23T12:00:00.25Z",
                7,
            ),
            (
                json!({ "eventTime": null, "deprecatedFirstTimestamp": "2026-11-23T09:00:00Z",
                    "deprecatedLastTimestamp": "2026-11-23T09:30:00Z", "deprecatedCount": 42 }),
                "2026-11-23T09:30:00Z",
                42,
            ),
            (json!({ "lastTimestamp": "2026-11-23T09:30:00Z", "count": 3 }), "2026-11-23T09:30:00Z", 3),
            (json!({ "firstTimestamp": "2026-11-23T09:00:00Z", "count": 0 }), "2026-11-23T09:00:00Z", 1),
        ] {
            let event = event(fields.clone());
            assert_eq!((event.last(), event.times()), (last.parse().ok(), times), "{fields}");
        }
    }
}
