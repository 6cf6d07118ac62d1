//! `prometheus.holds` against what `prometheus.recorded` recorded.

use vapora_preflight::{Advice, CheckContext, CheckId, Evidence, Outcome, Timestamp, Value};
use vapora_preflight_http::{PrometheusHolds, PrometheusRecorded};

use crate::{
    ask::{NOW, ask, ask_in, assert_told, at_now, seen},
    canned::{prometheus, vector},
    server::Server,
};

const API: &str = r#""job":"api""#;
const WEB: &str = r#""job":"web""#;

async fn recorded(rows: &[(&str, &str)], rest: &str) -> CheckContext {
    let server = prometheus(vector(rows), 0);
    let asked = format!("url = '{}'\n{rest}", server.url(""));
    let outcome = ask::<PrometheusRecorded>(&asked).await.unwrap();
    let Outcome::Pass(finding) = outcome else { panic!("{outcome:?}") };
    at_now().with_baseline(
        CheckId::new("before").unwrap(),
        finding.evidence,
        Timestamp::from_unix_seconds(NOW - 3600),
    )
}

async fn one(before: &str) -> CheckContext {
    recorded(&[("", before)], "query = 'x'").await
}

fn holds(server: &Server, rest: &str) -> String {
    format!("url = '{}'\nquery = 'x'\n{rest}", server.url(""))
}

#[tokio::test]
async fn growth_and_drop_are_in_percent_of_before() {
    for (before, now, rest, passes) in [
        ("10", "11", "growth_percent = 10", true),
        ("10", "11.1", "growth_percent = 10", false),
        ("10", "1", "growth_percent = 10", true),
        ("10", "9", "drop_percent = 10", true),
        ("10", "8.9", "drop_percent = 10", false),
        ("10", "100", "drop_percent = 10", true),
        ("0", "0", "growth_percent = 10", true),
        ("0", "0.1", "growth_percent = 10", false),
        ("0", "0.1", "growth_percent = 10\nslack = 0.5", true),
        ("10", "11.5", "growth_percent = 10\nslack = 2", true),
        ("10", "12.5", "growth_percent = 10\nslack = 2", false),
        ("-10", "-9", "growth_percent = 10", true),
        ("-10", "-8", "growth_percent = 10", false),
        ("10", "10.5", "growth_percent = 10\nmax = 10.4", false),
    ] {
        let server = prometheus(vector(&[("", now)]), 0);
        let outcome = ask_in::<PrometheusHolds>(&one(before).await, &holds(&server, rest)).await.unwrap();
        assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{before} to {now}, {rest}: {outcome:?}");
    }
}

#[tokio::test]
async fn growth_is_told_and_asks_for_a_roll_back() {
    let server = prometheus(vector(&[("", "0.7")]), 0);
    let asked = holds(&server, "growth_percent = 25\nslack = '20ms'\nmax = '2s'");
    let result = ask_in::<PrometheusHolds>(&one("0.5").await, &asked).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(outcome.finding().advice, Some(Advice::RollBack));
    assert_eq!(seen(&outcome, &["growth_percent"]), Value::Float(40.0));
    assert_eq!(seen(&outcome, &["drop_percent"]), Value::Float(0.0));
    assert_eq!(seen(&outcome, &["compared_with"]), Value::from("2026-12-01T13:00:00Z"));
    let server = prometheus(vector(&[("", "0.45")]), 0);
    let result = ask_in::<PrometheusHolds>(&one("0.5").await, &holds(&server, "growth_percent = 25")).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["drop_percent"]), Value::Float(10.0));
}

#[tokio::test]
async fn a_bound_that_is_broken_by_itself_asks_to_investigate() {
    let server = prometheus(vector(&[("", "3")]), 0);
    let asked = holds(&server, "growth_percent = 25\nmax = 2");
    let outcome = ask_in::<PrometheusHolds>(&one("0.5").await, &asked).await.unwrap();
    assert_eq!(outcome.finding().advice, Some(Advice::Investigate));
}

#[tokio::test]
async fn each_series_is_compared_with_its_own() {
    let before = recorded(&[(API, "10"), (WEB, "1")], "query = 'x'").await;
    let asking = |rows: &[(&str, &str)]| {
        let server = prometheus(vector(rows), 0);
        let asked = holds(&server, "growth_percent = 10");
        (server, asked)
    };
    let (_server, asked) = asking(&[(WEB, "1"), (API, "11")]);
    assert!(matches!(ask_in::<PrometheusHolds>(&before, &asked).await, Ok(Outcome::Pass(_))));
    let (_server, asked) = asking(&[(WEB, "2"), (API, "10")]);
    assert_told!(ask_in::<PrometheusHolds>(&before, &asked).await);
    let (_server, asked) = asking(&[(WEB, "1"), (API, "10"), (r#""job":"new""#, "1")]);
    assert_told!(ask_in::<PrometheusHolds>(&before, &asked).await);
    let (_server, asked) = asking(&[(WEB, "1")]);
    assert_told!(ask_in::<PrometheusHolds>(&before, &asked).await);
}

#[tokio::test]
async fn only_series_are_compared_whatever_their_labels() {
    let before = recorded(&[(r#""version":"1""#, "10")], "query = 'x'").await;
    let server = prometheus(vector(&[(r#""version":"2""#, "10")]), 0);
    let outcome = ask_in::<PrometheusHolds>(&before, &holds(&server, "growth_percent = 1")).await;
    assert!(matches!(outcome, Ok(Outcome::Pass(_))), "{outcome:?}");
}

#[tokio::test]
async fn one_of_several_queries_is_compared_with() {
    let before = recorded(&[("", "10")], "queries = { p50 = 'x', p95 = 'y' }").await;
    let server = prometheus(vector(&[("", "10")]), 0);
    let asking = |compare: &str| holds(&server, &format!("growth_percent = 1\n{compare}"));
    assert!(matches!(
        ask_in::<PrometheusHolds>(&before, &asking("compare = 'p95'")).await,
        Ok(Outcome::Pass(_))
    ));
    assert_told!(ask_in::<PrometheusHolds>(&before, &asking("")).await);
    assert_told!(ask_in::<PrometheusHolds>(&before, &asking("compare = 'p99'")).await);
}

#[tokio::test]
async fn without_figures_of_before_nothing_is_compared() {
    let server = prometheus(vector(&[("", "10")]), 0);
    assert_told!(ask::<PrometheusHolds>(&holds(&server, "growth_percent = 1")).await);
    for evidence in [
        Evidence::new(),
        Evidence::new().with("series", 3),
        Evidence::new().with("series", Value::table([("x", "y")])),
    ] {
        let cx = at_now().with_baseline(CheckId::new("before").unwrap(), evidence, Timestamp::UNIX_EPOCH);
        let error = ask_in::<PrometheusHolds>(&cx, &holds(&server, "growth_percent = 1")).await.unwrap_err();
        assert!(!error.is_transient() && error.message().contains("is no baseline"), "{error}");
    }
    assert!(server.requests().is_empty());
}
