//! Peers that refuse.

use std::fmt::Write as _;

use crate::{
    asked::{KEY, TOKEN, all, assert_said},
    server::{Server, redirect, response},
};

#[tokio::test]
async fn statuses_that_are_no_answer() {
    let mut told = String::new();
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        // a body that would do otherwise
        let server = Server::answering(response(status, "application/json", "{\"status\":\"healthy\"}"));
        write!(told, "## {status}\n\n{}\n", all(&server.url(""), &[]).await).unwrap();
    }
    assert_said!(told);
}

#[tokio::test]
async fn nothing_to_say() {
    let server = Server::answering("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    assert_said!(all(&server.url(""), &["webhook"]).await);
}

#[tokio::test]
async fn a_redirect_to_a_page_for_logging_in() {
    let server = Server::answering(redirect("302 Found", "https://login.invalid/oauth?state=geheim"));
    let told = all(&server.url(""), &[]).await;
    assert!(!told.contains("geheim"), "{told}");
    assert_said!(told);
}

#[tokio::test]
async fn a_redirect_to_itself() {
    let server = Server::doing(|_, out| out.write_all(&redirect("307 Temporary Redirect", "/again")));
    assert_said!(all(&server.url(""), &[]).await);
    let most = 28 * 8;
    assert!(server.requests().len() < most, "{} requests", server.requests().len());
}

#[tokio::test]
async fn a_redirect_to_another_host_takes_no_credential_there() {
    let other = Server::answering(response("503 Service Unavailable", "text/plain", "down"));
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"] {
        let there = other.url("/hooks/there");
        let server = Server::doing(move |_, out| out.write_all(&redirect(status, &there)));
        all(&server.url(""), &[]).await;
        let credentials = server.requests().iter().filter(|request| request.contains(TOKEN)).count();
        assert!(credentials > 15, "{credentials} requests had one");
    }
    let requests = other.requests();
    // those that follow at all
    assert!(requests.len() >= 8, "{requests:?}");
    for request in requests {
        assert!(!request.contains(TOKEN) && !request.contains(KEY), "{request}");
        assert!(!request.to_lowercase().contains("authorization"), "{request}");
    }
}

#[tokio::test]
async fn a_redirect_to_metadata() {
    let server = Server::answering(redirect("302 Found", "http://169.254.169.254/latest/meta-data/"));
    assert_said!(all(&server.url(""), &[]).await);
}
