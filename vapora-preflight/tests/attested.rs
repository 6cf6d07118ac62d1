//! A word that is needed only where a check has not simply passed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{sync::Arc, time::Duration};

use vapora_preflight::{
    Attestation, CheckId, Digest, Journal, Plan, PlanBuilder, ReleaseId, Report, Run, Sources, Status,
    Timestamp, TokioClock, Word, record_attestation,
};

#[path = "kinds/demo.rs"]
mod demo;

fn plan(more: &str) -> Plan {
    let mut sources = Sources::new();
    sources.add(
        "checklist.toml",
        format!(
            "[phase.before]\n[roles.lead]\nperson = \"Ada\"\n[check.dry-run]\nkind = \"demo.answers\"\nphase = \"before\"\n\
             question = \"q\"\nat_least = 1\n{more}\n[check.reviewed]\nkind = \"manual.attested\"\nphase = \"before\"\n\
             role = \"lead\"\nstatement = \"no warning matters\"\nunless_passed = true\nbaseline = \"dry-run\"\n\
             valid_for = \"4h\"\n"
        ),
    );
    let registry = demo::registry();
    PlanBuilder::new(&registry)
        .sources(&sources)
        .build()
        .unwrap_or_else(|error| panic!("{:#?}", error.diagnostics))
        .plan
}

fn start() -> Timestamp {
    Timestamp::from_unix_seconds(1_796_133_600)
}

async fn run(plan: &Plan, clock: &Arc<TokioClock>, history: Option<Report>) -> Report {
    Run::new(plan).clock(clock.clone()).history(history).execute().await.unwrap().report
}

fn status(report: &Report) -> &Status {
    &report.check("reviewed").unwrap().current().unwrap().status
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_where_the_check_has_passed() {
    let (plan, clock) = (plan(""), Arc::new(TokioClock::starting(start())));
    let report = run(&plan, &clock, None).await;
    assert_eq!(status(&report).word(), "passed");
    assert_eq!(status(&report).summary(), "`dry-run` passed, so nobody has to look");
    // it counts no longer than a word would
    tokio::time::advance(Duration::from_hours(4)).await;
    assert!(!report.check("reviewed").unwrap().standing(start().plus(Duration::from_hours(4))).holds());
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_where_it_has_warned() {
    let (plan, clock) = (plan("warn_unless = \"value > 1\""), Arc::new(TokioClock::starting(start())));
    let report = run(&plan, &clock, None).await;
    assert_eq!(report.check("dry-run").unwrap().current().unwrap().status.word(), "warned");
    let summary = status(&report).summary();
    assert!(summary.contains("`dry-run` did not simply pass"), "{summary}");

    let folder = tempfile::tempdir().unwrap();
    let release = ReleaseId::new("1.4.0").unwrap();
    let (mut journal, _) = Journal::open(folder.path(), &release, "ada", start()).unwrap();
    let word = |word| Attestation {
        check: CheckId::new("reviewed").unwrap(),
        definition: Digest::of("unknown"),
        who: "Ada".into(),
        role: String::new(),
        word,
        evidence: None,
        comment: None,
        expires: None,
    };
    let report = record_attestation(&plan, Some(report), &mut journal, &*clock, word(Word::Yes)).unwrap();
    let report = run(&plan, &clock, Some(report)).await;
    assert_eq!(status(&report).word(), "passed");
}

#[tokio::test(start_paused = true)]
async fn a_word_that_was_given_counts_all_the_same() {
    let (plan, clock) = (plan(""), Arc::new(TokioClock::starting(start())));
    let folder = tempfile::tempdir().unwrap();
    let release = ReleaseId::new("1.4.0").unwrap();
    let (mut journal, _) = Journal::open(folder.path(), &release, "ada", start()).unwrap();
    let no = Attestation {
        check: CheckId::new("reviewed").unwrap(),
        definition: Digest::of("unknown"),
        who: "Ada".into(),
        role: String::new(),
        word: Word::No,
        evidence: None,
        comment: Some("the quota is too small".into()),
        expires: None,
    };
    let report = record_attestation(&plan, None, &mut journal, &*clock, no).unwrap();
    let report = run(&plan, &clock, Some(report)).await;
    assert_eq!(status(&report).word(), "failed");
}
