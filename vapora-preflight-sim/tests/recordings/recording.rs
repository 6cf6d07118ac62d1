//! The recorded exchanges, as they are in the folder `data`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// A request that was asked of a real API server, and what it answered.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) identity: String,
    pub(crate) request: Request,
    pub(crate) response: Value,
}

/// A request as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn request(value: &Value) -> Request {
    let headers = value["headers"].as_object().into_iter().flatten();
    let body = match &value["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    Request {
        method: text(&value["method"]),
        target: text(&value["target"]),
        headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
        body,
    }
}

fn read(folder: &Path, found: &mut BTreeMap<String, Recording>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
            continue;
        }
        let value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = text(&value["name"]);
        assert!(path.ends_with(format!("{name}.json")), "{} is named {name}", path.display());
        let recording = Recording {
            identity: text(&value["identity"]),
            request: request(&value["request"]),
            response: value["response"].clone(),
        };
        assert!(found.insert(name, recording).is_none(), "{} is there twice", path.display());
    }
}

/// Every recording by its name; a body that is that of another recording is filled in.
pub(crate) fn all() -> BTreeMap<String, Recording> {
    let mut found = BTreeMap::new();
    read(&folder().join("data"), &mut found);
    let bodies: BTreeMap<String, Value> =
        found.iter().map(|(name, one)| (name.clone(), one.response["body"].clone())).collect();
    for recording in found.values_mut() {
        if let Some(other) = recording.response["body_of"].as_str() {
            recording.response["body"] = bodies[other].clone();
        }
    }
    found
}

/// The objects that were in the recorded cluster.
pub(crate) fn world() -> Vec<Value> {
    serde_json::from_slice(&fs::read(folder().join("world.json")).unwrap()).unwrap()
}
