//! Peers that answer badly or not at all. None of them ever passes.

use std::{io::Read, time::Duration};

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::HttpClient;

use crate::{
    ask::{ask, ask_with, assert_told},
    server::{Server, closed_port, response},
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine";

#[tokio::test]
async fn a_closed_port_is_an_error() {
    assert_told!(ask(&format!("url = 'http://{}/'", closed_port())).await);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_an_error() {
    // A label of more than 63 characters fails before the network is asked.
    assert_told!(ask(&format!("url = 'http://{}.invalid/'", "a".repeat(64))).await);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_an_error() {
    // A socket that is closed with unread bytes in it resets its connection.
    let server = Server::accepting(|connection, _| {
        let _ = connection.peek(&mut [0]);
    });
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn a_connection_that_is_closed_without_an_answer_is_an_error() {
    let server = Server::answering("");
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error() {
    let server = Server::answering("SSH-2.0-OpenSSH_9.2p1\r\n");
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn garbage_is_an_error() {
    let garbage: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let server = Server::answering(garbage);
    let error = ask(&format!("url = '{}'", server.url("/"))).await.unwrap_err();
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_huge_header_is_an_error() {
    let server = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\nx-huge: ")?;
        loop {
            out.write_all(&[b'a'; 4096])?;
        }
    });
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn a_thousand_headers_are_an_error() {
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n".to_vec();
    (0..1000).for_each(|n| answer.extend(format!("x-{n}: 1\r\n").into_bytes()));
    answer.extend(b"\r\n");
    let server = Server::answering(answer);
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn an_endless_body_stops_at_the_limit_and_fails() {
    let server = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")?;
        loop {
            out.write_all(&[b'a'; 4096])?;
        }
    });
    let result = ask(&format!("url = '{}'\nbody_limit = '64KiB'\ncontains = ['a']", server.url("/"))).await;
    assert_told!(result);
    assert_eq!(result.unwrap().finding().evidence.get("size"), Some(&Value::Int(64 << 10)));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes() {
    let server = Server::answering(response("200 OK", "text/plain", "a".repeat(1024)));
    let asked = |limit: &str| format!("url = '{}'\nbody_limit = '{limit}'", server.url("/"));
    assert!(matches!(ask(&asked("1KiB")).await, Ok(Outcome::Pass(_))));
    assert!(matches!(ask(&asked("1023B")).await, Ok(Outcome::Fail(_))));
}

#[tokio::test]
async fn a_body_that_is_large_only_when_decompressed_stops_at_the_limit_and_fails() {
    let bomb = include_bytes!("zeros.gz");
    assert!(bomb.len() < 8 << 10);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let server = Server::answering([head.as_bytes(), bomb].concat());
    let result = ask(&format!("url = '{}'\nbody_limit = '64KiB'", server.url("/"))).await;
    assert_told!(result);
    assert_eq!(result.unwrap().finding().evidence.get("size"), Some(&Value::Int(64 << 10)));
}

#[tokio::test]
async fn a_compressed_body_that_is_cut_short_is_an_error() {
    let bomb = &include_bytes!("zeros.gz")[..1000];
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000\r\n\r\n";
    let server = Server::answering([head.as_bytes(), bomb].concat());
    assert_told!(ask(&format!("url = '{}'\nbody_limit = '10MiB'", server.url("/"))).await);
}

#[tokio::test]
async fn a_body_that_says_it_is_compressed_and_is_not_is_an_error() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nfine");
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_an_error() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfine");
    assert_told!(ask(&format!("url = '{}'\ncontains = ['fine']", server.url("/"))).await);
}

#[tokio::test]
async fn chunks_that_are_cut_short_are_an_error() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n");
    assert_told!(ask(&format!("url = '{}'\ncontains = ['fine']", server.url("/"))).await);
}

#[tokio::test]
async fn a_body_that_never_ends_is_waited_for_until_the_caller_gives_up() {
    let server = Server::accepting(|mut connection, _| {
        use std::io::Write as _;
        let mut head = [0; 1024];
        let _ = connection.read(&mut head);
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfine");
        let _ = connection.read(&mut head);
    });
    let asked = format!("url = '{}'\ncontains = ['fine']", server.url("/"));
    let gave_up = tokio::time::timeout(Duration::from_millis(100), ask(&asked)).await;
    assert!(gave_up.is_err(), "{gave_up:?}");
}

#[tokio::test]
async fn tls_at_a_plain_port_is_an_error() {
    let server = Server::answering(OK);
    // It reads a head that never comes, so that only the handshake's bytes are there to answer.
    let plain = Server::accepting(|mut connection, _| {
        use std::io::Write as _;
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    assert_told!(ask(&format!("url = 'https://{}/'", plain.address)).await);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_peer_that_closes_in_the_handshake_is_an_error() {
    let server = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
    });
    assert_told!(ask(&format!("url = 'https://{}/'", server.address)).await);
}

#[tokio::test]
async fn plain_http_at_a_tls_port_is_an_error() {
    let (server, _) = Server::encrypted(&["127.0.0.1"], OK);
    assert_told!(ask(&format!("url = 'http://{}/'", server.address)).await);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_an_error() {
    let (server, _) = Server::encrypted(&["127.0.0.1"], OK);
    assert_told!(ask(&format!("url = 'https://{}/'", server.address)).await);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_an_error() {
    let (server, pem) = Server::encrypted(&["other.test"], OK);
    let client = HttpClient::builder().root_certificates_pem(pem).build().unwrap();
    assert_told!(ask_with(client, &format!("url = 'https://{}/'", server.address)).await);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_root_of_the_caller_is_trusted() {
    let (server, pem) = Server::encrypted(&["127.0.0.1"], OK);
    let client = HttpClient::builder().root_certificates_pem(pem).build().unwrap();
    let result = ask_with(client, &format!("url = 'https://{}/'\ncontains = ['fine']", server.address)).await;
    assert!(matches!(result, Ok(Outcome::Pass(_))), "{result:?}");
}
