//! Waiting for a rollout.

use std::time::Duration;

use serde_json::Value;
use vapora_preflight::CheckError;

use super::{template::template, way::Way};
use crate::{
    object::Deployment,
    progress::{Allowed, Need, Progress},
    read::Reader,
    workload::Workload,
};

/// How long a rollout may take, and how often it is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) timeout: Duration,
    pub(super) poll: Duration,
}

/// What came of waiting for a rollout.
#[derive(Debug)]
pub(super) enum Rolled {
    /// It is complete.
    Out(Box<Deployment>),
    /// It is not, and why not.
    Not(String),
    /// The deployment has another template now.
    Other,
    /// The deployment is gone.
    Gone,
}

/// What a rollout that is looked at here may have left behind it.
pub(super) fn progress(deployment: &Deployment) -> Progress {
    let allowed = Allowed { scaled_to_zero: false, terminating: true, partition: false };
    Progress::of(&Workload::Deployment(deployment.clone()), allowed)
}

/// Waits until a deployment has rolled out this template. Where `early`, a rollout that its controller has given up is not
/// waited for any longer.
pub(super) async fn rolled_out(
    reader: &Reader<'_>,
    way: &Way,
    wanted: &Value,
    patience: Patience,
    early: bool,
) -> Result<Rolled, CheckError> {
    let place = &way.place;
    let began = reader.cx.now();
    loop {
        let Some(now) = way.read(reader).await? else { return Ok(Rolled::Gone) };
        if template(&now) != *wanted {
            return Ok(Rolled::Other);
        }
        let progress = progress(&now.object);
        if progress.troubles.is_empty() {
            return Ok(Rolled::Out(Box::new(now.object)));
        }
        let given_up = early && progress.need == Some(Need::Undo);
        if given_up || reader.cx.now().since(began) >= patience.timeout {
            return Ok(Rolled::Not(progress.troubles.join(", ")));
        }
        reader.cx.doing(format!("waiting for the rollout of `{place}` in `{}`", place.namespace));
        reader.cx.sleep(patience.poll).await;
    }
}
