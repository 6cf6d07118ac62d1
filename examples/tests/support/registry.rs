//! The registry with every shipped kind.

use vapora_preflight::Registry;

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    vapora_preflight_host::register(&mut registry);
    vapora_preflight_http::register(&mut registry);
    vapora_preflight_k8s::register(&mut registry);
    vapora_preflight_storage::register(&mut registry);
    vapora_preflight_tls::register(&mut registry);
    registry
}
