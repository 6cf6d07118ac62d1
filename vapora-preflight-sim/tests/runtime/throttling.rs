use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};
use vapora_preflight_sim::FaultPlan;

use crate::{client, inside, refusal, shop};

#[tokio::test]
async fn a_busy_server_says_when_to_ask_again() {
    let cluster = shop().build();
    cluster.faults().set(FaultPlan::throttle(2, 7));
    let request = || http::Request::get("/api/v1/nodes").body(kube::client::Body::empty()).unwrap();
    let answer = inside(&cluster).send(request()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(answer.headers().contains_key("x-kubernetes-pf-flowschema-uid"));
    let nodes = Api::<Node>::all(inside(&cluster));
    let (code, message) = refusal(nodes.list(&ListParams::default()).await);
    assert_eq!((code, message.trim_end()), (429, "Too many requests, please try again later."));
    assert_eq!(nodes.list(&ListParams::default()).await.unwrap().items.len(), 2);
    assert_eq!(cluster.faults().struck(), 2);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_over_the_same_connection() {
    let server = shop().build().serve().await.unwrap();
    server.faults().set(FaultPlan::throttle(1, 1));
    let nodes = Api::<Node>::all(client(&server, "admin").await);
    assert_eq!(refusal(nodes.list(&ListParams::default()).await).0, 429);
    nodes.list(&ListParams::default()).await.unwrap();
}
