//! Status pages, simulated from the documentation of their services.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing,
};
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::{faults::Faults, ids::Ids, peer::Peer};

mod cachet;
mod statuspage;

/// The id of the page.
const PAGE: &str = "gytm4qzbx9t6";

/// A maintenance that is on a status page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// What it is called.
    pub name: String,
    /// What people are told.
    pub text: String,
    /// When it begins, as it was written.
    pub opens: String,
    /// When it ends, as it was written.
    pub closes: String,
    /// Its state, as the services call it.
    pub state: String,
}

/// A status page as Atlassian Statuspage keeps it, with the same page as Cachet of the versions 2 and 3 and as a page
/// of HTML that a webhook adds to, over HTTP on 127.0.0.1. It stops when this is dropped.
///
/// The answers follow the public documentation as of 2026:
///
/// - Statuspage: "Statuspage API" (`https://developer.statuspage.io`): the incidents of a page, and their fields; the words of its
///   errors are from memory.
/// - Cachet 3: "API Reference" (`https://docs.cachethq.io/api-reference`): authentication, pages, limits; what a schedule is made of
///   and shown as, after `CreateScheduleRequestData` and the resource `Schedule` of `cachethq/core`.
/// - Cachet 2.4: the controllers, commands and presenters for schedules of `cachethq/cachet`; its errors from memory.
///
/// ```
/// use vapora_preflight_sim::StatusPage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let page = StatusPage::serve().await?;
/// assert!(page.statuspage_api().ends_with("/v1"));
/// assert!(page.maintenances().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StatusPage {
    peer: Peer,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    maintenances: Vec<(String, Maintenance)>,
    posted: Vec<Value>,
    refusing: bool,
    forgetful: bool,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, headers: &HeaderMap, name: &str, before: &str) -> bool {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.and_then(|value| value.strip_prefix(before)) == Some(self.key.as_str())
    }

    /// Keeps a maintenance, and gives its id.
    fn keep(&self, maintenance: Maintenance) -> String {
        let mut state = self.state();
        let id = (state.maintenances.len() + 1).to_string();
        state.maintenances.push((id.clone(), maintenance));
        id
    }

    fn read(&self, id: &str) -> Option<Maintenance> {
        self.state().maintenances.iter().find(|(known, _)| known == id).map(|(_, it)| it.clone())
    }

    /// What is on it when a list of it is asked; one who is forgetful has nothing by then.
    fn listed(&self) -> Vec<(String, Maintenance)> {
        let mut state = self.state();
        if state.forgetful {
            state.maintenances.clear();
        }
        state.maintenances.clone()
    }

    fn all(&self) -> Vec<(String, Maintenance)> {
        self.state().maintenances.clone()
    }

    fn refuses(&self) -> bool {
        self.state().refusing
    }
}

type Kept = Shared<Arc<Inner>>;

fn answer(code: u16, body: Value) -> Response {
    (StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

/// The value of a parameter of a query.
fn number(uri: &Uri, name: &str) -> Option<usize> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1.parse().ok()
}

/// The part of a list that a query asks for, and the number of the last page.
fn paged<T: Clone>(uri: &Uri, all: &[T], usual: usize) -> (Vec<T>, usize) {
    let per_page = number(uri, "per_page").unwrap_or(usual).max(1);
    let page = number(uri, "page").unwrap_or(1).max(1);
    let shown = all.iter().skip((page - 1) * per_page).take(per_page).cloned().collect();
    (shown, all.len().div_ceil(per_page).max(1))
}

async fn seen(Shared(inner): Kept) -> Response {
    let items: Vec<String> =
        inner.all().iter().map(|(_, it)| format!("<li>{}: {}</li>", it.name, it.text)).collect();
    axum::response::Html(format!("<title>Status</title><ul>{}</ul>", items.concat())).into_response()
}

async fn hook(Shared(inner): Kept, Path(key): Path<String>, body: Bytes) -> Response {
    if key != inner.key {
        return (StatusCode::NOT_FOUND, format!("there is nothing at /hook/{key}")).into_response();
    }
    if inner.refuses() {
        return (StatusCode::UNPROCESSABLE_ENTITY, "maintenances are not taken").into_response();
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    inner.keep(Maintenance {
        name: text("name"),
        text: text("text"),
        opens: text("opens"),
        closes: text("closes"),
        state: "scheduled".to_owned(),
    });
    StatusCode::ACCEPTED.into_response()
}

/// What a fault with a status code looks like.
fn failure(code: u16) -> http::Response<Body> {
    let words =
        StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or("error");
    answer(code, json!({ "error": words }))
}

impl StatusPage {
    /// Serves over plain HTTP on a free port. No maintenance is on it yet.
    pub async fn serve() -> io::Result<Self> {
        let key = Ids::seeded("status page").suffix(24);
        let inner = Arc::new(Inner { key, state: Mutex::default() });
        let router = Router::new()
            .route("/v1/pages/{page}/incidents", routing::post(statuspage::create))
            .route("/v1/pages/{page}/incidents/{id}", routing::get(statuspage::get))
            .route("/api/schedules", routing::get(cachet::list).post(cachet::create))
            .route("/api/schedules/{id}", routing::get(cachet::get))
            .route("/api/v1/schedules", routing::get(cachet::list_old).post(cachet::create_old))
            .route("/api/v1/schedules/{id}", routing::get(cachet::get_old))
            .route("/seen", routing::get(seen))
            .route("/hook/{key}", routing::post(hook).put(hook))
            .with_state(Arc::clone(&inner));
        let peer = Peer::serve(router).await?;
        peer.fail_with(failure);
        Ok(Self { peer, inner })
    }

    /// The address of the API of Statuspage.
    pub fn statuspage_api(&self) -> String {
        format!("{}/v1", self.peer.url())
    }

    /// The address of the API of Cachet.
    pub fn cachet_api(&self) -> String {
        format!("{}/api", self.peer.url())
    }

    /// The webhook, with its secret.
    pub fn webhook(&self) -> String {
        format!("{}/hook/{}", self.peer.url(), self.inner.key)
    }

    /// The page that people see.
    pub fn seen_at(&self) -> String {
        format!("{}/seen", self.peer.url())
    }

    /// The id of the page.
    pub fn page(&self) -> &'static str {
        PAGE
    }

    /// The key that all of them accept.
    pub fn key(&self) -> &str {
        &self.inner.key
    }

    /// The bodies that were posted to Statuspage and taken.
    pub fn posted(&self) -> Vec<Value> {
        self.inner.state().posted.clone()
    }

    /// What is on it, in the order in which it was posted.
    pub fn maintenances(&self) -> Vec<Maintenance> {
        self.inner.all().into_iter().map(|(_, maintenance)| maintenance).collect()
    }

    /// Puts something onto it.
    pub fn add(&self, maintenance: Maintenance) {
        self.inner.keep(maintenance);
    }

    /// Whether it refuses every maintenance from now on.
    pub fn set_refusing(&self, refusing: bool) {
        self.inner.state().refusing = refusing;
    }

    /// Whether it forgets everything as soon as a list of it is asked, so that whoever posts finds the page as it was.
    pub fn set_forgetful(&self, forgetful: bool) {
        self.inner.state().forgetful = forgetful;
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        self.peer.faults()
    }

    /// The server itself, with the requests it was asked.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}

/// Whether a request proves who asks by a bearer token.
fn bears(inner: &Inner, headers: &HeaderMap) -> bool {
    inner.knows(headers, header::AUTHORIZATION.as_str(), "Bearer ")
}
