//! `k8s.volumes_have_space`

mod judge;
mod stats;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckResult, EvidenceField, Kind, Period, Problems, Requirements, async_trait,
};

use self::stats::Measured;
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName, chosen::Choice, measured::five_minutes,
    object::VolumeClaim, read::Reader, resource::Resource,
};

/// The volumes of claims have space and inodes left.
///
/// # Why
///
/// A database whose volume is full stops to write, and a release that migrates data needs room for it.
///
/// # What it asks
///
/// It gets each claim of `names`, or lists those of `selector`, or all of the namespace; then the pods, to see which nodes
/// have the volumes mounted; then the kubelets of as few of these nodes as have them all, through the API server
/// (`/api/v1/nodes/…/proxy/stats/summary`). That takes the right to get `nodes/proxy`, which lets its owner do more than look:
/// grant it to the user of the run with care. Where nothing is found it gets the namespace.
///
/// # What fails
///
/// A volume of which less is free than one of the limits says, of which at least one has to be given: `free`, `free_percent`,
/// `inodes_percent`. A claim that does not exist. No claims at all never pass.
///
/// # What errs
///
/// A claim that no running pod mounts cannot be measured, unless `allow_unmounted`, and at least one has to be. So cannot a
/// volume whose driver does not say how full it is, as a device without a file system, or says it no more since `max_age`;
/// nor the inodes of a file system that does not count them. All that only where no other volume fails. A kubelet that does
/// not answer, and a right that is missing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumesHaveSpace {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the claims. Without these and `selector`, all of the namespace.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// The labels of the claims.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How much has to be free at least, as in `20GiB`.
    #[serde(default)]
    pub free: Option<Bytes>,
    /// How much has to be free at least, in percent of the volume.
    #[serde(default)]
    pub free_percent: Option<u32>,
    /// How many inodes have to be free at least, in percent of all.
    #[serde(default)]
    pub inodes_percent: Option<u32>,
    /// Whether there may be claims that no running pod mounts. They are told, and not measured.
    #[serde(default)]
    pub allow_unmounted: bool,
    /// How old a measurement may be.
    #[serde(default = "five_minutes")]
    pub max_age: Period,
}

impl VolumesHaveSpace {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }
}

#[async_trait]
impl Check for VolumesHaveSpace {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let chosen = self.choice().read::<VolumeClaim>(&reader).await?;
        if chosen.found.is_empty() {
            let no_namespace = missing_namespace(&reader, &self.namespace).await;
            return Ok(self.nothing(&chosen.missing, no_namespace));
        }
        let measured = Measured::read(self, &reader, &chosen.found).await?;
        self.judge(&chosen, &measured)
    }
}

impl Kind for VolumesHaveSpace {
    const NAME: &'static str = "k8s.volumes_have_space";
    const EXAMPLE: &'static str = r#"
[check.database-space]
kind         = "k8s.volumes_have_space"
title        = "The volume of the database has space left"
target       = "production"
namespace    = "vapora"
names        = ["vapora-data"]
free         = "5GiB"
free_percent = 20
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        super::percent(problems, "free_percent", self.free_percent, 100);
        super::percent(problems, "inodes_percent", self.inodes_percent, 100);
        if self.free.is_none() && self.free_percent.is_none() && self.inodes_percent.is_none() {
            problems.whole(
                "no limit is given",
                "give at least one of `free`, `free_percent` and `inodes_percent`",
            );
        }
        if self.free.is_some_and(|free| free.get() == 0) {
            problems.at("free", "nothing free is no demand", "say how much has to be free, as in `20GiB`");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::VOLUME_CLAIMS);
        needs.permission(Resource::PODS.permission("list", Some(&self.namespace)));
        needs.permission(Resource::NODES.permission_on("get", "proxy", None));
        may_look_for_namespace(needs, &self.namespace);
    }
}
