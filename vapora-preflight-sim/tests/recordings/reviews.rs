//! Reviews: who am I, and what may I do?

use serde_json::Value;

use crate::{
    case::{Case, case},
    world::frozen,
};

pub(crate) const CASES: &[Case] = &[
    case("selfsubjectreview-admin").part("the certificate is another", without_credential),
    case("selfsubjectreview-restricted-serviceaccount").part("the token is another", without_credential),
    case("ssar-anonymous-403"),
    case("ssar-bad-token-401"),
    case("ssar-create-deployments-restricted-denied"),
    case("ssar-empty-spec-422"),
    case("ssar-etcd-down").before(frozen),
    case("ssar-list-pods-restricted-cert-user-allowed"),
    case("ssar-nonresource-readyz"),
    case("ssar-unknown-resource-admin-allowed"),
    case("ssar-wrong-group-restricted-denied"),
    case("impersonate-restricted-ssar-denied"),
    case("ssrr-restricted"),
];

fn without_credential(body: &Value) -> Value {
    let mut body = body.clone();
    body["status"]["userInfo"].as_object_mut().unwrap().remove("extra");
    body
}
