//! A client that is answered from recordings.

use std::{
    collections::HashMap,
    convert::Infallible,
    path::Path,
    sync::{Arc, Mutex},
};

use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde::Deserialize;
use serde_json::{Value, json};
use vapora_preflight_k8s::K8sClient;

/// The server that the replaying clients say they are connected to.
pub(crate) const SERVER: &str = "https://k8s.example.com:6443";

/// One recorded answer, with as much of its request as tells it from others.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recording {
    method: String,
    target: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    json: Option<Value>,
    #[serde(default)]
    text: Option<String>,
}

impl Recording {
    /// A recording of `tests/recordings`.
    pub(crate) fn of(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// An answer that was not recorded.
    pub(crate) fn made(target: &str, status: u16, text: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            target: target.to_owned(),
            status,
            headers: HashMap::new(),
            json: None,
            text: Some(text.to_owned()),
        }
    }

    /// An answer of JSON that was not recorded.
    pub(crate) fn json(target: &str, json: Value) -> Self {
        Self { text: None, json: Some(json), ..Self::made(target, 200, "") }
    }

    /// The request is refused instead, with these words.
    pub(crate) fn refused(self, status: u16, message: &str) -> Self {
        let json = json!({ "kind": "Status", "status": "Failure", "message": message, "details": {}, "code": status });
        Self { status, json: Some(json), ..self }
    }

    /// An object that was not recorded.
    pub(crate) fn object(target: &str, object: Value) -> Self {
        Self { json: Some(object), text: None, ..Self::made(target, 200, "") }
    }

    /// A list that was not recorded.
    pub(crate) fn list(target: &str, kind: &str, items: Vec<Value>) -> Self {
        let kind = format!("{kind}List");
        Self::object(target, json!({ "kind": kind, "metadata": {}, "items": items }))
    }

    /// The same answer to a request of this path.
    pub(crate) fn at(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same answer with a change to its body.
    pub(crate) fn edited(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        edit(self.json.as_mut().expect("a recording of JSON"));
        self
    }

    /// The same answer with another status.
    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same answer to a patch.
    pub(crate) fn to_patch(&self) -> Self {
        Self { method: "PATCH".to_owned(), ..self.clone() }
    }

    /// The same answer to a request that only reads.
    pub(crate) fn to_get(&self) -> Self {
        Self { method: "GET".to_owned(), ..self.clone() }
    }

    /// An object that was recorded by itself, as a list of one.
    pub(crate) fn listed(mut self, path: &str) -> Self {
        let object = self.json.take().expect("a recording of JSON");
        let kind = format!("{}List", object["kind"].as_str().expect("a kind"));
        self.json = Some(json!({ "kind": kind, "apiVersion": "v1", "metadata": {}, "items": [object] }));
        self.at(path)
    }

    /// Whether it answers a request of this path.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path() == path
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn body(&self) -> String {
        match (&self.json, &self.text) {
            (Some(json), _) => json.to_string(),
            (None, Some(text)) => text.clone(),
            (None, None) => String::new(),
        }
    }
}

/// The requests a replaying client has made: method, target, body.
pub(crate) type Asked = Arc<Mutex<Vec<(String, String, String)>>>;

/// A client that answers with these recordings. Where there are several of one method and path, they come in order, and
/// the last one goes on; what has no recording is answered 501.
pub(crate) fn replay(recordings: Vec<Recording>) -> (K8sClient, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let queues: Arc<Mutex<Vec<Recording>>> = Arc::new(Mutex::new(recordings));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (log, queues) = (Arc::clone(&log), Arc::clone(&queues));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a whole body").to_bytes();
            let method = head.method.to_string();
            let recording = {
                let mut queues = queues.lock().unwrap();
                let fits = |one: &Recording| one.method == method && one.path() == head.uri.path();
                let of_it = queues.iter().filter(|one| fits(one)).count();
                match queues.iter().position(fits) {
                    Some(place) if of_it > 1 => Some(queues.remove(place)),
                    Some(place) => Some(queues[place].clone()),
                    None => None,
                }
            };
            let body = String::from_utf8_lossy(&body).into_owned();
            log.lock().unwrap().push((method, head.uri.to_string(), body));
            let recording = recording
                .unwrap_or_else(|| Recording::made("", 501, &format!("no recording of {}", head.uri)));
            let mut response = Response::builder().status(recording.status);
            for (name, value) in &recording.headers {
                // a server may send what is no ASCII
                response =
                    response.header(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
            }
            Ok::<_, Infallible>(response.body(Body::from(recording.body().into_bytes())).expect("a response"))
        }
    });
    (K8sClient::new(Client::new(service, "default"), SERVER).in_context("production"), asked)
}

/// A client that answers with recordings of these names.
pub(crate) fn recorded(names: &[&str]) -> K8sClient {
    replay(names.iter().map(|name| Recording::of(name)).collect()).0
}
