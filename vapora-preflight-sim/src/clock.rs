//! The time of a simulated world.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::watch;
use vapora_preflight::{Clock, Timestamp};

/// A clock that shows what it was set to, and moves forward at once where someone sleeps.
///
/// All clones show the same time. What bounds the wait for an answer, [`Clock::timer`], is real time: a server that
/// does not answer is still given up after its time-out.
///
/// ```
/// use std::time::Duration;
/// use vapora_preflight_sim::SimClock;
///
/// let clock = SimClock::at("2026-12-01T12:00:00Z".parse().unwrap());
/// let world = clock.clone();
/// clock.advance(Duration::from_hours(1));
/// assert_eq!(world.time().to_string(), "2026-12-01T13:00:00Z");
/// ```
#[derive(Clone)]
pub struct SimClock(Arc<Shared>);

struct Shared {
    micros: AtomicI64,
    moved: watch::Sender<()>,
}

/// A time in microseconds since the Unix epoch.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    let fraction = Duration::from_micros(micros.rem_euclid(1_000_000).unsigned_abs());
    Timestamp::from_unix_seconds(micros.div_euclid(1_000_000)).plus(fraction)
}

/// A time in microseconds since the Unix epoch, as Kubernetes writes it: in whole seconds.
pub(crate) fn seconds_text(micros: i64) -> String {
    Timestamp::from_unix_seconds(micros.div_euclid(1_000_000)).to_string()
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl SimClock {
    /// A clock that shows this time.
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(Shared { micros: AtomicI64::new(time.unix_micros()), moved: watch::Sender::new(()) }))
    }

    /// A clock that shows this time, in seconds of Unix time.
    pub fn at_unix_seconds(seconds: i64) -> Self {
        Self::at(Timestamp::from_unix_seconds(seconds))
    }

    /// What it shows.
    pub fn time(&self) -> Timestamp {
        timestamp(self.micros())
    }

    /// What it shows, in microseconds of Unix time.
    pub(crate) fn micros(&self) -> i64 {
        self.0.micros.load(Ordering::SeqCst)
    }

    /// Tells whenever it has moved.
    pub(crate) fn moves(&self) -> watch::Receiver<()> {
        self.0.moved.subscribe()
    }

    /// What it shows, in whole seconds of Unix time.
    pub fn unix_seconds(&self) -> i64 {
        self.time().unix_seconds()
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let by = micros(by);
        let forward = |micros: i64| Some(micros.saturating_add(by));
        let moved = self.0.micros.fetch_update(Ordering::SeqCst, Ordering::SeqCst, forward);
        debug_assert!(moved.is_ok(), "the new time is always given");
        self.0.moved.send_replace(());
    }

    /// Moves it forward to this time; a clock that is past it stays where it is.
    pub fn advance_to(&self, time: Timestamp) {
        self.0.micros.fetch_max(time.unix_micros(), Ordering::SeqCst);
        self.0.moved.send_replace(());
    }

    /// The time as Kubernetes writes it, in whole seconds.
    pub(crate) fn text(&self) -> String {
        self.text_in(0)
    }

    /// The time in so many seconds from now, in the same form.
    pub(crate) fn text_in(&self, seconds: i64) -> String {
        seconds_text(self.micros().saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimClock").field(&self.time()).finish()
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.time()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }

    async fn timer(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleeping_moves_the_world_and_a_timer_does_not() {
        let clock = SimClock::at_unix_seconds(1_000);
        clock.sleep(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now().unix_micros(), 1_001_500_000);
        clock.timer(Duration::from_mins(1)).await;
        assert_eq!(clock.now().unix_micros(), 1_001_500_000);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = SimClock::at_unix_seconds(1_000);
        clock.advance_to(Timestamp::from_unix_seconds(500));
        assert_eq!(clock.unix_seconds(), 1_000);
        clock.advance_to(Timestamp::from_unix_seconds(2_000));
        assert_eq!(clock.unix_seconds(), 2_000);
        assert_eq!(clock.text(), "1970-01-01T00:33:20Z");
    }
}
