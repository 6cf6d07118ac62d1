//! The laws that every kind obeys, over the simulated cluster.

use std::time::Duration;

use vapora_preflight::{Registry, Resources, TargetName};
use vapora_preflight_k8s::{K8sClient, KubernetesTarget, connect, register};
use vapora_preflight_sim::{ADMIN, Cluster, ExecAnswer, Kubeconfig, laws};

use crate::{
    manifests::{THERE, WORLD, file, folder},
    world::{client, cluster, rolled_out_twice},
};

const CASES: &[(&str, &str)] = &[
    ("k8s.api_reachable", ""),
    ("k8s.kubeconfig_valid", "outlasts = \"4h\""),
    ("k8s.version_skew", "kubectl_version = \"1.36\""),
    ("k8s.nodes_have_headroom", "source = \"requests\"\nnodes_down = 1"),
    ("k8s.nodes_have_headroom", "source = \"auto\"\ncluster_memory_percent = 80"),
    ("k8s.usage_recorded", "namespace = \"vapora\"\nlimit_percent = 90"),
    ("k8s.volumes_have_space", "namespace = \"vapora\"\nfree_percent = 10\ninodes_percent = 10"),
    ("k8s.quota_headroom", "namespace = \"vapora\"\nfits = { cpu = \"1\", pods = 2 }"),
    ("k8s.pvc_bound", "namespace = \"vapora\"\nnames = [\"vapora-data\"]"),
    ("k8s.nodes_ready", "at_least = 3"),
    ("k8s.namespace_exists", "namespace = \"vapora\""),
    ("k8s.deployments_available", "namespace = \"vapora\"\nnames = [\"vapora-backend\", \"vapora-agents\"]"),
    ("k8s.pods_running", "namespace = \"vapora\"\nat_least = 3\nallow_restarts = 0"),
    ("k8s.no_warning_events", "namespace = \"vapora\""),
    ("k8s.logs_clean", "namespace = \"vapora\"\nworkloads = [\"vapora-backend\"]\nsince = \"1h\""),
    (
        "k8s.config_map_matches",
        "namespace = \"vapora\"\nname = \"vapora-config\"\ncontains = { \"config.toml\" = \"8001\" }",
    ),
    ("k8s.secret_exists", "namespace = \"vapora\"\nname = \"vapora-secrets\"\nkeys = [\"PASS\"]"),
    (
        "k8s.rollout_complete",
        "namespace = \"vapora\"\nnames = [\"vapora-backend\", \"deployment/vapora-agents\"]\ntag = \"1.0\"",
    ),
    ("k8s.rollout_history", "namespace = \"vapora\"\nname = \"vapora-backend\"\nat_least = 1"),
    ("k8s.pods_stable", "namespace = \"vapora\"\nat_least = 3"),
    ("k8s.images_updated", "namespace = \"vapora\"\nnames = [\"vapora-backend\"]"),
    ("k8s.endpoints_ready", "namespace = \"vapora\"\nnames = [\"vapora-backend\"]\nat_least = 2"),
    ("k8s.disruption_allowed", "namespace = \"vapora\"\ncovers = [\"vapora-backend\"]"),
    ("k8s.backup_job_recent", "namespace = \"vapora\"\ncron_job = \"vapora-db-backup\"\nmax_age = \"24h\""),
    ("k8s.apis_served", "files = [\"FILE\"]\nnamespace = \"vapora\""),
    (
        "k8s.dry_run_applies",
        "files = [\"FILE\"]\nnamespace = \"vapora\"\nresources = [\"configmaps\", \"deployments.apps\"]",
    ),
    ("k8s.applied", "files = [\"THERE\"]\nnamespace = \"vapora\"\nresources = [\"configmaps\"]"),
    (
        "k8s.rollback_rehearsed",
        "namespace = \"vapora\"\nnames = [\"vapora-agents\"]\nrollout_timeout = \"15s\"\npoll = \"5s\"\ntimeout = \"30s\"",
    ),
    (
        "k8s.backed_up",
        "namespace = \"vapora\"\nobjects = [\"configmaps/vapora-config\"]\nresources = [\"services\"]\nanew = true",
    ),
    ("k8s.access_allowed", "verbs = [\"get\", \"list\"]\nresources = [\"pods\", \"deployments.apps\"]"),
];

fn case(kind: &'static str, parameters: &str) -> laws::Case {
    let cluster = if kind == "k8s.rollback_rehearsed" { rolled_out_twice() } else { cluster() };
    case_of(kind, parameters, &cluster, client(&cluster))
}

fn case_of(kind: &'static str, parameters: &str, cluster: &Cluster, client: K8sClient) -> laws::Case {
    let manifests = folder(WORLD);
    let there = folder(THERE);
    let parameters = parameters.replace("FILE", &file(&manifests)).replace("THERE", &file(&there));
    let system = cluster.object("Namespace", "", "kube-system").unwrap();
    let uid = system["metadata"]["uid"].as_str().unwrap();
    let short = if parameters.contains("timeout = ") { "" } else { "timeout = \"1s\"\n" };
    let checklist = format!(
        "checklist = \"laws\"\n[phase.now]\n[target.production.kubernetes]\nserver = \"{}\"\n\
         cluster_uid = \"{uid}\"\n[check.it]\nphase = \"now\"\nkind = \"{kind}\"\ntarget = \"production\"\n\
         {short}{parameters}\n",
        client.server()
    );
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let seen = cluster.clone();
    laws::Case::new(kind, checklist)
        .resources(resources)
        .keep((manifests, there))
        .clock(cluster.clock().clone())
        .peer(cluster.faults(), move || seen.requests())
        .volatile(&["latency", "revision", "undone_to", "put_back_first"])
        .patience(Duration::from_mins(2))
}

/// A command is spoken with over a socket, so its case is tried in real time.
const OVER_A_SOCKET: (&str, &str) = (
    "k8s.exec_succeeds",
    "namespace = \"vapora\"\nworkloads = [\"vapora-backend\"]\nargv = [\"backend\", \"check\"]\nonly_reads = true\nall = true",
);

#[tokio::test]
async fn the_kind_that_needs_a_socket_obeys_the_laws() {
    let mut registry = Registry::new();
    register(&mut registry);
    let (kind, parameters) = OVER_A_SOCKET;
    let cluster = cluster();
    cluster.on_exec("vapora", "vapora-backend-", |_| ExecAnswer::new("fine\n", "", 0));
    let server = cluster.serve().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(&config, Kubeconfig::default().context("production", &server, ADMIN).to_string()).unwrap();
    let client = connect(&KubernetesTarget::default(), Some(&config)).await.unwrap();
    let case =
        case_of(kind, parameters, &cluster, client).volatile(&["runs", "duration"]).keep((server, folder));
    let breaches: Vec<String> =
        laws::breaches(&registry, &case).await.iter().map(ToString::to_string).collect();
    assert_eq!(breaches, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn every_kind_obeys_the_laws() {
    let mut registry = Registry::new();
    register(&mut registry);
    let cases: Vec<laws::Case> = CASES.iter().map(|(kind, parameters)| case(kind, parameters)).collect();
    assert_eq!(laws::without_a_case(&registry, &cases), [OVER_A_SOCKET.0]);
    for case in &cases {
        let breaches: Vec<String> =
            laws::breaches(&registry, case).await.iter().map(ToString::to_string).collect();
        assert_eq!(breaches, Vec::<String>::new(), "{}", case.kind());
    }
}
