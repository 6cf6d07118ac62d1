//! Secrets stay where they belong.

use vapora_preflight_http::{HttpClient, HttpRequest};

use crate::{
    ask::{TOKEN, ask, assert_told, check, told},
    server::{Server, response},
};

#[tokio::test]
async fn a_secret_is_sent_and_shown_nowhere() {
    let server = Server::answering(response("200 OK", "text/plain", "fine"));
    let asked =
        format!("url = '{}'\nbasic = {{ user = 'me', password = {{ env = 'TOKEN' }} }}", server.url("/"));
    let result = ask(&asked).await;
    assert!(
        server.requests()[0].contains("authorization: Basic bWU6aHVudGVyMjItdG9rZW4="),
        "{:?}",
        server.requests()
    );
    for shown in [told(&result), format!("{:?} {result:?}", check(&asked))] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    let url = "http://a.test".parse().unwrap();
    let request = HttpRequest::get(&url).secret_header("x-key", &TOKEN.into()).unwrap().bearer(&TOKEN.into());
    let shown = format!("{request:?} {:?}", HttpClient::new().unwrap());
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn a_password_that_a_server_repeats_is_taken_out() {
    let server = Server::doing(|head, out| {
        let sent = head.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
        let (_, value) = sent.split_once(": ").unwrap_or_default();
        let body = format!("you said {value}");
        write!(
            out,
            "HTTP/1.1 403 No\r\nx-said: {value}\r\nset-cookie: sid=abcdef\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    });
    let asked =
        format!("url = '{}'\nbasic = {{ user = 'me', password = {{ env = 'TOKEN' }} }}", server.url("/"));
    let result = ask(&asked).await;
    assert_told!(result);
    let shown = format!("{result:?}");
    assert!(!shown.contains("bWU6aHVudGVy") && !shown.contains("abcdef"), "{shown}");
}

#[tokio::test]
async fn a_secret_that_is_missing_is_an_error() {
    assert_told!(ask("url = 'http://127.0.0.1:1/'\nbearer = { env = 'NOT_SET' }").await);
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_an_error_that_does_not_repeat_it() {
    for how in ["bearer = { env = 'TWO_LINES' }", "headers = { x-key = { env = 'TWO_LINES' } }"] {
        let error = ask(&format!("url = 'http://127.0.0.1:1/'\n{how}")).await.unwrap_err();
        assert!(!error.is_transient());
        assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
    }
    assert_told!(ask("url = 'http://127.0.0.1:1/'\nbearer = { env = 'TWO_LINES' }").await);
}
