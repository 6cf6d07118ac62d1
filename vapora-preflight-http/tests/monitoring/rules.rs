//! `alertmanager.quiet` with a Prometheus.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::AlertmanagerQuiet;

use crate::{
    ask::{ask, assert_told, seen},
    canned::{pages, vector},
    server::Server,
};

/// An alerting rule: its name, labels and alerts as JSON, and its health.
fn rule(name: &str, labels: &str, alerts: &str, health: &str) -> String {
    format!(
        r#"{{"state":"inactive","name":"{name}","query":"up == 0","duration":60,"labels":{{{labels}}},"annotations":{{}},
        "alerts":[{alerts}],{health},"evaluationTime":0.0001,"type":"alerting"}}"#
    )
}

fn alert(labels: &str, state: &str) -> String {
    format!(
        r#"{{"labels":{{{labels}}},"annotations":{{"description":"it is down"}},"state":"{state}",
        "activeAt":"2026-12-01T13:50:00.885798498Z","value":"1e+00"}}"#
    )
}

const OK: &str = r#""health":"ok","lastEvaluation":"2026-12-01T13:59:50.885Z""#;
const DOWN: &str = r#""alertname":"Down","severity":"critical","job":"api""#;

fn prometheus(rules: &[String], firing: &[(&str, &str)]) -> Server {
    let record = r#"{"name":"job:up:sum","query":"sum(up)","health":"err","evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}"#;
    let rules: Vec<String> = rules.iter().cloned().chain([record.to_owned()]).collect();
    let groups = format!(
        r#"{{"status":"success","data":{{"groups":[{{"name":"g","file":"r.yml","rules":[{}],"interval":1}}]}}}}"#,
        rules.join(",")
    );
    pages(&[("/api/v1/rules?type=alert", &groups), ("/api/v1/query?query=ALERTS%7B", &vector(firing))])
}

fn quiet(server: &Server, rest: &str) -> String {
    format!("prometheus = '{}'\n{rest}", server.url(""))
}

#[tokio::test]
async fn an_alert_fails_whoever_of_the_two_tells_it() {
    let labels = r#""severity":"critical""#;
    let by_rule = prometheus(&[rule("Down", labels, &alert(DOWN, "firing"), OK)], &[]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&by_rule, "")).await;
    assert_told!(result);
    let series = format!(r#""__name__":"ALERTS","alertstate":"firing",{DOWN}"#);
    let by_series = prometheus(&[rule("Down", labels, "", OK)], &[(&series, "1")]);
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&by_series, "")).await);
    let by_both = prometheus(&[rule("Down", labels, &alert(DOWN, "firing"), OK)], &[(&series, "1")]);
    let outcome = ask::<AlertmanagerQuiet>(&quiet(&by_both, "")).await.unwrap();
    assert_eq!(seen(&outcome, &["firing"]), Value::Int(1));
}

#[tokio::test]
async fn rules_that_do_not_fire_are_quiet() {
    let server = prometheus(&[rule("Down", r#""severity":"critical""#, "", OK)], &[]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["rules"]), Value::Int(1));
    assert_eq!(seen(&outcome, &["source"]), Value::from("prometheus"));
    let server = prometheus(&[rule("Down", "", &alert(DOWN, "pending"), OK)], &[]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["pending"]), Value::Int(1));
}

#[tokio::test]
async fn a_prometheus_without_rules_is_not_quiet() {
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&prometheus(&[], &[]), "")).await);
    let server =
        prometheus(&[rule("Down", r#""severity":"critical","team":"{{ $labels.team }}""#, "", OK)], &[]);
    let matching = |text: &str| quiet(&server, &format!("matching = '{text}'"));
    assert_told!(ask::<AlertmanagerQuiet>(&matching(r#"severity="page""#)).await);
    // labels that come only with an alert may be any
    for may in [r#"severity="critical", team="core""#, r#"job="api""#, r#"alertname="Down""#] {
        let result = ask::<AlertmanagerQuiet>(&matching(may)).await;
        assert!(matches!(result, Ok(Outcome::Pass(_))), "{may}: {result:?}");
    }
}

#[tokio::test]
async fn rules_that_are_not_worked_out_are_not_quiet() {
    let failing =
        r#""health":"err","lastError":"found duplicate series.","lastEvaluation":"2026-12-01T13:59:50Z""#;
    let new = r#""health":"unknown","lastEvaluation":"0001-01-01T00:00:00Z""#;
    let old = r#""health":"ok","lastEvaluation":"2026-12-01T13:00:00Z""#;
    let rules =
        [rule("A", "", "", failing), rule("B", "", "", new), rule("C", "", "", old), rule("D", "", "", OK)];
    let server = prometheus(&rules, &[]);
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, "")).await);
    let matching = |name: &str| quiet(&server, &format!("matching = 'alertname=\"{name}\"'"));
    for (name, relied_on) in [("A", false), ("B", false), ("C", false), ("D", true)] {
        let result = ask::<AlertmanagerQuiet>(&matching(name)).await;
        assert_eq!(result.is_ok(), relied_on, "{name}: {result:?}");
    }
    // an alert goes before that
    let rules = [rule("A", "", "", failing), rule("Down", "", &alert(DOWN, "firing"), OK)];
    let result = ask::<AlertmanagerQuiet>(&quiet(&prometheus(&rules, &[]), "")).await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}

#[tokio::test]
async fn the_rule_of_the_heartbeat_has_to_be_firing() {
    let heartbeat = "heartbeat = 'alertname=\"Watchdog\"'";
    let watchdog = alert(r#""alertname":"Watchdog""#, "firing");
    let server = prometheus(&[rule("Watchdog", "", &watchdog, OK)], &[]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, heartbeat)).await;
    let Ok(outcome @ Outcome::Pass(_)) = result else { panic!("{result:?}") };
    assert_eq!(seen(&outcome, &["heartbeat"]), Value::Bool(true));
    let server = prometheus(&[rule("Watchdog", "", "", OK)], &[]);
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, heartbeat)).await);
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_an_error() {
    for rules in ["{}", r#"{"status":"success"}"#, r#"{"status":"success","data":{"groups":3}}"#, "[]", ""] {
        let server = pages(&[("/api/v1/rules", rules), ("/api/v1/query", &vector(&[]))]);
        let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
        assert!(result.is_err(), "{rules}: {result:?}");
    }
}
