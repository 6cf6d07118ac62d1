//! The wire types of the JSON report. A field may be added; none may change its meaning under the same version.
//!
//! Words (of statuses, severities, units) are open texts: a reader has to cope with one that it does not know, and take it
//! for no pass.

use schemars::JsonSchema;
use serde::Serialize;

use super::value::Value;

/// The state of a deployment's checklist.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "vapora-preflight report")]
pub(super) struct Report {
    /// The version of this format.
    #[schemars(extend("const" = "1.0"))]
    pub(super) schema_version: &'static str,
    /// The checklist.
    pub(super) checklist: Checklist,
    /// The time of which all of this tells.
    pub(super) as_of: Instant,
    /// What is deployed, where and when.
    pub(super) deployment: Deployment,
    /// The gate that decides at present; null where the checklist has none.
    pub(super) headline: Option<Headline>,
    /// How many checks stand how.
    pub(super) counts: Counts,
    /// The phases, in order.
    pub(super) phases: Vec<Phase>,
    /// The gates, in plan order.
    pub(super) gates: Vec<Gate>,
    /// Every declared check, in plan order.
    pub(super) checks: Vec<Check>,
    /// The targets.
    pub(super) targets: Vec<Target>,
    /// Who does what.
    pub(super) roles: Vec<Role>,
    /// The change record.
    pub(super) change: Vec<Section>,
    /// Messages prepared beforehand.
    pub(super) messages: Vec<Section>,
    /// Commands to have at hand.
    pub(super) commands: Vec<Commands>,
    /// The words that people gave, in order.
    pub(super) attestations: Vec<Attestation>,
    /// The notes, in order.
    pub(super) notes: Vec<Note>,
    /// The runs, in order.
    pub(super) runs: Vec<Run>,
}

/// An instant in UTC by RFC 3339.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("format" = "date-time"))]
pub(super) struct Instant(pub(super) String);

/// A SHA-256 digest as 64 hexadecimal digits.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
pub(super) struct Digest(pub(super) String);

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Checklist {
    pub(super) name: String,
    pub(super) title: Option<String>,
    /// The digest of all that is declared.
    pub(super) digest: Digest,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Deployment {
    pub(super) release: Option<String>,
    pub(super) environment: Option<String>,
    /// The planned time T.
    pub(super) planned: Option<Instant>,
    pub(super) window: Option<Window>,
    /// By the note `start`.
    pub(super) started: Option<Instant>,
    /// By the note `end`.
    pub(super) ended: Option<Instant>,
    pub(super) duration_seconds: Option<f64>,
}

/// The maintenance window.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Window {
    pub(super) opens: Instant,
    /// The first instant after it.
    pub(super) closes: Instant,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Headline {
    /// The id of the gate.
    pub(super) gate: String,
    /// `go`, `no_go`, `undecided`, or `not_judged`.
    pub(super) decision: String,
    /// In the words of the checklist: `GO`, `NO-GO`, `UNDECIDED`, `KEEP`, `INVESTIGATE`, `ROLL BACK`; null where it was
    /// not judged.
    pub(super) word: Option<String>,
    /// Checks of the gate that stand otherwise than when it was judged: where there are any, judge it again.
    pub(super) changed_since: Vec<Changed>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Changed {
    pub(super) check: String,
    pub(super) was: String,
    pub(super) is: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Counts {
    pub(super) declared: usize,
    /// They hold, with or without a warning.
    pub(super) holding: usize,
    /// Of those that hold, the ones with a warning.
    pub(super) warned: usize,
    pub(super) failing: usize,
    pub(super) awaiting: usize,
    pub(super) unknown: usize,
    pub(super) not_applicable: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Phase {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) opens: Option<Instant>,
    pub(super) due: Option<Instant>,
    pub(super) counts: Counts,
    /// In words, for people.
    pub(super) state: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Gate {
    pub(super) id: String,
    pub(super) phase: String,
    pub(super) title: String,
    /// `proceed` before the deployment, `keep` after it.
    pub(super) question: String,
    /// The checks it judges.
    pub(super) subjects: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    /// Its last verdict; null where it was not judged.
    pub(super) verdict: Option<Verdict>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Condition {
    pub(super) name: String,
    /// `proceed_if` or `reschedule_if`.
    pub(super) side: String,
    pub(super) subjects: Vec<String>,
    /// Null where it is not known.
    pub(super) met: Option<bool>,
    pub(super) because: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Verdict {
    pub(super) at: Instant,
    /// `go`, `no_go` or `undecided`.
    pub(super) decision: String,
    /// As in the headline.
    pub(super) word: String,
    /// After a deployment: `investigate` or `roll_back`.
    pub(super) advice: Option<String>,
    pub(super) reasons: Vec<Reason>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Reason {
    /// `against`, `open`, `notice` or `for`.
    pub(super) weight: String,
    pub(super) condition: Option<String>,
    pub(super) check: Option<String>,
    pub(super) status: String,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Check {
    pub(super) id: String,
    /// The id without the values of `for_each`.
    pub(super) base: String,
    pub(super) phase: String,
    pub(super) kind: String,
    pub(super) title: String,
    /// `advisory`, `required` or `critical`.
    pub(super) severity: String,
    /// `reads`, `keeps_files`, `notifies` or `mutates`.
    pub(super) effect: String,
    /// What is asked, as a digest.
    pub(super) definition: Digest,
    pub(super) target: Option<String>,
    pub(super) needs: Vec<String>,
    pub(super) fresh_for_seconds: Option<f64>,
    /// `investigate` or `roll_back`.
    pub(super) on_fail: Option<String>,
    pub(super) role: Option<String>,
    pub(super) runs_commands: bool,
    pub(super) hint: Option<String>,
    pub(super) docs: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) standing: Standing,
    /// What is known in one line.
    pub(super) summary: String,
    pub(super) remedy: Option<String>,
    /// The last record, also where it no longer counts; null where it was never settled.
    pub(super) record: Option<Record>,
}

/// How it stands at `as_of`; only this counts at a gate.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Standing {
    /// `holds`, `fails`, `not_applicable` or `unknown`.
    pub(super) state: String,
    /// `passed`, `warned`, `failed`, `not applicable`, `pending`, `unsettled`, `changed`, `stale`, `expired`, `errored`,
    /// `timed out`, `panicked`, `skipped`, `awaiting`.
    pub(super) word: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Record {
    /// `passed`, `warned`, `failed`, `not applicable`, `errored`, `timed out`, `panicked`, `skipped`, `awaiting`.
    pub(super) status: String,
    /// The definition it was asked under.
    pub(super) definition: Digest,
    /// Whether that is the present one.
    pub(super) current: bool,
    pub(super) started: Instant,
    pub(super) finished: Instant,
    pub(super) took_seconds: f64,
    /// Zero where it was not asked.
    pub(super) attempts: u32,
    /// The number of the run, from zero.
    pub(super) run: usize,
    /// Where it answered.
    pub(super) finding: Option<Finding>,
    /// Where it could not find out.
    pub(super) error: Option<Error>,
    /// Where it did not answer in time.
    pub(super) time_out: Option<TimeOut>,
    /// Where it panicked.
    pub(super) panic: Option<String>,
    /// Where it was not asked.
    pub(super) skip: Option<Skip>,
    /// Where it waits for a person.
    pub(super) awaiting: Option<Awaiting>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Finding {
    pub(super) summary: String,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) advice: Option<String>,
    pub(super) evidence: Vec<Item>,
    pub(super) attachments: Vec<Attachment>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) value: Value,
    /// `seconds`, `days`, `bytes`, `percent` or `cores`.
    pub(super) unit: Option<String>,
}

/// A file; the journal keeps its content under its digest.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) digest: Digest,
    /// In bytes.
    pub(super) size: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Error {
    pub(super) message: String,
    /// Nearest first.
    pub(super) causes: Vec<String>,
    pub(super) transient: bool,
    pub(super) remedy: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TimeOut {
    pub(super) after_seconds: f64,
    /// `attempt`, `check` or `until`.
    pub(super) scope: String,
    pub(super) doing: Option<String>,
    pub(super) last: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Skip {
    /// `need`, `effect`, `commands`, `uncertain`, `cancelled` or `deadline`.
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    /// What it needs, down to what did not hold by itself.
    pub(super) chain: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Awaiting {
    pub(super) role: String,
    pub(super) statement: String,
    pub(super) because: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) protected: bool,
    pub(super) settings: Vec<Setting>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) title: String,
    /// Null where nobody fills it yet.
    pub(super) person: Option<String>,
    pub(super) optional: bool,
    pub(super) duties: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Section {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Commands {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) target: Option<String>,
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Attestation {
    pub(super) check: String,
    pub(super) definition: Digest,
    pub(super) at: Instant,
    pub(super) who: String,
    pub(super) role: String,
    /// `yes`, `no` or `withdrawn`.
    pub(super) word: String,
    pub(super) evidence: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) expires: Option<Instant>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Note {
    pub(super) at: Instant,
    pub(super) who: String,
    pub(super) topic: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Run {
    pub(super) by: String,
    pub(super) selection: String,
    /// The version of the library.
    pub(super) version: String,
    pub(super) started: Instant,
    /// Null where it is going on or was killed.
    pub(super) ended: Option<Instant>,
    /// `completed`, `cancelled` or `deadline`.
    pub(super) end: Option<String>,
    /// What each target said at its beginning of the rights its checks need.
    pub(super) access: Vec<Access>,
    /// How much it has used of what it had at its disposal.
    pub(super) usage: Vec<Usage>,
}

/// What a target said of the rights on it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Access {
    pub(super) target: String,
    /// How many rights were asked for.
    pub(super) asked: u64,
    pub(super) denied: Vec<DeniedRight>,
    /// Why it could not be found out; null where it could.
    pub(super) failed: Option<String>,
}

/// A right that was denied.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DeniedRight {
    /// The right, in words.
    pub(super) right: String,
    /// Whether the checks are asked without it too.
    pub(super) optional: bool,
    /// The checks that need it.
    pub(super) checks: Vec<String>,
}

/// How much of something was used.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Usage {
    /// The target, where it is that of one.
    pub(super) target: Option<String>,
    /// What was used: `requests`.
    pub(super) what: String,
    pub(super) amount: u64,
}
