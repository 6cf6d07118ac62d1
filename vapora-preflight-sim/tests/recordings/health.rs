//! The health endpoints and the version.

use crate::{
    case::{Case, case},
    world::frozen,
};

pub(crate) const CASES: &[Case] = &[
    case("healthz-plain"),
    case("livez-plain"),
    case("livez-verbose"),
    case("readyz-accept-json-still-text"),
    case("readyz-anonymous"),
    case("readyz-bad-token-401"),
    case("readyz-plain"),
    case("readyz-plain-etcd-down").before(|cluster| {
        cluster.fail_health_check("etcd-readiness");
        Ok(())
    }),
    case("readyz-single-check-etcd"),
    case("readyz-verbose"),
    case("readyz-verbose-etcd-down").before(frozen),
    case("readyz-verbose-etcd-down-later").before(frozen),
    case("readyz-verbose-exclude-etcd"),
    case("readyz-verbose-while-aggregated-api-down").before(crate::reads::metrics_service),
    case("version-get"),
    case("version-get-anonymous"),
    case("version-get-bad-token-401"),
    case("version-get-etcd-down-200").before(frozen),
];
