//! What the server serves.

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
