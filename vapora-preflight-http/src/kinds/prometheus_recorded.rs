//! `prometheus.recorded`.

mod judge;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, EvidenceField, Kind, Period, Problems, SecretRef, TextOrSecret,
    async_trait,
};

pub(super) use self::judge::{Recorded, recorded};
use crate::{
    HttpUrl, MetricUnit,
    param::{Basic, ClientCertificate, Sender},
    prometheus::{self, Measure},
    service::Service,
};

/// The numbers of Prometheus queries are recorded.
///
/// # Why
///
/// Whether a release is slower or fails more often than the one before it can only be told from figures of before. This check
/// records them, for `prometheus.holds` with this check as its `baseline`, for `expect` of this or another check, and for the
/// record of the deployment.
///
/// # What it asks
///
/// Each query as `prometheus.holds` does, for now or over a time. Over a time the points of a series become one number, by
/// `take`; the others are kept with it. The quantile of a histogram is another thing, and the query's:
/// `histogram_quantile(0.95, sum by (le) (rate(…_bucket[5m])))`.
///
/// # What fails
///
/// Nothing does by itself: what was measured is recorded, and judged by `expect`.
///
/// # What errs
///
/// A query without data; a series that is not a number (NaN), is infinite, or whose newest sample is older than `max_age`;
/// over a time, too few points for `points_percent`; more than 100 series of one query; a query that cannot be read or worked
/// out. All of the queries have to answer. Warnings and remarks of Prometheus are shown, and make it warn.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrometheusRecorded {
    /// The address of Prometheus up to its `/api`, with its prefix if it has one: `https://prometheus.example.com`.
    pub url: HttpUrl,
    /// The query, in PromQL, where there is only one.
    #[serde(default)]
    query: Option<String>,
    /// Several queries in PromQL, by names that evidence and `compare` use.
    #[serde(default)]
    queries: BTreeMap<String, String>,
    /// What the numbers of all queries count.
    #[serde(default)]
    unit: Option<MetricUnit>,
    /// What the numbers of a query count, by its name, where it is another unit.
    #[serde(default)]
    units: BTreeMap<String, MetricUnit>,
    /// How far back from now to ask; without it, only the present is asked for.
    #[serde(default)]
    over: Option<Period>,
    /// The time from one point to the next, over a time.
    #[serde(default = "prometheus::default_step")]
    step: Period,
    /// How many of the points each series has to have, over a time, in percent.
    #[serde(default = "prometheus::default_points_percent")]
    points_percent: f64,
    /// Which number stands for the points of a series, over a time.
    #[serde(default)]
    take: Take,
    /// How old the newest sample of a series may be.
    #[serde(default = "prometheus::default_max_age")]
    max_age: Period,
    /// Headers to send, each a text or a secret, such as the tenant in `x-scope-orgid`.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// The token that proves who asks.
    #[serde(default)]
    bearer: Option<SecretRef>,
    /// The name and password that prove who asks.
    #[serde(default)]
    basic: Option<Basic>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    #[serde(default)]
    client_certificate: Option<ClientCertificate>,
}

/// Which number stands for the points of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Take {
    /// Their average.
    #[default]
    Average,
    /// The newest of them.
    Newest,
    /// The lowest of them.
    Min,
    /// The middle of them.
    P50,
    /// The one that 95 of a hundred are not above.
    P95,
    /// The one that 99 of a hundred are not above.
    P99,
    /// The highest of them.
    Max,
}

/// The name of the only query.
const ONLY: &str = "value";

impl PrometheusRecorded {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    fn measure<'p>(&'p self, query: &'p str) -> Measure<'p> {
        Measure {
            query,
            over: self.over,
            step: self.step,
            points_percent: self.points_percent,
            max_age: self.max_age,
        }
    }

    /// The queries with their names.
    fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        let only = self.query.iter().map(|query| (ONLY, query.as_str()));
        only.chain(self.queries.iter().map(|(name, query)| (name.as_str(), query.as_str())))
    }

    fn unit_of(&self, name: &str) -> Option<MetricUnit> {
        self.units.get(name).copied().or(self.unit)
    }
}

#[async_trait]
impl Check for PrometheusRecorded {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let service = Service::new(prometheus::NAME, &self.url, self.sender(), cx)?;
        let mut measured = Vec::new();
        for (name, query) in self.named() {
            measured.push((name, query, self.measure(query).take(&service).await?));
        }
        self.judge(&measured)
    }
}

impl Kind for PrometheusRecorded {
    const NAME: &'static str = "prometheus.recorded";
    const EXAMPLE: &'static str = r#"
[check.latency-recorded]
kind   = "prometheus.recorded"
title  = "The latency of the last hour is recorded"
url    = "https://prometheus.example.com"
bearer = { env = "PROMETHEUS_TOKEN" }
unit   = "seconds"
over   = "1h"
step   = "1m"

[check.latency-recorded.queries]
p50 = '''histogram_quantile(0.50, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))'''
p95 = '''histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))'''
p99 = '''histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))'''

[check.queue-recorded]
kind   = "prometheus.recorded"
title  = "The queue is recorded, and not full"
url    = "https://prometheus.example.com"
query  = "sum(queue_depth)"
expect = ["value < 10000"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        prometheus::validate_url(problems, "url", &self.url);
        match (&self.query, self.queries.is_empty()) {
            (None, true) => problems.whole("there is no query", "write `query`, or several as `queries`"),
            (Some(_), false) => problems.whole("there is a `query` besides `queries`", "keep one of them"),
            _ => {}
        }
        if let Some(query) = &self.query {
            Measure::validate_query(query, "query", problems);
        }
        for (name, query) in &self.queries {
            Measure::validate_query(query, "queries", problems);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                problems.at(
                    "queries",
                    format!("`{name}` cannot be named in `expect`"),
                    "write names of letters, digits and underscores",
                );
            }
        }
        for name in self.units.keys().filter(|name| !self.queries.contains_key(*name)) {
            problems.at("units", format!("there is no query `{name}`"), "write the name of one of `queries`");
        }
        if self.over.is_none() && self.take != Take::default() {
            problems.at("take", "only the present is asked for", "say with `over` how far back to ask");
        }
        self.measure("").validate(problems);
        self.sender().validate(problems);
    }
}
