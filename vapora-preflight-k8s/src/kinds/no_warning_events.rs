//! `k8s.no_warning_events`

mod allowed;
mod involved;
mod tally;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Period, Problems, Requirements, Unit, async_trait,
};

use self::tally::{Tally, Window};
pub use self::{
    allowed::{AllowedEvent, AllowedEvents},
    involved::ObjectPattern,
};
use crate::{
    KubernetesTarget, Namespace,
    object::{CoreEvent, Event, EventV1, NamespaceObject, Object},
    read::Reader,
    resource::Resource,
    wording::{clauses, count},
};

/// The events of type Warning, and no others.
const WARNINGS: &str = "type=Warning";
/// An event that is further ahead than this tells of clocks that differ.
const SKEW: Period = Period::from_secs(60);

/// There were no warning events of late.
///
/// # Why
///
/// Failed probes, mounts, pulls and placements leave events long before a deployment calls itself unavailable. The last ten
/// lines of `kubectl get events` show those that happened to be last.
///
/// # What it asks
///
/// It lists the events of type `Warning`, in `events.k8s.io/v1`, or in `v1` where the server does not have that group. An
/// event counts by the last time it happened. Where there are none at all in a namespace, it gets the namespace, since that
/// of a misspelt name is empty too; the right to do so is needed.
///
/// The API server forgets an event an hour after it happened last, unless it is set otherwise (`--event-ttl`). No events at
/// all therefore pass; what is older than `kept_for` is not known to anybody.
///
/// # What fails
///
/// Any warning event within `since` that `allow` does not allow. Events with the same reason are taken together by the object
/// they are about, and pods by what their names have in common, the newest first. A namespace that does not exist.
///
/// # What warns
///
/// A `since` that reaches back further than `kept_for`: older events are gone. An event from the future: the clocks of the
/// cluster and of this machine differ, and `since` is not what it says. Such an event counts as of now.
///
/// # What errs
///
/// No right to list events, or to get the namespace where there are none.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoWarningEvents {
    /// The namespace; without it, the whole cluster.
    #[serde(default)]
    pub namespace: Option<Namespace>,
    /// How far back it looks: one hour, unless it is given.
    #[serde(default = "hour")]
    pub since: Period,
    /// Which warnings are allowed: their reasons, as in `"BackOff"`, or tables with a `reason`, an `object` as in
    /// `"Pod/vapora-test-*"`, and a `message`, a regular expression; all that a table names has to fit.
    #[serde(default)]
    pub allow: Vec<AllowedEvents>,
    /// Only events about these objects, as in `"Deployment/vapora-*"`, `"Pod/*"` or `"*/vapora-*"`; without it, about all.
    #[serde(default)]
    pub involved: Vec<ObjectPattern>,
    /// How long the API server keeps events: one hour, unless its `--event-ttl` is set otherwise.
    #[serde(default = "hour")]
    pub kept_for: Period,
}

fn hour() -> Period {
    Period::from_secs(3600)
}

impl NoWarningEvents {
    fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("in `{namespace}`"),
            None => "in the whole cluster".to_owned(),
        }
    }

    async fn tally<T: Object + Into<Event>>(
        &self,
        reader: &Reader<'_>,
        window: Window,
    ) -> Result<Tally, CheckError> {
        let begin = || Tally::new(T::RESOURCE);
        reader
            .fold_fields(self.namespace.as_ref(), WARNINGS, begin, |tally, event: T| {
                let event: Event = event.into();
                let about =
                    self.involved.is_empty() || self.involved.iter().any(|it| it.fits(&event.regarding));
                if event.is_warning() && about {
                    tally.add(&event, window, |event| self.allow.iter().any(|allowed| allowed.allows(event)));
                }
            })
            .await
    }

    async fn events(&self, reader: &Reader<'_>, window: Window) -> Result<Tally, CheckError> {
        match self.tally::<EventV1>(reader, window).await {
            Err(error) if !error.is_transient() && !reader.serves(Resource::EVENTS_V1).await? => {
                self.tally::<CoreEvent>(reader, window).await
            }
            read => read,
        }
    }

    /// Whether the namespace is there, where no event shows it.
    async fn has_namespace(&self, reader: &Reader<'_>, tally: &Tally) -> Result<bool, CheckError> {
        match &self.namespace {
            Some(namespace) if tally.is_empty() => {
                Ok(reader.get::<NamespaceObject>(None, namespace.as_str()).await?.is_some())
            }
            _ => Ok(true),
        }
    }

    fn judge(&self, tally: &Tally, window: Window, has_namespace: bool) -> Outcome {
        let place = self.place();
        let ahead = tally.ahead(window.now);
        let evidence = Evidence::new()
            .with("api", tally.api())
            .with("since", window.from)
            .with("warnings", tally.events)
            .with("times", tally.times)
            .with("allowed", tally.allowed)
            .with("older", tally.older)
            .with("newest", tally.newest())
            .measured("ahead", Period::from(ahead), Unit::Seconds)
            .with("groups", tally.evidence());
        let since = self.since;
        let expected = format!("no warning events {place} within {since}");
        if !has_namespace {
            let summary = format!("there are no events {place}");
            let actual = format!("{} does not exist", place.replacen("in ", "the namespace ", 1));
            let finding = Finding::new(summary).expected(expected).actual(actual);
            let remedy = "see that `namespace` is spelt right and the target is the right cluster";
            return Outcome::Fail(finding.remedy(remedy).advice(Advice::Investigate).evidence(evidence));
        }
        let besides =
            if tally.allowed == 0 { String::new() } else { format!(", besides {} allowed", tally.allowed) };
        let mut doubts: Vec<String> = Vec::new();
        if since > self.kept_for {
            doubts.push(format!("the server keeps events for {}, and older ones are gone", self.kept_for));
        }
        if ahead > SKEW.get() {
            let ahead = Period::from(std::time::Duration::from_secs(ahead.as_secs()));
            doubts.push(format!("the newest event is {ahead} ahead of this machine's clock"));
        }
        if tally.events > 0 {
            let scope =
                self.namespace.as_ref().map_or("-A".to_owned(), |namespace| format!("-n {namespace}"));
            let said: Vec<String> = tally.said().into_iter().chain(doubts).collect();
            return Outcome::Fail(
                Finding::new(format!("{} {place} within {since}{besides}", count(tally.events, "warning event")))
                    .expected(expected)
                    .actual(clauses(&said))
                    .remedy(format!(
                        "`kubectl {scope} get events --field-selector type=Warning --sort-by=.lastTimestamp`; see to \
                         their causes, or add what is harmless to `allow`"
                    ))
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            );
        }
        let finding = Finding::new(format!("no warning events {place} within {since}{besides}"));
        if doubts.is_empty() {
            return Outcome::Pass(finding.evidence(evidence));
        }
        let remedy = if ahead > SKEW.get() {
            "set the clocks right: compare `date -u` on this machine with the `Date` header of the API server"
        } else {
            "shorten `since`, or say in `kept_for` what the `--event-ttl` of the API server is"
        };
        Outcome::Warn(finding.expected(expected).actual(clauses(&doubts)).remedy(remedy).evidence(evidence))
    }
}

#[async_trait]
impl Check for NoWarningEvents {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let now = cx.now();
        let window = Window { now, from: now.minus(self.since.get()) };
        let tally = self.events(&reader, window).await?;
        let has_namespace = self.has_namespace(&reader, &tally).await?;
        Ok(self.judge(&tally, window, has_namespace))
    }
}

impl Kind for NoWarningEvents {
    const NAME: &'static str = "k8s.no_warning_events";
    const EXAMPLE: &'static str = r#"
[check.events]
kind      = "k8s.no_warning_events"
title     = "The last hour left no warnings"
target    = "production"
namespace = "vapora"
since     = "1h"
allow     = ["BackoffLimitExceeded", { reason = "Unhealthy", object = "Pod/vapora-test-*", message = "^Readiness" }]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "api", about: "the API they were read from, `events.k8s.io/v1` or `v1`" },
            EvidenceField { name: "since", about: "from when on they were looked for" },
            EvidenceField {
                name: "warnings",
                about: "how many warning events there are that are not allowed",
            },
            EvidenceField {
                name: "times",
                about: "how often what they tell of happened, since the server first kept it",
            },
            EvidenceField { name: "allowed", about: "how many warning events there are that are allowed" },
            EvidenceField { name: "older", about: "how many warning events there are from before" },
            EvidenceField { name: "newest", about: "when the newest warning event happened" },
            EvidenceField {
                name: "ahead",
                about: "by how much the newest event is ahead of this machine's clock, in seconds",
            },
            EvidenceField {
                name: "groups",
                about: "the newest first: `reason`, `object`, `events`, `times`, `last` and the last `message`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        for (name, period) in [("since", self.since), ("kept_for", self.kept_for)] {
            if period.get().is_zero() {
                problems.at(
                    name,
                    format!("expected a `{name}` of more than nothing"),
                    "write it as in `30m` or `1h`",
                );
            }
        }
        if self.allow.iter().any(AllowedEvents::allows_all) {
            problems.at(
                "allow",
                "a table in `allow` names nothing, and would allow everything",
                "name a `reason`, an `object` or a `message`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let here = self.namespace.as_ref();
        needs.permission(Resource::EVENTS_V1.permission("list", here));
        // Only where the server does not have the other group.
        needs.permission(Resource::EVENTS.permission("list", here).optional());
        if let Some(namespace) = here {
            needs.permission(Resource::NAMESPACES.permission("get", here).named(namespace.as_str()));
        }
    }
}
