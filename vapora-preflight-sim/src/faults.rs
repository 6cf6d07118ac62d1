//! Faults of the network and of servers, put between a client and any of the simulated servers.

use std::{
    fmt, io,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::{Body, Bytes};
use futures::stream;
use http::{Response, StatusCode, header};
use tokio::sync::Notify;

use crate::answer::BoxError;

/// One way in which a request can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed without an answer.
    Cut,
    /// An answer with this status code, and a body such as a real server sends with it. 429 has a `Retry-After` of one
    /// second.
    Status(u16),
    /// Too many requests (429): the client is to ask again after so many seconds.
    Throttled {
        /// The `Retry-After`.
        retry_after: u32,
    },
    /// Status 200, labelled as JSON, and a body that is not JSON.
    Garbage,
    /// Status 200 and no body.
    Empty,
    /// Status 200 and half of an announced body, then the connection is closed.
    Truncated,
    /// No answer, ever; the connection stays open.
    Slow,
}

impl Fault {
    /// Every fault that a check has to survive without passing.
    pub const ALL: [Self; 11] = [
        Self::Cut,
        Self::Status(401),
        Self::Status(403),
        Self::Status(404),
        Self::Status(429),
        Self::Status(500),
        Self::Status(503),
        Self::Garbage,
        Self::Empty,
        Self::Truncated,
        Self::Slow,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.pad("cut"),
            Self::Status(code) => f.pad(&code.to_string()),
            Self::Throttled { retry_after } => f.pad(&format!("429 for {retry_after}s")),
            Self::Garbage => f.pad("garbage"),
            Self::Empty => f.pad("empty"),
            Self::Truncated => f.pad("truncated"),
            Self::Slow => f.pad("slow"),
        }
    }
}

/// Which requests a fault is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aim {
    Every,
    Nth(usize),
    First(usize),
    Under(String),
}

/// A fault and the requests it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPlan {
    fault: Fault,
    aim: Aim,
}

impl FaultPlan {
    /// The fault strikes every request.
    pub fn every(fault: Fault) -> Self {
        Self { fault, aim: Aim::Every }
    }

    /// The fault strikes one request: the `n`-th since the plan was set, and the first is 1.
    pub fn nth(n: usize, fault: Fault) -> Self {
        Self { fault, aim: Aim::Nth(n) }
    }

    /// The fault strikes the next `count` requests from when the plan is set or added.
    pub fn first(count: usize, fault: Fault) -> Self {
        Self { fault, aim: Aim::First(count) }
    }

    /// The next `count` requests are too many: 429, with the seconds after which to ask again.
    pub fn throttle(count: usize, retry_after_seconds: u32) -> Self {
        Self::first(count, Fault::Throttled { retry_after: retry_after_seconds })
    }

    /// The fault strikes the requests whose path begins with `prefix`.
    pub fn under(prefix: impl Into<String>, fault: Fault) -> Self {
        Self { fault, aim: Aim::Under(prefix.into()) }
    }
}

/// The faults of one server: a handle that can be cloned, and changed while the server runs.
///
/// ```
/// use vapora_preflight_sim::{Fault, FaultPlan, Faults};
///
/// let faults = Faults::default();
/// faults.set(FaultPlan::nth(2, Fault::Status(503)));
/// faults.add(FaultPlan::under("/version", Fault::Cut));
/// faults.clear();
/// assert_eq!(faults.struck(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    strikes: Notify,
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<FaultPlan>,
    seen: usize,
    struck: usize,
}

impl Faults {
    /// Puts this plan in place of all others, and counts requests from zero again.
    pub fn set(&self, plan: FaultPlan) {
        *self.state() = State { plans: vec![plan], seen: 0, struck: 0 };
    }

    /// Adds a plan to those in place; the first that fits a request strikes it.
    pub fn add(&self, mut plan: FaultPlan) {
        let mut state = self.state();
        if let Aim::First(count) = &mut plan.aim {
            *count += state.seen;
        }
        state.plans.push(plan);
    }

    /// Takes all plans away, and counts requests from zero again.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    /// How many requests came since the last [`set`](Self::set) or [`clear`](Self::clear).
    pub fn seen(&self) -> usize {
        self.state().seen
    }

    /// How many of them were struck by a fault. Where it is zero, a test of a fault has tested nothing.
    pub fn struck(&self) -> usize {
        self.state().struck
    }

    /// Ends when a fault strikes, or has struck.
    pub(crate) async fn strikes(&self) {
        let mut next = pin!(self.0.strikes.notified());
        // from here on no strike is missed
        next.as_mut().enable();
        if self.struck() == 0 {
            next.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of the request that has just come.
    pub(crate) fn strike(&self, path: &str) -> Option<Fault> {
        let mut state = self.state();
        state.seen += 1;
        let seen = state.seen;
        let fits = |plan: &&FaultPlan| match &plan.aim {
            Aim::Every => true,
            Aim::Nth(n) => *n == seen,
            Aim::First(count) => seen <= *count,
            Aim::Under(prefix) => path.starts_with(prefix.as_str()),
        };
        let fault = state.plans.iter().find(fits).map(|plan| plan.fault);
        state.struck += usize::from(fault.is_some());
        if fault.is_some() {
            self.0.strikes.notify_waiters();
        }
        fault
    }
}

impl Fault {
    /// Plays the fault; `status` writes the answer with a status code as the server in question does, and for 429 with
    /// the seconds after which to ask again.
    pub(crate) async fn play(
        self,
        status: impl FnOnce(u16, u32) -> Response<Body>,
    ) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Cut => Err(cut().into()),
            Self::Status(code) => Ok(status(code, 1)),
            Self::Throttled { retry_after } => Ok(status(429, retry_after)),
            Self::Garbage => Ok(json(Body::from("{\"kind\": <!doctype html>"))),
            Self::Empty => Ok(json(Body::empty())),
            Self::Truncated => {
                let half = "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"";
                let mut response = json(Body::from_stream(stream::unfold(0_u8, move |turn| async move {
                    match turn {
                        0 => Some((Ok(Bytes::from_static(half.as_bytes())), 1)),
                        // Give the connection the time to send what it has, then break it.
                        1 => {
                            for _ in 0..16 {
                                tokio::task::yield_now().await;
                            }
                            Some((Err(cut()), 2))
                        }
                        _ => None,
                    }
                })));
                response.headers_mut().insert(header::CONTENT_LENGTH, (half.len() * 2).into());
                Ok(response)
            }
            Self::Slow => std::future::pending().await,
        }
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the simulated server closed the connection")
}

fn json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_request_is_counted_from_the_setting_of_the_plan() {
        let faults = Faults::default();
        assert_eq!(faults.strike("/a"), None);
        faults.set(FaultPlan::nth(2, Fault::Cut));
        assert_eq!(faults.strike("/a"), None);
        assert_eq!(faults.strike("/a"), Some(Fault::Cut));
        assert_eq!(faults.strike("/a"), None);
        assert_eq!((faults.seen(), faults.struck()), (3, 1));
    }

    #[test]
    fn a_server_is_busy_for_some_requests() {
        let faults = Faults::default();
        faults.set(FaultPlan::throttle(2, 7));
        let busy = Fault::Throttled { retry_after: 7 };
        let struck = ["/a", "/b", "/c"].map(|path| faults.strike(path));
        assert_eq!(struck, [Some(busy), Some(busy), None]);
        assert_eq!(busy.to_string(), "429 for 7s");
    }

    #[test]
    fn a_prefix_strikes_only_what_is_under_it() {
        let faults = Faults::default();
        faults.set(FaultPlan::under("/api/", Fault::Slow));
        faults.add(FaultPlan::under("/version", Fault::Empty));
        assert_eq!(faults.strike("/apis"), None);
        assert_eq!(faults.strike("/api/v1"), Some(Fault::Slow));
        assert_eq!(faults.strike("/version"), Some(Fault::Empty));
        faults.clear();
        assert_eq!(faults.strike("/api/v1"), None);
    }
}
