//! Putting back what a check has changed and left so.

use crate::{
    Clock, Status,
    check::{Changed, Restored},
    status::ErrorReport,
};

/// Puts everything back, and says so in the status. What was put back is no uncertain effect any more; what was not is an
/// error, whatever the check had said.
pub(super) async fn put_back(changed: &Changed, clock: &dyn Clock, status: Status) -> Status {
    if changed.is_empty() {
        return status;
    }
    told(status, changed.put_back(clock).await)
}

fn told(status: Status, restored: Vec<Restored>) -> Status {
    let failed = restored.iter().any(|one| one.failed.is_some());
    let mut report = match status {
        Status::Errored(report) => report,
        Status::Done(outcome) if !failed => return Status::Done(outcome),
        other => ErrorReport {
            message: other.summary(),
            causes: Vec::new(),
            transient: false,
            remedy: None,
            uncertain: false,
        },
    };
    report.uncertain &= failed;
    for Restored { what, failed } in restored {
        match failed {
            None => report.causes.push(format!("{what} was put back")),
            Some(error) => {
                // to try again would change what is half changed already
                report.transient = false;
                report.causes.push(format!("{what} could not be put back: {error}"));
                let by_hand = error.report().remedy.clone();
                report.remedy = Some(by_hand.unwrap_or_else(|| format!("put {what} back by hand")));
            }
        }
    }
    Status::Errored(report)
}
