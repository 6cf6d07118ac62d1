//! `prometheus.recorded`.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::PrometheusRecorded;

use crate::{
    ask::{ask, assert_told, seen},
    canned::{matrix, prometheus, success, vector},
    server::{Server, response},
};

fn recorded(server: &Server, rest: &str) -> String {
    format!("url = '{}'\n{rest}", server.url(""))
}

#[tokio::test]
async fn one_query_is_recorded() {
    let server = prometheus(vector(&[("", "0.25")]), 7);
    let result = ask::<PrometheusRecorded>(&recorded(&server, "query = 'x'\nunit = 'seconds'")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["value"]), Value::Float(0.25));
    assert_eq!(seen(&outcome, &["values", "value"]), Value::Float(0.25));
    assert_eq!(seen(&outcome, &["series", "value", "{}"]), Value::Float(0.25));
    assert_eq!(seen(&outcome, &["units", "value"]), Value::from("seconds"));
    assert_eq!(seen(&outcome, &["age"]), Value::Float(7.0));
}

#[tokio::test]
async fn several_queries_are_recorded_by_name() {
    let server = Server::doing(|head, out| {
        let number = if head.contains("timestamp") {
            "1796133600"
        } else if head.contains("p95") {
            "2097152"
        } else {
            "0.5"
        };
        out.write_all(&response("200 OK", "application/json", vector(&[("", number)])))
    });
    let asked = recorded(
        &server,
        "queries = { p50 = 'p50', p95 = 'p95' }\nunit = 'seconds'\nunits = { p95 = 'bytes' }",
    );
    let result = ask::<PrometheusRecorded>(&asked).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["value"]), Value::Null);
    assert_eq!(seen(&outcome, &["values", "p50"]), Value::Float(0.5));
    assert_eq!(seen(&outcome, &["units", "p95"]), Value::from("bytes"));
    assert_eq!(seen(&outcome, &["queries", "p95"]), Value::from("p95"));
}

#[tokio::test]
async fn the_points_of_a_time_become_one_number() {
    let server = prometheus(matrix(60, &[(r#""job":"a""#, &["4", "1", "2", "3", "100", "5"])]), 0);
    for (take, number) in [
        ("average", 115.0 / 6.0),
        ("newest", 5.0),
        ("min", 1.0),
        ("p50", 3.0),
        ("p95", 100.0),
        ("p99", 100.0),
        ("max", 100.0),
    ] {
        let asked = recorded(&server, &format!("query = 'x'\nover = '5m'\nstep = '1m'\ntake = '{take}'"));
        let outcome = ask::<PrometheusRecorded>(&asked).await.unwrap();
        assert_eq!(seen(&outcome, &["value"]), Value::Float(number), "{take}");
        assert_eq!(seen(&outcome, &["statistics", "value", "p95"]), Value::Float(100.0));
        assert_eq!(seen(&outcome, &["points"]), Value::Int(6));
    }
}

#[tokio::test]
async fn several_series_are_recorded_by_their_labels() {
    let server = prometheus(vector(&[(r#""job":"a""#, "1"), (r#""job":"b""#, "3")]), 0);
    let result = ask::<PrometheusRecorded>(&recorded(&server, "query = 'x'")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["value"]), Value::Null);
    assert_eq!(seen(&outcome, &["series", "value", r#"{job="b"}"#]), Value::Float(3.0));
    assert_eq!(seen(&outcome, &["statistics", "value", "average"]), Value::Float(2.0));
}

#[tokio::test]
async fn nothing_is_recorded_where_one_query_has_no_number() {
    for body in ["[]", r#"[{"metric":{},"value":[1796133600,"NaN"]}]"#] {
        let body = success("vector", body);
        let server = Server::doing(move |head, out| {
            let good = vector(&[("", if head.contains("timestamp") { "1796133600" } else { "1" })]);
            let body = if head.contains("query=bad") { &body } else { &good };
            out.write_all(&response("200 OK", "application/json", body))
        });
        let asked = recorded(&server, "queries = { one = 'good', two = 'bad' }");
        let result = ask::<PrometheusRecorded>(&asked).await;
        let error = result.unwrap_err();
        assert!(error.message().contains("`bad`"), "{error}");
    }
}

#[tokio::test]
async fn too_many_series_are_an_error() {
    let labels: Vec<String> = (0..101).map(|number| format!(r#""pod":"{number}""#)).collect();
    let rows: Vec<(&str, &str)> = labels.iter().map(|labels| (labels.as_str(), "1")).collect();
    let server = prometheus(vector(&rows), 0);
    assert_told!(ask::<PrometheusRecorded>(&recorded(&server, "query = 'x'")).await);
    let server = prometheus(vector(&rows[..100]), 0);
    assert!(matches!(
        ask::<PrometheusRecorded>(&recorded(&server, "query = 'x'")).await,
        Ok(Outcome::Pass(_))
    ));
}

#[tokio::test]
async fn remarks_of_any_query_warn() {
    let body = vector(&[("", "1")]).replacen('{', r#"{"warnings":["a store is down"],"#, 1);
    let server = prometheus(body, 0);
    let result = ask::<PrometheusRecorded>(&recorded(&server, "queries = { a = 'x', b = 'y' }")).await;
    let Ok(outcome @ Outcome::Warn(_)) = result else { panic!("{result:?}") };
    assert_eq!(seen(&outcome, &["warnings"]), Value::from(vec!["a store is down"]));
}
