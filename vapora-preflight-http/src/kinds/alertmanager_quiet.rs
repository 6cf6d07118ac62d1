//! `alertmanager.quiet`.

mod alert;
mod alertmanager;
mod judge;
mod rules;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Period, Problems, SecretRef,
    TextOrSecret, async_trait,
};

use self::alert::Seen;
use crate::{
    AlertSelector, HttpUrl,
    param::{Basic, ClientCertificate, Sender},
    prometheus,
    service::Service,
};

/// No alert is firing that matters.
///
/// # Why
///
/// Alerts are what those who run a service agreed to be woken by: with one of them firing, nothing should be deployed, and
/// after a deployment it is the first sign of trouble. But an alerting that is broken is as quiet as one in which all is well.
///
/// # What it asks
///
/// With `url`, an Alertmanager: `/api/v2/status`, then `/api/v2/alerts` with the matchers of `matching` as filters, then again
/// with those of `heartbeat`. With `prometheus`, where there is no Alertmanager, a Prometheus: `/api/v1/rules` for the rules and
/// the alerts they have, and the series `ALERTS{alertstate="firing"}` for those that others keep in it.
///
/// # What fails
///
/// An alert of those that `matching` means, that `allowed` does not, and that is not the `heartbeat`. Silenced and inhibited
/// alerts are counted and shown, and fail only with `count_silenced` and `count_inhibited`; pending ones are shown. With
/// `started_within`, older alerts are shown and do not fail either: they are none of the deployment's.
///
/// # What errs
///
/// Without a failing alert: an Alertmanager whose cluster has not settled; a `heartbeat` that is not firing, or that has not
/// been sent again for `max_age`, so that alerts do not arrive; a Prometheus without alerting rules, or with none that
/// `matching` could mean, or with such a rule that cannot be worked out or has not been for `max_age`; any answer that cannot be
/// read.
///
/// # What warns
///
/// An Alertmanager without a `heartbeat` that holds no alert whatsoever: it does not know whether anything would reach it. An
/// alert that always fires, as `Watchdog` of `vector(1)` does in many installations, is the remedy.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerQuiet {
    /// The address of Alertmanager up to its `/api`, with its prefix if it has one: `https://alerts.example.com`.
    #[serde(default)]
    url: Option<HttpUrl>,
    /// In place of `url`, the address of the Prometheus that has the alerting rules.
    #[serde(default)]
    prometheus: Option<HttpUrl>,
    /// The alerts that matter, by their labels; by default all: `namespace="vapora", severity=~"critical|page"`.
    #[serde(default)]
    matching: Option<AlertSelector>,
    /// The alerts that may fire all the same, by their labels, each of these texts for some.
    #[serde(default)]
    allowed: Vec<AlertSelector>,
    /// The alert that has to be firing always, which shows that alerts arrive: `alertname="Watchdog"`.
    #[serde(default)]
    heartbeat: Option<AlertSelector>,
    /// Whether silenced alerts matter.
    #[serde(default)]
    count_silenced: bool,
    /// Whether inhibited alerts matter.
    #[serde(default)]
    count_inhibited: bool,
    /// How long ago alerts that matter began at most; by default it does not matter when.
    #[serde(default)]
    started_within: Option<Period>,
    /// How long ago the heartbeat may have been sent last, and rules may have been worked out.
    #[serde(default = "five_minutes")]
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

fn five_minutes() -> Period {
    Period::from_secs(300)
}

impl AlertmanagerQuiet {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    async fn look(&self, cx: &CheckContext) -> Result<Seen, CheckError> {
        match (&self.url, &self.prometheus) {
            (Some(url), None) => {
                let service = Service::new("Alertmanager", url, self.sender(), cx)?;
                alertmanager::look(self, &service).await
            }
            (None, Some(url)) => {
                let service = Service::new(prometheus::NAME, url, self.sender(), cx)?;
                rules::look(self, &service).await
            }
            _ => Err(CheckError::permanent("expected one of `url` and `prometheus`")),
        }
    }
}

#[async_trait]
impl Check for AlertmanagerQuiet {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let seen = self.look(cx).await?;
        self.judge(seen, cx.now())
    }
}

impl Kind for AlertmanagerQuiet {
    const NAME: &'static str = "alertmanager.quiet";
    const EXAMPLE: &'static str = r#"
[check.no-alerts]
kind           = "alertmanager.quiet"
title          = "No alert of VAPORA is firing"
url            = "https://alerts.example.com"
bearer         = { env = "ALERTMANAGER_TOKEN" }
matching       = 'namespace="vapora", severity=~"critical|warning"'
allowed        = ['alertname="CertificateExpiresSoon", severity="warning"']
heartbeat      = 'alertname="Watchdog"'
on_fail        = "investigate"

[check.no-alerts-of-prometheus]
kind       = "alertmanager.quiet"
title      = "No alert is firing, where there is no Alertmanager"
prometheus = "https://prometheus.example.com"
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        match (&self.url, &self.prometheus) {
            (None, None) => problems.whole(
                "nobody is named who knows the alerts",
                "write the `url` of an Alertmanager, or that of a Prometheus as `prometheus`",
            ),
            (Some(_), Some(_)) => problems.whole("there are a `url` and a `prometheus`", "keep one of them"),
            (Some(url), None) if url.is_page_of("/api/v2") => problems.at(
                "url",
                "it is a page of the API, and not the address of Alertmanager",
                "leave out what begins with `/api`",
            ),
            (Some(_), None) => {}
            (None, Some(url)) => prometheus::validate_url(problems, "prometheus", url),
        }
        if self.prometheus.is_some() {
            for (name, given) in
                [("count_silenced", self.count_silenced), ("count_inhibited", self.count_inhibited)]
            {
                if given {
                    problems.at(
                        name,
                        "a Prometheus knows nothing of it",
                        "ask an Alertmanager, or leave it out",
                    );
                }
            }
        }
        if self.started_within.is_some_and(|within| within.get().is_zero()) {
            problems.at("started_within", "no alert is so new", "leave it out, or write a longer time");
        }
        self.sender().validate(problems);
    }
}
