//! Time, as the executor knows it.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::Timestamp;

/// Where the executor takes the time from; nothing else in the library reads a clock.
///
/// Two things are told apart: [`now`](Clock::now) and [`sleep`](Clock::sleep) belong to the world in which the
/// deployment happens (a simulation may let hours pass in an instant), while [`timer`](Clock::timer) bounds how long this
/// process waits for an answer.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time in that world.
    fn now(&self) -> Timestamp;

    /// Waits between two attempts, or between two looks of an `until`.
    async fn sleep(&self, duration: Duration);

    /// Ends when an attempt, a check or a run has used up its time.
    async fn timer(&self, duration: Duration);
}

/// The clock of the machine: its wall clock, and the timers of tokio.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_wall_clock()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    async fn timer(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock that begins at a given instant and then follows tokio's: with tokio's time paused, every run of a
/// test sees the same times.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    began: Timestamp,
    epoch: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `began` now.
    pub fn starting(began: Timestamp) -> Self {
        Self { began, epoch: tokio::time::Instant::now() }
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.began.plus(self.epoch.elapsed())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    async fn timer(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
