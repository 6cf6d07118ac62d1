//! `/version` and the health endpoints, in plain text.

use std::fmt::Write as _;

use serde_json::json;

use super::{reply::Reply, routes::Query};

const FIRST: [&str; 2] = ["ping", "log"];
const LIVE: [&str; 2] = ["loopback-serving-certificate", "etcd"];
const READY: [&str; 3] = ["etcd", "etcd-readiness", "informer-sync"];
const HOOKS: [&str; 32] = [
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/aggregator-reload-proxy-client-cert",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-wait-for-first-sync",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
];

/// The answer to a path of health; `None` where the path is none. `failing` are the checks that fail.
pub(crate) fn answer(path: &str, query: &Query, failing: &[String]) -> Option<Reply> {
    let (endpoint, one) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let middle: (&[&str], &[&str]) = match endpoint {
        "readyz" => (&READY, &["shutdown"]),
        "livez" | "healthz" => (&LIVE, &[]),
        _ => return None,
    };
    let checks: Vec<&str> = FIRST.iter().chain(middle.0).chain(&HOOKS).chain(middle.1).copied().collect();
    let fails = |check: &str| failing.iter().any(|failing| failing == check);
    if !one.is_empty() {
        return Some(match checks.contains(&one) {
            true if fails(one) => Reply::text(500, format!("internal server error: {one} failed\n")),
            true => Reply { nosniff: false, ..Reply::text(200, "ok") },
            false => Reply::page_not_found(),
        });
    }
    let excluded: Vec<&str> = query.all("exclude").filter(|name| !name.is_empty()).collect();
    let mut text = String::new();
    let unknown: Vec<String> =
        excluded.iter().filter(|name| !checks.contains(name)).map(|name| format!("{name:?}")).collect();
    let mut failed = false;
    for check in checks {
        let line = if excluded.contains(&check) {
            writeln!(text, "[+]{check} excluded: ok")
        } else if fails(check) {
            failed = true;
            writeln!(text, "[-]{check} failed: reason withheld")
        } else {
            writeln!(text, "[+]{check} ok")
        };
        debug_assert!(line.is_ok(), "writing to a text does not fail");
    }
    if !unknown.is_empty() {
        let line = writeln!(
            text,
            "warn: some health checks cannot be excluded: no matches for {}",
            unknown.join(",")
        );
        debug_assert!(line.is_ok(), "writing to a text does not fail");
    }
    if failed {
        text.push_str(endpoint);
        text.push_str(" check failed\n");
        return Some(Reply::text(500, text));
    }
    if !query.has("verbose") {
        return Some(Reply::text(200, "ok"));
    }
    text.push_str(endpoint);
    text.push_str(" check passed\n");
    Some(Reply::text(200, text))
}

/// The answer to `/version`; `version` is as in `v1.36.3`.
pub(crate) fn version(version: &str) -> Reply {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let before =
        minor.parse::<u32>().map_or_else(|_| minor.to_owned(), |minor| minor.saturating_sub(1).to_string());
    Reply::json(
        200,
        &json!({
            "major": major,
            "minor": minor,
            "emulationMajor": major,
            "emulationMinor": minor,
            "minCompatibilityMajor": major,
            "minCompatibilityMinor": before,
            "gitVersion": version,
            "gitCommit": "7b29fb077260554429dcef8234272e9fd25fcfbd",
            "gitTreeState": "clean",
            "buildDate": "2026-08-20T00:00:00Z",
            "goVersion": "go1.26.6",
            "compiler": "gc",
            "platform": "linux/amd64",
        }),
    )
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use http_body_util::BodyExt;

    use super::*;

    async fn asked(uri: &'static str) -> (u16, String) {
        let uri = Uri::from_static(uri);
        let failing = ["etcd", "informer-sync"].map(str::to_owned);
        let reply = answer(uri.path(), &Query::of(&uri).unwrap(), &failing).unwrap();
        let text = reply.body.collect().await.unwrap().to_bytes();
        (reply.code, String::from_utf8(text.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_check_that_is_left_out_does_not_fail_the_others() {
        assert_eq!(asked("/readyz?exclude=etcd").await.0, 500);
        assert_eq!(asked("/readyz?exclude=etcd&exclude=informer-sync").await, (200, "ok".to_owned()));
        let (code, text) = asked("/readyz?verbose&exclude=etcd&exclude=informer-sync&exclude=nothing").await;
        assert_eq!(code, 200);
        assert!(text.contains("[+]etcd excluded: ok\n"), "{text}");
        assert!(
            text.contains("warn: some health checks cannot be excluded: no matches for \"nothing\"\n"),
            "{text}"
        );
        assert_eq!(asked("/readyz/etcd").await.0, 500);
        assert_eq!(asked("/livez/ping").await, (200, "ok".to_owned()));
        assert_eq!(asked("/readyz/nothing").await.0, 404);
    }
}
