//! Alerts, whoever told them.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use vapora_preflight::{Period, Timestamp, Value};

use crate::{param::label_value, wording::short};

/// Labels of an alert or annotations of it.
pub(super) type Texts = BTreeMap<String, String>;

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Firing,
    Silenced,
    Inhibited,
    Pending,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Pending => "pending",
        }
    }
}

/// One alert.
#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) labels: Texts,
    pub(super) annotations: Texts,
    pub(super) state: State,
    /// When it began, where that is known.
    pub(super) since: Option<Timestamp>,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    /// Who told it: `alertmanager` or `prometheus`.
    pub(super) source: &'static str,
    /// Where a person looks at the alerts.
    pub(super) page: String,
    /// The alerts that `matching` means.
    pub(super) alerts: Vec<Alert>,
    /// Why it cannot be told whether it is quiet, although no alert is seen.
    pub(super) doubt: Option<Doubt>,
    /// How many alerting rules could make such an alert, where that is known.
    pub(super) rules: Option<usize>,
    /// Whether the heartbeat is firing, where there is one.
    pub(super) heartbeat: Option<bool>,
    /// Whether there is anything to show that alerts arrive.
    pub(super) lives: bool,
    /// What Prometheus remarks.
    pub(super) remarks: Vec<String>,
}

/// Why it cannot be told whether it is quiet.
#[derive(Debug)]
pub(super) struct Doubt {
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Alert {
    pub(super) fn name(&self) -> &str {
        self.labels.get("alertname").map_or("without a name", String::as_str)
    }

    pub(super) fn severity(&self) -> &str {
        self.labels.get("severity").map_or("", String::as_str)
    }

    /// The labels that tell it from others of its name, as Prometheus writes them.
    fn others(&self) -> String {
        let others =
            self.labels.iter().filter(|(label, _)| !["alertname", "severity"].contains(&label.as_str()));
        let others: Vec<String> =
            others.map(|(label, value)| format!("{label}={}", label_value(value))).collect();
        others.join(",")
    }

    fn summary(&self) -> Option<String> {
        let text =
            ["summary", "message", "description"].iter().find_map(|name| self.annotations.get(*name))?;
        Some(short(text)).filter(|text| !text.is_empty())
    }

    /// The alert as a clause: `` `HighErrors` (critical, 12m) of `{job="api"}`: too many errors ``.
    pub(super) fn words(&self, now: Timestamp) -> String {
        let age = self.since.map(|since| spoken(now.since(since)));
        let state = (self.state != State::Firing).then(|| self.state.word().to_owned());
        let severity = Some(self.severity().to_owned()).filter(|it| !it.is_empty());
        let aside: Vec<String> = [severity, state, age].into_iter().flatten().collect();
        let aside = if aside.is_empty() { String::new() } else { format!(" ({})", aside.join(", ")) };
        let others = self.others();
        let others = if others.is_empty() { String::new() } else { format!(" of `{{{}}}`", short(&others)) };
        let summary = self.summary().map_or_else(String::new, |summary| format!(": {summary}"));
        format!("`{}`{aside}{others}{summary}", short(self.name()))
    }

    pub(super) fn value(&self, standing: &str) -> Value {
        Value::table([
            ("name", Value::from(self.name())),
            ("severity", Value::from(self.severity())),
            ("state", Value::from(self.state.word())),
            ("standing", Value::from(standing)),
            ("since", Value::from(self.since)),
            (
                "labels",
                Value::table(self.labels.iter().map(|(label, value)| (label.clone(), value.as_str()))),
            ),
            ("summary", Value::from(self.summary())),
        ])
    }
}

/// A length of time in whole seconds, to be read.
pub(super) fn spoken(time: Duration) -> String {
    Period::from_secs(time.as_secs()).to_string()
}

/// An instant as these services send it; nothing where it cannot be read.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(from = "String")]
pub(super) struct At(pub(super) Option<Timestamp>);

impl From<String> for At {
    fn from(text: String) -> Self {
        // what has not happened is of the year one
        Self(text.parse().ok().filter(|at| *at > Timestamp::UNIX_EPOCH))
    }
}
