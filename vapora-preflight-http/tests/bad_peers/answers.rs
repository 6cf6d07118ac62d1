//! Peers whose answers are not what they should be.

use crate::{
    asked::{all, assert_said},
    server::{Server, response},
};

/// Such an answer is enough for a webhook of no particular service: its status is all that is known of it.
const TAKEN: &[&str] = &["webhook"];

async fn answering(content_type: &str, body: impl AsRef<[u8]>) -> String {
    all(&Server::answering(response("200 OK", content_type, body)).url(""), TAKEN).await
}

#[tokio::test]
async fn a_page_for_logging_in() {
    assert_said!(answering("text/html; charset=utf-8", "<!doctype html>\n<title>Log in</title>").await);
}

#[tokio::test]
async fn no_body() {
    assert_said!(answering("application/json", "").await);
}

#[tokio::test]
async fn half_of_a_json() {
    assert_said!(answering("application/json", "{\"status\": ").await);
}

#[tokio::test]
async fn json_of_something_else() {
    assert_said!(answering("application/json", "{\"kind\":\"List\"}").await);
    answering("application/json", "null").await;
    answering("application/json", "[[]]").await;
    answering("application/json", "{\"status\":\"success\",\"data\":{}}").await;
}

#[tokio::test]
async fn an_empty_list() {
    assert_said!(answering("application/json", "[]").await);
}

#[tokio::test]
async fn what_is_not_utf_8() {
    assert_said!(answering("application/json", b"{\"status\":\"heal\xff\xfe\"}").await);
}

#[tokio::test]
async fn a_body_that_is_cut_short() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{\"status\":\"healthy\"";
    assert_said!(all(&Server::answering(cut).url(""), &[]).await);
}

#[tokio::test]
async fn what_says_that_it_is_compressed_and_is_not() {
    let plain = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\ncontent-length: 20\r\n\r\n{\"status\":\"healthy\"}";
    assert_said!(all(&Server::answering(plain).url(""), &[]).await);
}
