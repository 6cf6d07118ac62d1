//! The real `kube::Client` against the simulated cluster: in process, and over TLS through a kubeconfig.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    core::v1::{Namespace, Node, Pod},
};
use kube::{
    Api, Client, Config, Error,
    api::{EvictParams, ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::task::JoinSet;
use vapora_preflight_sim::{
    ANONYMOUS, AccessRule, Cluster, ClusterServer, Fault, FaultPlan, Kubeconfig as SimKubeconfig, PodTrouble,
    RESTRICTED,
};

fn cluster() -> Cluster {
    Cluster::builder("staging")
        .nodes(3)
        .deployment("shop", "backend", 2, "registry.example.com/backend:1.0")
        .deployment("shop", "frontend", 1, "registry.example.com/frontend:1.0")
        .restricted([AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces(["shop"])])
        .build()
}

async fn client(kubeconfig: &str, context: &str) -> Client {
    let file = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// The status code and message with which the server said no.
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, String) {
    match result {
        Err(Error::Api(status)) => (status.code, status.message.clone()),
        other => panic!("expected an answer with an error, found {other:?}"),
    }
}

async fn looks_like_a_cluster(client: Client) {
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.36.3");
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await.unwrap();
    assert_eq!(nodes.items.len(), 3);
    let deployments = Api::<Deployment>::namespaced(client.clone(), "shop");
    let backend = deployments.get("backend").await.unwrap();
    let status = backend.status.unwrap();
    assert_eq!((status.ready_replicas, status.unavailable_replicas), (Some(2), None));
    assert_eq!(status.observed_generation, backend.metadata.generation);
    let pods = Api::<Pod>::namespaced(client.clone(), "shop");
    let mine =
        pods.list(&ListParams::default().labels("app=backend").fields("status.phase=Running")).await.unwrap();
    assert_eq!(mine.items.len(), 2);
    let sets = Api::<ReplicaSet>::all(client.clone()).list(&ListParams::default()).await.unwrap();
    let owners: Vec<_> = mine.items[0].metadata.owner_references.iter().flatten().collect();
    assert!(sets.items.iter().any(|set| set.metadata.uid.as_deref() == Some(owners[0].uid.as_str())));
    assert_eq!(
        deployments.get_opt("nothing").await.unwrap().map(|deployment| deployment.metadata.name),
        None
    );
    let discovery = client.list_api_groups().await.unwrap();
    assert!(discovery.groups.iter().any(|group| group.name == "apps"));
    let resources = client.list_core_api_resources("v1").await.unwrap();
    assert!(resources.resources.iter().any(|resource| resource.name == "pods"));
}

#[tokio::test]
async fn a_client_in_process_sees_a_cluster() {
    looks_like_a_cluster(Client::new(cluster().service(), "shop")).await;
}

#[tokio::test]
async fn a_client_over_tls_sees_the_same_cluster() {
    let server = cluster().serve().await.unwrap();
    looks_like_a_cluster(client(&server.kubeconfig("staging"), "staging").await).await;
    let first = &server.requests()[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/version"));
    assert_eq!(first.identity.as_deref(), Some("admin"));
    assert_eq!(server.request_count(), server.requests().len());
    server.stop().await;
}

#[tokio::test]
async fn one_kubeconfig_leads_to_several_clusters() {
    let staging = cluster().serve().await.unwrap();
    let production =
        Cluster::builder("production").version("v1.34.1").nodes(5).build().serve().await.unwrap();
    let file = SimKubeconfig::default()
        .context("staging", &staging, "admin")
        .context("production", &production, "admin")
        .context("nobody", &production, ANONYMOUS)
        .context("stranger", &production, "stranger")
        .to_string();
    let production = client(&file, "production").await;
    assert_eq!(production.apiserver_version().await.unwrap().git_version, "v1.34.1");
    assert_eq!(Api::<Node>::all(production).list(&ListParams::default()).await.unwrap().items.len(), 5);
    let staging = client(&file, "staging").await;
    assert_eq!(Api::<Node>::all(staging).list(&ListParams::default()).await.unwrap().items.len(), 3);
    let nobody = Api::<Node>::all(client(&file, "nobody").await);
    assert_eq!(refusal(nobody.list(&ListParams::default()).await).0, 403);
    let stranger = Api::<Node>::all(client(&file, "stranger").await);
    assert_eq!(refusal(stranger.list(&ListParams::default()).await).0, 401);
}

#[tokio::test]
async fn an_identity_may_do_what_its_rules_say() {
    let cluster = cluster();
    let client = Client::new(cluster.service_as(RESTRICTED), "shop");
    Api::<Pod>::namespaced(client.clone(), "shop").list(&ListParams::default()).await.unwrap();
    let (code, message) = refusal(Api::<Pod>::all(client.clone()).list(&ListParams::default()).await);
    assert_eq!(code, 403);
    assert!(
        message.ends_with("cannot list resource \"pods\" in API group \"\" at the cluster scope"),
        "{message}"
    );

    let review = |verb: &str| SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                namespace: Some("shop".to_owned()),
                verb: Some(verb.to_owned()),
                resource: Some("pods".to_owned()),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews = Api::<SelfSubjectAccessReview>::all(client.clone());
    for (verb, allowed) in [("list", true), ("delete", false)] {
        let answer = reviews.create(&PostParams::default(), &review(verb)).await.unwrap();
        assert_eq!(answer.status.unwrap().allowed, allowed, "{verb}");
    }

    cluster.set_rules(RESTRICTED, []).unwrap();
    let pods = Api::<Pod>::namespaced(client, "shop");
    assert_eq!(refusal(pods.list(&ListParams::default()).await).0, 403);
    cluster.reject_token(RESTRICTED, true).unwrap();
    assert_eq!(refusal(pods.list(&ListParams::default()).await).0, 401);
}

#[tokio::test]
async fn what_is_not_simulated_is_said_and_never_an_empty_success() {
    let client = Client::new(cluster().service(), "shop");
    let request =
        http::Request::get("/api/v1/namespaces/shop/pods/some-pod/proxy/x").body(Vec::new()).unwrap();
    let (code, message) = refusal(client.request_text(request).await);
    assert_eq!(code, 501);
    let path = "/api/v1/namespaces/shop/pods/some-pod/proxy/x";
    assert!(message.contains(&format!("the simulated cluster does not know `GET {path}`")), "{message}");
    for (path, code) in [
        ("/openapi/v2", 501),
        ("/openapi/v3/apis/nothing.example.com/v1", 404),
        ("/api/v1/podz", 404),
        ("/apis/example.com/v1/widgets", 404),
        ("/nonsense", 404),
    ] {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        assert_eq!(refusal(client.request_text(request).await).0, code, "{path}");
    }
}

#[tokio::test]
async fn a_warning_is_a_header_of_every_answer_under_its_path() {
    let cluster = cluster();
    cluster.warn("/apis/apps", "apps are \"old\"");
    let client = Client::new(cluster.service(), "shop");
    for (path, warning) in [
        ("/apis/apps/v1/deployments", Some("299 - \"apps are \\\"old\\\"\"")),
        ("/apis/apps/v1/namespaces/shop/deployments/nothing", Some("299 - \"apps are \\\"old\\\"\"")),
        ("/api/v1/pods", None),
    ] {
        let request = http::Request::get(path).body(kube::client::Body::empty()).unwrap();
        let answer = client.send(request).await.unwrap();
        assert_eq!(answer.headers().get("warning").map(|value| value.to_str().unwrap()), warning, "{path}");
    }
}

#[tokio::test]
async fn a_list_comes_in_parts_that_make_up_the_whole() {
    let cluster = cluster();
    let client = Client::new(cluster.service(), "shop");
    let pods = Api::<Pod>::all(client);
    let names = |list: &kube::api::ObjectList<Pod>| -> Vec<String> {
        list.items.iter().filter_map(|pod| pod.metadata.name.clone()).collect()
    };
    let whole = names(&pods.list(&ListParams::default()).await.unwrap());
    let first = pods.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(first.metadata.remaining_item_count, Some(1));
    let token = first.metadata.continue_.clone().unwrap();
    let rest = pods.list(&ListParams::default().limit(2).continue_token(&token)).await.unwrap();
    assert_eq!([names(&first), names(&rest)].concat(), whole);
    assert_eq!(rest.metadata.continue_.unwrap_or_default(), "");

    // What is forgotten makes the token too old.
    cluster.remove("Pod", "shop", &whole[0]).unwrap();
    cluster.compact();
    let late = pods.list(&ListParams::default().limit(2).continue_token(&token)).await;
    assert_eq!(refusal(late).0, 410);
}

#[tokio::test]
async fn a_deployment_notices_what_happens_to_its_pods() {
    let cluster = cluster();
    let deployments = Api::<Deployment>::namespaced(Client::new(cluster.service(), "shop"), "shop");
    let pod = cluster.pods_of("shop", "backend").remove(0);
    cluster.trouble_pod("shop", &pod, PodTrouble::CrashLoop).unwrap();
    let status = deployments.get("backend").await.unwrap().status.unwrap();
    assert_eq!((status.ready_replicas, status.unavailable_replicas), (Some(1), Some(1)));
    let available =
        status.conditions.unwrap().into_iter().find(|condition| condition.type_ == "Available").unwrap();
    assert_eq!(
        (available.status.as_str(), available.reason.as_deref()),
        ("False", Some("MinimumReplicasUnavailable"))
    );

    cluster.roll_out("shop", "backend", "registry.example.com/backend:1.1").unwrap();
    let backend = deployments.get("backend").await.unwrap();
    assert_eq!(backend.metadata.generation, Some(2));
    let status = backend.status.unwrap();
    assert_eq!((status.observed_generation, status.updated_replicas), (Some(2), Some(2)));
    assert!(!cluster.pods_of("shop", "backend").contains(&pod));
    // Going back to an image takes its ReplicaSet again, with a new revision.
    cluster.roll_out("shop", "backend", "registry.example.com/backend:1.0").unwrap();
    let back = deployments.get("backend").await.unwrap();
    let revision = &back.metadata.annotations.unwrap()["deployment.kubernetes.io/revision"];
    assert_eq!(revision, "3");
    let sets = cluster.objects("ReplicaSet").into_iter();
    assert_eq!(sets.filter(|set| set["metadata"]["labels"]["app"] == "backend").count(), 2);

    // A change that no controller has seen yet.
    cluster
        .edit("Deployment", "shop", "backend", |deployment| deployment["spec"]["replicas"] = 4.into())
        .unwrap();
    let ahead = deployments.get("backend").await.unwrap();
    assert_eq!(ahead.metadata.generation, Some(4));
    assert_eq!(ahead.status.unwrap().observed_generation, Some(3));
}

#[tokio::test]
async fn a_removed_namespace_takes_its_objects_with_it() {
    let cluster = cluster();
    cluster.remove("Namespace", "", "shop").unwrap();
    let client = Client::new(cluster.service(), "shop");
    assert_eq!(refusal(Api::<Namespace>::all(client.clone()).get("shop").await).0, 404);
    assert!(
        Api::<Pod>::namespaced(client, "shop").list(&ListParams::default()).await.unwrap().items.is_empty()
    );
    assert!(cluster.remove("Namespace", "", "shop").is_err());
}

async fn list_with(server: &ClusterServer, fault: Fault) -> Result<usize, Error> {
    // A connection of its own, as a cut one would be closed.
    let client = client(&server.kubeconfig("staging"), "staging").await;
    server.faults().set(FaultPlan::under("/api/v1/nodes", fault));
    Ok(Api::<Node>::all(client).list(&ListParams::default()).await?.items.len())
}

#[tokio::test]
async fn every_fault_is_an_error_over_the_socket_and_in_process() {
    let cluster = cluster();
    let server = cluster.serve().await.unwrap();
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
        let over_socket = list_with(&server, fault).await;
        assert_eq!(server.faults().struck(), 1, "{fault}");
        let in_process = Api::<Node>::all(Client::new(cluster.service(), "shop"))
            .list(&ListParams::default())
            .await
            .map(|_| 0);
        assert_eq!(server.faults().struck(), 2, "{fault}");
        for result in [over_socket, in_process] {
            let error = result.expect_err(&fault.to_string());
            let expected = match (fault, &error) {
                (Fault::Status(code), Error::Api(status)) => status.code == code,
                (Fault::Garbage | Fault::Empty, error) => matches!(error, Error::SerdeError(_)),
                (_, error) => matches!(error, Error::Service(_) | Error::HyperError(_)),
            };
            assert!(expected, "{fault}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_server_does_not_answer_and_ends_with_its_owner() {
    let server = cluster().serve().await.unwrap();
    let (kubeconfig, faults) = (server.kubeconfig("staging"), server.faults().clone());
    faults.set(FaultPlan::every(Fault::Slow));
    let client = client(&kubeconfig, "staging").await;
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { client.apiserver_version().await });
    while faults.struck() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.try_join_next().is_none());
    drop(server);
    assert!(waiting.join_next().await.unwrap().unwrap().is_err());
}

#[tokio::test]
async fn an_unreachable_server_closes_every_connection_and_can_come_back() {
    let server = cluster().serve().await.unwrap();
    server.refuse_connections(true);
    let refused = client(&server.kubeconfig("staging"), "staging").await.apiserver_version().await;
    assert!(matches!(refused, Err(Error::Service(_) | Error::HyperError(_))), "{refused:?}");
    server.refuse_connections(false);
    client(&server.kubeconfig("staging"), "staging").await.apiserver_version().await.unwrap();
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_what_the_server_remembers() {
    let cluster = cluster();
    let client = Client::new(cluster.service(), "shop");
    let pods = Api::<Pod>::namespaced(client.clone(), "shop");
    cluster.freeze_store(true);
    let (code, message) = refusal(pods.list(&ListParams::default()).await);
    assert!(code == 504 && message.contains("did not complete"), "{code} {message}");
    assert_eq!(refusal(pods.get("nothing").await).0, 504);
    let remembered = ListParams::default().match_any();
    assert_eq!(pods.list(&remembered).await.unwrap().items.len(), 3);
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.36.3");
    cluster.freeze_store(false);
    assert_eq!(pods.list(&ListParams::default()).await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn a_large_list_is_sent_in_gzip_to_a_client_that_takes_it() {
    let large = "x".repeat(1_000);
    let names: Vec<String> = (0..300).map(|number| format!("map-{number:03}")).collect();
    let cluster = names.iter().fold(Cluster::builder("large"), |builder, name| {
        builder.config_map("shop", name, [("text", large.as_str())])
    });
    let server = cluster.build().serve().await.unwrap();
    let client = client(&server.kubeconfig("large"), "large").await;
    let request = http::Request::get("/api/v1/namespaces/shop/configmaps").body(Vec::new()).unwrap();
    let list: serde_json::Value = client.request(request).await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 300);
    assert_eq!(list["items"][299]["data"]["text"], large.as_str());
}

#[tokio::test]
async fn a_budget_lets_as_many_pods_go_as_it_allows() {
    let cluster = cluster();
    let budget = |name: &str, allowed: u64| {
        serde_json::json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": { "name": name, "namespace": "shop", "generation": 1 },
            "spec": { "maxUnavailable": 1, "selector": { "matchLabels": { "app": "backend" } } },
            "status": {
                "observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": 2, "desiredHealthy": 1,
                "expectedPods": 2,
            },
        })
    };
    cluster.insert(budget("backend", 1)).unwrap();
    let pods = Api::<Pod>::namespaced(Client::new(cluster.service(), "shop"), "shop");
    let names = cluster.pods_of("shop", "backend");
    pods.evict(&names[0], &EvictParams::default()).await.unwrap();
    let gone = pods.get_opt(&names[0]).await.unwrap();
    assert!(gone.is_none_or(|pod| pod.metadata.deletion_timestamp.is_some()));
    let (code, message) = refusal(pods.evict(&names[1], &EvictParams::default()).await);
    assert!(code == 429 && message.contains("would violate"), "{code} {message}");
    cluster.insert(budget("another", 1)).unwrap();
    assert_eq!(refusal(pods.evict(&names[1], &EvictParams::default()).await).0, 500);
    assert!(pods.get(&names[1]).await.unwrap().metadata.deletion_timestamp.is_none());
}
