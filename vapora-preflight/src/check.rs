//! The question a checklist asks of the world.

use std::{fmt, future::Future, sync::Arc};

use async_trait::async_trait;

mod common;
mod context;
mod error;
mod put_back;

pub(crate) use self::{
    common::Common,
    context::Inner,
    put_back::{Changed, Restored},
};
pub use self::{
    common::Moment,
    context::{CheckContext, Earlier},
    error::{Awaiting, CheckError},
    put_back::PutBack,
};
use crate::Outcome;

/// What one attempt of a check comes to.
pub type CheckResult = Result<Outcome, CheckError>;

/// A question asked of the world, answered once per attempt.
///
/// # Contract
///
/// - **Honest**: answer `Err` when it could not be found out. Never pass by default: an empty list, a missing value or an
///   answer that could not be read is not a pass.
/// - **Cancel-safe**: the executor drops the future when its time is over; nothing may be left behind half done. What a
///   check changes for a while it promises to [put back](CheckContext::put_back).
/// - **Bounded by the caller**: the executor enforces time-outs and retries. A check neither spawns tasks nor
///   reads clocks; the time is [`CheckContext::now`].
/// - **Plain about waiting**: a check with `until` looks again after a failure or an error. Where no waiting can mend it, say so
///   with [`Finding::lasting`](crate::Finding::lasting) or [`CheckError::lasting`].
/// - **Discreet**: `Debug` shows the parameters and no secret.
///
/// # Examples
///
/// ```
/// use vapora_preflight::{async_trait, Check, CheckContext, CheckResult, Finding, Outcome};
///
/// /// The queue has been drained.
/// #[derive(Debug)]
/// struct QueueDrained { limit: u64 }
///
/// # async fn depth() -> std::io::Result<u64> { Ok(3) }
/// #[async_trait]
/// impl Check for QueueDrained {
///     async fn run(&self, _cx: &CheckContext) -> CheckResult {
///         let depth = depth().await?;        // could not find out: an error, never a pass
///         let finding = Finding::new(format!("{depth} messages are waiting")).with("depth", depth);
///         Ok(if depth <= self.limit { Outcome::Pass(finding) } else { Outcome::Fail(finding) })
///     }
/// }
/// ```
#[async_trait]
pub trait Check: fmt::Debug + Send + Sync {
    /// Makes one attempt.
    ///
    /// # Errors
    ///
    /// A [`CheckError`] says that the answer could not be found out.
    async fn run(&self, cx: &CheckContext) -> CheckResult;
}

#[async_trait]
impl<C: Check + ?Sized> Check for Arc<C> {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        (**self).run(cx).await
    }
}

#[async_trait]
impl<C: Check + ?Sized> Check for Box<C> {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        (**self).run(cx).await
    }
}

/// A check made of a closure; see [`check_fn`].
pub struct CheckFn<F> {
    name: String,
    ask: F,
}

/// Makes a check of a closure. The name stands for the closure in the check's definition: change it when the
/// question changes, so that earlier results no longer count.
pub fn check_fn<F, Fut>(name: impl Into<String>, ask: F) -> CheckFn<F>
where
    F: Fn(CheckContext) -> Fut + Send + Sync,
    Fut: Future<Output = CheckResult> + Send,
{
    CheckFn { name: name.into(), ask }
}

impl<F> fmt::Debug for CheckFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CheckFn").field(&self.name).finish()
    }
}

#[async_trait]
impl<F, Fut> Check for CheckFn<F>
where
    F: Fn(CheckContext) -> Fut + Send + Sync,
    Fut: Future<Output = CheckResult> + Send,
{
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        (self.ask)(cx.clone()).await
    }
}
