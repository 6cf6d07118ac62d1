//! Whatever is at the other end: it is an error, and never a pass.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    time::Duration,
};

use vapora_preflight::CheckResult;
use vapora_preflight_http::{AlertmanagerQuiet, HttpClient, PrometheusHolds, PrometheusRecorded};
use vapora_preflight_sim::SimClock;

use crate::{
    ask::{NOW, ask, ask_in, context, told},
    canned::vector,
    server::{Server, closed_port, redirect, response},
};

/// What each of the kinds says of a server.
async fn all(url: &str) -> [CheckResult; 4] {
    let query = format!("url = '{url}'\nquery = 'up'");
    [
        ask::<PrometheusHolds>(&format!("{query}\nmin = 0")).await,
        ask::<PrometheusRecorded>(&query).await,
        ask::<AlertmanagerQuiet>(&format!("url = '{url}'")).await,
        ask::<AlertmanagerQuiet>(&format!("prometheus = '{url}'")).await,
    ]
}

/// The errors of the first and third kind, after making sure that all of them are errors.
async fn errors(url: &str) -> String {
    let all = all(url).await;
    for result in &all {
        assert!(result.is_err(), "{result:?}");
    }
    format!("{}\n{}\n", told(&all[0]), told(&all[2]))
}

macro_rules! assert_errors {
    ($told:expr) => {{
        let told: String = $told;
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}

#[tokio::test]
async fn nobody_there() {
    assert_errors!(errors(&format!("http://{}", closed_port())).await);
}

#[tokio::test]
async fn a_reset() {
    let server = Server::accepting(|connection, _| drop(connection));
    // whether it is a reset or an end depends on who is faster
    errors(&server.url("")).await;
}

#[tokio::test]
async fn tls_at_a_plain_port_and_the_other_way_round() {
    let plain = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let mut told = errors(&format!("https://{}", plain.address)).await;
    let (encrypted, pem) = Server::encrypted(&["127.0.0.1"], b"HTTP/1.1 204 No Content\r\n\r\n");
    told += &errors(&format!("http://{}", encrypted.address)).await;
    assert!(encrypted.requests().is_empty());
    // nor does it pass where it speaks TLS, with a root that is trusted, and has nothing to say
    let client = HttpClient::builder().root_certificates_pem(pem).build().unwrap();
    let cx = context(client).with_clock(std::sync::Arc::new(SimClock::at_unix_seconds(NOW)));
    let asked = format!("url = 'https://{}'\nquery = 'up'\nmin = 0", encrypted.address);
    assert!(ask_in::<PrometheusHolds>(&cx, &asked).await.is_err());
    assert_eq!(encrypted.requests().len(), 1);
    assert_errors!(told);
}

#[tokio::test]
async fn every_status_that_is_no_answer() {
    let mut all = String::new();
    for status in [
        "204 No Content",
        "301 Moved Permanently",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
    ] {
        // with a body that would be right otherwise
        let body = if status.starts_with("204") { String::new() } else { vector(&[("", "1")]) };
        let server = Server::answering(response(status, "application/json", body));
        errors(&server.url("")).await;
        let server = Server::answering(response(
            status,
            "text/plain",
            if status.starts_with("204") { "" } else { "\nnot today.\n" },
        ));
        write!(all, "## {status}\n{}", errors(&server.url("")).await).unwrap();
    }
    let server = Server::answering(redirect("302 Found", "https://login.test/oauth?to=x"));
    write!(all, "## redirect\n{}", errors(&server.url("")).await).unwrap();
    assert_errors!(all);
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let mut all = String::new();
    let gzip = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n".to_vec();
    let mut zeros = flate2::write::GzEncoder::new(gzip, flate2::Compression::best());
    zeros.write_all(&vec![b' '; 32 << 20]).unwrap();
    let gzip = zeros.finish().unwrap();
    assert!(gzip.len() < 64 << 10);
    for (title, bytes) in [
        ("a page for logging in", response("200 OK", "text/html; charset=utf-8", "<!doctype html><p>log in")),
        ("not JSON", response("200 OK", "application/json", "{\"status\": ")),
        ("empty", response("200 OK", "application/json", "")),
        ("other JSON", response("200 OK", "application/json", "{\"kind\":\"List\"}")),
        ("not UTF-8", response("200 OK", "application/json", b"{\"status\":\"succ\xff\xfe\"}")),
        ("cut short", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"status\":\"success\"".to_vec()),
        ("a bomb", gzip),
    ] {
        let server = Server::answering(bytes);
        write!(all, "## {title}\n{}", errors(&server.url("")).await).unwrap();
    }
    assert_errors!(all);
}

#[tokio::test]
async fn a_body_without_an_end_is_not_kept() {
    let server = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[")?;
        let block = vec![b' '; 1 << 16];
        loop {
            out.write_all(&block)?;
        }
    });
    assert_errors!(errors(&server.url("")).await);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_until_the_caller_gives_up() {
    let server = Server::accepting(|mut connection, _| {
        let mut head = [0; 4096];
        let _ = connection.read(&mut head);
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
        let _ = connection.read(&mut head);
    });
    let gave_up = tokio::time::timeout(Duration::from_millis(100), all(&server.url(""))).await;
    assert!(gave_up.is_err(), "{gave_up:?}");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_not_asked_without() {
    let server = Server::answering(response("200 OK", "application/json", vector(&[("", "1")])));
    let url = server.url("");
    let missing = "bearer = { env = 'NO_SUCH' }";
    assert!(
        ask::<PrometheusHolds>(&format!("url = '{url}'\nquery = 'up'\nmin = 0\n{missing}")).await.is_err()
    );
    assert!(ask::<PrometheusRecorded>(&format!("url = '{url}'\nquery = 'up'\n{missing}")).await.is_err());
    assert!(ask::<AlertmanagerQuiet>(&format!("url = '{url}'\n{missing}")).await.is_err());
    assert!(server.requests().is_empty());
}
