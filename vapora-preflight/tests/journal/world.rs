//! A small deployment, and what happens in it.

use std::{fs, path::PathBuf, sync::Arc};

use sha2::{Digest as _, Sha256};
use vapora_preflight::{
    Advice, Attestation, Awaiting, CheckFinished, CheckId, Digest, Effect, ErrorReport, Event, EventKind,
    Evidence, Finding, Journal, Note, Outcome, Outline, Reason, Recorder, ReleaseId, RunEnd, RunStarted,
    SkipReason, Status, TimeOut, TimeOutScope, Timestamp, Unit, Value, Verdict, Weight, Word,
};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_796_133_600 + seconds)
}

pub(crate) fn release() -> ReleaseId {
    ReleaseId::new("1.4.0").unwrap()
}

pub(crate) fn id(text: &str) -> CheckId {
    CheckId::new(text).unwrap()
}

pub(crate) fn definition() -> Digest {
    Digest::of("definition")
}

/// A folder of runs that is gone with the test.
pub(crate) struct World {
    pub(crate) root: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn with(events: &[Event]) -> Self {
        let world = Self::new();
        let mut journal = world.open();
        for event in events {
            journal.record(event).unwrap();
        }
        world
    }

    /// A world whose journal is the given text.
    pub(crate) fn holding(text: impl AsRef<[u8]>) -> Self {
        let world = Self::new();
        fs::create_dir_all(world.folder()).unwrap();
        world.write(text);
        world
    }

    pub(crate) fn open(&self) -> Journal {
        Journal::open(self.root.path(), &release(), "ana@build-7", at(0)).unwrap().0
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("1.4.0")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("journal.jsonl")
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    pub(crate) fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.path(), text).unwrap();
    }
}

/// Lines sealed as the format says, apart from the library.
pub(crate) fn sealed<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut digest = [0; 32];
    for payload in payloads {
        digest = Sha256::new().chain_update(digest).chain_update(&payload).finalize().into();
        text.extend_from_slice(b"{\"sha256\":\"");
        for byte in digest {
            text.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
        text.extend_from_slice(b"\",\"line\":");
        text.extend_from_slice(payload.as_ref());
        text.extend_from_slice(b"}\n");
    }
    text
}

pub(crate) fn header(version: (u32, u32), release: &str) -> String {
    let (major, minor) = version;
    format!(
        r#"{{"format":"vapora-preflight-journal","version":{{"major":{major},"minor":{minor}}},"release":"{release}","created":"2026-12-01T14:00:00Z"}}"#
    )
}

pub(crate) fn planned() -> EventKind {
    let check = |id: &str, effect: Effect| {
        serde_json::json!({
            "id": id, "phase": "t-4h", "kind": "demo.holds", "title": id, "severity": "required",
            "effect": effect, "definition": definition(),
        })
    };
    let outline: Outline = serde_json::from_value(serde_json::json!({
        "checklist": "vapora-release",
        "deployment": { "release": "1.4.0", "environment": "production" },
        "phases": [{ "id": "t-4h", "title": "4 hours before deployment" }],
        "checks": [
            check("nodes", Effect::Reads),
            check("backup", Effect::KeepsFiles),
            check("announced", Effect::Notifies),
            check("sign-off", Effect::Reads),
        ],
        "gates": [{
            "id": "go", "phase": "t-4h", "title": "Go or no-go", "question": "proceed",
            "subjects": ["nodes", "backup", "announced", "sign-off"],
        }],
    }))
    .unwrap();
    EventKind::Planned(Arc::new(outline))
}

pub(crate) fn started(check: &str) -> EventKind {
    EventKind::CheckStarted { check: id(check), definition: definition() }
}

pub(crate) fn finished(check: &str, status: Status) -> EventKind {
    EventKind::CheckFinished(CheckFinished {
        check: id(check),
        definition: definition(),
        started: at(1),
        attempts: 1,
        status,
    })
}

pub(crate) fn noted(text: impl Into<String>) -> EventKind {
    EventKind::Noted(Note { who: "ana".to_owned(), topic: "note".to_owned(), text: text.into() })
}

/// The given happenings, a second apart.
pub(crate) fn told(kinds: impl IntoIterator<Item = EventKind>) -> Vec<Event> {
    kinds.into_iter().zip(1..).map(|(kind, second)| Event { at: at(second), kind }).collect()
}

/// A run of six events.
pub(crate) fn short_run() -> Vec<Event> {
    let run = RunStarted { by: "ana".into(), selection: "everything".into(), version: "0.1.0".into() };
    let finding = Finding::new("5 of 5 nodes are ready").with("ready", 5).with("share", 0.1);
    told([
        planned(),
        EventKind::RunStarted(run),
        started("nodes"),
        EventKind::AttemptFailed {
            check: id("nodes"), attempt: 1, why: "“refused”\n\u{1f680}".to_owned()
        },
        finished("nodes", Status::Done(Outcome::Pass(finding))),
        EventKind::RunFinished(RunEnd::Completed),
    ])
}

/// A run in which everything happens that can.
pub(crate) fn full_run() -> Vec<Event> {
    let finding = Finding::new("2 of 5 nodes are not ready")
        .expected("all nodes are ready")
        .actual("2 are not")
        .remedy("look at the kubelets")
        .advice(Advice::RollBack)
        .evidence(
            Evidence::new()
                .measured("free", 12, Unit::Bytes)
                .with("share", 0.1)
                .with("nodes", vec!["a", "b"])
                .with("by_zone", Value::table([("z", Value::Null), ("a", Value::Bool(true))])),
        );
    let reason =
        Reason::new(Weight::Against, "fails", "2 of 5 nodes are not ready").condition("nodes").remedy("wait");
    let skipped = |reason| finished("announced", Status::Skipped(reason));
    let word = |word, expires| {
        EventKind::Attested(Attestation {
            check: id("sign-off"),
            definition: definition(),
            who: "bea".into(),
            role: "on_call".into(),
            word,
            evidence: Some("TICKET-7".into()),
            comment: None,
            expires,
        })
    };
    let mut run = short_run();
    let end = run.pop().unwrap().kind;
    let more = [
        finished("nodes", Status::Done(Outcome::Fail(finding))),
        finished("nodes", Status::Done(Outcome::Warn(Finding::new("ready, and slow")))),
        finished("nodes", Status::Done(Outcome::NotApplicable(Finding::new("there are none")))),
        started("backup"),
        finished(
            "backup",
            Status::Errored(ErrorReport {
                message: "could not list backups".into(),
                causes: vec!["refused".into()],
                transient: true,
                remedy: Some("open the port".into()),
                uncertain: false,
            }),
        ),
        finished(
            "backup",
            Status::TimedOut(TimeOut {
                after: std::time::Duration::from_millis(20_500),
                scope: TimeOutScope::Until,
                doing: Some("listing".into()),
                last: None,
            }),
        ),
        finished("backup", Status::Panicked { message: "index out of bounds".into() }),
        skipped(SkipReason::Need { chain: vec![id("backup"), id("nodes")], because: "failed".into() }),
        skipped(SkipReason::Effect { effect: Effect::Notifies, allowed: Effect::KeepsFiles }),
        skipped(SkipReason::Commands),
        skipped(SkipReason::Uncertain { since: at(3) }),
        skipped(SkipReason::Cancelled),
        skipped(SkipReason::Deadline),
        finished(
            "sign-off",
            Status::Awaiting(Awaiting {
                role: "on_call".into(),
                statement: "the rollback was tried".into(),
                because: Some("withdrawn".into()),
            }),
        ),
        word(Word::Yes, Some(at(3600))),
        word(Word::No, None),
        word(Word::Withdrawn, None),
        noted("began"),
        EventKind::GateJudged {
            gate: id("go"),
            verdict: Verdict::of([reason]).advice(Some(Advice::Investigate)),
        },
        EventKind::RunFinished(RunEnd::Cancelled),
        EventKind::RunFinished(RunEnd::Deadline),
        end,
    ];
    told(run.into_iter().map(|event| event.kind).chain(more))
}
