//! The laws that every kind obeys, over the simulated cluster.

use kube::Client;
use vapora_preflight::{Registry, Resources, TargetName};
use vapora_preflight_k8s::{K8sClient, register};
use vapora_preflight_sim::{Cluster, laws};

const CASES: [(&str, &str); 6] = [
    ("k8s.api_reachable", ""),
    ("k8s.nodes_ready", "at_least = 3"),
    ("k8s.namespace_exists", "namespace = \"vapora\""),
    ("k8s.deployments_available", "namespace = \"vapora\"\nnames = [\"vapora-backend\", \"vapora-agents\"]"),
    ("k8s.pods_running", "namespace = \"vapora\"\nat_least = 3\nallow_restarts = 0"),
    ("k8s.access_allowed", "verbs = [\"get\", \"list\"]\nresources = [\"pods\", \"deployments.apps\"]"),
];

fn case(kind: &'static str, parameters: &str) -> laws::Case {
    let cluster = Cluster::builder("production")
        .nodes(3)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .deployment("vapora", "vapora-agents", 1, "registry.example.com/agents:1.0")
        .build();
    let system = cluster.object("Namespace", "", "kube-system").unwrap();
    let uid = system["metadata"]["uid"].as_str().unwrap();
    let checklist = format!(
        "checklist = \"laws\"\n[phase.now]\n[target.production.kubernetes]\nserver = \"https://sim.example.com\"\n\
         cluster_uid = \"{uid}\"\n[check.it]\nphase = \"now\"\nkind = \"{kind}\"\ntarget = \"production\"\n\
         timeout = \"1s\"\n{parameters}\n"
    );
    let client = K8sClient::new(Client::new(cluster.service(), "default"), "https://sim.example.com");
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let seen = cluster.clone();
    laws::Case::new(kind, checklist)
        .resources(resources)
        .clock(cluster.clock().clone())
        .peer(cluster.faults(), move || seen.requests())
        .volatile(&["latency"])
}

#[tokio::test(start_paused = true)]
async fn every_kind_obeys_the_laws() {
    let mut registry = Registry::new();
    register(&mut registry);
    let cases: Vec<laws::Case> = CASES.iter().map(|(kind, parameters)| case(kind, parameters)).collect();
    assert_eq!(laws::without_a_case(&registry, &cases), Vec::<&str>::new());
    for case in &cases {
        let breaches: Vec<String> =
            laws::breaches(&registry, case).await.iter().map(ToString::to_string).collect();
        assert_eq!(breaches, Vec::<String>::new(), "{}", case.kind());
    }
}
