//! `prometheus.holds`.

mod before;
mod bounds;
mod judge;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, EvidenceField, Kind, Period, Problems, SecretRef, TextOrSecret,
    async_trait,
};

use self::{before::Before, bounds::Bounds};
pub(super) use self::{
    before::number,
    judge::{remarked, spread},
};
use crate::{
    Amount, HttpUrl, MetricUnit,
    param::{Basic, ClientCertificate, Sender},
    prometheus::{self, Measure},
    service::Service,
};

/// The numbers of a Prometheus query are within bounds, in every series.
///
/// # Why
///
/// What users notice of a release is in the metrics: latency, errors, queues. A figure within its bounds says something only
/// if it is one: a metric that is not scraped any more, or a rate without traffic, looks as quiet as a healthy one.
///
/// # What it asks
///
/// `/api/v1/query` with the query, or over a time, `/api/v1/query_range`; then, of what has series, `timestamp(…)` of the
/// query, for the age of the samples: the time of an answer is not theirs. Prometheus itself goes on giving the last sample of
/// a metric for five minutes. Thanos, Mimir and VictoriaMetrics answer in the same way.
///
/// # What fails
///
/// A number below `min`, above `max`, or other than `equals`. With `baseline`, the check of kind `prometheus.recorded` that
/// recorded the figures before: a number more than `growth_percent` above the recorded one and more than `slack` above it, or
/// more than `drop_percent` and `slack` below it. A series has to hold by itself, each is compared with the one of the same
/// labels; where both have only one, labels do not matter. Over a time each point has to hold, or `hold_percent` of them, or
/// all of the last `held_for`. Growth asks for a roll-back.
///
/// # What errs
///
/// Without any of these failing: no data; a series that is not a number (NaN), is infinite, or whose newest sample is older
/// than `max_age`; over a time, too few points for `points_percent`; an answer of another time than now, as of a cache; a text
/// or a histogram in place of numbers; a series that the baseline does not have, or one of the baseline that is gone; a query
/// that cannot be read or worked out, which is told as Prometheus says it. Warnings and remarks of Prometheus are shown, and
/// make it warn.
///
/// # What to write
///
/// Put the bound into the parameters and not into the query: `up == 1` gives nothing where it is false. Where no series means
/// that nothing happened, as with errors, let the query end with `or vector(0)`. A latency is the user's to work out, as
/// with `histogram_quantile(0.95, sum by (le) (rate(…_bucket[5m])))`. A check that is all in `expect` is one of kind
/// `prometheus.recorded`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrometheusHolds {
    /// The address of Prometheus up to its `/api`, with its prefix if it has one: `https://prometheus.example.com`.
    pub url: HttpUrl,
    /// The query, in PromQL.
    pub query: String,
    /// What the numbers count, for evidence and messages; by default what the unit of a bound says.
    #[serde(default)]
    unit: Option<MetricUnit>,
    /// The lowest number that is right.
    #[serde(default)]
    min: Option<Amount>,
    /// The highest number that is right.
    #[serde(default)]
    max: Option<Amount>,
    /// The only number that is right.
    #[serde(default)]
    equals: Option<Amount>,
    /// How far above the baseline a number may be, in percent of it.
    #[serde(default)]
    growth_percent: Option<f64>,
    /// How far below the baseline a number may be, in percent of it.
    #[serde(default)]
    drop_percent: Option<f64>,
    /// Which difference from the baseline never matters, whatever it is in percent.
    #[serde(default)]
    slack: Option<Amount>,
    /// The name of the baseline's query to compare with, where it has several.
    #[serde(default)]
    compare: Option<String>,
    /// How far back from now to ask; without it, only the present is asked for.
    #[serde(default)]
    over: Option<Period>,
    /// The time from one point to the next, over a time.
    #[serde(default = "prometheus::default_step")]
    step: Period,
    /// How many of the points each series has to have, over a time, in percent.
    #[serde(default = "prometheus::default_points_percent")]
    points_percent: f64,
    /// How many of its points have to hold, over a time, in percent; by default all.
    #[serde(default)]
    hold_percent: Option<f64>,
    /// For how long up to now all points have to hold, over a time, in place of `hold_percent`.
    #[serde(default)]
    held_for: Option<Period>,
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

impl PrometheusHolds {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    fn measure(&self) -> Measure<'_> {
        Measure {
            query: &self.query,
            over: self.over,
            step: self.step,
            points_percent: self.points_percent,
            max_age: self.max_age,
        }
    }

    fn amounts(&self) -> [(&'static str, Option<Amount>); 4] {
        [("min", self.min), ("max", self.max), ("equals", self.equals), ("slack", self.slack)]
    }

    /// What the numbers count, as far as it is said.
    fn unit(&self) -> Option<MetricUnit> {
        self.unit.or_else(|| self.amounts().iter().find_map(|(_, amount)| amount.and_then(Amount::unit)))
    }

    fn compares(&self) -> bool {
        self.growth_percent.is_some() || self.drop_percent.is_some()
    }
}

#[async_trait]
impl Check for PrometheusHolds {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let before = Before::of(self, cx)?;
        let service = Service::new(prometheus::NAME, &self.url, self.sender(), cx)?;
        let measured = self.measure().take(&service).await?;
        self.judge(&measured, before.as_ref())
    }
}

impl Kind for PrometheusHolds {
    const NAME: &'static str = "prometheus.holds";
    const EXAMPLE: &'static str = r#"
[check.latency-before]
kind    = "prometheus.recorded"
title   = "The latency is recorded"
url     = "https://prometheus.example.com"
query   = '''histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))'''
unit    = "seconds"

[check.latency-normal]
kind           = "prometheus.holds"
title          = "The latency is not much above the one before"
url            = "https://prometheus.example.com"
bearer         = { env = "PROMETHEUS_TOKEN" }
query          = '''histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))'''
max            = "750ms"
baseline       = "latency-before"
growth_percent = 25
slack          = "20ms"
on_fail        = "roll_back"

[check.errors-rare]
kind  = "prometheus.holds"
title = "Errors have been rare for ten minutes"
url   = "https://prometheus.example.com"
query = '''sum(rate(http_requests_total{code=~"5.."}[5m])) or vector(0)'''
max   = 0.5
over  = "10m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        prometheus::validate_url(problems, "url", &self.url);
        Measure::validate_query(&self.query, "query", problems);
        self.measure().validate(problems);
        self.sender().validate(problems);
        Bounds::validate(self, problems);
    }
}
