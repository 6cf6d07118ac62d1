#![doc = include_str!("../README.md")]

mod access;
mod address;
mod bytes;
mod check;
mod clock;
mod condition;
mod diagnostic;
mod digest;
mod event;
mod evidence;
mod exec;
mod expr;
mod gate;
mod id;
mod journal;
mod kind;
pub mod kinds;
mod outcome;
mod outline;
mod phase;
mod placeholder;
mod plan;
mod registry;
mod report;
mod resources;
mod secret;
mod shell;
mod spec;
mod status;
mod target;
mod time;

pub use async_trait::async_trait;
pub use secrecy::{ExposeSecret, SecretString};

pub use self::{
    access::{Access, AccessReview, DeniedRight, Usage},
    address::ForbiddenAddress,
    bytes::Bytes,
    check::{
        Awaiting, Check, CheckContext, CheckError, CheckFn, CheckResult, Earlier, Moment, PutBack, check_fn,
    },
    clock::{Clock, SystemClock, TokioClock},
    condition::{EvidenceCondition, InvalidCondition},
    diagnostic::{Code, Diagnostic, Label, Level, Source, SourceId, Sources, Span},
    digest::{Digest, InvalidDigest},
    event::{
        Attestation, CheckFinished, Event, EventKind, Note, Observer, Recorder, RunEnd, RunStarted, Word,
    },
    evidence::{Attachment, Evidence, EvidenceField, Item, Unit, Value},
    exec::{AttestError, Run, RunError, RunOutcome, Selection, record_attestation, record_note},
    gate::{
        AllHold, And, Conditions, Decision, Gate, GateExt, GateFn, GateInput, Not, Or, Reason, Verdict,
        Weight, gate_fn,
    },
    id::{CheckId, InvalidName, KindName, PhaseId, ReleaseId, TargetName},
    journal::{FormatVersion, History, Journal, JournalError, Torn, Writer, read_journal, releases},
    kind::{Effect, Kind, Permission, Problems, Requirements, TargetSettings},
    kinds::register,
    outcome::{Advice, Finding, Outcome},
    outline::{
        CheckOutline, Commands, ConditionOutline, Deployment, GateOutline, MaintenanceWindow, Outline,
        PhaseOutline, Question, Role, Section, Severity, Side, TargetOutline,
    },
    phase::{CheckBuilder, GateBuilder, Phase, PhaseBuilder},
    placeholder::placeholder_in,
    plan::{Limits, Plan, RequiredVariable, Retry, Until},
    registry::{KindInfo, Registry},
    report::{
        AttestationRecord, CheckRecord, CheckView, Counts, GateRecord, NoPlan, NoteRecord, Report, RunRecord,
        Standing, Unknown,
    },
    resources::Resources,
    secret::{NoSecrets, SecretRef, SecretStore, TextOrSecret},
    shell::shell_words,
    spec::{CompileError, Compiled, Loaded, Overrides, PlanBuilder, RESERVED, load},
    status::{ErrorReport, SkipReason, Status, TimeOut, TimeOutScope},
    target::Target,
    time::{InvalidTime, Offset, Period, Timestamp},
};
