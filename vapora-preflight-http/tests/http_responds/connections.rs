//! How many connections a run has.

use std::{
    io::{Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use vapora_preflight_http::{HttpClient, HttpMethod, HttpRequest, HttpUrl};

use crate::server::{Server, response};

const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

/// A server that keeps its connections open, counted in `open`, until the client closes them.
fn keeping(open: &Arc<AtomicUsize>) -> Server {
    let open = Arc::clone(open);
    Server::accepting(move |mut connection, seen| {
        open.fetch_add(1, Ordering::SeqCst);
        let mut head = [0; 4096];
        while let Ok(length @ 1..) = connection.read(&mut head) {
            seen.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
            let _ = connection.write_all(FINE);
        }
        open.fetch_sub(1, Ordering::SeqCst);
    })
}

fn url(server: &Server) -> HttpUrl {
    server.url("/").parse().unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (open, client) = (Arc::default(), HttpClient::new().unwrap());
    let server = keeping(&open);
    for _ in 0..10 {
        client.fetch(HttpRequest::get(&url(&server))).await.unwrap();
    }
    assert_eq!(server.requests().len(), 10);
    assert_eq!(open.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connections_to_many_servers_do_not_pile_up() {
    let (open, client) = (Arc::default(), HttpClient::new().unwrap());
    let servers: Vec<Server> = (0..100).map(|_| keeping(&open)).collect();
    for server in &servers {
        client.fetch(HttpRequest::get(&url(server))).await.unwrap();
    }
    // those to the first 32 servers are kept; the others close as soon as their servers see it
    for _ in 0..500 {
        if open.load(Ordering::SeqCst) <= 32 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(open.load(Ordering::SeqCst), 32);
    drop(client);
}

/// A server that closes each connection when it is used again, and the number of its connections.
fn tired() -> (Server, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let server = Server::accepting(move |mut connection, seen| {
        count.fetch_add(1, Ordering::SeqCst);
        let mut head = [0; 4096];
        if let Ok(length @ 1..) = connection.read(&mut head) {
            seen.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
            let _ = connection.write_all(FINE);
        }
        let _ = connection.read(&mut head);
    });
    (server, connections)
}

#[tokio::test]
async fn what_acts_is_sent_once_and_over_a_connection_of_its_own() {
    let (server, connections) = tired();
    let client = HttpClient::new().unwrap();
    client.fetch(HttpRequest::get(&url(&server))).await.unwrap();
    for _ in 0..3 {
        client.fetch(HttpRequest::new(HttpMethod::Post, &url(&server)).acts()).await.unwrap();
    }
    assert_eq!((server.requests().len(), connections.load(Ordering::SeqCst)), (4, 4));
    // one that is answered by nobody is not sent again
    let server = Server::answering("");
    client.fetch(HttpRequest::get(&url(&server))).await.unwrap_err();
    let error = client.fetch(HttpRequest::new(HttpMethod::Post, &url(&server)).acts()).await.unwrap_err();
    assert!(error.report().uncertain, "{error}");
    assert_eq!(server.requests().iter().filter(|request| request.starts_with("POST")).count(), 1);
}

#[tokio::test]
async fn no_more_exchanges_are_under_way_than_the_client_allows() {
    let (server, most) = Server::crowded(response("200 OK", "text/plain", "fine"));
    let client = HttpClient::builder().connections(3.try_into().unwrap()).build().unwrap();
    let url = url(&server);
    let all = (0..20).map(|_| client.fetch(HttpRequest::get(&url)));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    assert!((2..=3).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}
