//! `alertmanager.quiet` with an Alertmanager.

use vapora_preflight::{Advice, Outcome, Value};
use vapora_preflight_http::AlertmanagerQuiet;

use crate::{
    ask::{ask, assert_told, seen},
    canned::pages,
    server::Server,
};

const READY: &str = r#"{"cluster":{"name":"01","peers":[],"status":"ready"},"config":{"original":""},
    "uptime":"2026-12-01T00:00:00.000Z","versionInfo":{"version":"0.27.0"}}"#;

/// An alert: its labels as JSON, when it began, and its status as JSON.
fn alert(labels: &str, since: &str, status: &str) -> String {
    format!(
        r#"{{"annotations":{{"summary":"look at it.","runbook_url":"https://x.test"}},"endsAt":"2026-12-01T14:04:00.000Z",
        "fingerprint":"448881ef475b9b26","receivers":[{{"name":"x"}}],"startsAt":"{since}","status":{status},
        "updatedAt":"2026-12-01T13:59:00.000Z","generatorURL":"http://p.test","labels":{{{labels}}}}}"#
    )
}

const ACTIVE: &str = r#"{"inhibitedBy":[],"silencedBy":[],"state":"active"}"#;
const NEW: &str = r#"{"inhibitedBy":[],"silencedBy":[],"mutedBy":[],"state":"unprocessed"}"#;
const SILENCED: &str = r#"{"inhibitedBy":[],"silencedBy":["4008a369-6d9c-4a06"],"state":"suppressed"}"#;
const INHIBITED: &str = r#"{"inhibitedBy":["a1"],"silencedBy":[],"state":"suppressed"}"#;
const MUTED: &str = r#"{"inhibitedBy":[],"silencedBy":[],"mutedBy":["weekend"],"state":"suppressed"}"#;
const ERRORS: &str = r#""alertname":"HighErrors","severity":"critical","job":"api""#;
const SLOW: &str = r#""alertname":"Slow","severity":"warning""#;
const WATCHDOG: &str = r#""alertname":"Watchdog","severity":"none""#;
const TEN_TO_TWO: &str = "2026-12-01T13:50:00.000Z";

fn list(alerts: &[String]) -> String {
    format!("[{}]", alerts.join(","))
}

fn alertmanager(alerts: &[String]) -> Server {
    pages(&[("/api/v2/status", READY), ("/api/v2/alerts", &list(alerts))])
}

fn quiet(server: &Server, rest: &str) -> String {
    format!("url = '{}'\n{rest}", server.url(""))
}

#[tokio::test]
async fn an_alert_fails() {
    let alerts = [alert(SLOW, "2026-12-01T12:00:00Z", NEW), alert(ERRORS, TEN_TO_TWO, ACTIVE)];
    let server = alertmanager(&alerts);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(outcome.finding().advice, Some(Advice::Investigate));
    assert_eq!(seen(&outcome, &["firing"]), Value::Int(2));
    assert_eq!(seen(&outcome, &["by_severity", "critical"]), Value::Int(1));
    assert_eq!(seen(&outcome, &["oldest_since"]), Value::from("2026-12-01T12:00:00Z"));
    assert_eq!(seen(&outcome, &["newest_since"]), Value::from("2026-12-01T13:50:00Z"));
}

#[tokio::test]
async fn what_is_kept_down_is_shown_and_counts_only_where_it_is_said() {
    let alerts = [alert(ERRORS, TEN_TO_TWO, SILENCED), alert(SLOW, TEN_TO_TWO, INHIBITED)];
    let server = alertmanager(&alerts);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    for name in ["silenced", "inhibited"] {
        assert_eq!(seen(&outcome, &[name]), Value::Int(1), "{name}");
    }
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, "count_silenced = true")).await);
    assert!(matches!(
        ask::<AlertmanagerQuiet>(&quiet(&server, "count_inhibited = true")).await,
        Ok(Outcome::Fail(_))
    ));
    // one that is only not sent on at this time of the week fires all the same
    let server = alertmanager(&[alert(SLOW, TEN_TO_TWO, MUTED)]);
    assert!(matches!(ask::<AlertmanagerQuiet>(&quiet(&server, "")).await, Ok(Outcome::Fail(_))));
    // and so does one of a state that is not known
    let server = alertmanager(&[alert(SLOW, TEN_TO_TWO, r#"{"state":"odd"}"#)]);
    assert!(matches!(ask::<AlertmanagerQuiet>(&quiet(&server, "")).await, Ok(Outcome::Fail(_))));
}

#[tokio::test]
async fn some_alerts_may_be_allowed() {
    let server = alertmanager(&[alert(ERRORS, TEN_TO_TWO, ACTIVE), alert(SLOW, TEN_TO_TWO, ACTIVE)]);
    let allowing = |allowed: &str| quiet(&server, &format!("allowed = {allowed}"));
    assert_told!(ask::<AlertmanagerQuiet>(&allowing(r#"['alertname="Slow"']"#)).await);
    let both = r#"['alertname="Slow", severity=~"warn.*"', '{job="api"}']"#;
    let result = ask::<AlertmanagerQuiet>(&allowing(both)).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["allowed"]), Value::Int(2));
    for not in [r#"['alertname="Slow", severity="critical"']"#, r#"['alertname=~"S"']"#, r#"['job!="api"']"#]
    {
        assert!(matches!(ask::<AlertmanagerQuiet>(&allowing(not)).await, Ok(Outcome::Fail(_))), "{not}");
    }
}

#[tokio::test]
async fn alerts_of_before_may_not_matter() {
    let server = alertmanager(&[
        alert(ERRORS, "2026-12-01T12:00:00Z", ACTIVE),
        alert(WATCHDOG, "2026-11-01T00:00:00Z", ACTIVE),
    ]);
    let asked = quiet(&server, "started_within = '30m'");
    let result = ask::<AlertmanagerQuiet>(&asked).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["older"]), Value::Int(2));
    let server = alertmanager(&[alert(ERRORS, TEN_TO_TWO, ACTIVE)]);
    assert!(matches!(
        ask::<AlertmanagerQuiet>(&quiet(&server, "started_within = '30m'")).await,
        Ok(Outcome::Fail(_))
    ));
    // one that does not say when may be of now
    let server = alertmanager(&[alert(ERRORS, "0001-01-01T00:00:00Z", ACTIVE)]);
    assert!(matches!(
        ask::<AlertmanagerQuiet>(&quiet(&server, "started_within = '30m'")).await,
        Ok(Outcome::Fail(_))
    ));
}

#[tokio::test]
async fn an_alertmanager_that_nothing_arrives_at_is_not_quiet() {
    let server = alertmanager(&[]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
    assert_told!(result);
    let matching = quiet(&server, "matching = 'severity=\"critical\"'");
    assert!(matches!(ask::<AlertmanagerQuiet>(&matching).await, Ok(Outcome::Warn(_))));
    // where any alert is there, something arrives
    let server = pages(&[
        ("/api/v2/status", READY),
        ("/api/v2/alerts?filter=", "[]"),
        ("/api/v2/alerts", &list(&[alert(SLOW, TEN_TO_TWO, ACTIVE)])),
    ]);
    let matching = quiet(&server, "matching = 'severity=\"critical\"'");
    assert!(matches!(ask::<AlertmanagerQuiet>(&matching).await, Ok(Outcome::Pass(_))));
}

#[tokio::test]
async fn the_heartbeat_has_to_be_firing() {
    let heartbeat = "heartbeat = 'alertname=\"Watchdog\"'";
    let beats = list(&[alert(WATCHDOG, "2026-11-01T00:00:00Z", ACTIVE)]);
    let server = pages(&[("/api/v2/status", READY), ("/api/v2/alerts", &beats)]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, heartbeat)).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["heartbeat"]), Value::Bool(true));
    assert!(
        server.requests()[2].contains("/api/v2/alerts?filter=alertname%3D%22Watchdog%22 "),
        "{:?}",
        server.requests()
    );
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, &format!("{heartbeat}\nmax_age = '30s'"))).await);
    let server = alertmanager(&[]);
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, heartbeat)).await);
    // an alert goes before that
    let server = pages(&[
        ("/api/v2/status", READY),
        ("/api/v2/alerts?filter=", "[]"),
        ("/api/v2/alerts", &list(&[alert(SLOW, TEN_TO_TWO, ACTIVE)])),
    ]);
    let result = ask::<AlertmanagerQuiet>(&quiet(&server, heartbeat)).await;
    let Ok(outcome @ Outcome::Fail(_)) = result else { panic!("{result:?}") };
    assert_eq!(seen(&outcome, &["heartbeat"]), Value::Bool(false));
}

#[tokio::test]
async fn a_cluster_that_has_not_settled_is_not_believed() {
    for (status, believed) in [("ready", true), ("disabled", true), ("settling", false), ("odd", false)] {
        let status = READY.replace("\"ready\"", &format!("\"{status}\""));
        let alerts = list(&[alert(ERRORS, TEN_TO_TWO, SILENCED)]);
        let server = pages(&[("/api/v2/status", &status), ("/api/v2/alerts", &alerts)]);
        let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
        assert_eq!(matches!(result, Ok(Outcome::Pass(_))), believed, "{status}: {result:?}");
        if !believed {
            assert!(result.unwrap_err().message().contains("is not ready"));
        }
    }
}

#[tokio::test]
async fn the_matchers_are_the_filters_of_the_question() {
    let server = alertmanager(&[alert(ERRORS, TEN_TO_TWO, SILENCED)]);
    let asked =
        quiet(&server, r#"matching = 'namespace="vapora", severity=~"critical|page", team!="", job!~"x.*"'"#);
    assert!(matches!(ask::<AlertmanagerQuiet>(&asked).await, Ok(Outcome::Pass(_))));
    let request = &server.requests()[1];
    for part in [
        "filter=namespace%3D%22vapora%22&",
        "filter=severity%3D%7E%22critical%7Cpage%22&",
        "filter=team%21%3D%22%22&",
        "filter=job%21%7E%22x.*%22 ",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test]
async fn alerts_that_cannot_be_read_are_an_error() {
    for body in [
        "{}",
        "null",
        "[{}]",
        "[3]",
        r#"[{"labels":{"alertname":"x"}}]"#,
        r#"{"status":"success","data":[]}"#,
        "",
        r#""error parsing regexp""#,
    ] {
        let server = pages(&[("/api/v2/status", READY), ("/api/v2/alerts", body)]);
        let result = ask::<AlertmanagerQuiet>(&quiet(&server, "")).await;
        assert!(result.is_err(), "{body}: {result:?}");
    }
    let server = pages(&[("/api/v2/status", "{}"), ("/api/v2/alerts", "[]")]);
    assert_told!(ask::<AlertmanagerQuiet>(&quiet(&server, "")).await);
}
