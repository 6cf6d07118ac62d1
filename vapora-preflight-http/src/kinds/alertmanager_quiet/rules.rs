//! Asking a Prometheus, where there is no Alertmanager.

use serde::Deserialize;
use vapora_preflight::{CheckError, Timestamp};

use super::{
    AlertmanagerQuiet,
    alert::{Alert, At, Doubt, Seen, State, Texts, spoken},
};
use crate::{
    prometheus::{self, Answer, Data},
    service::Service,
    wording::{clauses, count, short},
};

#[derive(Debug, Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(rename = "type")]
    sort: String,
    name: String,
    #[serde(default)]
    labels: Texts,
    #[serde(default)]
    alerts: Vec<Row>,
    health: String,
    last_error: Option<String>,
    last_evaluation: At,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    labels: Texts,
    #[serde(default)]
    annotations: Texts,
    state: String,
    active_at: At,
}

impl Rule {
    /// The labels that its alerts have for certain; a template is filled in only when one fires.
    fn known(&self) -> Texts {
        let plain = self.labels.iter().filter(|(_, value)| !value.contains("{{"));
        let mut known: Texts = plain.map(|(label, value)| (label.clone(), value.clone())).collect();
        known.insert("alertname".to_owned(), self.name.clone());
        known
    }

    /// Why its alerts are not known.
    fn trouble(&self, kind: &AlertmanagerQuiet, now: Timestamp) -> Option<String> {
        let name = short(&self.name);
        match (self.health.as_str(), self.last_evaluation.0) {
            ("ok", Some(at)) if now.since(at) > kind.max_age.get() => {
                Some(format!("`{name}` was worked out {} ago", spoken(now.since(at))))
            }
            ("ok", Some(_)) => None,
            ("err", _) => {
                let why =
                    self.last_error.as_deref().map_or_else(String::new, |why| format!(": {}", short(why)));
                Some(format!("`{name}` fails{why}"))
            }
            _ => Some(format!("`{name}` has not been worked out yet")),
        }
    }
}

/// Asks for the rules and their alerts.
pub(super) async fn look(kind: &AlertmanagerQuiet, service: &Service<'_>) -> Result<Seen, CheckError> {
    let cx = service.cx;
    cx.doing(format!("waiting for the rules of {service}"));
    let told =
        prometheus::ask::<Groups>(service, "rules", &[("type", "alert")]).await.map_err(CheckError::from)?;
    let rules: Vec<Rule> = told.data.groups.into_iter().flat_map(|group| group.rules).collect();
    let rules: Vec<Rule> = rules.into_iter().filter(|rule| rule.sort == "alerting").collect();
    let mut remarks = told.remarks;
    cx.doing(format!("waiting for the series `ALERTS` of {service}"));
    let selector = kind.matching.as_ref().map_or_else(String::new, |matching| format!(",{matching}"));
    let query = format!("ALERTS{{alertstate=\"firing\"{selector}}}");
    let told =
        prometheus::ask::<Data>(service, "query", &[("query", &query)]).await.map_err(CheckError::from)?;
    remarks.take(told.remarks);
    let kept = told.data.read()?;
    let now = cx.now();
    let may_mean = |rule: &&Rule| kind.matching.as_ref().is_none_or(|it| it.may_hold(&rule.known()));
    let meant: Vec<&Rule> = rules.iter().filter(may_mean).collect();
    let mut seen = Seen {
        source: "prometheus",
        page: service.base.below("alerts").to_string(),
        doubt: doubt(kind, service, rules.len(), &meant, now),
        rules: Some(meant.len()),
        heartbeat: None,
        lives: true,
        remarks: remarks.all(),
        alerts: alerts(kind, &rules, &kept),
    };
    if let Some(heartbeat) = &kind.heartbeat {
        let mut all = rules.iter().flat_map(|rule| &rule.alerts);
        let beats = all.any(|row| row.state == "firing" && heartbeat.holds(&row.labels));
        seen.heartbeat = Some(beats);
        if !beats {
            seen.doubt.get_or_insert_with(|| Doubt {
                what: format!("the heartbeat `{heartbeat}` is not firing, so that it cannot be told whether alerts would"),
                remedy: "see that the rule of the heartbeat is loaded, and that it always fires".to_owned(),
            });
        }
    }
    Ok(seen)
}

/// The alerts of the rules, and those of the series that are not among them.
fn alerts(kind: &AlertmanagerQuiet, rules: &[Rule], kept: &Answer) -> Vec<Alert> {
    let means = |labels: &Texts| kind.matching.as_ref().is_none_or(|matching| matching.holds(labels));
    let rows = rules.iter().flat_map(|rule| &rule.alerts).filter(|row| means(&row.labels));
    let mut alerts: Vec<Alert> = rows
        .map(|row| Alert {
            labels: row.labels.clone(),
            annotations: row.annotations.clone(),
            state: if row.state == "pending" { State::Pending } else { State::Firing },
            since: row.active_at.0,
        })
        .collect();
    for series in &kept.series {
        let mut labels = series.labels.clone();
        labels.retain(|label, _| label != "__name__" && label != "alertstate");
        if !alerts.iter().any(|alert| alert.state == State::Firing && alert.labels == labels) {
            alerts.push(Alert { labels, annotations: Texts::new(), state: State::Firing, since: None });
        }
    }
    alerts
}

/// Why no alert of these rules would say nothing.
fn doubt(
    kind: &AlertmanagerQuiet,
    service: &Service<'_>,
    all: usize,
    meant: &[&Rule],
    now: Timestamp,
) -> Option<Doubt> {
    if all == 0 {
        return Some(Doubt {
            what: format!("{service} has no alerting rules, so that nothing could fire"),
            remedy: "name the Prometheus that has them, or an Alertmanager as `url`".to_owned(),
        });
    }
    if let (Some(matching), []) = (&kind.matching, meant) {
        return Some(Doubt {
            what: format!("no alerting rule of {service} can make an alert with `{matching}`"),
            remedy: "correct `matching`, or name the Prometheus that has such rules".to_owned(),
        });
    }
    let troubles: Vec<String> = meant.iter().filter_map(|rule| rule.trouble(kind, now)).collect();
    (!troubles.is_empty()).then(|| Doubt {
        what: format!(
            "{} of {} of {service} cannot be relied on: {}",
            troubles.len(),
            count(meant.len(), "alerting rule", "alerting rules"),
            clauses(&troubles)
        ),
        remedy: "see the page of the rules of Prometheus, and correct them".to_owned(),
    })
}
