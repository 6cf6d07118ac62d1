//! Checks that are compared with what they saw before, in whole runs.

use std::sync::Arc;

use vapora_preflight::{
    Outcome, PhaseId, PlanBuilder, Registry, Report, Resources, Run, Selection, Sources, Status, TargetName,
};
use vapora_preflight_k8s::register;
use vapora_preflight_sim::Cluster;

use crate::world::{client, cluster};

const CHECKLIST: &str = r#"
checklist = "compared"
[phase.before]
[phase.after]
[target.production.kubernetes]
context = "production"
[check.images-before]
phase = "before"
kind = "k8s.images_updated"
target = "production"
namespace = "vapora"
names = ["vapora-backend"]
[check.restarts-before]
phase = "before"
kind = "k8s.pods_stable"
target = "production"
namespace = "vapora"
[check.images-after]
phase = "after"
kind = "k8s.images_updated"
target = "production"
namespace = "vapora"
names = ["vapora-backend"]
baseline = "images-before"
[check.restarts-after]
phase = "after"
kind = "k8s.pods_stable"
target = "production"
namespace = "vapora"
baseline = "restarts-before"
until = { interval = "10s", timeout = "1m", consecutive = 3 }
"#;

/// Asks the checks of one phase, with what was said before.
async fn run(cluster: &Cluster, phase: &str, before: Option<Report>) -> Report {
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("checklist.toml", CHECKLIST);
    let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client(cluster));
    let run = Run::new(&plan).resources(resources).clock(Arc::new(cluster.clock().clone()));
    let run = run.history(before).select(Selection::everything().phase(PhaseId::new(phase).unwrap()));
    run.only_selected(true).execute().await.unwrap().report
}

/// Whether that check passed, or failed.
fn passed(report: &Report, check: &str) -> bool {
    match &report.check(check).unwrap().record.unwrap().status {
        Status::Done(Outcome::Pass(_)) => true,
        Status::Done(Outcome::Fail(_)) => false,
        other => panic!("{check}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_before_a_release_is_compared_with_after_it() {
    let cluster = cluster();
    let before = run(&cluster, "before", None).await;
    assert!(passed(&before, "images-before") && passed(&before, "restarts-before"));
    let nothing_done = run(&cluster, "after", Some(before.clone())).await;
    assert!(!passed(&nothing_done, "images-after") && passed(&nothing_done, "restarts-after"));
    cluster.roll_out("vapora", "vapora-backend", "registry.example.com/backend:1.1").unwrap();
    let released = run(&cluster, "after", Some(before)).await;
    // The pods are new: only a baseline of after the release tells of their restarts.
    assert!(passed(&released, "images-after") && !passed(&released, "restarts-after"));
}
