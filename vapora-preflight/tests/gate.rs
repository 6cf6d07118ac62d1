//! What a gate decides: only what is known to hold opens it, and a verdict names everything that keeps it closed.
//!
//! The checks are of random severities and the gates of every sort; how each check stands is drawn at random, and folded
//! from the events that lead there.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{sync::Arc, time::Duration};

use proptest::{collection::vec, prelude::*, sample::select};
use vapora_preflight::{
    AllHold, Attestation, Awaiting, CheckFinished, CheckId, ConditionOutline, Conditions, Decision, Digest,
    ErrorReport, Event, EventKind, Finding, Gate, GateExt, GateInput, Outcome, Plan, PlanBuilder, Reason,
    Registry, Report, Severity, Side, SkipReason, Sources, Status, TimeOut, TimeOutScope, Timestamp, Verdict,
    Weight, Word,
};

#[path = "gate/drawn.rs"]
mod drawn;
#[path = "gate/properties.rs"]
mod properties;
#[path = "gate/standings.rs"]
mod standings;
