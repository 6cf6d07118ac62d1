//! Which alerts matter.

use std::{collections::BTreeMap, fmt::Write as _};

use vapora_preflight::{
    Advice, CheckError, CheckResult, Evidence, EvidenceField, Finding, Outcome, Timestamp, Value,
};

use super::{
    AlertmanagerQuiet,
    alert::{Alert, Seen, State},
};
use crate::{
    kinds::prometheus_holds::remarked,
    wording::{clauses, count},
};

/// How many alerts are kept as evidence.
const KEPT: usize = 100;

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "source", about: "who was asked: `alertmanager` or `prometheus`" },
    EvidenceField { name: "firing", about: "how many alerts matter and fire" },
    EvidenceField { name: "silenced", about: "how many are silenced, and do not count" },
    EvidenceField { name: "inhibited", about: "how many are inhibited, and do not count" },
    EvidenceField { name: "pending", about: "how many are pending, as a Prometheus knows" },
    EvidenceField { name: "allowed", about: "how many may fire by `allowed`" },
    EvidenceField { name: "older", about: "how many began earlier than `started_within`" },
    EvidenceField { name: "by_severity", about: "by severity: how many of those that matter fire" },
    EvidenceField { name: "oldest_since", about: "when the first of those that matter began" },
    EvidenceField { name: "newest_since", about: "when the last of those that matter began" },
    EvidenceField {
        name: "heartbeat",
        about: "whether the heartbeat is firing; nothing where none is named",
    },
    EvidenceField {
        name: "rules",
        about: "how many alerting rules could make an alert that matters, as a Prometheus knows",
    },
    EvidenceField {
        name: "alerts",
        about: "those that matter first and 100 at most: `name`, `severity`, `state`, `standing` (what it counts as), `since`, `labels`, `summary`",
    },
];

/// What an alert counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Matters,
    Pending,
    Silenced,
    Inhibited,
    Allowed,
    Older,
    Heartbeat,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Matters => "firing",
            Self::Pending => "pending",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Allowed => "allowed",
            Self::Older => "older",
            Self::Heartbeat => "heartbeat",
        }
    }
}

impl AlertmanagerQuiet {
    fn standing(&self, alert: &Alert, now: Timestamp) -> Standing {
        let is_of = |within: vapora_preflight::Period| {
            // an alert that does not say when it began may have begun just now
            alert.since.is_none_or(|since| now.since(since) <= within.get())
        };
        match alert.state {
            _ if self.heartbeat.as_ref().is_some_and(|it| it.holds(&alert.labels)) => Standing::Heartbeat,
            State::Silenced if !self.count_silenced => Standing::Silenced,
            State::Inhibited if !self.count_inhibited => Standing::Inhibited,
            State::Pending => Standing::Pending,
            _ if self.allowed.iter().any(|it| it.holds(&alert.labels)) => Standing::Allowed,
            _ if !self.started_within.is_none_or(is_of) => Standing::Older,
            _ => Standing::Matters,
        }
    }

    fn expected(&self) -> String {
        let mut expected = match &self.matching {
            Some(matching) => format!("no alert with `{matching}`"),
            None => "no alert".to_owned(),
        };
        if let Some(within) = self.started_within {
            let _ = write!(expected, " of the last {within}");
        }
        if !self.allowed.is_empty() {
            let allowed: Vec<String> = self.allowed.iter().map(|it| format!("`{it}`")).collect();
            let _ = write!(expected, ", but for {}", allowed.join(" and "));
        }
        expected
    }

    pub(super) fn judge(&self, seen: Seen, now: Timestamp) -> CheckResult {
        let mut alerts: Vec<(Standing, &Alert)> =
            seen.alerts.iter().map(|alert| (self.standing(alert, now), alert)).collect();
        alerts.sort_by_key(|(standing, alert)| {
            (*standing, std::cmp::Reverse(alert.since), alert.name(), &alert.labels)
        });
        let evidence = evidence_of(&seen, &alerts);
        let firing: Vec<&Alert> =
            alerts.iter().filter(|(it, _)| *it == Standing::Matters).map(|(_, alert)| *alert).collect();
        if !firing.is_empty() {
            let said: Vec<String> = firing.iter().map(|alert| alert.words(now)).collect();
            let finding = Finding::new(format!("{} firing", count(firing.len(), "alert is", "alerts are")))
                .expected(self.expected())
                .actual(clauses(&said))
                .remedy(format!("see `{}`, and what the alert tells to do", seen.page))
                .advice(Advice::Investigate);
            return Ok(Outcome::Fail(finding.evidence(evidence)));
        }
        if let Some(doubt) = seen.doubt {
            return Err(CheckError::transient(doubt.what).remedy(doubt.remedy));
        }
        let summary = format!("no alert is firing{}", aside(&alerts));
        if !seen.lives {
            let finding = Finding::new(format!("{summary}, and it is not known whether alerts arrive"))
                .expected("an Alertmanager that alerts arrive at")
                .actual("it holds no alert whatsoever, and no `heartbeat` is named")
                .remedy("name as `heartbeat` an alert that always fires, such as `alertname=\"Watchdog\"`");
            return Ok(Outcome::Warn(finding.evidence(evidence)));
        }
        Ok(remarked(Finding::new(summary).evidence(evidence), &seen.remarks))
    }
}

fn number(alerts: &[(Standing, &Alert)], standing: Standing) -> usize {
    alerts.iter().filter(|(it, _)| *it == standing).count()
}

/// What is shown and does not count, in brackets.
fn aside(alerts: &[(Standing, &Alert)]) -> String {
    let all =
        [Standing::Pending, Standing::Silenced, Standing::Inhibited, Standing::Allowed, Standing::Older];
    let said: Vec<String> = all
        .into_iter()
        .filter_map(|standing| {
            let of: Vec<&str> =
                alerts.iter().filter(|(it, _)| *it == standing).map(|(_, alert)| alert.name()).collect();
            let first = of.first()?;
            let more = if of.len() == 1 { String::new() } else { format!(" and {} more", of.len() - 1) };
            Some(format!("{} {}: `{first}`{more}", of.len(), standing.word()))
        })
        .collect();
    if said.is_empty() { String::new() } else { format!(" (besides {})", clauses(&said)) }
}

fn evidence_of(seen: &Seen, alerts: &[(Standing, &Alert)]) -> Evidence {
    let firing = || alerts.iter().filter(|(it, _)| *it == Standing::Matters).map(|(_, alert)| *alert);
    let mut by_severity = BTreeMap::<&str, usize>::new();
    for alert in firing() {
        *by_severity.entry(alert.severity()).or_default() += 1;
    }
    let rows: Vec<Value> = alerts.iter().take(KEPT).map(|(it, alert)| alert.value(it.word())).collect();
    Evidence::new()
        .with("source", seen.source)
        .with("firing", number(alerts, Standing::Matters))
        .with("silenced", number(alerts, Standing::Silenced))
        .with("inhibited", number(alerts, Standing::Inhibited))
        .with("pending", number(alerts, Standing::Pending))
        .with("allowed", number(alerts, Standing::Allowed))
        .with("older", number(alerts, Standing::Older))
        .with("by_severity", Value::table(by_severity))
        .with("oldest_since", firing().filter_map(|alert| alert.since).min())
        .with("newest_since", firing().filter_map(|alert| alert.since).max())
        .with("heartbeat", seen.heartbeat)
        .with("rules", seen.rules)
        .with("alerts", rows)
}
