//! The first act of a run: which of the rights that its checks need are missing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::roster::{Part, Roster};
use crate::{
    Access, AccessReview, CheckError, CheckId, Clock, DeniedRight, Period, Permission, Plan, Resources,
    Status, TargetName, status::ErrorReport,
};

/// How long a target may take to say which rights there are.
const PATIENCE: Duration = Duration::from_secs(15);

type Rights = BTreeMap<Permission, Vec<CheckId>>;

/// Asks every target of the checks that are going to be asked, all at once.
pub(super) fn ask(
    plan: &Plan,
    roster: &Roster,
    resources: &Resources,
    clock: &Arc<dyn Clock>,
) -> JoinSet<AccessReview> {
    let mut asking = JoinSet::new();
    for (target, rights) in rights(plan, roster) {
        let Some(access) = resources.access(&target) else { continue };
        let clock = Arc::clone(clock);
        asking.spawn(async move {
            let wanted: Vec<Permission> = rights.keys().cloned().collect();
            let denied = within(&*clock, &*access, &wanted).await;
            told(target, rights, denied)
        });
    }
    asking
}

/// What the targets say, in the order of their names.
pub(super) async fn answers(asking: JoinSet<AccessReview>) -> Vec<AccessReview> {
    let mut reviews = asking.join_all().await;
    reviews.sort_by(|one, other| one.target.cmp(&other.target));
    reviews
}

async fn within(
    clock: &dyn Clock,
    access: &dyn Access,
    wanted: &[Permission],
) -> Result<Vec<Permission>, CheckError> {
    tokio::select! {
        biased;
        denied = access.denied(wanted) => denied,
        () = clock.timer(PATIENCE) => {
            Err(CheckError::transient(format!("no answer within {}", Period::from(PATIENCE))))
        }
    }
}

fn rights(plan: &Plan, roster: &Roster) -> BTreeMap<TargetName, Rights> {
    let mut all: BTreeMap<TargetName, Rights> = BTreeMap::new();
    for (index, part) in roster.checks.iter().enumerate() {
        let outline = plan.check_outline(index);
        let (Part::Ask, Some(target)) = (part, &outline.target) else { continue };
        for right in &plan.checks[index].permissions {
            let checks = all.entry(target.clone()).or_default().entry(right.clone()).or_default();
            if !checks.contains(&outline.id) {
                checks.push(outline.id.clone());
            }
        }
    }
    all
}

fn told(target: TargetName, mut rights: Rights, denied: Result<Vec<Permission>, CheckError>) -> AccessReview {
    let asked = rights.len() as u64;
    let (denied, failed) = match denied {
        Ok(denied) => (denied, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let mut denied: Vec<DeniedRight> = denied
        .into_iter()
        .filter_map(|right| {
            let checks = rights.remove(&right)?;
            Some(DeniedRight { right: right.to_string(), optional: right.optional, checks })
        })
        .collect();
    denied.sort_by(|one, other| (one.optional, &one.right).cmp(&(other.optional, &other.right)));
    AccessReview { target, asked, denied, failed }
}

/// What becomes of a check that lacks a right: it is not asked, since it could not find out.
pub(super) fn lacking(review: &AccessReview, check: &CheckId) -> Option<Status> {
    let lacks = |denied: &&DeniedRight| !denied.optional && denied.checks.contains(check);
    let rights: Vec<&str> = review.denied.iter().filter(lacks).map(|denied| denied.right.as_str()).collect();
    if rights.is_empty() {
        return None;
    }
    Some(Status::Errored(ErrorReport {
        message: format!("on `{}` the right is missing to {}", review.target, rights.join(", to ")),
        causes: Vec::new(),
        transient: false,
        remedy: Some("grant what `vapora-preflight rbac` prints to the account of the run".to_owned()),
        uncertain: false,
    }))
}
