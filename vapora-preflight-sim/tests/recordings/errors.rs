//! Lists that cannot be given: wrong selectors, wrong or old revisions, a store that does not answer.

use serde_json::json;
use vapora_preflight_sim::{Cluster, ClusterError};

use crate::{
    case::{Case, case},
    world::{NAMESPACE, frozen},
};

pub(crate) const CASES: &[Case] = &[
    case("pods-list-bad-continue-400"),
    case("pods-list-bad-field-selector-400"),
    case("pods-list-bad-label-selector-400"),
    case("pods-list-continue-with-resource-version-400"),
    case("pods-list-exact-compacted-410"),
    case("pods-list-exact-old-resource-version"),
    case("pods-list-expired-continue-410").after(&["pods-list-limit-2-first"]).before(forgotten),
    case("pods-list-expired-continue-fresh-token-200")
        .after(&["pods-list-limit-2-first", "pods-list-expired-continue-410"])
        .part("other Pods were there by then", |body| {
            json!({
                "kind": body["kind"],
                "continue": body["metadata"]["continue"].is_string(),
                "counted": body["metadata"]["remainingItemCount"].is_number(),
                "items": body["items"].as_array().map(Vec::len),
            })
        }),
    case("pods-list-future-resource-version").part("the revision is another", |body| {
        let mut body = body.clone();
        let message = body["message"].as_str().unwrap();
        body["message"] = message.split(", current").next().unwrap().into();
        body
    }),
    case("pods-list-not-acceptable-406"),
    case("pods-list-etcd-down").before(frozen),
    case("pods-list-resource-version-0-etcd-down-200").built().before(frozen),
    case("metrics-api-absent-404"),
    case("metrics-api-absent-group-404"),
    case("metrics-api-absent-pods-restricted-403"),
    case("metrics-api-registered-but-down-503").before(crate::reads::metrics_service),
];

/// Something has changed, and it is forgotten how it was before.
fn forgotten(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.edit("ConfigMap", NAMESPACE, "vapora-config", |map| map["data"]["LOG_LEVEL"] = "debug".into())?;
    cluster.compact();
    Ok(())
}
