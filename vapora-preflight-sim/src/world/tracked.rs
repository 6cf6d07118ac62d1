//! What the forge of the world holds: the ticket of the deployment, the changes of the release, and the pipeline that makes its
//! artifacts.

use std::io;

use vapora_preflight::Timestamp;

use super::{DEPLOYMENTS, NAMESPACE};
use crate::forge::{ForgeDialect, SimArtifact, SimChange, SimCommit, SimForge, SimTicket};

pub(super) const PROJECT: &str = "vapora/vapora";
pub(super) const TOKEN: &str = "simulated-forge-token";
pub(super) const TICKET: u64 = 1287;
const WORKFLOW: &str = "release.yml";
const ARTIFACT: &str = "deployment-artifacts";
/// The changes of the release, and who wrote and who approved them.
const CHANGES: [(u64, &str, &str); 3] =
    [(1301, "ada", "grace"), (1304, "grace", "hedy"), (1309, "hedy", "ada")];

pub(super) async fn forge() -> io::Result<SimForge> {
    let forge = SimForge::serve(ForgeDialect::GitHub, PROJECT, TOKEN).await?;
    forge.edit(|state| {
        let mut ticket = SimTicket::new(TICKET, "Release 2.0.0", text());
        ticket.assignees = vec!["ada".to_owned()];
        ticket.labels = vec!["deployment".to_owned()];
        state.tickets = vec![ticket];
        for (number, author, reviewer) in CHANGES {
            let change = SimChange::merged(number, author, reviewer);
            state.commits.push(SimCommit { sha: change.merge_commit.clone(), change: Some(number) });
            state.changes.push(change);
        }
        state.workflows = vec![WORKFLOW.to_owned()];
        state.begin_as = "success".into();
    });
    Ok(forge)
}

/// The text of the ticket, with the way back for every Deployment.
fn text() -> String {
    let undo: Vec<String> = DEPLOYMENTS
        .iter()
        .map(|(name, ..)| {
            format!("kubectl --context production rollout undo deployment/{name} -n {NAMESPACE}")
        })
        .collect();
    format!(
        "## What\n\nthe images of all three Deployments, to 2.0.0\n\n## Why\n\na fix for projects that were listed twice\n\n\
         ## Rollback\n\n```sh\n{}\n```\n\n## Success criteria\n\nall Pods are ready, and the error rate is as before\n\n\
         ## Duration\n\n10 minutes\n",
        undo.join("\n")
    )
}

pub(super) fn schedule(forge: &SimForge, planned: Timestamp) {
    let planned = planned.to_string();
    let (day, time) = (planned.get(..10).unwrap_or_default(), planned.get(11..16).unwrap_or_default());
    forge.edit(|state| {
        for ticket in &mut state.tickets {
            ticket.body = format!("{}\n## Schedule\n\n{day} at {time} UTC\n", text());
        }
    });
}

/// Has the newest run, or the one that is begun next, hold this archive.
pub(super) fn publish(forge: &SimForge, archive: Vec<u8>) {
    forge.edit(|state| {
        let run = state.runs.iter().map(|run| run.id).max().unwrap_or(1);
        let name = ARTIFACT.to_owned();
        let made = SimArtifact { id: 1, name, run, content: archive, expired: false, digest: None };
        state.artifacts = vec![made];
    });
}

pub(super) fn close_ticket(forge: &SimForge) {
    forge.edit(|state| state.tickets.iter_mut().for_each(|ticket| ticket.open = false));
}

/// Nobody but its author has looked at the newest change.
pub(super) fn forget_review(forge: &SimForge) {
    forge.edit(|state| state.changes.last_mut().map(|change| change.reviews.clear()));
}

/// The pipeline fails from now on.
pub(super) fn break_pipeline(forge: &SimForge) {
    forge.edit(|state| state.begin_as = "failure".into());
}
