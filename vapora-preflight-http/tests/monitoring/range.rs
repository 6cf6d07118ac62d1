//! `prometheus.holds` over a time.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::PrometheusHolds;

use crate::{
    ask::{ask, assert_told, seen},
    canned::{aged, matrix, prometheus, vector},
    server::Server,
};

/// The parameters of a check over five minutes, with a point each minute.
fn over(server: &Server, rest: &str) -> String {
    format!("url = '{}'\nquery = 'load'\nover = '5m'\nstep = '1m'\n{rest}", server.url(""))
}

#[tokio::test]
async fn every_point_has_to_hold() {
    let server = prometheus(matrix(60, &[("", &["1", "2", "1", "3", "1", "1"])]), 0);
    let result = ask::<PrometheusHolds>(&over(&server, "max = 3")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["points"]), Value::Int(6));
    assert_eq!(seen(&outcome, &["missing_points"]), Value::Int(0));
    assert_eq!(seen(&outcome, &["average"]), Value::Float(1.5));
    assert_eq!(seen(&outcome, &["held_for"]), Value::Float(300.0));
    let result = ask::<PrometheusHolds>(&over(&server, "max = 2")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["held_for"]), Value::Float(60.0));
    let request = server.requests()[0].clone();
    for part in
        ["/api/v1/query_range?query=load&", "start=1796133300.000&", "end=1796133600.000&", "step=60 "]
    {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test]
async fn a_share_of_the_points_may_be_enough() {
    let server = prometheus(matrix(60, &[("", &["1", "9", "1", "1", "1", "1"])]), 0);
    for (share, passes) in [("hold_percent = 80", true), ("hold_percent = 84", false), ("", false)] {
        let outcome = ask::<PrometheusHolds>(&over(&server, &format!("max = 3\n{share}"))).await.unwrap();
        assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{share}: {outcome:?}");
    }
}

#[tokio::test]
async fn it_may_have_to_hold_for_some_time_up_to_now() {
    for (points, held_for, passes) in [
        (["9", "9", "9", "1", "1", "1"], "2m", true),
        (["9", "9", "9", "1", "1", "1"], "3m", false),
        (["1", "1", "1", "1", "1", "9"], "1m", false),
        (["1", "1", "1", "1", "1", "1"], "5m", true),
        (["1", "1", "1", "", "1", "1"], "3m", false),
        (["1", "1", "1", "", "1", "1"], "1m", true),
        (["1", "1", "NaN", "1", "1", "1"], "4m", false),
    ] {
        let server = prometheus(matrix(60, &[("", &points)]), 0);
        let asked = over(&server, &format!("max = 3\npoints_percent = 50\nheld_for = '{held_for}'"));
        let outcome = ask::<PrometheusHolds>(&asked).await.unwrap();
        assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{points:?} {held_for}: {outcome:?}");
    }
    let server = prometheus(matrix(60, &[("", &["9", "9", "9", "1", "1", "1"])]), 0);
    assert_told!(ask::<PrometheusHolds>(&over(&server, "max = 3\nheld_for = '4m'")).await);
}

#[tokio::test]
async fn gaps_are_an_error_where_they_are_too_many() {
    let server = prometheus(matrix(60, &[(r#""job":"a""#, &["1", "", "NaN", "1", "+Inf", "1"])]), 0);
    assert_told!(ask::<PrometheusHolds>(&over(&server, "max = 3")).await);
    let outcome = ask::<PrometheusHolds>(&over(&server, "max = 3\npoints_percent = 50")).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["missing_points"]), Value::Int(3));
}

#[tokio::test]
async fn a_series_that_ended_is_an_error() {
    let body = matrix(60, &[(r#""job":"a""#, &["1", "1", "1", "1", "1", ""]), (r#""job":"b""#, &["1"; 6])]);
    let server = aged(body, vector(&[(r#""job":"b""#, "1796133600")]));
    assert_told!(ask::<PrometheusHolds>(&over(&server, "max = 3\npoints_percent = 50")).await);
}

#[tokio::test]
async fn no_point_at_all_is_no_data() {
    for body in [matrix(60, &[]), matrix(60, &[("", &["", ""])])] {
        let server = prometheus(body, 0);
        let error = ask::<PrometheusHolds>(&over(&server, "max = 3\npoints_percent = 1")).await.unwrap_err();
        assert!(error.message().starts_with("there is no data of the last 5m"), "{error}");
    }
}
