//! Peers that answer badly or not at all. None of them ever leaves a file.

use std::{io::Read, time::Duration};

use vapora_preflight::Outcome;

use crate::{
    ask::{Place, assert_told},
    server::{Server, closed_port, response},
};

/// Asks it, and makes sure that nothing got the name of the file.
async fn asked(url: &str, more: &str) -> (vapora_preflight::CheckResult, Place) {
    let place = Place::new();
    let result = place.ask(&format!("url = '{url}'\n{more}")).await;
    assert!(!matches!(result, Ok(Outcome::Pass(_))), "{result:?}");
    assert!(!place.file().exists());
    (result, place)
}

#[tokio::test]
async fn no_answer_is_an_error() {
    let reset = Server::accepting(|connection, _| {
        let _ = connection.peek(&mut [0]);
    });
    let huge = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\nx-huge: ")?;
        loop {
            out.write_all(&[b'a'; 4096])?;
        }
    });
    let plain = Server::accepting(|mut connection, _| {
        let _ = connection.read(&mut [0; 4096]);
        let _ = std::io::Write::write_all(&mut connection, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    for url in [
        format!("http://{}/", closed_port()),
        format!("http://{}.invalid/", "a".repeat(64)),
        reset.url("/"),
        Server::answering("").url("/"),
        Server::answering("SSH-2.0-OpenSSH_9.2p1\r\n").url("/"),
        huge.url("/"),
        format!("https://{}/", plain.address),
    ] {
        let (result, place) = asked(&url, "").await;
        assert!(result.is_err(), "{url}: {result:?}");
        assert!(place.names().is_empty(), "{:?}", place.names());
    }
}

#[tokio::test]
async fn a_metadata_address_is_refused() {
    let (result, _) = asked("http://169.254.169.254/latest/meta-data/", "").await;
    assert!(result.unwrap_err().message().contains("169.254.169.254"));
}

#[tokio::test]
async fn an_endless_body_stops_at_the_limit() {
    let server = Server::doing(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            out.write_all(b"1000\r\n")?;
            out.write_all(&[b'a'; 4096])?;
            out.write_all(b"\r\n")?;
        }
    });
    let (result, place) = asked(&server.url("/a.zip"), "limit = '1MiB'").await;
    assert_told!(result);
    assert!(!place.part().exists());
}

#[tokio::test]
async fn a_body_that_only_a_closed_connection_ends_could_be_cut_short() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ncontent");
    let (result, _) = asked(&server.url("/a.zip"), "").await;
    assert_told!(result);
    let place = Place::new();
    let outcome = place.ask(&format!("url = '{}'\nsize = 7", server.url("/a.zip"))).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    let (result, _) = asked(&server.url("/a.zip"), "size = 8").await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}

#[tokio::test]
async fn chunks_that_are_cut_short_are_an_error() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n");
    assert!(asked(&server.url("/a.zip"), "").await.0.is_err());
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let bomb = include_bytes!("../http_responds/zeros.gz");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let server = Server::answering([head.as_bytes(), bomb].concat());
    let (result, place) = asked(&server.url("/a.zip"), "").await;
    assert_told!(result);
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[tokio::test]
async fn a_slow_body_is_given_up_and_goes_on_later() {
    let server = Server::accepting(|mut connection, seen| {
        use std::io::Write as _;
        let mut head = [0; 4096];
        let read = connection.read(&mut head).unwrap_or(0);
        let head = String::from_utf8_lossy(&head[..read]).into_owned();
        let rest = head.contains("range: bytes=4-");
        seen.lock().unwrap().push(head);
        let answer: &[u8] = if rest {
            b"HTTP/1.1 206 Partial Content\r\netag: \"v\"\r\ncontent-range: bytes 4-7/8\r\ncontent-length: 4\r\n\r\nrest"
        } else {
            b"HTTP/1.1 200 OK\r\netag: \"v\"\r\ncontent-length: 8\r\n\r\nslow"
        };
        let _ = connection.write_all(answer);
        // until the client goes
        let _ = connection.read(&mut [0]);
    });
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    let came = async {
        while !std::fs::metadata(place.part()).is_ok_and(|part| part.len() == 4) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        result = place.ask(&asked) => panic!("{result:?}"),
        () = came => {}
    }
    assert!(!place.file().exists());
    let outcome = place.ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(place.content(), b"slowrest");
}

#[tokio::test]
async fn another_type_of_content_fails() {
    let server = Server::answering(response("200 OK", "text/html", "<p>log in</p>"));
    assert_told!(asked(&server.url("/a.zip"), "content_type = 'application/zip'").await.0);
}
