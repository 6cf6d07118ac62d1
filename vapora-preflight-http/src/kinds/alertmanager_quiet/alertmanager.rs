//! Asking an Alertmanager.

use serde::Deserialize;
use vapora_preflight::{CheckError, Timestamp};

use super::{
    AlertmanagerQuiet,
    alert::{Alert, At, Doubt, Seen, State, Texts, spoken},
};
use crate::{AlertSelector, service::Service, wording::short};

#[derive(Debug, Deserialize)]
struct Status {
    cluster: Cluster,
}

#[derive(Debug, Deserialize)]
struct Cluster {
    status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    labels: Texts,
    #[serde(default)]
    annotations: Texts,
    starts_at: At,
    updated_at: At,
    status: RowStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

impl Row {
    /// Only what is said to be kept down counts as such; one that is new, and one whose state is not known, fires.
    fn state(&self) -> State {
        match (self.status.state.as_str(), &self.status.silenced_by[..], &self.status.inhibited_by[..]) {
            ("suppressed", [_, ..], _) => State::Silenced,
            ("suppressed", [], [_, ..]) => State::Inhibited,
            _ => State::Firing,
        }
    }
}

async fn alerts(service: &Service<'_>, selector: Option<&AlertSelector>) -> Result<Vec<Row>, CheckError> {
    let matchers: Vec<String> = selector.into_iter().flat_map(AlertSelector::matchers).collect();
    let filters = matchers.iter().map(|matcher| ("filter", matcher.as_str()));
    service.read("api/v2/alerts", &filters.collect::<Vec<_>>()).await
}

/// Asks for the alerts, and for what shows that they arrive.
pub(super) async fn look(kind: &AlertmanagerQuiet, service: &Service<'_>) -> Result<Seen, CheckError> {
    let cx = service.cx;
    cx.doing(format!("waiting for the status of {service}"));
    let status: Status = service.read("api/v2/status", &[]).await?;
    cx.doing(format!("waiting for the alerts of {service}"));
    let rows = alerts(service, kind.matching.as_ref()).await?;
    let mut seen = Seen {
        source: "alertmanager",
        page: service.base.below("").to_string() + "#/alerts",
        doubt: unsettled(service, &status.cluster.status),
        rules: None,
        heartbeat: None,
        lives: !rows.is_empty(),
        remarks: Vec::new(),
        alerts: Vec::new(),
    };
    if let Some(heartbeat) = &kind.heartbeat {
        let beats = alerts(service, Some(heartbeat)).await?;
        let newest = beats.iter().filter_map(|beat| beat.updated_at.0).max();
        let doubt = heart(kind, heartbeat, newest, beats.is_empty(), cx.now());
        seen.heartbeat = Some(doubt.is_none());
        seen.lives |= doubt.is_none();
        seen.doubt = seen.doubt.or(doubt);
    } else if !seen.lives && kind.matching.is_some() {
        seen.lives = !alerts(service, None).await?.is_empty();
    }
    seen.alerts = rows
        .into_iter()
        .map(|row| Alert {
            state: row.state(),
            since: row.starts_at.0,
            labels: row.labels,
            annotations: row.annotations,
        })
        .collect();
    Ok(seen)
}

/// An Alertmanager that joins others does not know their alerts and silences yet.
fn unsettled(service: &Service<'_>, status: &str) -> Option<Doubt> {
    (!matches!(status, "ready" | "disabled")).then(|| Doubt {
        what: format!("{service} is not ready: its cluster is `{}`", short(status)),
        remedy: "wait until it has found the others, and see its page of the status".to_owned(),
    })
}

fn heart(
    kind: &AlertmanagerQuiet,
    heartbeat: &AlertSelector,
    newest: Option<Timestamp>,
    none: bool,
    now: Timestamp,
) -> Option<Doubt> {
    let what = match newest {
        _ if none => format!("the heartbeat `{heartbeat}` is not firing"),
        None => format!("the heartbeat `{heartbeat}` does not say when it was sent"),
        Some(at) if now.since(at) > kind.max_age.get() => {
            format!("the heartbeat `{heartbeat}` was sent {} ago", spoken(now.since(at)))
        }
        Some(_) => return None,
    };
    Some(Doubt {
        what: format!("{what}, so that it cannot be told whether alerts arrive"),
        remedy: "see that Prometheus runs, has its rules, and reaches this Alertmanager; and that the alert of the heartbeat \
                 is one that always fires"
            .to_owned(),
    })
}
