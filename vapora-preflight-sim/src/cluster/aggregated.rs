//! Groups that another server answers for.

use serde_json::Value;

use super::{reply::Reply, store::Store};

/// The answer for a version of a group whose server is registered and does not answer; `None` where it does, or where no
/// other server is registered for it.
pub(crate) fn down(store: &Store, group: &str, version: &str) -> Option<Reply> {
    let name = format!("{version}.{group}");
    let mut registered = store.stored("apiregistration.k8s.io/apiservices");
    let service = registered.find(|service| service["metadata"]["name"] == name)?;
    let remote = service["spec"]["service"].is_object();
    (remote && !available(service)).then(|| Reply::text(503, "service unavailable\n"))
}

fn available(service: &Value) -> bool {
    let mut conditions = service["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|one| one["type"] == "Available" && one["status"] == "True")
}
