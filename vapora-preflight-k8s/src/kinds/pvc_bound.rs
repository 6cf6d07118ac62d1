//! `k8s.pvc_bound`

mod state;

use std::{collections::BTreeMap, fmt::Write as _};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Value, async_trait,
};

use self::state::{ClaimState, Level};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    chosen::{Choice, Chosen},
    object::{StorageClass, VolumeClaim},
    quantity::Quantity,
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is},
};

/// Volume claims are bound, and as they are wanted.
///
/// # Why
///
/// A pod whose claim is not bound never starts, and a volume that did not grow is full when the release needs it.
///
/// # What it asks
///
/// It gets each claim of `names`, or lists those of `selector`, or all of the namespace. For a claim that is pending it gets
/// its storage class too, to tell what it waits for. Where nothing is found it gets the namespace.
///
/// # What fails
///
/// A claim that does not exist, is pending, has lost its volume or is being deleted. A claim of a class with
/// `WaitForFirstConsumer` is pending until a pod mounts it, which is told; it fails all the same, unless `allow_waiting`. A
/// volume smaller than `size`, one without one of the `access_modes`, and one of another class than `storage_class`, where
/// these are given. A change of its size that has failed. No claims at all never pass.
///
/// A change of its size that is still going on, or waits for the pod to be started again, is a warning, and so is a volume
/// smaller than its claim asks for.
///
/// # What errs
///
/// No right to get or list claims, and any answer that could not be read. Without the right to get storage classes it is not
/// told what a claim waits for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PvcBound {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Their names. Without these and `selector`, all of the namespace.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// Their labels.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How large each volume has to be at least, as in `10Gi`.
    #[serde(default)]
    pub size: Option<Quantity>,
    /// The access modes each volume has to have, as in `["ReadWriteOnce"]`.
    #[serde(default)]
    pub access_modes: Vec<AccessMode>,
    /// The storage class each claim has to be of.
    #[serde(default)]
    pub storage_class: Option<ObjectName>,
    /// Whether claims may be pending that wait for a pod to mount them.
    #[serde(default)]
    pub allow_waiting: bool,
}

/// By how many nodes or pods a volume may be mounted, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// By one node, to read and write.
    ReadWriteOnce,
    /// By many nodes, to read.
    ReadOnlyMany,
    /// By many nodes, to read and write.
    ReadWriteMany,
    /// By one pod, to read and write.
    ReadWriteOncePod,
}

/// A storage class, as far as it could be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Waits,
    Immediate,
    Missing,
    Unknown,
}

impl PvcBound {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }

    /// The storage classes of the claims that are pending.
    async fn classes(
        &self,
        reader: &Reader<'_>,
        claims: &[VolumeClaim],
    ) -> Result<BTreeMap<String, Class>, CheckError> {
        let mut classes = BTreeMap::new();
        for claim in claims.iter().filter(|claim| claim.status.phase.as_deref() == Some("Pending")) {
            let Some(name) = claim.spec.storage_class_name.as_deref().filter(|name| !name.is_empty()) else {
                continue;
            };
            if classes.contains_key(name) {
                continue;
            }
            let class = match reader.get::<StorageClass>(None, name).await {
                Ok(Some(class)) if class.waits_for_a_pod() => Class::Waits,
                Ok(Some(_)) => Class::Immediate,
                Ok(None) => Class::Missing,
                // The claim is pending whatever its class says.
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => Class::Unknown,
            };
            classes.insert(name.to_owned(), class);
        }
        Ok(classes)
    }

    fn expected(&self) -> String {
        let mut expected = "every volume claim bound".to_owned();
        if let Some(size) = self.size {
            let _ = write!(expected, ", at least {} large", crate::wording::bytes(size));
        }
        if !self.access_modes.is_empty() {
            let modes: Vec<String> = self.access_modes.iter().map(|mode| format!("{mode:?}")).collect();
            let _ = write!(expected, ", mounted as {}", modes.join(" and "));
        }
        if let Some(class) = &self.storage_class {
            let _ = write!(expected, ", of the class `{class}`");
        }
        expected
    }

    fn judge(
        &self,
        chosen: &Chosen<VolumeClaim>,
        classes: &BTreeMap<String, Class>,
        no_namespace: Option<String>,
    ) -> Outcome {
        let namespace = &self.namespace;
        let (found, missing) = (&chosen.found, &chosen.missing);
        let total = found.len() + missing.len();
        let states: Vec<(&VolumeClaim, ClaimState)> =
            found.iter().map(|claim| (claim, self.state(claim, classes))).collect();
        let at = |level: Level| -> Vec<&str> {
            let with = states.iter().filter(|(_, state)| state.level() == level);
            with.map(|(claim, _)| claim.metadata.name.as_str()).collect()
        };
        let (failing, warned) = (at(Level::Fail), at(Level::Warn));
        let waiting =
            states.iter().filter(|(_, state)| state.waits).map(|(claim, _)| claim.metadata.name.clone());
        let evidence = Evidence::new()
            .with("total", total)
            .with("bound", found.iter().filter(|claim| claim.is_bound()).count())
            .with("missing", missing.clone())
            .with("waiting", waiting.collect::<Vec<_>>())
            .with("failing", failing.clone())
            .with("resizing", warned.clone())
            .with("claims", Value::Table(states.iter().map(|(claim, state)| row(claim, state)).collect()));
        if found.is_empty() {
            let nothing = self.choice().nothing(Resource::VOLUME_CLAIMS, missing, no_namespace);
            return Outcome::Fail(nothing.expected(self.expected()).evidence(evidence));
        }
        let said = |level: Level| {
            let of = states.iter().filter(move |(_, state)| state.level() == level);
            of.map(move |(claim, state)| format!("`{}` {}", claim.metadata.name, state.spoken(level)))
        };
        let describe = |names: &[&str]| {
            let first = names.first().copied().or(missing.first().map(String::as_str)).unwrap_or_default();
            format!("`kubectl -n {namespace} describe persistentvolumeclaim {first}`")
        };
        let number = failing.len() + missing.len();
        if number > 0 {
            let absent = missing.iter().map(|name| format!("`{name}` does not exist"));
            let all: Vec<String> = absent.chain(said(Level::Fail)).collect();
            let summary = format!(
                "{number} of {} in `{namespace}` {} not in order",
                count(total, "volume claim"),
                is(number)
            );
            let finding = Finding::new(summary)
                .expected(self.expected())
                .actual(clauses(&all))
                .remedy(describe(&failing))
                .advice(Advice::Investigate)
                .evidence(evidence);
            let lost = states.iter().any(|(_, state)| state.lost);
            return Outcome::Fail(if lost { finding.lasting() } else { finding });
        }
        let waiting = states.iter().filter(|(_, state)| state.waits).count();
        let aside = match waiting {
            0 => String::new(),
            _ if waiting == total => String::new(),
            _ => format!(" (besides {waiting} that wait for a pod)"),
        };
        let summary = if waiting == total {
            format!(
                "{} in `{namespace}` {}",
                count(total, "volume claim"),
                if total == 1 { "waits for a pod to mount it" } else { "wait for pods to mount them" }
            )
        } else {
            let bound = total - waiting;
            format!("{} in `{namespace}` {} bound{aside}", count(bound, "volume claim"), is(bound))
        };
        if warned.is_empty() {
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        }
        let all: Vec<String> = said(Level::Warn).collect();
        let number = warned.len();
        Outcome::Warn(
            Finding::new(format!("{summary}, {number} of them not as large as wanted yet"))
                .expected(self.expected())
                .actual(clauses(&all))
                .remedy(describe(&warned))
                .evidence(evidence),
        )
    }
}

fn row(claim: &VolumeClaim, state: &ClaimState) -> (String, Value) {
    let values = Value::table([
        ("phase", Value::from(claim.status.phase.clone())),
        ("requested", Value::from(claim.requested().map(Quantity::whole))),
        ("capacity", Value::from(claim.capacity().map(Quantity::whole))),
        ("class", Value::from(claim.spec.storage_class_name.clone())),
        ("access_modes", Value::from(claim.status.access_modes.clone())),
        ("volume", Value::from(claim.spec.volume_name.clone())),
        ("troubles", Value::from(state.troubles.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>())),
    ]);
    (claim.metadata.name.clone(), values)
}

#[async_trait]
impl Check for PvcBound {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let chosen = self.choice().read::<VolumeClaim>(&reader).await?;
        let classes = self.classes(&reader, &chosen.found).await?;
        let no_namespace =
            if chosen.found.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(&chosen, &classes, no_namespace))
    }
}

impl Kind for PvcBound {
    const NAME: &'static str = "k8s.pvc_bound";
    const EXAMPLE: &'static str = r#"
[check.volumes]
kind         = "k8s.pvc_bound"
title        = "The volumes of the database are bound"
target       = "production"
namespace    = "vapora"
names        = ["vapora-data"]
size         = "10Gi"
access_modes = ["ReadWriteOnce"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many claims were asked for or found" },
            EvidenceField { name: "bound", about: "how many of them are bound" },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "waiting", about: "the names of those that wait for a pod to mount them" },
            EvidenceField { name: "failing", about: "the names of those that are not in order" },
            EvidenceField {
                name: "resizing",
                about: "the names of those that are smaller than wanted, or growing",
            },
            EvidenceField {
                name: "claims",
                about: "by name: `phase`, `requested` and actual `capacity` in bytes, `class`, `access_modes`, the \
                        `volume`, and the `troubles`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        if self.size.is_some_and(Quantity::is_zero) {
            problems.at("size", "a volume of no size is no demand", "write it as in `10Gi`, or leave it out");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::VOLUME_CLAIMS);
        needs.permission(Resource::STORAGE_CLASSES.permission("get", None).optional());
        may_look_for_namespace(needs, &self.namespace);
    }
}
