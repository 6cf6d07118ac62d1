//! `k8s.deployments_available`

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Value, async_trait,
};

use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    chosen::{Choice, Chosen},
    object::{Condition, Deployment, Object, condition},
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is, names},
};

/// Deployments have all of their replicas, of the newest revision, available.
///
/// # Why
///
/// Before a deployment it shows that the release begins from a state that holds; afterwards, that the rollout is done.
///
/// # What it asks
///
/// It gets each deployment of `names`, or lists those of `selector`. Where nothing is found it also gets the namespace,
/// to tell whether that is what is missing.
///
/// # What fails
///
/// A deployment that does not exist. One whose controller has not caught up with its last change, so that its numbers
/// are of the time before. Fewer replicas updated, ready or available than wanted; replicas of an older revision that are
/// still there; a deployment scaled to fewer than `at_least`; a rollout that exceeded its deadline or is refused new pods. A deployment scaled to zero, unless
/// `allow_scaled_to_zero`. One that is being deleted.
///
/// A paused deployment that is complete is a warning: a change to it would not be rolled out.
///
/// # What errs
///
/// No right to get or list deployments, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentsAvailable {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Their names. Give these or `selector`.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// Their labels. Give these or `names`.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How many replicas each of them has to have at least; without it, as many as it is scaled to.
    #[serde(default)]
    pub at_least: Option<NonZeroU32>,
    /// Whether deployments may be scaled to zero.
    #[serde(default)]
    pub allow_scaled_to_zero: bool,
}

/// What a deployment comes to.
#[derive(Debug, Default)]
struct State {
    troubles: Vec<String>,
    /// A rollout that will not come to its end by itself.
    stuck: bool,
}

impl DeploymentsAvailable {
    fn state(&self, deployment: &Deployment) -> State {
        let (meta, spec, status) = (&deployment.metadata, &deployment.spec, &deployment.status);
        let mut state = State::default();
        let troubles = &mut state.troubles;
        if meta.is_going() {
            troubles.push("is being deleted".to_owned());
        }
        if let Some(behind) = meta.unobserved(status.observed_generation) {
            troubles.push(behind);
            return state;
        }
        let wanted = spec.replicas;
        if wanted == 0 && !self.allow_scaled_to_zero {
            troubles.push("is scaled to zero".to_owned());
        }
        if let Some(at_least) = self.at_least.filter(|at_least| wanted < at_least.get()) {
            let wanted = count(wanted as usize, "replica");
            troubles.push(format!("is to have only {wanted}, at least {at_least} are needed"));
        }
        let behind: Vec<String> = [
            ("updated", status.updated_replicas),
            ("ready", status.ready_replicas),
            ("available", status.available_replicas),
        ]
        .into_iter()
        .filter(|(_, number)| *number < wanted)
        .map(|(what, number)| format!("{number} {what}"))
        .collect();
        if !behind.is_empty() {
            troubles.push(format!(
                "has {} of {} wanted",
                behind.join(", "),
                count(wanted as usize, "replica")
            ));
        }
        if let Some(older @ 1..) = status.replicas.checked_sub(status.updated_replicas) {
            troubles.push(format!("still has {} of an older revision", count(older as usize, "replica")));
        } else if status.replicas > wanted {
            let more = (status.replicas - wanted) as usize;
            troubles.push(format!("has {} more than wanted", count(more, "replica")));
        }
        let conditions = &status.conditions;
        if let Some(progress) = condition(conditions, "Progressing").filter(|progress| progress.is_false()) {
            state.stuck = true;
            state.troubles.push(match progress.reason.as_deref() {
                Some("ProgressDeadlineExceeded") => {
                    format!("exceeded the deadline of its rollout{}", progress.because())
                }
                _ => format!("does not progress{}", progress.because()),
            });
        }
        if let Some(refused) = condition(conditions, "ReplicaFailure").filter(|refused| refused.is_true()) {
            state.stuck = true;
            state.troubles.push(format!("is refused pods{}", refused.because()));
        }
        match condition(conditions, "Available") {
            Some(available) if available.is_true() => {}
            Some(available) => state.troubles.push(format!("is not available{}", available.because())),
            None => state.troubles.push("has no condition `Available`".to_owned()),
        }
        if spec.paused && !state.troubles.is_empty() {
            state.troubles.push("is paused".to_owned());
        }
        state
    }

    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }

    fn judge(&self, found: &[Deployment], missing: &[String], no_namespace: Option<String>) -> Outcome {
        let namespace = &self.namespace;
        let total = found.len() + missing.len();
        let mut clauses_of: Vec<String> =
            missing.iter().map(|name| format!("`{name}` does not exist")).collect();
        let (mut unavailable, mut paused, mut stuck) = (Vec::new(), Vec::new(), false);
        let mut rows: Vec<(String, Value)> = Vec::new();
        for deployment in found {
            let name = &deployment.meta().name;
            let state = self.state(deployment);
            rows.push((name.clone(), numbers(deployment)));
            if deployment.spec.paused {
                paused.push(name.clone());
            }
            if !state.troubles.is_empty() {
                clauses_of.push(format!("`{name}` {}", state.troubles.join(", ")));
                unavailable.push(name.clone());
                stuck |= state.stuck;
            }
        }
        let evidence = Evidence::new()
            .with("total", total)
            .with("available", found.len() - unavailable.len())
            .with("missing", missing.to_vec())
            .with("unavailable", unavailable.clone())
            .with("paused", paused.clone())
            .with("deployments", Value::Table(rows));
        let expected = "every deployment with all of its replicas updated, ready and available";
        if found.is_empty() {
            let nothing = self.choice().nothing(Resource::DEPLOYMENTS, missing, no_namespace);
            return Outcome::Fail(nothing.expected(expected).evidence(evidence));
        }
        let number = unavailable.len() + missing.len();
        if number > 0 {
            let first = unavailable.first().or(missing.first()).map_or("", String::as_str);
            let summary = format!(
                "{number} of {} in `{namespace}` {} not available",
                count(total, "deployment"),
                is(number)
            );
            return Outcome::Fail(
                Finding::new(summary)
                    .expected(expected)
                    .actual(clauses(&clauses_of))
                    .remedy(format!("`kubectl -n {namespace} describe deployment {first}`"))
                    .advice(if stuck { Advice::RollBack } else { Advice::Investigate })
                    .evidence(evidence),
            );
        }
        let summary = format!("{} in `{namespace}` {} available", count(total, "deployment"), is(total));
        if paused.is_empty() {
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        }
        let first = paused.first().map_or("", String::as_str);
        Outcome::Warn(
            Finding::new(format!("{summary}, {} of them paused", paused.len()))
                .expected("no deployment paused")
                .actual(format!("paused: {}", names(&paused)))
                .remedy(format!(
                    "`kubectl -n {namespace} rollout resume deployment {first}`, or the next change is not rolled out"
                ))
                .evidence(evidence),
        )
    }
}

/// The numbers of one deployment, as evidence.
fn numbers(deployment: &Deployment) -> Value {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let progress =
        condition(&status.conditions, "Progressing").and_then(|found: &Condition| found.reason.clone());
    Value::table([
        ("wanted", Value::from(spec.replicas)),
        ("updated", Value::from(status.updated_replicas)),
        ("ready", Value::from(status.ready_replicas)),
        ("available", Value::from(status.available_replicas)),
        ("terminating", Value::from(status.terminating_replicas)),
        ("generation", Value::from(deployment.metadata.generation)),
        ("observed_generation", Value::from(status.observed_generation)),
        ("progress", Value::from(progress)),
    ])
}

#[async_trait]
impl Check for DeploymentsAvailable {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let Chosen { found, missing } = self.choice().read::<Deployment>(&reader).await?;
        let no_namespace =
            if found.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(&found, &missing, no_namespace))
    }
}

impl Kind for DeploymentsAvailable {
    const NAME: &'static str = "k8s.deployments_available";
    const EXAMPLE: &'static str = r#"
[check.deployments]
kind      = "k8s.deployments_available"
title     = "All deployments are available"
target    = "production"
namespace = "vapora"
names     = ["vapora-backend", "vapora-agents", "vapora-llm-router"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many deployments were asked for or found" },
            EvidenceField { name: "available", about: "how many of them are in order" },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "unavailable", about: "the names of those that are not in order" },
            EvidenceField { name: "paused", about: "the names of those that are paused" },
            EvidenceField {
                name: "deployments",
                about: "by name: `wanted`, `updated`, `ready`, `available` and `terminating` replicas, `generation`, \
                        `observed_generation`, and the reason of its `progress`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        if self.names.is_empty() && self.selector.is_none() {
            problems.at("names", "neither `names` nor `selector` is given", "name at least one deployment");
        }
        if self.allow_scaled_to_zero && self.at_least.is_some() {
            problems.at(
                "at_least",
                "`at_least` and `allow_scaled_to_zero` contradict each other",
                "give one of them",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::DEPLOYMENTS);
        may_look_for_namespace(needs, &self.namespace);
    }
}
