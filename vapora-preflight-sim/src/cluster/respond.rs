//! From a request to its answer.

use axum::body::{Body, Bytes};
use http::{HeaderMap, Method, Request, Response, header};

use super::{
    Cluster,
    access::{ANONYMOUS, Decision, Identity},
    discovery, health,
    kinds::{self, ServedKind},
    list::{self, Form},
    lock,
    reply::Reply,
    reviews,
    routes::{Query, Route, Target, route},
    state::State,
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
        let identity = authenticate(&mut self.state(), by, &head.headers);
        let number = self.record(&head.method, &path, head.uri.query(), identity.as_ref());
        let audit_id = Ids::seeded(&format!("{} {number}", self.0.name)).uid();

        if let Some(fault) = self.0.faults.strike(&path) {
            let user = identity.as_ref().map_or("system:anonymous", |identity| &identity.username);
            let target = match &asked {
                Route::Resource(target) => Some(target),
                Route::Path { .. } => None,
            };
            return fault.play(|code| status::fault(code, user, target).into_response(&audit_id)).await;
        }
        let mut reply = match (identity, query) {
            (None, _) => status::unauthorized(),
            (Some(_), Err(error)) => status::bad_request(&error),
            (Some(identity), Ok(query)) => {
                let request =
                    Asked { identity, query, headers: &head.headers, method: &head.method, path: &path };
                self.decide(&request, asked, &body)
            }
        };
        let warnings = lock(&self.0.warnings);
        let fitting = warnings.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
        reply.warnings.extend(fitting.map(|(_, message)| message.clone()));
        Ok(reply.into_response(&audit_id))
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

    fn decide(&self, asked: &Asked<'_>, route: Route, body: &[u8]) -> Reply {
        if asked.headers.contains_key("impersonate-user") {
            return status::unknown_to_the_simulation("impersonation");
        }
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
                self.resource(asked, &target, body)
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
        let host =
            asked.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:6443");
        health::answer(path, &asked.query, &lock(&self.0.failing))
            .or_else(|| {
                let discovery = discovery::answer(path, host)?;
                Some(if asked.form().is_some() { discovery } else { status::not_acceptable() })
            })
            .unwrap_or_else(|| match path {
                "/" | "/metrics" | "/logs" => asked.unknown(),
                _ if path.starts_with("/openapi") => asked.unknown(),
                _ => Reply::page_not_found(),
            })
    }

    fn resource(&self, asked: &Asked<'_>, target: &Target, body: &[u8]) -> Reply {
        let Target { verb, group, version, resource, .. } = target;
        if kinds::group_unserved(group) {
            return asked.unknown();
        }
        if !kinds::group_served(group, version) {
            return Reply::page_not_found();
        }
        let now = self.0.clock.text();
        match (group.as_str(), resource.as_str(), verb.as_str()) {
            ("authorization.k8s.io", "selfsubjectaccessreviews", "create") => {
                return reviews::access(&asked.identity, body, &now);
            }
            ("authentication.k8s.io", "selfsubjectreviews", "create") => {
                return reviews::who(&asked.identity, body, &now);
            }
            _ => {}
        }
        let Some(kind) = ServedKind::at(group, resource) else {
            let unserved = kinds::resource_unserved(group, resource);
            return if unserved { asked.unknown() } else { status::no_such_resource() };
        };
        // `/api/v1/namespaces/x` is in the namespace `x`, though its kind has none.
        let namespaced = target.namespace.is_some() && kind.plural != "namespaces";
        let one = target.name.is_some() && !matches!(verb.as_str(), "list" | "watch" | "deletecollection");
        if (namespaced && !kind.namespaced) || (!namespaced && kind.namespaced && one) {
            return status::no_such_resource();
        }
        let named_in_path = target.name.is_some() && verb == "get";
        if target.subresource.is_some() || !(named_in_path || verb == "list") {
            return asked.unknown();
        }
        let Some(form) = asked.form() else {
            let forms =
                asked.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
            let real = ["as=Table", "protobuf", "yaml"].iter().any(|form| forms.contains(form));
            let what = format!("the form `{forms}`");
            return if real { status::unknown_to_the_simulation(&what) } else { status::not_acceptable() };
        };
        let store = &self.state().store;
        let namespace = target.namespace.as_deref().filter(|_| kind.namespaced);
        match target.name.as_deref().filter(|_| named_in_path) {
            Some(name) => list::get(store, kind, namespace.unwrap_or_default(), name, form),
            None => list::list(store, kind, namespace, &asked.query, form),
        }
    }
}

/// A request whose caller is known.
struct Asked<'a> {
    identity: Identity,
    query: Query,
    headers: &'a HeaderMap,
    method: &'a Method,
    path: &'a str,
}

impl Asked<'_> {
    fn unknown(&self) -> Reply {
        let query = if self.query.is_true("watch") { "?watch=true" } else { "" };
        status::unknown_to_the_simulation(&format!("`{} {}{query}`", self.method, self.path))
    }

    fn form(&self) -> Option<Form> {
        Form::accepted(self.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()))
    }
}

fn authenticate(state: &mut State, by: Option<&str>, headers: &HeaderMap) -> Option<Identity> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let found = match (token, by) {
        (Some(token), _) => {
            state.identities.iter().find(|identity| identity.token.as_deref() == Some(token.trim()))
        }
        (None, None | Some(ANONYMOUS)) => return Some(Identity::anonymous()),
        (None, Some(name)) => state.identities.iter().find(|identity| identity.name == name),
    };
    found.filter(|identity| !identity.rejected).cloned()
}
