//! The clock of the demonstration.

use std::time::Duration;

use vapora_preflight::{Clock, Timestamp, async_trait};
use vapora_preflight_sim::SimClock;

/// How many times faster a time-out passes than it says.
const FASTER: u32 = 20;

/// The clock of the simulated world, with time-outs that do not keep the person who watches: what answers on loopback does
/// so within milliseconds, and what does not answer within a twentieth of its time will not.
#[derive(Debug, Clone)]
pub(super) struct DemoClock(SimClock);

impl DemoClock {
    pub(super) fn new(world: SimClock) -> Self {
        Self(world)
    }
}

#[async_trait]
impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    async fn timer(&self, duration: Duration) {
        self.0.timer(duration / FASTER).await;
    }
}
