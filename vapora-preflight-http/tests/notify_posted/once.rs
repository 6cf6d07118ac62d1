//! A message is posted once, whatever becomes of the run.

use std::{fs, path::Path, sync::Arc};

use vapora_preflight::{
    Effect, Journal, Plan, PlanBuilder, Registry, ReleaseId, Run, SkipReason, Sources, Status, Timestamp,
};
use vapora_preflight_sim::{Chat, Fault, FaultPlan, SimClock};

use crate::ask::{NOW, Secrets, resources};

fn plan(text: &str) -> Plan {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let mut sources = Sources::new();
    let checks = format!(
        "[phase.before]\n[message.start]\ntext = \"{text}\"\n[check.tell]\nphase = \"before\"\nkind = \"notify.posted\"\n\
         service = \"slack\"\nwebhook = {{ env = \"HOOK\" }}\ndocument = \"message.start\"\ntimeout = \"1s\"\n\
         retry = {{ attempts = 3, backoff = \"1s\" }}\n"
    );
    sources.add("checks.toml", checks);
    PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan
}

/// A run over the journal in this folder: what became of the check, and all that the journal holds.
async fn run(plan: &Plan, chat: &Chat, root: &Path, repeat: bool) -> (Status, String) {
    let clock = SimClock::at_unix_seconds(NOW);
    let release = ReleaseId::new("1.4.0").unwrap();
    let (mut journal, history) =
        Journal::open(root, &release, "test", Timestamp::from_unix_seconds(NOW)).unwrap();
    let secrets = Secrets { hook: chat.slack_webhook(), token: String::new() };
    let outcome = Run::new(plan)
        .resources(resources())
        .clock(Arc::new(clock))
        .secrets(Arc::new(secrets))
        .history(history.report().unwrap_or_default())
        .allow(Effect::Notifies)
        .repeat_effects(repeat)
        .record(&mut journal)
        .execute()
        .await
        .unwrap();
    let status = outcome.report.checks().next().unwrap().record.unwrap().status.clone();
    (status, fs::read_to_string(journal.path()).unwrap())
}

#[tokio::test]
async fn a_run_that_is_resumed_posts_nothing_again() {
    let (chat, root) = (Chat::serve().await.unwrap(), tempfile::tempdir().unwrap());
    let plan_at_two = plan("starting at 14:00");
    for _ in 0..3 {
        let (status, journal) = run(&plan_at_two, &chat, root.path(), false).await;
        assert!(status.holds(), "{status:?}");
        assert!(!journal.contains(chat.key()) && journal.contains("starting at 14:00"));
    }
    assert_eq!(chat.messages().len(), 1);
    // another text is another message
    let (status, _) = run(&plan("starting at 15:00"), &chat, root.path(), false).await;
    assert!(status.holds(), "{status:?}");
    assert_eq!(chat.messages()[1].body["text"], "starting at 15:00");
    assert_eq!(chat.messages().len(), 2);
}

#[tokio::test]
async fn what_was_refused_is_posted_by_the_next_run() {
    let (chat, root) = (Chat::serve().await.unwrap(), tempfile::tempdir().unwrap());
    let plan = plan("starting");
    chat.set_trouble(Some(vapora_preflight_sim::ChatTrouble::Archived));
    assert!(!run(&plan, &chat, root.path(), false).await.0.holds());
    chat.set_trouble(None);
    assert!(run(&plan, &chat, root.path(), false).await.0.holds());
    assert_eq!(chat.messages().len(), 1);
}

#[tokio::test]
async fn a_service_that_asks_to_wait_is_asked_again_and_posts_once() {
    let (chat, root) = (Chat::serve().await.unwrap(), tempfile::tempdir().unwrap());
    chat.faults().set(FaultPlan::throttle(2, 7));
    let (status, _) = run(&plan("starting"), &chat, root.path(), false).await;
    assert!(status.holds(), "{status:?}");
    assert_eq!((chat.messages().len(), chat.peer().requests().len()), (1, 3));
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_not_posted_again() {
    for fault in [Fault::Cut, Fault::Truncated, Fault::Slow] {
        let (chat, root) = (Chat::serve().await.unwrap(), tempfile::tempdir().unwrap());
        let plan = plan("starting");
        chat.faults().set(FaultPlan::every(fault));
        let (first, _) = run(&plan, &chat, root.path(), false).await;
        match fault {
            Fault::Slow => assert!(matches!(first, Status::TimedOut(_)), "{first:?}"),
            _ => assert!(matches!(&first, Status::Errored(error) if error.uncertain), "{fault}: {first:?}"),
        }
        chat.faults().clear();
        for _ in 0..2 {
            let (again, _) = run(&plan, &chat, root.path(), false).await;
            assert!(matches!(again, Status::Skipped(SkipReason::Uncertain { .. })), "{fault}: {again:?}");
        }
        assert_eq!((chat.messages().len(), chat.peer().requests().len()), (0, 1), "{fault}");
        let (told_to, _) = run(&plan, &chat, root.path(), true).await;
        assert!(told_to.holds(), "{told_to:?}");
        assert_eq!(chat.messages().len(), 1);
    }
}
