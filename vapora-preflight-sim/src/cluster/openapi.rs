//! The OpenAPI documents: an index, and a document for each version of a group.

mod document;

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha512};
use time::{Duration, OffsetDateTime};

use super::{Cluster, kinds::Catalog, reply::Reply, respond::Asked};
use crate::clock::SimClock;

/// What is described besides the groups.
const OTHERS: [&str; 5] = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];

/// The answer to a path below `/openapi`.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, path: &str) -> Reply {
    let state = cluster.state();
    let release = release(&state.version);
    let Some(path) = path.strip_prefix("/openapi/v3") else { return asked.unknown() };
    let path = path.trim_matches('/');
    if path.is_empty() {
        return index(&state.catalog, cluster.clock(), &release);
    }
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => one(&state.catalog, asked, cluster.clock(), ("", version), &release),
        ["apis", group, version] => one(&state.catalog, asked, cluster.clock(), (group, version), &release),
        _ if described(&state.catalog).iter().any(|known| known == path) => asked.unknown(),
        _ => Reply::page_not_found(),
    }
}

/// As in `1.36`.
fn release(version: &str) -> String {
    let numbers: Vec<&str> = version.trim_start_matches('v').split('.').take(2).collect();
    numbers.join(".")
}

/// What is described, in its order.
fn described(catalog: &Catalog) -> Vec<String> {
    let mut paths: Vec<String> = OTHERS.map(str::to_owned).to_vec();
    for (group, versions) in catalog.groups() {
        let root = if group.is_empty() { "api".to_owned() } else { format!("apis/{group}") };
        paths.extend(versions.iter().map(|version| format!("{root}/{version}")));
        if !group.is_empty() {
            paths.push(root);
        }
    }
    paths.sort_unstable();
    paths
}

/// Where each document is, with a hash that changes with it.
fn index(catalog: &Catalog, clock: &SimClock, release: &str) -> Reply {
    let entries: Map<String, Value> = described(catalog)
        .into_iter()
        .map(|path| {
            let text = match path.split('/').collect::<Vec<_>>().as_slice() {
                ["api", version] => document::document(catalog, "", version, release).to_string(),
                ["apis", group, version] => document::document(catalog, group, version, release).to_string(),
                _ => path.clone(),
            };
            let url = format!("/openapi/v3/{path}?hash={}", hash(&text));
            (path, json!({ "serverRelativeURL": url }))
        })
        .collect();
    let body = json!({ "paths": entries }).to_string().into_bytes();
    dated(Reply::new(200, "text/plain; charset=utf-8", body), clock)
}

/// One document; who asks with its hash may keep it for a year.
fn one(
    catalog: &Catalog,
    asked: &Asked<'_>,
    clock: &SimClock,
    (group, version): (&str, &str),
    release: &str,
) -> Reply {
    if !catalog.has(group, version) {
        return Reply::page_not_found();
    }
    let text = document::document(catalog, group, version, release).to_string();
    let hash = hash(&text);
    let tag = format!("\"{hash}\"");
    let mut reply = if asked.header(&header::IF_NONE_MATCH) == Some(tag.as_str()) {
        Reply { content_type: None, ..Reply::new(304, "", Vec::new()) }
    } else {
        Reply::new(200, "application/json", text.into_bytes())
    };
    if let Some(wanted) = asked.query.get("hash") {
        if wanted != hash {
            let place = asked.head.uri.path();
            let reply = Reply { content_type: None, ..Reply::new(301, "", Vec::new()) };
            return with(reply, header::LOCATION, &format!("{place}?hash={hash}"));
        }
        reply = with(reply, header::CACHE_CONTROL, "public, immutable");
        reply = with(reply, header::EXPIRES, &date(clock, Duration::days(365)).replace("GMT", "UTC"));
    }
    let reply = dated(with(reply, header::ETAG, &tag), clock);
    reply.with(header::VARY, HeaderValue::from_static("Accept"))
}

fn dated(reply: Reply, clock: &SimClock) -> Reply {
    let reply = reply.with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    with(reply, header::LAST_MODIFIED, &date(clock, Duration::ZERO))
}

fn with(reply: Reply, name: header::HeaderName, value: &str) -> Reply {
    match HeaderValue::from_str(value) {
        Ok(value) => reply.with(name, value),
        Err(_) => reply,
    }
}

fn hash(text: &str) -> String {
    Sha512::digest(text).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02X}"))
}

/// The time, or one after it, as headers have it.
fn date(clock: &SimClock, later: Duration) -> String {
    let now = OffsetDateTime::from_unix_timestamp(clock.unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let then = now.saturating_add(later);
    let (weekday, month) = (then.weekday().to_string(), then.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        then.day(),
        &month[..3],
        then.year(),
        then.hour(),
        then.minute(),
        then.second()
    )
}
