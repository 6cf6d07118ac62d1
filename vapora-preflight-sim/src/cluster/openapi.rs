//! The index of the OpenAPI documents. The documents themselves are not simulated.

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha512};
use time::OffsetDateTime;

use super::{kinds::Catalog, reply::Reply};
use crate::clock::SimClock;

/// What is described besides the groups.
const OTHERS: [&str; 5] = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];

/// The answer to `/openapi/v3`: where each document is, with a hash that changes with what is served.
pub(crate) fn index(catalog: &Catalog, clock: &SimClock) -> Reply {
    let mut paths: Vec<String> = OTHERS.map(str::to_owned).to_vec();
    for (group, versions) in catalog.groups() {
        let root = if group.is_empty() { "api".to_owned() } else { format!("apis/{group}") };
        paths.extend(versions.iter().map(|version| format!("{root}/{version}")));
        if !group.is_empty() {
            paths.push(root);
        }
    }
    paths.sort_unstable();
    let entries: Map<String, Value> = paths
        .into_iter()
        .map(|path| {
            let kinds: Vec<&str> = match path.split('/').collect::<Vec<_>>().as_slice() {
                ["api", version] => names(catalog, "", version),
                ["apis", group, version] => names(catalog, group, version),
                _ => Vec::new(),
            };
            let url = format!("/openapi/v3/{path}?hash={}", hash(&format!("{path} {kinds:?}")));
            (path, json!({ "serverRelativeURL": url }))
        })
        .collect();
    let body = json!({ "paths": entries }).to_string().into_bytes();
    let reply = Reply::new(200, "text/plain; charset=utf-8", body)
        .with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    match HeaderValue::from_str(&date(clock)) {
        Ok(date) => reply.with(header::LAST_MODIFIED, date),
        Err(_) => reply,
    }
}

fn names<'a>(catalog: &'a Catalog, group: &str, version: &str) -> Vec<&'a str> {
    catalog.version(group, version).into_iter().map(|kind| &*kind.kind).collect()
}

fn hash(text: &str) -> String {
    Sha512::digest(text).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02X}"))
}

/// The time as headers have it.
fn date(clock: &SimClock) -> String {
    let now = OffsetDateTime::from_unix_timestamp(clock.unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (weekday, month) = (now.weekday().to_string(), now.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        now.day(),
        &month[..3],
        now.year(),
        now.hour(),
        now.minute(),
        now.second()
    )
}
