//! The phase that is run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use vapora_preflight::{
    Overrides, PhaseId, Plan, PlanBuilder, Registry, Resources, Run, Selection, Timestamp, load,
};
use vapora_preflight_sim::SimClock;

use crate::server::{NOW, Server};

/// Which rows are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Those of the checklist.
    Phase,
    /// And one that reads every Pod of the cluster.
    AndEveryPod,
}

/// Is there room on the Nodes for what all the Pods request?
const EVERY_POD: &str = r#"
[check.all-pods]
kind    = "k8s.nodes_have_headroom"
phase   = "t-4h"
target  = "production"
source  = "requests"
timeout = "5m"
"#;

/// The plan of the checklist, and of it what asks a cluster in the phase of 4 hours before.
pub(crate) struct Phase {
    plan: Plan,
    selection: Selection,
    left_out: Vec<String>,
    kubeconfig: PathBuf,
}

/// What one run took.
pub(crate) struct Took {
    pub(crate) wall: Duration,
    pub(crate) requests: u64,
    /// The checks that did not hold, with what they say.
    pub(crate) not_held: Vec<(String, String)>,
}

impl Phase {
    pub(crate) fn of(server: &Server, rows: Rows) -> Self {
        let mut registry = Registry::new();
        vapora_preflight::register(&mut registry);
        vapora_preflight_host::register(&mut registry);
        vapora_preflight_http::register(&mut registry);
        vapora_preflight_k8s::register(&mut registry);
        vapora_preflight_storage::register(&mut registry);
        vapora_preflight_tls::register(&mut registry);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/checklists/vapora");
        let mut sources = load(folder).sources;
        if rows == Rows::AndEveryPod {
            sources.add("every-pod.toml", EVERY_POD);
        }
        let manifest = server.folder().join("configmap.yaml");
        let overrides = Overrides::new()
            .var("config_manifest", &format!("{:?}", manifest.display().to_string()))
            .var("ticket", "1287")
            .var("deployed_tag", "v1.9.3");
        let compiled = PlanBuilder::new(&registry).sources(&sources).overrides(overrides).build();
        let plan = compiled.expect("the checklist is right").plan;
        let phase = PhaseId::new("t-4h").expect("it keeps to the grammar");
        let mut selection = Selection::everything().phase(phase.clone());
        let mut left_out = Vec::new();
        for check in plan.outline().checks.iter().filter(|check| check.phase == phase) {
            if !check.kind.as_str().starts_with("k8s.") {
                selection = selection.exclude_glob(check.id.to_string());
                left_out.push(check.id.to_string());
            }
        }
        Self { plan, selection, left_out, kubeconfig: server.folder().join("kubeconfig") }
    }

    /// The checks of the phase that ask no cluster.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Connects and asks.
    pub(crate) async fn run(&self) -> Took {
        #[expect(clippy::disallowed_methods, reason = "what is measured is the time of the machine")]
        let began = Instant::now();
        let mut resources = Resources::new();
        vapora_preflight_k8s::connect_all(&self.plan, Some(&self.kubeconfig), &mut resources).await;
        let clock = SimClock::at(Timestamp::from_unix_seconds(NOW));
        let run = Run::new(&self.plan)
            .resources(resources)
            .clock(Arc::new(clock))
            .select(self.selection.clone())
            .only_selected(true)
            .ignore_windows(true);
        let report = run.execute().await.expect("it runs").report;
        let wall = began.elapsed();
        let checks = report.checks().filter_map(|check| Some((check, check.record?)));
        let not_held = checks
            .filter(|(_, record)| !record.status.holds())
            .map(|(check, _)| (check.id().to_string(), check.summary(report.as_of()).clone()))
            .collect();
        let requests = report.runs().iter().flat_map(|run| &run.usage).map(|usage| usage.amount).sum();
        Took { wall, requests, not_held }
    }
}
