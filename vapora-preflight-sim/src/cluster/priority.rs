//! The headers that say which queue a request went through.

use http::{HeaderName, HeaderValue};

use super::{access::Identity, routes::Route};
use crate::ids::Ids;

/// What is answered for as long as the client likes goes through no queue.
const LASTING: [&str; 5] = ["attach", "exec", "log", "portforward", "proxy"];

/// The headers of an answer to this identity; `None` where the request goes through no queue.
pub(crate) fn of(
    cluster: &str,
    identity: &Identity,
    asked: &Route,
) -> Option<[(HeaderName, HeaderValue); 2]> {
    if let Route::Resource(target) = asked
        && target.subresource.as_ref().is_some_and(|name| LASTING.contains(&name.as_str()))
    {
        return None;
    }
    let flow = match identity.groups.first().map(String::as_str) {
        Some("system:masters") => "exempt",
        Some("system:serviceaccounts") => "service-accounts",
        _ => "global-default",
    };
    let mut ids = Ids::seeded(&format!("{cluster} {flow}"));
    let mut header = |name| Some((HeaderName::from_static(name), HeaderValue::from_str(&ids.uid()).ok()?));
    Some([header("x-kubernetes-pf-flowschema-uid")?, header("x-kubernetes-pf-prioritylevel-uid")?])
}
