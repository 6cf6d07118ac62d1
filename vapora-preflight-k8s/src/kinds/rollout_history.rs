//! `k8s.rollout_history`

mod revision;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Requirements,
    Value, async_trait,
};

use self::revision::{Revision, revisions};
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, Namespace, WorkloadKind, WorkloadName,
    object::StatefulSet,
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is},
    workload::{Named, Workload},
};

/// A workload has a revision to go back to, and what a rollback needs is on record.
///
/// # Why
///
/// Whoever rolls back in a hurry needs the number of the revision that ran before, and has to know that it is still kept.
/// The number itself changes with every rollback: the revision that is taken back becomes the newest one. So it is read,
/// and not remembered.
///
/// # What it asks
///
/// It gets the workload. It lists the ReplicaSets of the namespace for a Deployment, the ControllerRevisions for a
/// StatefulSet or a DaemonSet, and takes those that the workload itself owns. Where there is no such workload it also gets
/// the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// Fewer than `at_least` revisions; a `revisionHistoryLimit` of 0, with which the next rollout leaves nothing to go back to;
/// a paused deployment, which `kubectl` refuses to roll back, and whose changes are no revision yet; a controller that has
/// not seen the newest change yet, so that the newest revision is not known; a workload that does not exist or is being
/// deleted.
///
/// A workload with `OnDelete` is a warning: a rollback of it replaces no pods until somebody deletes them.
///
/// # What errs
///
/// No right to get the workload or to list its revisions, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutHistory {
    /// The namespace it is in.
    pub namespace: Namespace,
    /// Its name, as in `deployment/vapora-backend`, `statefulset/vapora-db` or `daemonset/vapora-agent`; a name alone is
    /// that of a deployment.
    pub name: WorkloadName,
    /// How many revisions have to be kept, the present one included. Two are what a rollback needs; before a release, the
    /// present one is what it would go back to.
    #[serde(default = "two")]
    pub at_least: NonZeroU32,
}

/// The default of `at_least`.
fn two() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(1)
}

impl RolloutHistory {
    fn named(&self) -> Named<'_> {
        self.name.or(WorkloadKind::Deployment)
    }

    fn undo(&self, revision: u64) -> String {
        let (namespace, named) = (&self.namespace, self.named());
        format!("kubectl -n {namespace} rollout undo {named} --to-revision={revision}")
    }

    fn evidence(&self, workload: Option<&Workload>, revisions: &[Revision]) -> Evidence {
        let (newest, before) = (revisions.first(), revisions.get(1));
        let images = |revision: Option<&Revision>| revision.map_or(Value::Null, Revision::images);
        let cause = |revision: Option<&Revision>| revision.and_then(|revision| revision.change_cause.clone());
        Evidence::new()
            .with("workload", self.named().to_string())
            .with("kept", revisions.len())
            .with("revision", newest.map(|revision| revision.number))
            .with("previous", before.map(|revision| revision.number))
            .with("images", images(newest))
            .with("previous_images", images(before))
            .with("change_cause", cause(newest))
            .with("previous_change_cause", cause(before))
            .with("undo", before.map(|revision| self.undo(revision.number)))
            .with("return_to", newest.map(|revision| self.undo(revision.number)))
            .with("history_limit", workload.and_then(Workload::history_limit))
            .with("revisions", Value::Table(revisions.iter().map(Revision::row).collect()))
    }

    /// Why it could not be rolled back, and what to do about it.
    fn troubles(&self, workload: &Workload, revisions: &[Revision]) -> Vec<(String, String)> {
        let (kubectl, named) = (format!("kubectl -n {}", self.namespace), self.named());
        let mut troubles: Vec<(String, String)> = Vec::new();
        if workload.meta().is_going() {
            let remedy = format!("`{kubectl} get {named} -o yaml`, and see who deletes it");
            troubles.push(("is being deleted".to_owned(), remedy));
        }
        if let Some(behind) = workload.unobserved() {
            let remedy = format!("`{kubectl} rollout status {named}`, then ask again");
            troubles.push((behind, remedy));
        }
        if let Workload::Deployment(deployment) = workload
            && deployment.spec.paused
        {
            let pending = match revisions.first() {
                Some(newest) if !newest.has_images_of(workload.template()) => {
                    ", and has images that are no revision yet"
                }
                _ => "",
            };
            let remedy = format!("`{kubectl} rollout resume {named}`");
            troubles.push((format!("is paused, so that it cannot be rolled back{pending}"), remedy));
        }
        if workload.unobserved().is_none()
            && let Some(other) = other_newest(workload, revisions.first())
        {
            let remedy = format!("`{kubectl} rollout history {named}`, and see who removed a revision");
            troubles.push((other, remedy));
        }
        if workload.history_limit() == Some(0) {
            let remedy =
                format!("set `spec.revisionHistoryLimit` of `{named}` to 1 or more before the release");
            troubles.push((
                "keeps no revision but the present one (`revisionHistoryLimit` is 0)".to_owned(),
                remedy,
            ));
        }
        let at_least = self.at_least.get() as usize;
        if revisions.len() < at_least {
            let kept = count(revisions.len(), "revision");
            let remedy = "nothing can be undone: have the manifests of the release before at hand, or correct `at_least`";
            troubles.push((
                format!("has {kept}, at least {at_least} {} needed", is(at_least)),
                remedy.to_owned(),
            ));
        }
        troubles
    }

    fn judge(
        &self,
        workload: Option<&Workload>,
        revisions: &[Revision],
        no_namespace: Option<String>,
    ) -> Outcome {
        let (namespace, named) = (&self.namespace, self.named());
        let evidence = self.evidence(workload, revisions);
        let expected =
            format!("{} that can be gone back to", count(self.at_least.get() as usize, "kept revision"));
        let Some(workload) = workload else {
            let remedy = match no_namespace {
                Some(_) => NO_SUCH_NAMESPACE,
                None => "see that `name` is spelt right, and that it was deployed there",
            };
            return Outcome::Fail(
                Finding::new(format!("`{named}` does not exist in `{namespace}`"))
                    .expected(expected)
                    .actual(no_namespace.unwrap_or_else(|| format!("no `{named}`")))
                    .remedy(remedy)
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            );
        };
        let troubles = self.troubles(workload, revisions);
        if let Some((_, remedy)) = troubles.first() {
            let said: Vec<&str> = troubles.iter().map(|(said, _)| said.as_str()).collect();
            return Outcome::Fail(
                Finding::new(format!("`{named}` in `{namespace}` cannot be rolled back"))
                    .expected(expected)
                    .actual(format!("it {}", clauses(&said)))
                    .remedy(remedy)
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            );
        }
        let newest = revisions.first().map_or(0, |revision| revision.number);
        let before = match revisions.get(1) {
            Some(before) => format!(", before it {}", before.number),
            None => String::new(),
        };
        let summary = format!("`{named}` in `{namespace}` is at revision {newest}{before}");
        if by_hand(workload) {
            return Outcome::Warn(
                Finding::new(format!("{summary}; a rollback replaces no pods by itself"))
                    .expected("an update strategy of `RollingUpdate`")
                    .actual("`OnDelete`: a pod is replaced only when somebody deletes it")
                    .remedy(format!(
                        "be ready to delete its pods after an undo: `kubectl -n {namespace} delete pod …`"
                    ))
                    .evidence(evidence),
            );
        }
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

/// That the newest revision which is kept is not the one that its controller knows as the newest.
fn other_newest(workload: &Workload, newest: Option<&Revision>) -> Option<String> {
    let (known, kept) = match workload {
        Workload::Deployment(it) => {
            (it.metadata.annotations.revision.as_deref()?, newest.map(|newest| newest.number.to_string()))
        }
        Workload::StatefulSet(it) => {
            (it.status.update_revision.as_deref()?, newest.map(|newest| newest.name.clone()))
        }
        Workload::DaemonSet(_) => return None,
    };
    let kept = kept.filter(|kept| kept != known)?;
    Some(format!("is at revision `{known}`, but the newest one that is kept is `{kept}`"))
}

fn by_hand(workload: &Workload) -> bool {
    match workload {
        Workload::Deployment(_) => false,
        Workload::StatefulSet(StatefulSet { spec, .. }) => spec.update_strategy.is_by_hand(),
        Workload::DaemonSet(set) => set.spec.update_strategy.is_by_hand(),
    }
}

#[async_trait]
impl Check for RolloutHistory {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let Some(workload) = self.named().read(&reader, &self.namespace).await? else {
            let no_namespace = missing_namespace(&reader, &self.namespace).await;
            return Ok(self.judge(None, &[], no_namespace));
        };
        let revisions = revisions(&reader, &self.namespace, &workload).await?;
        Ok(self.judge(Some(&workload), &revisions, None))
    }
}

impl Kind for RolloutHistory {
    const NAME: &'static str = "k8s.rollout_history";
    const EXAMPLE: &'static str = r#"
[check.revisions]
kind      = "k8s.rollout_history"
title     = "The backend can be rolled back"
target    = "production"
namespace = "vapora"
name      = "deployment/vapora-backend"
at_least  = 2
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "workload", about: "its kind and name, as kubectl takes them" },
            EvidenceField { name: "kept", about: "how many revisions are kept" },
            EvidenceField { name: "revision", about: "the number of the newest one" },
            EvidenceField { name: "previous", about: "the number of the one before" },
            EvidenceField { name: "images", about: "by container: the image of the newest one" },
            EvidenceField { name: "previous_images", about: "by container: the image of the one before" },
            EvidenceField {
                name: "change_cause",
                about: "the change cause of the newest one, where it has one",
            },
            EvidenceField { name: "previous_change_cause", about: "the change cause of the one before" },
            EvidenceField {
                name: "undo",
                about: "the command that goes back from the newest one to the one before",
            },
            EvidenceField {
                name: "return_to",
                about: "the command that comes back to the newest one after another release, as long as it is kept and \
                        nothing was undone since",
            },
            EvidenceField {
                name: "history_limit",
                about: "how many revisions besides the present one are kept",
            },
            EvidenceField {
                name: "revisions",
                about: "by number, the newest first: `images` by container, `change_cause`, and the `name` of what keeps it",
            },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.named().requires(needs, &self.namespace);
        let kept_in = match self.named().kind {
            WorkloadKind::Deployment => Resource::REPLICA_SETS,
            WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => Resource::CONTROLLER_REVISIONS,
        };
        needs.permission(kept_in.permission("list", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}
