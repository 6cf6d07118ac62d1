//! Asking until a check holds.

use std::time::Duration;

use super::attempt::{Asking, Looked};
use crate::{Outcome, Period, Status, TimeOut, TimeOutScope, Until};

/// Looks again and again until the check holds so many times in a row, it says that waiting does not mend it, or the time for
/// that is used up. Whatever comes of it then, it is no pass.
pub(super) async fn ask(asking: &Asking, until: Until) -> Status {
    let clock = &asking.clock;
    let began = clock.now();
    let mut time_is_up = clock.timer(until.timeout);
    let mut last: Option<Status> = None;
    let mut told = String::new();
    let mut in_a_row = 0_u32;
    for look in 0.. {
        let Looked { status, lasting } = tokio::select! {
            biased;
            looked = asking.look(look) => looked,
            () = &mut time_is_up => break,
        };
        if lasting || asking.may_have_acted(&status) {
            return status;
        }
        if status.holds() {
            in_a_row += 1;
            if in_a_row >= until.consecutive {
                return status;
            }
        } else {
            in_a_row = 0;
        }
        // another look would come too late
        let in_vain = clock.now().since(began).saturating_add(until.interval) >= until.timeout;
        let summary = status.summary();
        if !in_vain && !status.holds() && summary != told {
            asking.tell(&status);
            told = summary;
        }
        last = Some(status);
        if in_vain {
            break;
        }
        clock.sleep(until.interval).await;
    }
    given_up(last, until, in_a_row, asking)
}

fn given_up(last: Option<Status>, until: Until, in_a_row: u32, asking: &Asking) -> Status {
    let timed_out = |doing, last| {
        Status::TimedOut(TimeOut { after: until.timeout, scope: TimeOutScope::Until, doing, last })
    };
    match last {
        None => timed_out(asking.was_doing(), None),
        Some(Status::Done(Outcome::Fail(mut finding))) => {
            finding.summary = format!("{}; {}", finding.summary, did_not_hold(until.timeout));
            Status::Done(Outcome::Fail(finding))
        }
        Some(Status::Done(outcome)) => {
            let summary = &outcome.finding().summary;
            timed_out(
                None,
                Some(format!("{summary}, which held {in_a_row} of {} times in a row", until.consecutive)),
            )
        }
        Some(awaiting @ Status::Awaiting(_)) => awaiting,
        Some(status) => timed_out(None, Some(status.summary())),
    }
}

fn did_not_hold(timeout: Duration) -> String {
    format!("it did not come to hold within {}", Period::from(timeout))
}
