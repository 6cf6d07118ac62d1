//! What a request asks for, as an API server reads it from method, path and query.

use http::{Method, Uri};

/// The parameters behind the `?`, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(uri: &Uri) -> Result<Self, String> {
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map(|query| Self(query.0))
            .map_err(|error| error.body_text())
    }

    /// The value of a parameter, the first where it is there more than once.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "True" | "TRUE" | "t" | "T"))
    }
}

/// A request about a path that is no resource, or about a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Path { verb: String, path: String },
    Resource(Target),
}

/// A verb and the resource it is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Target {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) subresource: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
}

impl Target {
    /// As access rules name it: `pods`, `pods/log`.
    pub(crate) fn resource_and_subresource(&self) -> String {
        match &self.subresource {
            Some(subresource) => format!("{}/{subresource}", self.resource),
            None => self.resource.clone(),
        }
    }
}

/// Reads method and path, and of the query what changes the verb.
pub(crate) fn route(method: &Method, path: &str, query: &Query) -> Route {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Route::Path { verb: method.as_str().to_ascii_lowercase(), path: path.to_owned() },
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, "status" | "finalize", ..] | ["namespaces", namespace] => {
            (Some(*namespace), rest)
        }
        ["namespaces", namespace, rest @ ..] => (Some(*namespace), rest),
        _ => (None, rest),
    };
    let owned = |index: usize| rest.get(index).map(|part| (*part).to_owned());
    let mut name = owned(1);
    let other = method.as_str().to_ascii_lowercase();
    let verb = match (method.as_str(), &name) {
        ("GET" | "HEAD", _) if query.is_true("watch") => "watch",
        ("GET" | "HEAD", Some(_)) => "get",
        ("GET" | "HEAD", None) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", Some(_)) => "delete",
        ("DELETE", None) => "deletecollection",
        _ => &other,
    }
    .to_owned();
    // Who lists one object by its name asks for that object, where rights are concerned.
    if name.is_none() && matches!(verb.as_str(), "list" | "watch" | "deletecollection") {
        let mut terms = query.get("fieldSelector").unwrap_or_default().split(',');
        name = terms.find_map(|term| term.strip_prefix("metadata.name=")).map(str::to_owned);
    }
    Route::Resource(Target {
        verb,
        group: group.to_owned(),
        version: version.to_owned(),
        resource: owned(0).unwrap_or_default(),
        subresource: owned(2),
        namespace: namespace.map(str::to_owned),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(method: &Method, path: &str) -> Target {
        match route(method, path, &Query::default()) {
            Route::Resource(target) => target,
            Route::Path { path, .. } => panic!("{path} is no resource"),
        }
    }

    #[test]
    fn a_namespace_is_in_itself() {
        let target = resource(&Method::GET, "/api/v1/namespaces/vapora");
        assert_eq!((target.resource.as_str(), target.verb.as_str()), ("namespaces", "get"));
        assert_eq!((target.namespace.as_deref(), target.name.as_deref()), (Some("vapora"), Some("vapora")));
    }

    #[test]
    fn a_subresource_stands_behind_the_name() {
        let target = resource(&Method::GET, "/api/v1/namespaces/vapora/pods/p/log");
        assert_eq!(target.resource_and_subresource(), "pods/log");
        assert_eq!(target.name.as_deref(), Some("p"));
    }

    #[test]
    fn discovery_is_no_resource() {
        for path in ["/", "/version", "/api", "/api/v1", "/apis/apps", "/apis/apps/v1"] {
            assert!(matches!(route(&Method::GET, path, &Query::default()), Route::Path { .. }), "{path}");
        }
        assert_eq!(resource(&Method::GET, "/apis/apps/v1/deployments").verb, "list");
        assert_eq!(resource(&Method::DELETE, "/apis/apps/v1/deployments").verb, "deletecollection");
    }

    #[test]
    fn watching_is_a_verb_of_its_own() {
        let query = Query::of(&Uri::from_static("/api/v1/pods?watch=true")).unwrap();
        let Route::Resource(target) = route(&Method::GET, "/api/v1/pods", &query) else { panic!() };
        assert_eq!(target.verb, "watch");
    }
}
