//! From a request to its answer.

use axum::body::{Body, Bytes};
use http::{HeaderName, Method, Request, Response, header, request::Parts};

use super::{
    Cluster,
    access::{Decision, Identity},
    aggregated, answers, discovery, gzip, health, impersonation,
    kinds::ServedKind,
    lock, openapi, priority, protobuf,
    reply::Reply,
    routes::{Query, Route, Target, route},
    status,
};
use crate::{
    answer::{BoxError, RequestRecord},
    ids::Ids,
};

impl Cluster {
    /// Answers a request; `by` is who asks where the request itself has no credentials.
    pub(crate) async fn respond(
        &self,
        by: Option<&str>,
        request: Request<Bytes>,
    ) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let query = Query::of(&head.uri);
        let asked = route(&head.method, &path, query.as_ref().unwrap_or(&Query::default()));
        let identity = self.authenticate(by, &head);
        let number = self.record(&head.method, &path, head.uri.query(), identity.as_ref());
        let audit_id = Ids::seeded(&format!("{} {number}", self.0.name)).uid();

        let priority = identity.as_ref().and_then(|identity| priority::of(&self.0.name, identity, &asked));
        if let Some(fault) = self.0.faults.strike(&path) {
            let user = identity.as_ref().map_or("system:anonymous", |identity| &identity.username);
            let target = match &asked {
                Route::Resource(target) => Some(target),
                Route::Path { .. } => None,
            };
            let answer = |code, retry_after| {
                let reply = match (code, priority) {
                    (429, priority) => status::too_many_requests(retry_after, priority.into_iter().flatten()),
                    _ => status::fault(code, user, target),
                };
                reply.into_response(&audit_id)
            };
            return fault.play(answer).await;
        }
        let identity =
            identity.map(|identity| impersonation::effective(&self.state(), &identity, &head.headers));
        let queue = |identity: &Identity| priority::of(&self.0.name, identity, &asked);
        let priority = identity.as_ref().and_then(|identity| queue(identity.as_ref().ok()?));
        let mut reply = match (identity, query) {
            (None, _) => status::unauthorized(),
            (Some(_), Err(error)) => status::bad_request(&error),
            (Some(Err(refused)), _) => refused,
            (Some(Ok(identity)), Ok(query)) => {
                self.decide(&Asked { identity, query, head: &head, body: &body }, asked)
            }
        };
        if reply.queued {
            reply.headers.extend(priority.into_iter().flatten());
        }
        reply.warnings.extend(self.warnings_under(&path));
        // The documents of OpenAPI are sent as they are.
        let encodings = head.headers.get(header::ACCEPT_ENCODING).filter(|_| !path.starts_with("/openapi"));
        let accepted = encodings.and_then(|value| value.to_str().ok());
        Ok(gzip::encoded(reply, accepted).await.into_response(&audit_id))
    }

    fn warnings_under(&self, path: &str) -> Vec<String> {
        let warnings = lock(&self.0.warnings);
        let fitting = warnings.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
        fitting.map(|(_, message)| message.clone()).collect()
    }

    fn record(&self, method: &Method, path: &str, query: Option<&str>, identity: Option<&Identity>) -> usize {
        let mut log = lock(&self.0.log);
        log.push(RequestRecord {
            method: method.to_string(),
            path: path.to_owned(),
            query: query.unwrap_or_default().to_owned(),
            identity: identity.map(|identity| identity.name.clone()),
        });
        log.len()
    }

    fn decide(&self, asked: &Asked<'_>, route: Route) -> Reply {
        match route {
            Route::Path { verb, path } => {
                if asked.identity.decide_path(&verb, &path) == Decision::Denied {
                    return status::forbidden_path(&asked.identity.username, &verb, &path);
                }
                self.path(asked, &verb, &path)
            }
            Route::Resource(target) => {
                if asked.identity.decide(&target) == Decision::Denied {
                    return status::forbidden(&asked.identity.username, &target);
                }
                self.resource(asked, &target)
            }
        }
    }

    fn path(&self, asked: &Asked<'_>, verb: &str, path: &str) -> Reply {
        if !matches!(verb, "get" | "head") {
            return asked.unknown();
        }
        if matches!(path, "/version" | "/version/") {
            return health::version(&self.state().version);
        }
        if let ["apis", group, version] = path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice()
            && let Some(down) = aggregated::down(&self.state().store, group, version)
        {
            return down;
        }
        health::answer(path, &asked.query, &self.failing())
            .or_else(|| discovery::answer(&self.state().catalog, asked, path))
            .unwrap_or_else(|| match path {
                "/" | "/metrics" | "/logs" => asked.unknown(),
                _ if path.starts_with("/openapi") => openapi::answer(self, asked, path),
                _ => Reply::page_not_found(),
            })
    }

    fn resource(&self, asked: &Asked<'_>, target: &Target) -> Reply {
        let (served, kind) = {
            let catalog = &self.state().catalog;
            let Target { group, version, resource, .. } = target;
            (catalog.has(group, version), catalog.at(group, version, resource))
        };
        if let Some(down) = aggregated::down(&self.state().store, &target.group, &target.version) {
            return down;
        }
        let Some(kind) = kind else {
            return if served { status::no_such_resource() } else { Reply::page_not_found() };
        };
        let verbs = match &target.subresource {
            None => kind.verbs,
            Some(name) => match kind.subresource(name) {
                Some(subresource) => subresource.verbs,
                None => return status::no_such_resource(),
            },
        };
        // `/api/v1/namespaces/x` is in the namespace `x`, though its kind has none.
        let namespaced = target.namespace.is_some() && kind.plural != "namespaces";
        let verb = target.verb.as_str();
        let many = matches!(verb, "list" | "watch" | "deletecollection");
        if (namespaced && !kind.namespaced) || (!namespaced && kind.namespaced && !(many || kind.made())) {
            return status::no_such_resource();
        }
        if !verbs.allow(verb) {
            return status::method_not_allowed();
        }
        if self.is_frozen() && needs_the_store(&asked.query, verb, &kind) {
            return status::timed_out();
        }
        let mut reply =
            if asked.header(&header::CONTENT_TYPE).is_some_and(|content| content.contains("protobuf")) {
                let Some(review) = protobuf::review(asked.body) else {
                    return status::unknown_to_the_simulation("a body in protobuf");
                };
                let body = Bytes::from(review.to_string());
                answers::answer(self, &Asked { body: &body, ..asked.clone() }, target, &kind)
            } else {
                answers::answer(self, asked, target, &kind)
            };
        if let Some(warning) = &kind.deprecated {
            reply.warnings.insert(0, warning.to_string());
        }
        reply
    }
}

/// Does an answer need the store itself, and not only what the server remembers of it?
fn needs_the_store(query: &Query, verb: &str, kind: &ServedKind) -> bool {
    let remembered = query.has("resourceVersion")
        && !query.has("continue")
        && query.get("resourceVersionMatch") != Some("Exact");
    match verb {
        _ if kind.made() => false,
        "get" | "list" => !remembered,
        "watch" => false,
        _ => true,
    }
}

/// A request whose caller is known.
#[derive(Clone)]
pub(crate) struct Asked<'a> {
    pub(crate) identity: Identity,
    pub(crate) query: Query,
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a Bytes,
}

impl Asked<'_> {
    /// The answer to what the simulation does not know.
    pub(crate) fn unknown(&self) -> Reply {
        let query = if self.query.is_true("watch") { "?watch=true" } else { "" };
        status::unknown_to_the_simulation(&format!("`{} {}{query}`", self.head.method, self.head.uri.path()))
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
