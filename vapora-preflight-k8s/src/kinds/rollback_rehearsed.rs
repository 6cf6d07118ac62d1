//! `k8s.rollback_rehearsed`

mod images;
mod judge;
mod look;
mod mark;
mod owners;
mod patch;
mod place;
mod rollout;
mod template;
mod told;
mod way;

use std::{sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Effect, EvidenceField, Kind, Period, Problems,
    Requirements, async_trait,
};

use self::{
    look::There,
    place::{Place, Trouble},
    rollout::{Patience, Rolled},
    told::Told,
    way::Way,
};
use super::{may_look_for_namespace, missing_namespace};
use crate::{ImageTag, KubernetesTarget, Namespace, ObjectName, read::Reader, resource::Resource};

/// Deployments have been rolled back to the revision before and forward again, and both came up.
///
/// # Why
///
/// A rollback that nobody has tried is a hope. The revision before may be gone, its image may have been removed from the
/// registry, it may not start with the configuration of today; and it takes its time. This finds out on staging, and measures
/// it.
///
/// It changes the target, so a `protected` target is refused when the checklist is read, and the run has to allow effects that
/// change a target. While it goes on, the deployments serve with the revision before.
///
/// # What it asks
///
/// It gets each deployment and lists the ReplicaSets and, with `verify_image_ids`, the pods of the namespace. Nothing is
/// changed unless all of the deployments can be rolled back. Then it takes one after the other. It gives the deployment the
/// template of the revision before, as `kubectl rollout undo` does, waits for the rollout, and sees that the pods run the images
/// of that revision. Then it gives it back the template that it had, waits again, and sees that the pods run what they ran
/// before. The numbers of the revisions change with that: each template that is gone back to becomes the newest revision.
/// Replicas are not touched, so an autoscaler may go on meanwhile.
///
/// A deployment is only written to as it was read: where someone else was ahead, it is read again. What someone else has changed
/// meanwhile is left as they have made it, and told.
///
/// # What is put back
///
/// The template is put back whatever becomes of the check: when the revision before does not come up, when a request fails, when
/// the check runs out of time or the run is cancelled. The run then waits for that too, for `rollout_timeout` at most. Only a
/// process that is killed puts nothing back. So a deployment has the labels `vapora-preflight/return-to` and
/// `vapora-preflight/undone-to` as long as it is not as it was; they hold the hashes of the two templates, which the ReplicaSets
/// keep. The next time the check is asked it finds them and puts the deployment back first, which is told in `put_back_first`.
/// Where that template is gone, or the deployment has got a third one, nothing is changed and a person has to say what is right.
/// Do not let two runs rehearse the same deployment at once: the second one takes the first for killed.
///
/// Whoever has applied the deployment owns its fields again afterwards, so that the next release meets no conflict. A controller
/// that keeps a deployment as a repository has it undoes the undo, which is told as a change by someone else: suspend it before.
///
/// # What fails
///
/// Before anything is changed: a deployment that does not exist, is being deleted, is paused, has no replicas, is in the middle
/// of a rollout or stands still in one; one that keeps no revision before the present one; one whose revision before has the same
/// images, unless `allow_same_images`, or others than `previous_tag`; pods of one deployment that run different images.
///
/// The revision before is not rolled out after `rollout_timeout`, exceeds its progress deadline before that or is refused pods;
/// its pods run another image than it names, or the very image of the present revision under another tag. The deployment is not
/// as before after `rollout_timeout`, or its pods run another image under the same tag. Someone else changes a template meanwhile.
/// Deployments after the first one that fails are not rehearsed.
///
/// # What errs
///
/// A `timeout` of the check that is shorter than all of it may take, which is found before anything is changed. Image ids that
/// cannot be told. No right to get, list or patch, an admission rule that refuses the change, and any answer that could not be
/// read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRehearsed {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the deployments, in the order in which they are rehearsed.
    pub names: Vec<ObjectName>,
    /// The tag that the images of the revision before have to have.
    #[serde(default)]
    pub previous_tag: Option<ImageTag>,
    /// The containers that `previous_tag` is for; by default all but those that run before the others.
    #[serde(default)]
    pub containers: Vec<ObjectName>,
    /// How long the undo may take until it is rolled out, and how long the restore. The `timeout` of the check has to be twice
    /// that for each deployment.
    #[serde(default = "five_minutes")]
    pub rollout_timeout: Period,
    /// How long it waits between two looks at a rollout.
    #[serde(default = "two_seconds")]
    pub poll: Period,
    /// Whether the pods are looked at too, and have to run the images that are meant.
    #[serde(default = "yes")]
    pub verify_image_ids: bool,
    /// Whether the revision before may have the same images: it then differs in something else.
    #[serde(default)]
    pub allow_same_images: bool,
}

/// The default of `rollout_timeout`.
fn five_minutes() -> Period {
    Period::from_secs(300)
}

/// The default of `poll`.
fn two_seconds() -> Period {
    Period::from_secs(2)
}

/// The default of `verify_image_ids`.
fn yes() -> bool {
    true
}

/// How long putting back may take besides its rollout.
const BESIDES: Duration = Duration::from_mins(1);

impl RollbackRehearsed {
    fn places(&self) -> impl Iterator<Item = Place> {
        self.names.iter().map(|name| Place { namespace: self.namespace.clone(), name: name.clone() })
    }

    fn patience(&self) -> Patience {
        Patience { timeout: self.rollout_timeout.get(), poll: self.poll.get() }
    }

    /// How long all of it may take.
    fn longest(&self) -> Duration {
        let rollouts = u32::try_from(self.names.len()).unwrap_or(u32::MAX).saturating_mul(2);
        self.rollout_timeout.get().saturating_mul(rollouts)
    }

    /// Puts back what a rehearsal has left that was killed; gives what stands against it.
    async fn put_back_first(
        &self,
        reader: &Reader<'_>,
        there: &There,
        told: &mut Told,
    ) -> Result<Vec<Trouble>, CheckError> {
        let mut troubles = Vec::new();
        for (place, found) in &there.deployments {
            let Some(left) = found.as_ref().and_then(|found| there.left(place, found)) else { continue };
            let brought = match left {
                Ok(way) => way.bring_back(reader, self.patience()).await?,
                Err(trouble) => Err(trouble),
            };
            match brought {
                Ok(()) => told.put_back_first.push(place.name.to_string()),
                Err(trouble) => troubles.push(trouble),
            }
        }
        Ok(troubles)
    }

    /// The ways of all deployments, or what stands against some of them.
    async fn ways(&self, reader: &Reader<'_>, there: &There) -> Result<(Vec<Way>, Vec<Trouble>), CheckError> {
        let (mut ways, mut troubles) = (Vec::new(), Vec::new());
        for (place, found) in &there.deployments {
            let Some(found) = found else {
                let remedy = "see that the name is that of the release, and that it was deployed there";
                troubles.push(place.trouble("does not exist", remedy));
                continue;
            };
            let way = match self.way(there, place, found) {
                Ok(way) => self.note_images(reader, &found.object, way).await?,
                Err(trouble) => Err(trouble),
            };
            match way {
                Ok(way) => ways.push(way),
                Err(trouble) => troubles.push(trouble),
            }
        }
        Ok((ways, troubles))
    }

    /// Undoes and restores one deployment; gives what was not as it should be.
    async fn rehearse(
        &self,
        cx: &CheckContext,
        way: &Arc<Way>,
        told: &mut Told,
    ) -> Result<Option<Trouble>, CheckError> {
        let reader = Reader::of(cx)?;
        let (place, patience) = (&way.place, self.patience());
        let promise = {
            let (cx, way) = (cx.clone(), Arc::clone(way));
            let what = format!("the template of `{place}` in `{}`", place.namespace);
            cx.clone().put_back(what, patience.timeout + BESIDES, move || {
                let (cx, way) = (cx.clone(), Arc::clone(&way));
                async move { put_back(&cx, &way, patience).await }
            })
        };
        let began = cx.now();
        match way.undo(&reader).await {
            Ok(Ok(())) => {}
            Ok(Err(trouble)) => {
                promise.settled();
                return Ok(Some(trouble));
            }
            Err(error) => {
                if way.is_untouched() {
                    promise.settled();
                }
                return Err(error);
            }
        }
        let undone = way.undone(&reader, patience).await?;
        let mut trouble = match &undone {
            Rolled::Out(deployment) => {
                told.undone(place, cx.now().since(began));
                self.runs_other(&reader, way, deployment).await?
            }
            Rolled::Not(said) => {
                let number = way.previous.number;
                let remedy = format!(
                    "see why revision {number} does not come up, whether its image is gone or it does not start with the \
                     configuration of today: `{} rollout history {place} --revision={number}`",
                    place.kubectl()
                );
                Some(place.trouble(format!("did not come up in revision {number}: it {said}"), remedy))
            }
            Rolled::Other => Some(way.foreign()),
            Rolled::Gone => Some(way.gone()),
        };
        let began = cx.now();
        match (way.bring_back(&reader, patience).await?, &undone) {
            (Ok(()), _) => told.restored(place, cx.now().since(began)),
            (Err(other), Rolled::Other | Rolled::Gone) => trouble = Some(other),
            (Err(other), _) => {
                let said = trouble
                    .map_or_else(|| other.said.clone(), |one| format!("{}; it {}", one.said, other.said));
                trouble = Some(place.trouble(said, other.remedy));
            }
        }
        promise.settled();
        Ok(trouble)
    }
}

/// Puts a deployment back as it was found, after the check has ended in its midst. What fails for now is tried again.
async fn put_back(cx: &CheckContext, way: &Way, patience: Patience) -> Result<(), CheckError> {
    let reader = Reader::of(cx)?;
    let began = cx.now();
    loop {
        match way.bring_back(&reader, patience).await {
            Ok(brought) => return brought.map_err(CheckError::from),
            Err(error) if error.is_transient() && cx.now().since(began) < BESIDES => {
                cx.sleep(patience.poll).await;
            }
            Err(error) => {
                let why =
                    error.report().remedy.clone().map_or_else(String::new, |remedy| format!("; {remedy}"));
                let by_hand = way.by_hand();
                return Err(error
                    .remedy(format!("{by_hand}, or ask this check again, which puts it back first{why}")));
            }
        }
    }
}

#[async_trait]
impl Check for RollbackRehearsed {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        if cx.time() < self.longest() {
            let (time, longest) = (Period::from(cx.time()), Period::from(self.longest()));
            let said = format!("the rehearsal may take {longest}, and the check has only {time}");
            let remedy = format!("set `timeout` to more than {longest}, or a shorter `rollout_timeout`");
            return Err(CheckError::permanent(said).remedy(remedy));
        }
        let mut told = Told::default();
        let mut there = There::now(self, &reader).await?;
        let troubles = self.put_back_first(&reader, &there, &mut told).await?;
        if !troubles.is_empty() {
            return Ok(self.unfit(&troubles, told, None));
        }
        if !told.put_back_first.is_empty() {
            there = There::now(self, &reader).await?;
        }
        let (ways, troubles) = self.ways(&reader, &there).await?;
        for way in &ways {
            told.found(way);
        }
        if !troubles.is_empty() {
            let nothing = there.deployments.iter().all(|(_, found)| found.is_none());
            let no_namespace = if nothing { missing_namespace(&reader, &self.namespace).await } else { None };
            return Ok(self.unfit(&troubles, told, no_namespace));
        }
        for way in ways.into_iter().map(Arc::new) {
            if let Some(trouble) = self.rehearse(cx, &way, &mut told).await? {
                return Ok(self.judge(Some(trouble), told));
            }
            told.rehearsed.push(way.place.name.to_string());
        }
        Ok(self.judge(None, told))
    }
}

impl Kind for RollbackRehearsed {
    const NAME: &'static str = "k8s.rollback_rehearsed";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = r#"
[check.rollback-rehearsed]
kind            = "k8s.rollback_rehearsed"
title           = "The rollback works on staging"
target          = "staging"
namespace       = "vapora"
names           = ["vapora-backend", "vapora-agents"]
previous_tag    = "1.3.0"
rollout_timeout = "3m"
timeout         = "15m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        told::FIELDS
    }

    fn validate(&self, problems: &mut Problems) {
        if self.names.is_empty() {
            problems.at("names", "no deployment is named", "name at least one, as in `vapora-backend`");
        }
        if let Some(twice) = self.names.iter().enumerate().find(|(at, name)| self.names[..*at].contains(name))
        {
            problems.at("names", format!("`{}` is named twice", twice.1), "name each deployment once");
        }
        if !self.containers.is_empty() && self.previous_tag.is_none() {
            problems.at(
                "containers",
                "`containers` is given without `previous_tag`",
                "give the tag they are to have",
            );
        }
        for (parameter, period) in [("rollout_timeout", self.rollout_timeout), ("poll", self.poll)] {
            if period.get().is_zero() {
                problems.at(
                    parameter,
                    "expected more than no time at all",
                    "write it with its unit, as in `2s`",
                );
            }
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let here = Some(&self.namespace);
        for verb in ["get", "patch"] {
            for name in &self.names {
                needs.permission(Resource::DEPLOYMENTS.permission(verb, here).named(name.as_str()));
            }
        }
        needs.permission(Resource::REPLICA_SETS.permission("list", here));
        if self.verify_image_ids {
            needs.permission(Resource::PODS.permission("list", here));
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
