//! Peers that no answer comes from.

use std::{
    io::{Read as _, Write as _},
    num::NonZeroUsize,
    sync::atomic::Ordering,
    time::Duration,
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use vapora_preflight_http::HttpClient;

use crate::{
    asked::{All, KINDS, all, assert_said},
    server::{Server, closed_port, response},
};

#[tokio::test]
async fn nobody_listens() {
    assert_said!(all(&format!("http://{}", closed_port()), &[]).await);
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    // a label of more than 63 characters fails before the network is asked
    let told = all(&format!("http://{}.invalid", "a".repeat(64)), &[]).await;
    assert_said!(told.replace(&"a".repeat(64), "AAA"));
}

#[tokio::test]
async fn a_reset_connection() {
    // a socket that is closed with unread bytes in it resets its connection
    let server = Server::accepting(|connection, _| {
        let _ = connection.peek(&mut [0]);
    });
    assert_said!(all(&server.url(""), &[]).await);
}

#[tokio::test]
async fn a_connection_that_is_closed() {
    assert_said!(all(&Server::answering("").url(""), &[]).await);
}

#[tokio::test]
async fn something_else_than_http() {
    assert_said!(all(&Server::answering("SSH-2.0-OpenSSH_9.2p1\r\n").url(""), &[]).await);
}

#[tokio::test]
async fn tls_to_a_plain_port() {
    let plain = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    assert_said!(all(&format!("https://{}", plain.address), &[]).await);
}

#[tokio::test]
async fn plain_http_to_a_tls_port() {
    let (encrypted, _) = Server::encrypted(&["127.0.0.1"], b"HTTP/1.1 204 No Content\r\n\r\n");
    assert_said!(all(&format!("http://{}", encrypted.address), &[]).await);
    assert!(encrypted.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_of_nobody() {
    let (encrypted, _) = Server::encrypted(&["127.0.0.1"], b"HTTP/1.1 204 No Content\r\n\r\n");
    assert_said!(all(&format!("https://{}", encrypted.address), &[]).await);
    assert!(encrypted.requests().is_empty(), "it was sent something");
}

/// A port of loopback whose queue is full, so that it does not answer who wants to connect.
async fn full_port() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(listener.local_addr().unwrap()))
            .await
    {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 100, "the queue has no end");
    }
    (listener, waiting)
}

#[tokio::test]
async fn a_peer_that_accepts_nobody() {
    let (full, _waiting) = full_port().await;
    let client = HttpClient::builder().connect_timeout(Duration::from_millis(200)).build().unwrap();
    assert_said!(All::of(&format!("http://{}", full.local_addr().unwrap())).client(client).ask(&[]).await);
}

#[tokio::test]
async fn every_kind_asks_through_the_one_client_of_the_run() {
    let (server, most) = Server::crowded(response("503 Service Unavailable", "text/plain", "down"));
    let client = HttpClient::builder().connections(NonZeroUsize::MIN).build().unwrap();
    All::of(&server.url("")).client(client).ask(&[]).await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    let requests = server.requests();
    assert!(requests.len() >= KINDS.len() - 1, "{} requests", requests.len());
    let named = |request: &String| request.to_lowercase().contains("\r\nuser-agent: vapora-preflight/");
    assert!(requests.iter().all(named), "{requests:?}");
}

#[tokio::test]
async fn a_peer_that_says_nothing() {
    let silent = Server::accepting(|mut connection, _| {
        let _ = connection.read_to_end(&mut Vec::new());
    });
    assert_said!(All::of(&silent.url("")).within("300ms").ask(&[]).await);
}

#[tokio::test]
async fn a_body_that_does_not_come() {
    let slow = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        let _ = connection.write_all(head.as_bytes());
        let _ = connection.read_to_end(&mut Vec::new());
    });
    assert_said!(All::of(&slow.url("")).within("300ms").ask(&[]).await);
}

#[tokio::test]
async fn an_address_of_metadata() {
    assert_said!(all("http://169.254.169.254", &[]).await);
    for host in ["[fd00:ec2::254]", "[::ffff:169.254.169.254]", "metadata.google.internal", "[fe80::1]"] {
        let told = all(&format!("http://{host}"), &[]).await;
        // a sequence says its step before
        assert_eq!(told.matches("metadata address").count(), 2, "{told}");
    }
}
