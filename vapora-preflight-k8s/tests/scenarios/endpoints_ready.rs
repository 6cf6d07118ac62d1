//! `k8s.endpoints_ready`

use serde_json::{Value, json};
use vapora_preflight_k8s::EndpointsReady;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::everywhere,
    said::{evidence, fails, passes},
};

fn service(name: &str, spec: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "labels": { "app": name } }, "spec": spec })
}

/// The endpoints of a service without a selector, whom no controller touches.
fn slice(service: &str, ready: &[bool]) -> Value {
    let endpoint = |(number, ready): (usize, &bool)| json!({ "addresses": [format!("10.1.2.{}", number + 3)], "conditions": { "ready": ready } });
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": { "name": format!("{service}-1"), "labels": { "kubernetes.io/service-name": service } },
        "endpoints": ready.iter().enumerate().map(endpoint).collect::<Vec<_>>(),
        "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
    })
}

#[tokio::test]
async fn a_service_leads_to_endpoints_that_are_ready() {
    everywhere("endpoints", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let ports = json!([{ "name": "http", "port": 80, "protocol": "TCP" }]);
        ground.make(service("backend", json!({ "ports": ports }))).await?;
        ground.make(slice("backend", &[true, true])).await?;
        ground.make(service("agents", json!({ "ports": ports }))).await?;
        ground.make(slice("agents", &[true, false])).await?;
        ground.make(service("router", json!({ "ports": ports, "selector": { "app": "router" } }))).await?;
        ground
            .make(service("db", json!({ "type": "ExternalName", "externalName": "db.example.com" })))
            .await?;
        let ask = async |more| ground.ask_here::<EndpointsReady>(more).await;
        let finding = passes(
            &ask(json!({ "names": ["backend"], "at_least": 2 })).await,
            &["1 service", "2 ready endpoints"],
        );
        assert_eq!(evidence(&finding, "fewest_ready"), "2");
        fails(
            &ask(json!({ "names": ["backend"], "at_least": 3 })).await,
            &["has 2 ready endpoints, at least 3 are needed"],
        );
        fails(&ask(json!({ "names": ["agents"] })).await, &["`agents` has 1 endpoint not ready: `10.1.2.4`"]);
        passes(&ask(json!({ "names": ["agents"], "allow_unready": true })).await, &["1 ready endpoint"]);
        fails(
            &ask(json!({ "names": ["router"] })).await,
            &["no pod with the labels of its selector has an address"],
        );
        fails(&ask(json!({ "names": ["db"] })).await, &["only another name of `db.example.com`"]);
        passes(
            &ask(json!({ "selector": "app in (backend, db)" })).await,
            &["besides 1 of the type `ExternalName`"],
        );
        fails(
            &ask(json!({ "names": ["backend", "nothing"] })).await,
            &["1 of 2", "`nothing` does not exist"],
        );
        Ok(())
    })
    .await;
}
