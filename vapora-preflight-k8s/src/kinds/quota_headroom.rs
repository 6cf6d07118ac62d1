//! `k8s.quota_headroom`

mod limit;

use std::{collections::BTreeMap, fmt::Write as _};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Unit, Value, async_trait,
};

use self::limit::Limit;
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, Namespace, ObjectName,
    chosen::{Choice, Chosen},
    object::ResourceQuota,
    quantity::Quantity,
    read::Reader,
    resource::Resource,
    wording::{clauses, count, names},
};

/// The resource quotas of a namespace have enough left.
///
/// # Why
///
/// A rollout starts new pods beside the old ones. Where a quota is used up they are refused, and the rollout stands still
/// half way.
///
/// # What it asks
///
/// It gets each quota of `names`, or lists all of the namespace, and compares what each of their limits allows (`hard`) with
/// what is used of it. Where there are none it also gets the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// A limit of which less than `left_percent` is left. One that does not hold what `fits` says is needed besides, such as
/// that of the pods of a rollout: `cpu` and `memory` there count for the limits `cpu` and `requests.cpu`, `memory` and
/// `requests.memory`, and `pods` for `pods` and `count/pods`. A quota that is for some pods only, by its scopes, has to hold
/// it too; leave it out by `names` where it is not for the pods of the release. A quota that does not exist, and no quota
/// at all unless `allow_none`: what is not limited need not be asked about, and a quota that is missing may have been meant.
///
/// A limit of nothing forbids something on purpose, and has no share that is left.
///
/// # What errs
///
/// No right to get or list quotas, a quota whose limits have changed and are not counted yet, and any answer that could not
/// be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaHeadroom {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Their names; without these, all of the namespace.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// How much of each limit has to be left, in percent.
    #[serde(default = "ten")]
    pub left_percent: u32,
    /// What is needed besides, as in `{ cpu = "500m", memory = "1Gi", pods = 3 }`, by the names that quotas have for it.
    #[serde(default)]
    pub fits: BTreeMap<String, Quantity>,
    /// Whether there may be no quota at all.
    #[serde(default)]
    pub allow_none: bool,
}

fn ten() -> u32 {
    10
}

impl QuotaHeadroom {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: None }
    }

    fn expected(&self) -> String {
        let mut expected = format!("at least {}% of each limit left", self.left_percent);
        if !self.fits.is_empty() {
            let needed: Vec<String> = self
                .fits
                .iter()
                .map(|(name, amount)| format!("{name} {}", crate::wording::amount_of(name, *amount)))
                .collect();
            let _ = write!(expected, ", and room for {}", needed.join(", "));
        }
        expected
    }

    /// The quotas whose status is that of their present limits; an error where one is not counted yet.
    fn limits(&self, quotas: &[ResourceQuota]) -> Result<Vec<Limit>, CheckError> {
        let mut limits = Vec::new();
        for quota in quotas {
            let name = &quota.metadata.name;
            if quota.status.hard != quota.spec.hard {
                return Err(CheckError::transient(format!(
                    "the quota `{name}` was changed, and what is used of it is not counted yet"
                ))
                .remedy("wait for the controller manager, and see whether it runs"));
            }
            for (resource, hard) in &quota.status.hard {
                let Some(used) = quota.status.used.get(resource) else {
                    return Err(CheckError::transient(format!(
                        "the quota `{name}` does not say how much of `{resource}` is used"
                    ))
                    .remedy("wait for the controller manager, and see whether it runs"));
                };
                limits.push(Limit::new(quota, resource, *hard, *used, &self.fits));
            }
        }
        Ok(limits)
    }

    fn judge(&self, chosen: &Chosen<ResourceQuota>, no_namespace: Option<String>) -> CheckResult {
        let namespace = &self.namespace;
        let (found, missing) = (&chosen.found, &chosen.missing);
        let mut limits = self.limits(found)?;
        limits.sort_by(|a, b| a.left_percent().total_cmp(&b.left_percent()));
        let tight = limits.iter().find(|limit| limit.left_percent().is_finite());
        let is_limited = |name: &&String| limits.iter().any(|limit| limit.is_of(name));
        let unlimited: Vec<&String> = self.fits.keys().filter(|name| !is_limited(name)).collect();
        let evidence = Evidence::new()
            .with("quotas", found.iter().map(|quota| quota.metadata.name.clone()).collect::<Vec<_>>())
            .with("missing", missing.clone())
            .with("limits", limits.len())
            .measured("least_left_percent", tight.map(Limit::left_percent), Unit::Percent)
            .with("tightest", tight.map(Limit::name))
            .with("unlimited", unlimited.clone())
            .with("resources", Value::Table(limits.iter().map(Limit::row).collect()));
        if found.is_empty() {
            let none_at_all = missing.is_empty() && no_namespace.is_none();
            let mut nothing = self.choice().nothing(Resource::QUOTAS, missing, no_namespace);
            if self.allow_none && none_at_all {
                let summary = format!("{}, and nothing that it may use is limited", nothing.summary);
                return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
            }
            if none_at_all {
                nothing = nothing
                    .remedy("see that the quota was made there, or set `allow_none` if there is to be none");
            }
            return Ok(Outcome::Fail(nothing.expected(self.expected()).evidence(evidence)));
        }
        if limits.is_empty() {
            let message = format!("the quotas in `{namespace}` limit nothing");
            return Err(CheckError::permanent(message)
                .remedy(format!("`kubectl -n {namespace} describe resourcequota`")));
        }
        let absent = missing.iter().map(|name| format!("`{name}` does not exist"));
        let short = limits.iter().flat_map(|limit| limit.troubles(self.left_percent));
        let troubles: Vec<String> = absent.chain(short).collect();
        let total = count(limits.len(), "limit");
        if !troubles.is_empty() {
            let tight =
                limits.iter().filter(|limit| limit.troubles(self.left_percent).next().is_some()).count();
            let summary = if tight == 0 {
                format!("not all quotas exist in `{namespace}`")
            } else {
                let verb = if tight == 1 { "has" } else { "have" };
                format!("{tight} of {total} in `{namespace}` {verb} too little left")
            };
            return Ok(Outcome::Fail(
                Finding::new(summary)
                    .expected(self.expected())
                    .actual(clauses(&troubles))
                    .remedy(format!(
                        "`kubectl -n {namespace} describe resourcequota` shows them; raise the limit, or scale \
                         something down"
                    ))
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            ));
        }
        let left = match tight {
            Some(limit) => format!("at least {}% left", limit.left_percent()),
            None => "nothing to give, as all of them forbid something".to_owned(),
        };
        let verb = if limits.len() == 1 { "has" } else { "have" };
        let fits = match (self.fits.is_empty(), unlimited.as_slice()) {
            (true, _) => String::new(),
            (false, []) => ", and room for what is needed".to_owned(),
            (false, unlimited) => {
                format!(", and room for what is needed; they do not limit {}", names(unlimited))
            }
        };
        let summary = format!("{total} in `{namespace}` {verb} {left}{fits}");
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

#[async_trait]
impl Check for QuotaHeadroom {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let chosen = self.choice().read::<ResourceQuota>(&reader).await?;
        let no_namespace =
            if chosen.found.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        self.judge(&chosen, no_namespace)
    }
}

impl Kind for QuotaHeadroom {
    const NAME: &'static str = "k8s.quota_headroom";
    const EXAMPLE: &'static str = r#"
[check.quota]
kind         = "k8s.quota_headroom"
title        = "The quota has room for the new pods"
target       = "production"
namespace    = "vapora"
left_percent = 10
fits         = { cpu = "500m", memory = "1Gi", pods = 3 }
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "quotas", about: "the names of the quotas" },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "limits", about: "how many limits they have together" },
            EvidenceField {
                name: "least_left_percent",
                about: "how much is left of the limit with the least left, in percent",
            },
            EvidenceField {
                name: "tightest",
                about: "which limit that is, as in `requests.cpu` of `compute`",
            },
            EvidenceField { name: "unlimited", about: "what of `fits` no quota limits" },
            EvidenceField {
                name: "resources",
                about: "by limit, as in `compute/requests.cpu`: `hard`, `used` and `left`, in cores, bytes or pieces, \
                        `left_percent`, and the `scopes` of its quota",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.left_percent > 100 {
            problems.at(
                "left_percent",
                format!("expected a share of at most 100 percent, found {}", self.left_percent),
                "write it without its sign, as in `10`",
            );
        }
        for (name, amount) in &self.fits {
            if *amount <= Quantity::ZERO {
                problems.at(
                    "fits",
                    format!("`{name} = {amount}` needs no room"),
                    "say how much more will be needed, or leave it out",
                );
            }
        }
        if self.allow_none && !self.names.is_empty() {
            problems.at(
                "allow_none",
                "quotas are named and may all be missing",
                "leave out either `names` or `allow_none`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::QUOTAS);
        may_look_for_namespace(needs, &self.namespace);
    }
}
