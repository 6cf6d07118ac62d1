//! `k8s.backup_job_recent`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome, Timestamp};
use vapora_preflight_k8s::BackupJobRecent;

use crate::{
    replay::{Recording, replay},
    said::{Sheet, ask_at, fails, passes, problems},
};

const CRON_JOB: &str = "/apis/batch/v1/namespaces/vapora/cronjobs/backup";
const JOBS: &str = "/apis/batch/v1/namespaces/vapora/jobs";
/// 2026-12-01T12:00:00Z.
const NOW: i64 = 1_796_126_400;

type Edit = fn(&mut Value);

fn backup(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "cron_job": "backup", "max_age": "24h" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn cron_job(edit: impl FnOnce(&mut Value)) -> Recording {
    let mut cron_job = json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": { "name": "backup", "namespace": "vapora", "uid": "the-cron-job" },
        "spec": { "schedule": "0 2 * * *", "timeZone": "Etc/UTC", "suspend": false },
        "status": { "lastScheduleTime": "2026-12-01T02:00:00Z", "lastSuccessfulTime": "2026-12-01T02:20:00Z" },
    });
    edit(&mut cron_job);
    Recording::object(CRON_JOB, cron_job)
}

fn job(name: &str, start: &str, end: Option<&str>, condition: Option<(&str, &str)>) -> Value {
    let mut job = json!({
        "metadata": { "name": name, "namespace": "vapora", "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "CronJob", "name": "backup", "uid": "the-cron-job", "controller": true }] },
        "status": { "startTime": start },
    });
    if let Some(end) = end {
        job["status"]["completionTime"] = end.into();
    }
    if let Some((kind, reason)) = condition {
        job["status"]["conditions"] = json!([{ "type": kind, "status": "True", "reason": reason }]);
    }
    job
}

fn done(name: &str, start: &str, end: &str) -> Value {
    job(name, start, Some(end), Some(("Complete", "CompletionsReached")))
}

fn failed(name: &str, start: &str) -> Value {
    job(name, start, None, Some(("Failed", "BackoffLimitExceeded")))
}

fn going_on(name: &str, start: &str) -> Value {
    job(name, start, None, None)
}

async fn ask(cron_job: Recording, jobs: Vec<Value>, more: Value) -> CheckResult {
    let recordings = vec![cron_job, Recording::list(JOBS, "Job", jobs)];
    ask_at::<BackupJobRecent>(NOW, None, backup(more), replay(recordings).0).await
}

fn last_night() -> Value {
    done("backup-2", "2026-12-01T02:00:05Z", "2026-12-01T02:20:00Z")
}

#[tokio::test]
async fn the_last_success_tells_how_old_the_backup_is() {
    let mut sheet = Sheet::default();
    let plain: Edit = |_| {};
    let old: Edit = |it| {
        it["status"] = json!({ "lastScheduleTime": "2026-11-29T02:00:00Z", "lastSuccessfulTime": "2026-11-29T02:20:00Z" });
    };
    let never: Edit = |it| it["status"] = json!({});
    let suspended: Edit = |it| it["spec"]["suspend"] = true.into();
    let cases: [(&str, Edit, Vec<Value>, Value, char); 16] = [
        ("last night", plain, vec![last_night()], json!({ "max_duration": "1h" }), 'p'),
        ("its job was removed", plain, vec![], json!({ "max_duration": "1h" }), 'p'),
        ("too old", old, vec![], json!({}), 'f'),
        (
            "too old, and by hand since",
            old,
            vec![done("by-hand", "2026-12-01T11:00:00Z", "2026-12-01T11:10:00Z")],
            json!({}),
            'p',
        ),
        ("never", never, vec![], json!({}), 'f'),
        ("never, and failing", never, vec![failed("backup-1", "2026-12-01T02:00:05Z")], json!({}), 'f'),
        ("suspended", suspended, vec![last_night()], json!({}), 'f'),
        ("suspended, and allowed", suspended, vec![last_night()], json!({ "allow_suspended": true }), 'p'),
        ("it took too long", plain, vec![last_night()], json!({ "max_duration": "10m" }), 'f'),
        (
            "another one goes on",
            plain,
            vec![last_night(), going_on("backup-3", "2026-12-01T11:50:00Z")],
            json!({ "max_duration": "1h" }),
            'p',
        ),
        (
            "another one goes on too long",
            plain,
            vec![last_night(), going_on("backup-3", "2026-12-01T10:00:00Z")],
            json!({ "max_duration": "1h" }),
            'f',
        ),
        (
            "it failed since",
            plain,
            vec![last_night(), failed("backup-3", "2026-12-01T08:00:00Z")],
            json!({}),
            'w',
        ),
        (
            "it failed before",
            plain,
            vec![last_night(), failed("backup-1", "2026-11-30T02:00:00Z")],
            json!({}),
            'p',
        ),
        (
            "a run was lost",
            |it| it["status"]["lastScheduleTime"] = "2026-12-01T08:00:00Z".into(),
            vec![],
            json!({}),
            'w',
        ),
        (
            "a run is active, and its job is not listed",
            |it| {
                it["status"]["lastScheduleTime"] = "2026-12-01T08:00:00Z".into();
                it["status"]["active"] = json!([{ "kind": "Job", "name": "backup-3" }]);
            },
            vec![],
            json!({}),
            'p',
        ),
        (
            "being deleted",
            |it| it["metadata"]["deletionTimestamp"] = "2026-12-01T11:00:00Z".into(),
            vec![last_night()],
            json!({}),
            'f',
        ),
    ];
    for (title, edit, jobs, more, expected) in cases {
        let result = ask(cron_job(edit), jobs, more).await;
        let warns = matches!(result, Ok(Outcome::Warn(_)));
        assert_eq!(
            (passes(&result), fails(&result), warns),
            (expected == 'p', expected == 'f', expected == 'w'),
            "{title}: {result:?}"
        );
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_answer_counts_until_the_backup_is_too_old() {
    let result = ask(cron_job(|_| {}), vec![last_night()], json!({})).await;
    let until: Timestamp = "2026-12-02T02:20:00Z".parse().unwrap();
    assert_eq!(result.unwrap().finding().counts_until, Some(until));
    for (max_age, good) in [("9h 40m", true), ("9h 39m 59s", false)] {
        let result = ask(cron_job(|_| {}), vec![last_night()], json!({ "max_age": max_age })).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{max_age}: {result:?}");
    }
}

#[tokio::test]
async fn jobs_of_others_say_nothing() {
    let mut other = last_night();
    other["metadata"]["ownerReferences"][0]["uid"] = "another".into();
    let mut alone = last_night();
    alone["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    let result = ask(cron_job(|it| it["status"] = json!({})), vec![other, alone], json!({})).await;
    assert!(fails(&result), "{result:?}");
    // What somebody starts by hand need not be controlled by it.
    let mut by_hand = last_night();
    by_hand["metadata"]["ownerReferences"][0].as_object_mut().unwrap().remove("controller");
    assert!(passes(&ask(cron_job(|it| it["status"] = json!({})), vec![by_hand], json!({})).await));
    // A condition that is not true is none, and a completion without a time is no success.
    let mut not_yet = last_night();
    not_yet["status"]["conditions"][0]["status"] = "False".into();
    let mut timeless = last_night();
    timeless["status"].as_object_mut().unwrap().remove("completionTime");
    for job in [not_yet, timeless] {
        assert!(fails(&ask(cron_job(|it| it["status"] = json!({})), vec![job], json!({})).await));
    }
}

#[tokio::test]
async fn jobs_are_found_by_their_labels_too() {
    let parameters = json!({ "namespace": "vapora", "selector": "app=backup", "max_age": "24h" });
    let of = async |jobs: Vec<Value>| {
        let recordings = vec![Recording::list(JOBS, "Job", jobs), Recording::of("namespace-get")];
        ask_at::<BackupJobRecent>(NOW, None, parameters.clone(), replay(recordings).0).await
    };
    let mut sheet = Sheet::default();
    let mut alone = last_night();
    alone["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    let result = of(vec![alone]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("one of them", &result);
    let result = of(vec![failed("backup-1", "2026-12-01T02:00:05Z")]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("only failures", &result);
    let result = of(Vec::new()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("none", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_success_in_the_future_tells_nothing() {
    let ahead = |at: &'static str| {
        move |it: &mut Value| it["status"] = json!({ "lastSuccessfulTime": at, "lastScheduleTime": at })
    };
    let result = ask(cron_job(ahead("2026-12-01T13:00:00Z")), vec![], json!({})).await;
    assert!(!result.unwrap_err().is_transient());
    assert!(passes(&ask(cron_job(ahead("2026-12-01T12:01:00Z")), vec![], json!({})).await));
    let unreadable = cron_job(|it| it["status"]["lastSuccessfulTime"] = "yesterday".into());
    assert!(ask(unreadable, vec![], json!({})).await.is_err());
}

#[tokio::test]
async fn a_missing_cron_job_is_told_from_a_missing_namespace() {
    let missing = |namespace: &str| {
        let target = format!("/apis/batch/v1/namespaces/{namespace}/cronjobs/backup");
        Recording::of("deployment-get-missing-404").at(&target).edited(|status| {
            status["details"] = json!({ "name": "backup", "group": "batch", "kind": "cronjobs" });
        })
    };
    let there = replay(vec![missing("vapora"), Recording::of("namespace-get")]).0;
    let result = ask_at::<BackupJobRecent>(NOW, None, backup(json!({})), there).await;
    assert_eq!(result.unwrap().finding().actual.as_deref(), Some("no `cronjob/backup`"));
    let gone = replay(vec![missing("vapora-staging"), Recording::of("namespace-get-missing-404")]).0;
    let result =
        ask_at::<BackupJobRecent>(NOW, None, backup(json!({ "namespace": "vapora-staging" })), gone).await;
    assert_eq!(
        result.unwrap().finding().actual.as_deref(),
        Some("the namespace `vapora-staging` does not exist")
    );
}

#[test]
fn a_cron_job_or_labels_have_to_be_given_and_not_both() {
    for (parameters, wrong) in [
        (json!({ "namespace": "a", "max_age": "1h" }), 1),
        (json!({ "namespace": "a", "max_age": "1h", "cron_job": "b", "selector": "c" }), 1),
        (json!({ "namespace": "a", "max_age": "0s", "cron_job": "b" }), 1),
        (json!({ "namespace": "a", "max_age": "1h", "selector": "c" }), 0),
    ] {
        assert_eq!(problems::<BackupJobRecent>(parameters.clone()).len(), wrong, "{parameters}");
    }
}
