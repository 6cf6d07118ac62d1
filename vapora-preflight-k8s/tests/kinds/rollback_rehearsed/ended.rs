//! Whatever becomes of the check, the deployment is put back: over the executor, which carries the promise out.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use vapora_preflight::{Effect, Plan, Resources, Run, RunEnd, Status, TargetName};
use vapora_preflight_k8s::K8sClient;
use vapora_preflight_sim::Cluster;

use super::{
    OLD, cluster, image, marks,
    meddling::{Does, between},
    pass_time, revision, state,
};
use crate::{declared::plan, said::Sheet};

fn checklist() -> Plan {
    plan(
        "phase = \"now\"\n[target.staging.kubernetes]\n[check.it]\nkind = \"k8s.rollback_rehearsed\"\ntarget = \"staging\"\n\
         namespace = \"vapora\"\nnames = [\"backend\"]\nrollout_timeout = \"15s\"\ntimeout = \"30s\"\npoll = \"1s\"\n",
    )
}

fn run<'p>(plan: &'p Plan, cluster: &Cluster, client: K8sClient) -> Run<'p> {
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("staging").unwrap(), client);
    Run::new(plan)
        .resources(resources)
        .clock(Arc::new(cluster.clock().clone()))
        .allow(Effect::Mutates)
        .ignore_windows(true)
        .review_access(false)
}

fn told(status: &Status) -> String {
    let remedy = match status {
        Status::Errored(report) => report.remedy.clone().map(|remedy| format!("  remedy: {remedy}\n")),
        _ => None,
    };
    format!("{}: {}\n{}", status.word(), status.summary(), remedy.unwrap_or_default())
}

/// Runs the check to its end with this client; what is recorded of it.
async fn ends(cluster: &Cluster, client: K8sClient) -> String {
    let plan = checklist();
    let outcome = run(&plan, cluster, client).execute().await.unwrap();
    told(&outcome.report.check("it").unwrap().record.unwrap().status)
}

#[tokio::test(start_paused = true)]
async fn it_is_put_back_after_a_time_out_a_lost_answer_and_a_panic() {
    let mut sheet = Sheet::default();
    type Plot = fn(&Cluster, &str, usize) -> Does;
    let plots: [(&str, Plot); 7] = [
        ("a look hangs after the undo", |cluster, method, patches| {
            if method == "GET" && patches == 1 && image(cluster) == OLD && first(cluster) {
                Does::Hangs
            } else {
                Does::Answers
            }
        }),
        ("the undo is never answered, and not done", |_, method, patches| {
            if method == "PATCH" && patches == 0 { Does::Hangs } else { Does::Answers }
        }),
        ("the undo is done, and its answer lost", |_, method, patches| {
            if method == "PATCH" && patches == 0 { Does::Loses } else { Does::Answers }
        }),
        (
            "the undo comes late, when it was looked whether there is something to put back",
            |_, method, patches| {
                if method == "PATCH" && patches == 0 { Does::Delays(1) } else { Does::Answers }
            },
        ),
        ("the undo comes late, when it was made harmless", |_, method, patches| {
            if method == "PATCH" && patches == 0 { Does::Delays(2) } else { Does::Answers }
        }),
        ("the restore is done, and its answer lost", |_, method, patches| {
            if method == "PATCH" && patches == 1 { Does::Loses } else { Does::Answers }
        }),
        ("a panic", |cluster, method, patches| {
            assert!(!(method == "GET" && patches == 1 && image(cluster) == OLD && first(cluster)), "a bug");
            Does::Answers
        }),
    ];
    for (title, plot) in plots {
        let cluster = cluster();
        let before = state(&cluster);
        let said = ends(&cluster, between(&cluster, plot)).await;
        assert!(said.starts_with("errored"), "{title}: {said}");
        sheet.add_text(title, &said);
        pass_time(&cluster, 60);
        assert_eq!((state(&cluster), marks(&cluster).len()), (before, 0), "{title}");
    }
    insta::assert_snapshot!(sheet.text());
}

/// Whether this is the first time that it is asked of this cluster.
fn first(cluster: &Cluster) -> bool {
    let asked = |it: &mut Value| it["metadata"]["labels"]["asked"] = "yes".into();
    let namespace = cluster.object("Namespace", "", "vapora").unwrap();
    let first = namespace["metadata"]["labels"]["asked"].is_null();
    cluster.edit("Namespace", "", "vapora", asked).unwrap();
    first
}

#[tokio::test(start_paused = true)]
async fn it_is_put_back_when_the_run_is_cancelled() {
    let cluster = cluster();
    let before = state(&cluster);
    let token = CancellationToken::new();
    let plot = |cluster: &Cluster, method: &str, patches: usize| {
        if method == "GET" && patches == 1 && first(cluster) { Does::Hangs } else { Does::Answers }
    };
    let plan = checklist();
    let running = run(&plan, &cluster, between(&cluster, plot)).cancelled_by(token.clone()).execute();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(image(&cluster), OLD);
        token.cancel();
    };
    let (outcome, ()) = tokio::join!(running, cancel);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.end, RunEnd::Cancelled);
    let said = told(&outcome.report.check("it").unwrap().record.unwrap().status);
    assert!(
        said.contains("the run was cancelled: the template of `deployment/backend` in `vapora` was put back"),
        "{said}"
    );
    assert_eq!((state(&cluster), marks(&cluster).len(), revision(&cluster).as_str()), (before, 0, "4"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_put_back_is_told_with_the_command_that_does() {
    let mut sheet = Sheet::default();
    // the server goes away after the undo, and does not come back
    let away = cluster();
    let gone = |_: &Cluster, _: &str, patches: usize| if patches > 0 { Does::Loses } else { Does::Answers };
    sheet.add_text("the server goes away", &ends(&away, between(&away, gone)).await);
    assert_eq!((image(&away).as_str(), marks(&away).len()), (OLD, 2));
    // someone else was ahead
    let changed = cluster();
    let ahead = |cluster: &Cluster, method: &str, patches: usize| {
        if method == "GET" && patches == 1 && first(cluster) {
            let third =
                |it: &mut Value| it["spec"]["template"]["spec"]["containers"][0]["image"] = "third:1".into();
            cluster.edit("Deployment", "vapora", "backend", third).unwrap();
            return Does::Loses;
        }
        Does::Answers
    };
    sheet.add_text("someone else was ahead", &ends(&changed, between(&changed, ahead)).await);
    assert_eq!((image(&changed).as_str(), marks(&changed).len()), ("third:1", 0));
    insta::assert_snapshot!(sheet.text());
}
