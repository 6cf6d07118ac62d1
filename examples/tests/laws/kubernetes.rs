//! The kinds of Kubernetes, each with an API server of its own behind TLS and a kubeconfig.

use std::fs;

use vapora_preflight::{PlanBuilder, Registry, Resources, Sources};
use vapora_preflight_k8s::connect_all;
use vapora_preflight_sim::{ADMIN, Cluster, Kubeconfig, SimClock, laws::Case};

use crate::NOW;

/// A kind with its parameters, and the evidence that differs from run to run.
const KINDS: [(&str, &str, &[&str]); 8] = [
    ("k8s.api_reachable", "", &["latency"]),
    ("k8s.nodes_ready", "at_least = 3", &[]),
    ("k8s.namespace_exists", r#"namespace = "vapora""#, &[]),
    (
        "k8s.deployments_available",
        r#"namespace = "vapora"
names = ["vapora-backend", "vapora-agents"]"#,
        &[],
    ),
    (
        "k8s.deployments_available",
        r#"namespace = "vapora"
selector = "app=vapora-agents""#,
        &[],
    ),
    ("k8s.pods_running", "namespace = \"vapora\"\nat_least = 3", &[]),
    (
        "k8s.access_allowed",
        r#"namespace = "vapora"
verbs = ["get", "patch"]
resources = ["deployments.apps", "pods/log"]"#,
        &[],
    ),
    ("k8s.access_allowed", "verbs = [\"list\"]\nresources = [\"nodes\"]", &[]),
];

pub(crate) async fn cases(registry: &Registry) -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, parameters, volatile) in KINDS {
        cases.push(case(registry, kind, parameters).await.volatile(volatile));
    }
    cases
}

async fn case(registry: &Registry, kind: &'static str, parameters: &str) -> Case {
    let clock = SimClock::at_unix_seconds(NOW);
    let cluster = Cluster::builder("production")
        .clock(clock.clone())
        .nodes(3)
        .namespace("vapora")
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/vapora-backend:1.3.0")
        .deployment("vapora", "vapora-agents", 2, "registry.example.com/vapora-agents:1.3.0")
        .build()
        .serve()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    fs::write(&kubeconfig, Kubeconfig::default().context("production", &cluster, ADMIN).to_string()).unwrap();
    let uid = cluster.object("Namespace", "", "kube-system").unwrap()["metadata"]["uid"].clone();
    let target = format!(
        "[target.production.kubernetes]\ncontext = \"production\"\nserver = \"{}\"\ncluster_uid = {uid}\n",
        cluster.url()
    );
    let checklist =
        crate::checklist(&format!("kind = \"{kind}\"\ntarget = \"production\"\n{parameters}"), &target);

    let mut sources = Sources::new();
    sources.add("case.toml", checklist.as_str());
    let compiled = PlanBuilder::new(registry).sources(&sources).build().unwrap();
    let mut resources = Resources::new();
    connect_all(&compiled.plan, Some(&kubeconfig), &mut resources).await;

    let token = cluster.token(ADMIN).unwrap();
    let asked = cluster.cluster().clone();
    Case::new(kind, checklist)
        .resources(resources)
        .clock(clock)
        // the kubeconfig holds it, and no check has it from the run
        .secrets(crate::Token::new(&token), &[&token])
        .peer(cluster.faults(), move || asked.requests())
        .folder(folder.path())
        .keep((cluster, folder))
}
