//! `k8s.endpoints_ready`

mod served;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Value, async_trait,
};

use self::served::Served;
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    chosen::{Choice, Chosen},
    object::{EndpointSlice, Service},
    read::Reader,
    resource::Resource,
    wording::{aside, clauses, count, is},
};

/// Services have ready endpoints behind each of their ports.
///
/// # Why
///
/// Pods that run are not yet reached. A selector with a typing error, a port by a name that the container does not have, a
/// readiness that fails: the service is there, and leads nowhere.
///
/// # What it asks
///
/// It gets each service of `names`, or lists those of `selector`, and lists their EndpointSlices by the label
/// `kubernetes.io/service-name`. The older Endpoints, which every server since 1.21 keeps as EndpointSlices too, are not
/// read. Where nothing is found it also gets the namespace, to tell whether that is what is missing.
///
/// # How it counts
///
/// An endpoint counts once for each family of addresses and each port, however many slices it is in. One that does not say
/// whether it is ready is ready, as the API says. One that is ending is not ready, and whether it still answers is told. For a
/// service that publishes addresses that are not ready, what counts is whether they answer (`serving`).
///
/// # What fails
///
/// Fewer than `at_least` ready endpoints of a family of addresses or a port; a port that no ready endpoint has; an endpoint
/// that is not ready, unless `allow_unready`; no endpoints at all, with or without a selector. A service of the type
/// `ExternalName`, which has no endpoints; where it is only chosen by its labels it is counted, and not judged. A service that
/// does not exist or is being deleted. Slices that are left of an older service of the same name.
///
/// # What errs
///
/// No right to read services or to list endpoint slices, a server that serves no `discovery.k8s.io/v1`, and any answer that
/// could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointsReady {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the services. Give these or `selector`.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// The labels of the services. Give these or `names`.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How many endpoints of each service have to be ready.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// Whether there may be endpoints that are not ready besides.
    #[serde(default)]
    pub allow_unready: bool,
}

impl EndpointsReady {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }

    /// The slices of these services, by the name of the service.
    async fn slices(
        &self,
        reader: &Reader<'_>,
        services: &[Service],
    ) -> Result<Arc<Vec<EndpointSlice>>, CheckError> {
        let names: Vec<&str> = services
            .iter()
            .filter(|service| !service.spec.is_external())
            .map(|service| service.metadata.name.as_str())
            .collect();
        if names.is_empty() {
            return Ok(Arc::default());
        }
        let selector = if self.names.is_empty() {
            None
        } else {
            Some(LabelSelector::new(format!("kubernetes.io/service-name in ({})", names.join(",")))?)
        };
        reader.list::<EndpointSlice>(Some(&self.namespace), selector.as_ref()).await
    }

    fn judge(
        &self,
        services: &[Service],
        slices: &[EndpointSlice],
        missing: &[String],
        no_namespace: Option<String>,
    ) -> Outcome {
        let namespace = &self.namespace;
        let at_least = self.at_least.get() as usize;
        let mut by_service: BTreeMap<&str, Vec<&EndpointSlice>> = BTreeMap::new();
        for slice in slices {
            if let Some(service) = slice.metadata.labels.service.as_deref() {
                by_service.entry(service).or_default().push(slice);
            }
        }
        let mut said: Vec<String> = missing.iter().map(|name| format!("`{name}` does not exist")).collect();
        let (mut bad, mut external, mut rows, mut fewest) = (Vec::new(), Vec::new(), Vec::new(), None);
        for service in services {
            let name = &service.metadata.name;
            let own = by_service.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let served = Served::of(service, own, at_least, self.allow_unready);
            rows.push((name.clone(), served.evidence(service)));
            if service.spec.is_external() {
                external.push(name.clone());
                if self.names.is_empty() {
                    continue;
                }
            }
            fewest = Some(fewest.unwrap_or(usize::MAX).min(served.ready));
            if !served.troubles.is_empty() {
                bad.push(name.clone());
                said.push(format!("`{name}` {}", served.troubles.join(", ")));
            }
        }
        let judged = services.len() + missing.len() - if self.names.is_empty() { external.len() } else { 0 };
        let evidence = Evidence::new()
            .with("total", judged)
            .with("served", judged - bad.len() - missing.len())
            .with("fewest_ready", fewest)
            .with("missing", missing.to_vec())
            .with("not_ready", bad.clone())
            .with("external", external.clone())
            .with("services", Value::Table(rows));
        let unready = if self.allow_unready { "" } else { ", none that is not ready" };
        let expected = format!(
            "at least {} behind each port of every service{unready}",
            count(at_least, "ready endpoint")
        );
        let fail = |summary: String, actual: String, remedy: String| {
            let finding = Finding::new(summary).expected(&expected).actual(actual).remedy(remedy);
            Outcome::Fail(finding.advice(Advice::Investigate).evidence(evidence.clone()))
        };
        if services.is_empty() {
            let finding = self.choice().nothing(Resource::SERVICES, missing, no_namespace);
            return Outcome::Fail(finding.expected(expected).advice(Advice::Investigate).evidence(evidence));
        }
        if judged == 0 {
            return fail(
                format!("no service{} in `{namespace}` has endpoints", self.choice().of()),
                format!("{} of the type `ExternalName`", count(external.len(), "service")),
                "choose other labels, or ask what they lead to with `net.tcp_connects` or `http.responds`"
                    .to_owned(),
            );
        }
        let number = said.len();
        if number > 0 {
            let remedy = match bad.first() {
                Some(first) if external.contains(first) => {
                    "ask what it leads to with `net.tcp_connects` or `http.responds`".to_owned()
                }
                Some(first) => format!(
                    "`kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={first}`"
                ),
                None => {
                    "see that the names are those of the release, and that it was deployed there".to_owned()
                }
            };
            let summary = format!(
                "{number} of {} in `{namespace}` {} not served",
                count(judged, "service"),
                is(number)
            );
            return fail(summary, clauses(&said), remedy);
        }
        let aside = aside(&[(external.len(), "of the type `ExternalName`")]);
        let fewest = count(fewest.unwrap_or(0), "ready endpoint");
        let summary = format!(
            "{} in `{namespace}` {} served, by {fewest} or more{aside}",
            count(judged, "service"),
            is(judged)
        );
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for EndpointsReady {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let Chosen { found, missing } = self.choice().read::<Service>(&reader).await?;
        let no_namespace =
            if found.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        let slices = self.slices(&reader, &found).await?;
        Ok(self.judge(&found, &slices, &missing, no_namespace))
    }
}

impl Kind for EndpointsReady {
    const NAME: &'static str = "k8s.endpoints_ready";
    const EXAMPLE: &'static str = r#"
[check.endpoints]
kind      = "k8s.endpoints_ready"
title     = "The services lead to pods that are ready"
target    = "production"
namespace = "vapora"
names     = ["vapora-backend", "vapora-agents"]
at_least  = 2
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many services were judged" },
            EvidenceField { name: "served", about: "how many of them are in order" },
            EvidenceField {
                name: "fewest_ready",
                about: "how many endpoints are ready where the fewest are",
            },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "not_ready", about: "the names of those that are not in order" },
            EvidenceField { name: "external", about: "the names of those of the type `ExternalName`" },
            EvidenceField {
                name: "services",
                about: "by name: its `type`, whether it is `headless`, whether it has a `selector`, its `slices`, the \
                        endpoints that are `ready`, `not_ready`, `terminating` and `serving_while_terminating`, and its \
                        `missing_ports`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        if self.names.is_empty() && self.selector.is_none() {
            problems.at("names", "neither `names` nor `selector` is given", "name at least one service");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::SERVICES);
        needs.permission(Resource::ENDPOINT_SLICES.permission("list", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}
