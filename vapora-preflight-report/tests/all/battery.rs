//! The canonical reports.

use std::time::Duration;

use serde_json::{Value as Json, json};
use vapora_preflight::{
    Advice, Awaiting, ErrorReport, Evidence, Finding, Outcome, Report, RunEnd, SkipReason, Status, TimeOut,
    TimeOutScope, Unit, Value, Word,
};

use crate::scene::{Scene, release};

/// Every canonical report by its name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("empty", empty()),
        ("go", go()),
        ("no_go", no_go()),
        ("undecided", undecided()),
        ("roll_back", roll_back()),
        ("hostile", crate::hostile::report()),
        ("stale", stale()),
        ("many", many()),
    ]
}

/// Those that are small enough to be read.
pub(crate) fn small() -> Vec<(&'static str, Report)> {
    all().into_iter().filter(|(name, _)| *name != "many").collect()
}

/// Nothing has been run.
pub(crate) fn empty() -> Report {
    Scene::new(release(), "2026-11-30T13:00:00Z").report()
}

fn latency(seconds: f64) -> Outcome {
    let evidence =
        Evidence::new().measured("p99", seconds, Unit::Seconds).measured("errors", 0.4, Unit::Percent);
    Outcome::Pass(Finding::new("the p99 is recorded").evidence(evidence))
}

/// Everything before the deployment holds.
pub(crate) fn before() -> Scene {
    Scene::new(release(), "2026-11-30T13:00:00Z")
        .run("phase t-24h")
        .attested("on-call-briefed", "bo", Word::Yes, Some("2026-12-01T18:00:00Z"))
        .later(1)
        .pass("on-call-briefed", "bo said so")
        .pass("ticket-complete", "3 of 3 sections are there")
        .ended(RunEnd::Completed)
        .later(72_000)
        .run("phase t-4h")
        .settled(
            "production-reachable",
            1_300,
            3,
            Status::Done(Outcome::pass("the cluster answers as v1.31.2")),
        )
        .pass("production-nodes", "5 of 5 nodes are ready")
        .done("logs-clean[vapora-backend]", 410, Outcome::Warn(Finding::new("1 line of 50 tells of a retry")))
        .done("latency-before", 95, latency(0.182))
        .later(60)
}

/// A go.
pub(crate) fn go() -> Report {
    before().judged("go-no-go").ended(RunEnd::Completed).report()
}

/// One failure.
pub(crate) fn no_go() -> Report {
    let not_ready = Finding::new("2 of 5 nodes are not ready")
        .expected("every node Ready")
        .actual("node-3: NotReady (KubeletNotReady), node-5: NotReady (disk pressure)")
        .remedy("cordon and drain the nodes, or wait until they are back")
        .with("nodes", 5)
        .with("not_ready", vec!["node-3", "node-5"])
        .evidence_file();
    before()
        .done("production-nodes", 812, Outcome::Fail(not_ready))
        .skipped("logs-clean[vapora-backend]", &["production-nodes"], "failed")
        .judged("go-no-go")
        .ended(RunEnd::Completed)
        .report()
}

trait EvidenceFile {
    fn evidence_file(self) -> Self;
}
impl EvidenceFile for Finding {
    fn evidence_file(mut self) -> Self {
        self.evidence = self.evidence.attached("nodes.yaml", "application/yaml", &b"kind: List\n"[..]);
        self
    }
}

/// Errors, time-outs, a panic, a chain of skips, and persons who are waited for.
pub(crate) fn undecided() -> Report {
    let error = ErrorReport {
        message: "could not ask `https://k8s.example.com:6443`".to_owned(),
        causes: vec!["connection refused".to_owned()],
        transient: true,
        remedy: Some("see whether the VPN is up".to_owned()),
        uncertain: false,
    };
    let time_out = TimeOut {
        after: Duration::from_secs(20),
        scope: TimeOutScope::Check,
        doing: Some("waiting for `prometheus`".to_owned()),
        last: None,
    };
    let awaiting = Awaiting {
        role: "on_call".to_owned(),
        statement: "I am briefed on the plan and the rollback procedure".to_owned(),
        because: Some("the earlier word was withdrawn".to_owned()),
    };
    Scene::new(release(), "2026-12-01T12:30:00Z")
        .run("everything")
        .reviewed(
            "production",
            &[
                ("list pods in `vapora`", false, &["pods-ready", "production-nodes"]),
                ("get namespaces `vapora` in `vapora`", true, &["pods-ready"]),
            ],
            None,
        )
        .reviewed("staging", &[], Some("no answer within 15s"))
        .settled("on-call-briefed", 0, 1, Status::Awaiting(awaiting))
        .settled("ticket-complete", 3, 1, Status::Panicked { message: "index out of bounds".to_owned() })
        .settled("production-reachable", 6_100, 3, Status::Errored(error))
        .skipped("production-nodes", &["production-reachable"], "errored")
        .skipped("logs-clean[vapora-backend]", &["production-nodes", "production-reachable"], "errored")
        .settled("latency-before", 20_000, 2, Status::TimedOut(time_out))
        .settled("pods-ready", 0, 0, Status::Skipped(SkipReason::Deadline))
        .judged("go-no-go")
        .requests("production", 41)
        .requests("staging", 0)
        .ended(RunEnd::Deadline)
        .report()
}

/// After the deployment: roll back.
pub(crate) fn roll_back() -> Report {
    let crash = Finding::new("2 of 9 pods are not ready: `vapora-agents` is in CrashLoopBackOff")
        .expected("9 of 9 pods Ready within 5m")
        .actual("7 of 9")
        .advice(Advice::RollBack)
        .with("pods", Value::table([("ready", 7), ("all", 9)]));
    before()
        .judged("go-no-go")
        .ended(RunEnd::Completed)
        .later(18_100)
        .noted("start", "2026-12-01T14:02:00Z")
        .noted("issue", "vapora-agents crashes on start: the queue URL is missing")
        .run("phase after")
        .settled("pods-ready", 300_000, 31, Status::Done(Outcome::Fail(crash)))
        .skipped("health-after", &["pods-ready"], "failed")
        .done("latency-after", 120, latency(0.913))
        .judged("keep-or-roll-back")
        .ended(RunEnd::Completed)
        .later(400)
        .noted("end", "rolled back to revision 41")
        .noted("rollback", "yes, to revision 41")
        .noted("lesson", "compare the ConfigMap with what the pods ask for")
        .noted("next", "2026-12-02 14:00 UTC")
        .report()
}

/// After the deployment: keep it.
pub(crate) fn keep() -> Report {
    kept().report()
}

/// The same, to go on with.
pub(crate) fn kept() -> Scene {
    before()
        .judged("go-no-go")
        .later(18_100)
        .noted("start", "2026-12-01T14:02:00Z")
        .run("phase after")
        .pass("pods-ready", "9 of 9 pods are ready")
        .pass("health-after", "3 of 3 endpoints answer with 200")
        .done("latency-after", 120, latency(0.177))
        .attested("support-reports-nothing", "cleo", Word::Yes, None)
        .pass("support-reports-nothing", "cleo said so")
        .judged("keep-or-roll-back")
        .ended(RunEnd::Completed)
        .later(60)
        .noted("end", "done")
}

/// A go that has gone stale: results too old, changed, begun and never settled, and a word that expired.
pub(crate) fn stale() -> Report {
    let mut changed = release();
    changed["checks"][1]["definition"] = json!("ab".repeat(32));
    before()
        .judged("go-no-go")
        .ended(RunEnd::Completed)
        .replan(changed)
        .later(40_000)
        .run("ids production-reachable")
        .begun("production-reachable")
        .report()
}

/// Two thousand checks in ten phases; some of them fail, some have not been asked.
pub(crate) fn many() -> Report {
    let phases: Vec<Json> = (0..10)
        .map(|phase| json!({ "id": format!("p{phase}"), "title": format!("Phase {phase}") }))
        .collect();
    let ids: Vec<String> = (0..2_000).map(|check| format!("check-{check}")).collect();
    let check = |(number, id): (usize, &String)| {
        json!({
            "id": id, "phase": format!("p{}", number / 200), "kind": "demo.holds", "title": format!("Check number {number}"),
            "severity": "required", "effect": "reads",
        })
    };
    let checks: Vec<Json> = ids.iter().enumerate().map(check).collect();
    let gate = json!({ "id": "gate", "phase": "p9", "title": "All of them", "question": "proceed", "subjects": ids });
    let outline =
        json!({ "checklist": "many", "deployment": {}, "phases": phases, "checks": checks, "gates": [gate] });
    let mut scene = Scene::new(outline, "2026-12-01T12:00:00Z").run("everything");
    for (number, id) in ids.iter().enumerate().take(1_900) {
        scene = match number % 100 {
            99 => scene.done(id, 5, Outcome::fail("it does not hold")),
            _ => scene.done(id, 5, Outcome::pass("it holds")),
        };
    }
    scene.judged("gate").ended(RunEnd::Cancelled).report()
}
