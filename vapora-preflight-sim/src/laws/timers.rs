//! When the time of a check is up, in a trial.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use vapora_preflight::{Clock, Timestamp};

use crate::Faults;

/// How long a check that should hold is waited for at least, so that a busy machine does not look like a broken check.
const AT_LEAST: Duration = Duration::from_secs(15);

/// When the time-outs of a run come.
#[derive(Debug, Clone)]
pub(super) enum Timers {
    /// When the checklist says.
    AsWritten,
    /// Late: the check is to hold.
    Late,
    /// When the checklist says, counted from when one of these faults has struck: there will be no answer, and until then the
    /// check may take its time.
    OnceStruck(Faults),
}

/// The clock of a case, with time-outs that go by what is tried.
#[derive(Debug)]
pub(super) struct TrialClock {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) timers: Timers,
}

#[async_trait]
impl Clock for TrialClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    async fn timer(&self, duration: Duration) {
        match &self.timers {
            Timers::AsWritten => self.clock.timer(duration).await,
            Timers::Late => self.clock.timer(duration.max(AT_LEAST)).await,
            Timers::OnceStruck(faults) => {
                tokio::select! {
                    () = faults.strikes() => self.clock.timer(duration).await,
                    () = self.clock.timer(duration.max(AT_LEAST)) => {}
                }
            }
        }
    }
}
