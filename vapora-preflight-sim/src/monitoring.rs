//! A simulated Prometheus with its Alertmanager, behind one address.
//!
//! The pages and their answers are those of the documented APIs: prometheus.io/docs/prometheus/latest/querying/api, and
//! `api/v2/openapi.yaml` of Alertmanager.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, State as Shared},
    response::{IntoResponse, Response},
    routing,
};
use http::StatusCode;
use serde_json::{Value, json};
use vapora_preflight::{Clock, Timestamp};

use crate::{Faults, Peer, RequestRecord};

/// A simulated Prometheus and the Alertmanager it sends its alerts to, which listen on 127.0.0.1 at the same port; they stop when
/// this is dropped.
///
/// A query gives one series without labels: the number of the first [metric](Self::set_metric) whose text it contains. What
/// contains none gives no data. Of the alerts, `Watchdog` always fires.
///
/// ```
/// use std::sync::Arc;
/// use vapora_preflight_sim::{Monitoring, SimClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let clock = SimClock::at("2026-12-01T12:00:00Z".parse().unwrap());
/// let monitoring = Monitoring::serve(Arc::new(clock)).await?;
/// monitoring.set_metric("http_requests_total", 0.2);
/// monitoring.fire("HighErrors", "critical");
/// assert!(monitoring.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Monitoring {
    peer: Peer,
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("state", &self.state).finish_non_exhaustive()
    }
}

/// Labels, by name.
type Labels = BTreeMap<&'static str, String>;

#[derive(Debug, Default)]
struct State {
    /// The text that a query contains, and its number.
    metrics: Vec<(String, f64)>,
    alerts: Vec<(Labels, Timestamp)>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time in seconds, as the API writes it.
    fn seconds(&self) -> f64 {
        self.clock.now().unix_micros() as f64 / 1e6
    }

    /// The alerts that fire, and since when.
    fn firing(&self) -> Vec<(Labels, Timestamp)> {
        let hours = Duration::from_hours(24);
        let watchdog = (labels("Watchdog", "none"), self.clock.now().minus(hours));
        std::iter::once(watchdog).chain(self.state().alerts.clone()).collect()
    }

    /// What a query is at this time; none where there is no such metric.
    fn number(&self, query: &str) -> Option<String> {
        if query == "vector(1)" {
            return Some("1".to_owned());
        }
        let state = self.state();
        let (_, number) = state.metrics.iter().find(|(text, _)| query.contains(text.as_str()))?;
        Some(match number {
            number if number.is_nan() => "NaN".to_owned(),
            number if number.is_infinite() => format!("{}Inf", if *number > 0.0 { '+' } else { '-' }),
            number => number.to_string(),
        })
    }
}

fn labels(name: &str, severity: &str) -> Labels {
    [("alertname", name.to_owned()), ("severity", severity.to_owned())].into()
}

/// Whether labels fulfil a matcher: `severity=~"critical|page"`.
fn fulfils(labels: &Labels, matcher: &str) -> bool {
    let Some(end) = matcher.find(['=', '!']) else { return false };
    let (name, rest) = matcher.split_at(end);
    let value = rest.trim_start_matches(['=', '!', '~']);
    let sign = &rest[..rest.len() - value.len()];
    let value = value.trim_matches('"');
    let label = labels.get(name).map_or("", String::as_str);
    let matches =
        || regex::Regex::new(&format!("^(?:{value})$")).is_ok_and(|pattern| pattern.is_match(label));
    match sign {
        "=" => label == value,
        "!=" => label != value,
        "=~" => matches(),
        "!~" => !matches(),
        _ => false,
    }
}

fn success(shape: &str, result: Vec<Value>) -> Response {
    Json(json!({ "status": "success", "data": { "resultType": shape, "result": result } })).into_response()
}

async fn query(Shared(inner): Shared<Arc<Inner>>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let asked = asked.get("query").map_or("", String::as_str);
    let now = inner.seconds();
    if let Some(matchers) = asked.strip_prefix("ALERTS{").and_then(|rest| rest.strip_suffix('}')) {
        let series = inner.firing().into_iter().filter_map(|(mut labels, _)| {
            labels.extend([("__name__", "ALERTS".to_owned()), ("alertstate", "firing".to_owned())]);
            let all = split(matchers).all(|matcher| fulfils(&labels, &matcher));
            all.then(|| json!({ "metric": labels, "value": [now, "1"] }))
        });
        return success("vector", series.collect());
    }
    let timed = asked.strip_prefix("timestamp(").and_then(|rest| rest.strip_suffix(')'));
    let number = inner.number(timed.unwrap_or(asked));
    let number = if timed.is_some() { number.map(|_| now.to_string()) } else { number };
    success(
        "vector",
        number.into_iter().map(|number| json!({ "metric": {}, "value": [now, number] })).collect(),
    )
}

/// The matchers of a selector: none of those that are asked for holds a comma.
fn split(matchers: &str) -> impl Iterator<Item = String> {
    matchers.split(',').map(|matcher| matcher.trim().to_owned())
}

async fn query_range(
    Shared(inner): Shared<Arc<Inner>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<f64>().ok());
    let (Some(start), Some(end), Some(step)) = (number("start"), number("end"), number("step")) else {
        return bad_data("invalid parameter \"start\"");
    };
    let points = (end - start) / step;
    if !(step > 0.0 && (0.0..11_000.0).contains(&points)) {
        return bad_data("exceeded maximum resolution of 11,000 points per timeseries");
    }
    let number = inner.number(asked.get("query").map_or("", String::as_str));
    let series = number.map(|number| {
        let values = (0..=points as u32).map(|index| json!([start + step * f64::from(index), number]));
        json!({ "metric": {}, "values": values.collect::<Vec<_>>() })
    });
    success("matrix", series.into_iter().collect())
}

fn bad_data(error: &str) -> Response {
    let body = json!({ "status": "error", "errorType": "bad_data", "error": error });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn rules(Shared(inner): Shared<Arc<Inner>>) -> Json<Value> {
    let now = inner.clock.now().to_string();
    let rules: Vec<Value> = inner
        .firing()
        .into_iter()
        .map(|(labels, since)| {
            let alert = json!({ "labels": labels, "annotations": {}, "state": "firing", "activeAt": since.to_string(), "value": "1e+00" });
            json!({
                "state": "firing", "name": labels["alertname"], "query": "vector(1)", "duration": 0,
                "labels": { "severity": labels["severity"] }, "annotations": {}, "alerts": [alert],
                "health": "ok", "evaluationTime": 0.0001, "lastEvaluation": now, "type": "alerting",
            })
        })
        .collect();
    let group = json!({ "name": "vapora", "file": "rules.yml", "rules": rules, "interval": 30 });
    Json(json!({ "status": "success", "data": { "groups": [group] } }))
}

async fn alertmanager_status() -> Json<Value> {
    Json(json!({
        "cluster": { "name": "01", "peers": [], "status": "ready" },
        "config": { "original": "" },
        "uptime": "2026-01-01T00:00:00.000Z",
        "versionInfo": { "version": "0.27.0" },
    }))
}

async fn alerts(
    Shared(inner): Shared<Arc<Inner>>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Json<Value> {
    let now = inner.clock.now();
    let filters: Vec<String> =
        asked.into_iter().filter(|(name, _)| name == "filter").map(|(_, matcher)| matcher).collect();
    let told = inner.firing().into_iter().filter(|(labels, _)| filters.iter().all(|it| fulfils(labels, it)));
    let told: Vec<Value> = told
        .map(|(labels, since)| {
            json!({
                "annotations": { "summary": "see the dashboards" },
                "endsAt": now.plus(Duration::from_mins(4)).to_string(),
                "fingerprint": "448881ef475b9b26",
                "receivers": [{ "name": "on-call" }],
                "startsAt": since.to_string(),
                "status": { "inhibitedBy": [], "silencedBy": [], "state": "active" },
                "updatedAt": now.to_string(),
                "generatorURL": "",
                "labels": labels,
            })
        })
        .collect();
    Json(Value::from(told))
}

impl Monitoring {
    /// Serves on a free port, at the time of this clock.
    pub async fn serve(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let inner = Arc::new(Inner { clock, state: Mutex::default() });
        let router = Router::new()
            .route("/api/v1/query", routing::get(query))
            .route("/api/v1/query_range", routing::get(query_range))
            .route("/api/v1/rules", routing::get(rules))
            .route("/api/v2/status", routing::get(alertmanager_status))
            .route("/api/v2/alerts", routing::get(alerts))
            .with_state(Arc::clone(&inner));
        Ok(Self { peer: Peer::serve(router).await?, inner })
    }

    /// Its URL without a slash at the end, for the one and for the other.
    pub fn url(&self) -> String {
        self.peer.url()
    }

    /// Queries that contain this text give that number from now on.
    pub fn set_metric(&self, text: impl Into<String>, number: f64) {
        let text = text.into();
        let mut state = self.inner.state();
        match state.metrics.iter_mut().find(|(other, _)| *other == text) {
            Some((_, old)) => *old = number,
            None => state.metrics.push((text, number)),
        }
    }

    /// Queries give no data any more, as where nothing is scraped.
    pub fn forget_metrics(&self) {
        self.inner.state().metrics.clear();
    }

    /// An alert fires from now on, of the namespace `vapora`.
    pub fn fire(&self, name: &str, severity: &str) {
        let now = self.inner.clock.now();
        let mut labels = labels(name, severity);
        labels.insert("namespace", "vapora".to_owned());
        self.inner.state().alerts.push((labels, now));
    }

    /// The alerts of that name are over.
    pub fn resolve(&self, name: &str) {
        self.inner.state().alerts.retain(|(labels, _)| labels["alertname"] != name);
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        self.peer.faults()
    }

    /// The requests it was asked, in their order, those struck by a fault included.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.peer.requests()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_those_of_alertmanager() {
        let alert = labels("HighErrors", "critical");
        for (matcher, right) in [
            (r#"severity="critical""#, true),
            (r#"severity!="critical""#, false),
            (r#"severity=~"crit.*|page""#, true),
            (r#"severity=~"crit""#, false),
            (r#"severity!~"none""#, true),
            (r#"team="""#, true),
            ("severity", false),
        ] {
            assert_eq!(fulfils(&alert, matcher), right, "{matcher}");
        }
    }
}
