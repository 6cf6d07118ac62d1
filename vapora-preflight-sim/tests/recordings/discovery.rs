//! What the server serves.

use futures::FutureExt;
use http_body_util::BodyExt;
use tower::ServiceExt;
use vapora_preflight_sim::Cluster;

use crate::case::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case("discovery-api-aggregated"),
    case("discovery-api-versions"),
    case("discovery-apis-aggregated"),
    case("discovery-apis-aggregated-not-modified-304").after(&["discovery-apis-aggregated"]),
    case("discovery-apis-legacy"),
    case("discovery-apps-v1-resources"),
    case("discovery-core-v1-resources"),
    case("discovery-openapi-v3-index")
        .part("the hashes of documents are not recorded", crate::kubectl::paths),
    case("discovery-removed-version-404"),
    case("discovery-unknown-group-404"),
    case("openapi-v2-gzip").refused("the simulation has no OpenAPI document of version 2"),
];

/// The hash of a document in the index of a cluster.
pub(crate) fn hash(cluster: &Cluster, document: &str) -> String {
    let asked = http::Request::get("/openapi/v3").body(axum::body::Body::empty()).unwrap();
    let answer = cluster.service().oneshot(asked).now_or_never().unwrap().unwrap();
    let index = answer.into_body().collect().now_or_never().unwrap().unwrap().to_bytes();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let url = index["paths"][document]["serverRelativeURL"].as_str().unwrap();
    url.split_once("hash=").unwrap().1.to_owned()
}
