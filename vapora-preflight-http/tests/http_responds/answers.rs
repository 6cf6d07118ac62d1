//! What a complete answer means.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::HttpResponds;

use crate::{
    ask::{ask, assert_told},
    server::{Server, response},
};

#[tokio::test]
async fn a_right_answer_passes_with_its_evidence() {
    let body = r#"{"status": "ok", "depth": 3}"#;
    let server = Server::answering(response("200 OK", "Application/JSON; charset=utf-8", body));
    let asked = format!(
        "url = '{}'\nstatus = [200]\ncontent_type = 'application/json'\ncontains = ['ok']",
        server.url("/")
    );
    let result = ask(&asked).await;
    assert_told!(result);
    let outcome = result.unwrap();
    let evidence = &outcome.finding().evidence;
    assert_eq!(evidence.get("status"), Some(&Value::Int(200)));
    assert_eq!(evidence.get("size"), Some(&Value::from(body.len())));
    assert_eq!(evidence.get("content_type"), Some(&Value::from("application/json")));
    assert_eq!(
        evidence.get("json"),
        Some(&Value::table([("status", Value::from("ok")), ("depth", Value::Int(3))]))
    );
    assert_eq!(evidence.get("text"), Some(&Value::from(body)));
    assert_eq!(evidence.get("redirects"), Some(&Value::Int(0)));
    assert!(matches!(evidence.get("latency"), Some(Value::Float(seconds)) if *seconds > 0.0));
    let Some(Value::Table(headers)) = evidence.get("headers") else { panic!("{evidence:?}") };
    assert!(headers.contains(&("connection".to_owned(), Value::from("close"))), "{headers:?}");
}

#[tokio::test]
async fn the_evidence_is_what_the_kind_declares() {
    let server = Server::answering(response("500 Oops", "text/plain", ""));
    let outcome = ask(&format!("url = '{}'", server.url("/"))).await.unwrap();
    let found: Vec<_> = outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> =
        <HttpResponds as vapora_preflight::Kind>::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
}

#[tokio::test]
async fn the_request_is_the_one_that_was_written() {
    let server = Server::answering(response("200 OK", "text/plain", "fine"));
    let asked = format!(
        "url = '{}'\nmethod = 'POST'\nheaders = {{ x-team = 'core' }}\nbody = {{ query = '{{ me }}', n = [1, 2] }}",
        server.url("/graphql?a=b")
    );
    assert!(matches!(ask(&asked).await, Ok(Outcome::Pass(_))));
    let requests = server.requests();
    let request = &requests[0];
    assert!(request.starts_with("POST /graphql?a=b HTTP/1.1\r\n"), "{request}");
    for part in ["x-team: core\r\n", "content-type: application/json\r\n", "user-agent: vapora-preflight/"] {
        assert!(request.contains(part), "{request}");
    }
    assert!(request.ends_with(r#"{"query":"{ me }","n":[1,2]}"#), "{request}");
    assert!(!request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn another_status_fails_with_the_first_line_of_the_body() {
    let server = Server::answering(response(
        "503 Service Unavailable",
        "text/html",
        "\n\n  the pool is empty\nsecond",
    ));
    assert_told!(ask(&format!("url = '{}'", server.url("/health"))).await);
}

#[tokio::test]
async fn a_refusal_of_credentials_fails_with_a_remedy() {
    let server = Server::answering(response("401 Unauthorized", "text/plain", ""));
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn a_status_that_is_named_passes() {
    let server = Server::answering(response("404 Not Found", "text/plain", "gone"));
    assert_told!(ask(&format!("url = '{}'\nstatus = [404, '3xx']", server.url("/old"))).await);
}

#[tokio::test]
async fn another_type_of_content_fails() {
    let server = Server::answering(response("200 OK", "text/html", "<p>log in</p>"));
    assert_told!(ask(&format!("url = '{}'\ncontent_type = 'application/json'", server.url("/"))).await);
}

#[tokio::test]
async fn no_type_of_content_fails_where_one_is_asked_for() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    assert_told!(ask(&format!("url = '{}'\ncontent_type = 'application/json'", server.url("/"))).await);
}

#[tokio::test]
async fn a_text_that_is_missing_fails() {
    let server = Server::answering(response("200 OK", "text/plain", "all systems degraded"));
    assert_told!(ask(&format!("url = '{}'\ncontains = ['systems', 'operational']", server.url("/"))).await);
}

#[tokio::test]
async fn several_texts_that_are_missing_fail_together() {
    let server = Server::answering(response("200 OK", "text/plain", ""));
    assert_told!(ask(&format!("url = '{}'\ncontains = ['a', 'b']", server.url("/"))).await);
}

#[tokio::test]
async fn a_text_that_must_not_be_there_fails_wherever_it_is() {
    let body = format!("{}all good, but degraded", " ".repeat(8 << 10));
    let server = Server::answering(response("200 OK", "text/plain", body));
    assert_told!(ask(&format!("url = '{}'\nlacks = ['outage', 'degraded']", server.url("/"))).await);
    let outcome = ask(&format!("url = '{}'\nlacks = ['outage']", server.url("/"))).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_pattern_that_is_not_found_fails() {
    let server = Server::answering(response("200 OK", "text/plain", "version 1.4.0"));
    let asked = |pattern: &str| format!("url = '{}'\nmatches = ['{pattern}']", server.url("/"));
    assert!(matches!(ask(&asked(r"version 1\.\d+")).await, Ok(Outcome::Pass(_))));
    assert_told!(ask(&asked(r"version 2\.\d+")).await);
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_contain_no_text() {
    let server = Server::answering(response("200 OK", "text/plain", b"ready \xff\xfe"));
    let result = ask(&format!("url = '{}'\ncontains = ['ready']", server.url("/"))).await;
    assert_told!(result);
    assert_eq!(result.unwrap().finding().evidence.get("text"), Some(&Value::Null));
}

#[tokio::test]
async fn a_body_that_says_it_is_json_and_is_not_fails() {
    let server = Server::answering(response("200 OK", "application/health+json", r#"{"status": "#));
    let result = ask(&format!("url = '{}'", server.url("/"))).await;
    assert_told!(result);
    assert_eq!(result.unwrap().finding().evidence.get("json"), Some(&Value::Null));
}

#[tokio::test]
async fn an_empty_body_that_says_it_is_json_fails() {
    let server = Server::answering(response("200 OK", "application/json", ""));
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn an_answer_without_a_body_need_not_be_json() {
    let server = Server::answering(
        "HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
    );
    assert!(matches!(ask(&format!("url = '{}'", server.url("/"))).await, Ok(Outcome::Pass(_))));
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\n",
    );
    assert!(matches!(
        ask(&format!("url = '{}'\nmethod = 'HEAD'", server.url("/"))).await,
        Ok(Outcome::Pass(_))
    ));
}

#[tokio::test]
async fn a_text_is_kept_to_four_kib_and_cut_between_characters() {
    let server = Server::answering(response("200 OK", "text/plain", format!("a{}", "é".repeat(3000))));
    let outcome = ask(&format!("url = '{}'", server.url("/"))).await.unwrap();
    let Some(Value::Text(text)) = outcome.finding().evidence.get("text") else { panic!("no text") };
    assert_eq!(text.len(), 4095);
}
