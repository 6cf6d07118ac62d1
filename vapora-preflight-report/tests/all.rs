//! The renderers over a battery of canonical reports.

#![allow(clippy::unwrap_used, reason = "what the helpers of tests unwrap is fixed in the tests")]

#[path = "all/aged.rs"]
mod aged;
#[path = "all/battery.rs"]
mod battery;
#[path = "all/decision.rs"]
mod decision;
#[path = "all/diagnostics.rs"]
mod diagnostics;
#[path = "all/hostile.rs"]
mod hostile;
#[path = "all/json.rs"]
mod json;
#[path = "all/laws.rs"]
mod laws;
#[path = "all/next.rs"]
mod next;
#[path = "all/scene.rs"]
mod scene;
#[path = "all/sign_off.rs"]
mod sign_off;
#[path = "all/snapshots.rs"]
mod snapshots;
