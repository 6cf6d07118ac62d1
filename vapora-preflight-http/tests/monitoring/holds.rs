//! `prometheus.holds`, for the present.

use std::fmt::Write as _;

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::PrometheusHolds;

use crate::{
    ask::{NOW, TOKEN, ask, assert_told, seen, told},
    canned::{aged, prometheus, success, vector, vector_at},
    server::{Server, response},
};

/// The parameters of a check that asks this server.
fn holds(server: &Server, rest: &str) -> String {
    format!("url = '{}'\nquery = 'rate(errors[5m])'\n{rest}", server.url(""))
}

#[tokio::test]
async fn a_number_within_its_bounds_passes() {
    let server = prometheus(vector(&[("", "0.25")]), 3);
    let result = ask::<PrometheusHolds>(&holds(&server, "max = '500ms'")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["value"]), Value::Float(0.25));
    assert_eq!(seen(&outcome, &["age"]), Value::Float(3.0));
    assert_eq!(seen(&outcome, &["series_count"]), Value::Int(1));
    assert_eq!(seen(&outcome, &["held_for"]), Value::Null);
    let sign = outcome.finding().evidence.items().iter().find(|item| item.name == "value").unwrap().unit;
    assert_eq!(sign.unwrap().sign(), "s");
}

#[tokio::test]
async fn each_bound_is_kept_to_its_end() {
    let server = prometheus(vector(&[("", "2")]), 0);
    for (bounds, passes) in [
        ("min = 2", true),
        ("min = 2.1", false),
        ("max = 2", true),
        ("max = 1.9", false),
        ("equals = 2", true),
        ("equals = 2.000001", false),
        ("min = 1\nmax = 3", true),
        ("min = -5\nmax = -1", false),
    ] {
        let outcome = ask::<PrometheusHolds>(&holds(&server, bounds)).await.unwrap();
        assert_eq!(matches!(outcome, Outcome::Pass(_)), passes, "{bounds}: {outcome:?}");
        assert!(!matches!(outcome, Outcome::Warn(_)), "{bounds}");
    }
}

#[tokio::test]
async fn a_number_out_of_its_bounds_fails() {
    let server = prometheus(vector(&[("", "1610612736")]), 0);
    let result = ask::<PrometheusHolds>(&holds(&server, "max = '1GiB'")).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["failing"]), Value::from(vec!["{}"]));
}

#[tokio::test]
async fn every_series_has_to_hold() {
    let rows = [
        (r#""__name__":"up","job":"api""#, "1"),
        (r#""__name__":"up","job":"db","instance":"a\"b""#, "0"),
        (r#""__name__":"up","job":"web""#, "1"),
    ];
    let server = prometheus(vector(&rows), 0);
    let result = ask::<PrometheusHolds>(&holds(&server, "equals = 1")).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(seen(&outcome, &["value"]), Value::Null);
    assert_eq!(seen(&outcome, &["min"]), Value::Float(0.0));
    assert_eq!(seen(&outcome, &["series", r#"up{job="api"}"#, "value"]), Value::Float(1.0));
    assert!(matches!(ask::<PrometheusHolds>(&holds(&server, "max = 1")).await, Ok(Outcome::Pass(_))));
}

#[tokio::test]
async fn a_scalar_has_no_age_and_is_judged() {
    let server = Server::answering(response(
        "200 OK",
        "application/json",
        success("scalar", &format!(r#"[{NOW},"3"]"#)),
    ));
    let outcome = ask::<PrometheusHolds>(&holds(&server, "max = 3")).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["age"]), Value::Null);
    assert_eq!(server.requests().len(), 1);
    assert!(matches!(ask::<PrometheusHolds>(&holds(&server, "max = 2")).await, Ok(Outcome::Fail(_))));
}

#[tokio::test]
async fn raw_samples_are_judged_one_by_one() {
    let (one, two) = (NOW - 90, NOW - 60);
    let body =
        success("matrix", &format!(r#"[{{"metric":{{"job":"api"}},"values":[[{one},"7"],[{two},"3"]]}}]"#));
    let server = Server::answering(response("200 OK", "application/json", body));
    let outcome = ask::<PrometheusHolds>(&holds(&server, "max = 5")).await.unwrap();
    assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["age"]), Value::Float(60.0));
    assert!(matches!(ask::<PrometheusHolds>(&holds(&server, "max = 7")).await, Ok(Outcome::Pass(_))));
    assert!(ask::<PrometheusHolds>(&holds(&server, "max = 7\nmax_age = '59s'")).await.is_err());
}

#[tokio::test]
async fn what_is_no_number_is_an_error_and_each_is_told_apart() {
    let mut all = String::new();
    let cases = [
        ("no data", prometheus(vector(&[]), 0)),
        ("NaN", prometheus(vector(&[("", "NaN")]), 0)),
        ("+Inf", prometheus(vector(&[("", "+Inf")]), 0)),
        ("-Inf", prometheus(vector(&[(r#""job":"a""#, "-Inf"), (r#""job":"b""#, "1")]), 0)),
        ("stale", prometheus(vector(&[("", "1")]), 121)),
        ("gone", aged(vector(&[(r#""job":"a""#, "1")]), vector(&[(r#""job":"b""#, "1")]))),
        ("a text", prometheus(success("string", &format!(r#"[{NOW},"up"]"#)), 0)),
        ("an answer of before", prometheus(vector_at(NOW - 3600, &[("", "1")]), 0)),
        ("an answer of later", prometheus(vector_at(NOW + 3600, &[("", "1")]), 0)),
    ];
    for (title, server) in cases {
        let result = ask::<PrometheusHolds>(&holds(&server, "min = -1000\nmax = 1000")).await;
        assert!(result.is_err(), "{title}: {result:?}");
        write!(all, "## {title}\n{}\n", told(&result)).unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(all);
    });
}

#[tokio::test]
async fn a_failure_goes_before_what_cannot_be_judged() {
    let server = prometheus(vector(&[(r#""job":"a""#, "NaN"), (r#""job":"b""#, "9")]), 0);
    let result = ask::<PrometheusHolds>(&holds(&server, "max = 5")).await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}

#[tokio::test]
async fn a_stale_number_is_not_judged() {
    let server = prometheus(vector(&[("", "9")]), 500);
    assert!(ask::<PrometheusHolds>(&holds(&server, "max = 5")).await.is_err());
    assert!(matches!(
        ask::<PrometheusHolds>(&holds(&server, "max = 5\nmax_age = '10m'")).await,
        Ok(Outcome::Fail(_))
    ));
}

#[tokio::test]
async fn warnings_and_remarks_warn() {
    let body = vector(&[("", "1")]).replacen(
        r#""status":"success","#,
        r#""status":"success","warnings":["a store was not asked.\nit is down"],"infos":["metric might not be a counter"],"#,
        1,
    );
    let server = prometheus(body, 0);
    let result = ask::<PrometheusHolds>(&holds(&server, "max = 5")).await;
    assert_told!(result);
    assert_eq!(seen(&result.unwrap(), &["infos"]), Value::from(vec!["metric might not be a counter"]));
    assert!(matches!(ask::<PrometheusHolds>(&holds(&server, "max = 0")).await, Ok(Outcome::Fail(_))));
    let partial = prometheus(vector(&[("", "1")]).replacen('{', r#"{"isPartial":true,"#, 1), 0);
    assert!(matches!(ask::<PrometheusHolds>(&holds(&partial, "max = 5")).await, Ok(Outcome::Warn(_))));
}

#[tokio::test]
async fn errors_of_queries_are_read_out() {
    let mut all = String::new();
    for (status, kind, message) in [
        (
            "400 Bad Request",
            "bad_data",
            r#"invalid parameter \"query\": 1:4: parse error: unexpected end of input"#,
        ),
        (
            "422 Unprocessable Entity",
            "execution",
            "found duplicate series for the match group {} on the right hand-side",
        ),
        ("503 Service Unavailable", "timeout", "query timed out in expression evaluation"),
        ("503 Service Unavailable", "canceled", "query was canceled"),
        ("500 Internal Server Error", "internal", "expanding series: unexpected EOF."),
        // nothing is a success that says it is an error
        ("200 OK", "unavailable", "the storage is not ready"),
    ] {
        let body = format!(r#"{{"status":"error","errorType":"{kind}","error":"{message}"}}"#);
        let server = Server::answering(response(status, "application/json", body));
        let result = ask::<PrometheusHolds>(&holds(&server, "max = 5")).await;
        assert!(result.is_err(), "{kind}: {result:?}");
        write!(all, "## {status}, {kind}\n{}\n", told(&result)).unwrap();
    }
    insta::with_settings!({
        filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(all) });
}

#[tokio::test]
async fn the_age_of_several_metrics_at_once_cannot_be_told() {
    let server = Server::doing(|head, out| {
        let error = r#"{"status":"error","errorType":"execution","error":"vector cannot contain metrics with the same labelset"}"#;
        out.write_all(&if head.contains("timestamp%28") {
            response("422 Unprocessable Entity", "application/json", error)
        } else {
            response("200 OK", "application/json", vector(&[("", "1")]))
        })
    });
    assert_told!(ask::<PrometheusHolds>(&holds(&server, "max = 5")).await);
}

#[tokio::test]
async fn the_question_is_the_one_that_was_written() {
    let server = prometheus(vector(&[("", "1")]), 0);
    let asked = format!(
        "url = '{}'\nquery = '''sum(rate(http_requests_total{{code=~\"5..\"}}[5m])) # errors'''\nmax = 5\n\
         bearer = {{ env = 'TOKEN' }}\nheaders = {{ x-scope-orgid = 'vapora' }}",
        server.url("/prometheus/")
    );
    assert!(matches!(ask::<PrometheusHolds>(&asked).await, Ok(Outcome::Pass(_))));
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(
        requests[0].starts_with(
            "get /prometheus/api/v1/query?query=sum%28rate%28http_requests_total%7bcode%3d%7e%225..%22%7d%5b5m%5d%29%29+%23+errors http/1.1"
        ) || requests[0].to_lowercase().starts_with(
            "get /prometheus/api/v1/query?query=sum%28rate%28http_requests_total%7bcode%3d%7e%225..%22%7d%5b5m%5d%29%29+%23+errors http/1.1"
        ),
        "{requests:?}"
    );
    assert!(requests[1].contains("query=timestamp%28%0A"), "{requests:?}");
    for request in &requests {
        assert!(request.contains(&format!("authorization: Bearer {TOKEN}")), "{request}");
        assert!(request.contains("x-scope-orgid: vapora"), "{request}");
    }
}
