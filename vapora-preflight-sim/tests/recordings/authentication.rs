//! Who asks: tokens, certificates, and connections without TLS.

use std::time::Duration;

use crate::case::{Case, Way, case};

pub(crate) const CASES: &[Case] = &[
    case("deployments-list-anonymous-403"),
    case("deployments-list-bad-token-401"),
    case("pods-list-expired-token-401").adapt(|cluster, request| {
        let token = cluster.issue_token("restricted", Duration::from_hours(1)).unwrap();
        cluster.clock().advance(Duration::from_hours(1));
        request.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }),
    case("pods-list-other-namespace-restricted-403"),
    case("pods-list-unknown-ca-client-cert-401").way(Way::Tls),
    case("plain-http-to-the-https-port-400").way(Way::Plain),
];
