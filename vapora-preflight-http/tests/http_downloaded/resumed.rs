//! Downloads that were interrupted.

use std::{
    fs,
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{Place, assert_told, seen, sha256},
    server::Server,
};

const WHOLE: &[u8] = b"0123456789abcdefghij";

/// What a server does that is asked for the rest.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// It sends the rest.
    Ranges,
    /// It sends everything again.
    Ignores,
    /// It has another content by now.
    Changed,
    /// It sends another part than was asked for.
    Elsewhere,
    /// It sends a part of the rest.
    Little,
    /// It says that there is no such part.
    Beyond,
}

/// Cuts the first answer short after ten bytes.
fn server(manner: Manner, validator: &'static str) -> Server {
    let count = AtomicUsize::new(0);
    Server::doing(move |head, out: &mut dyn Write| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let mut send = |status: &str, more: &str, length: usize, body: &[u8]| {
            write!(
                out,
                "HTTP/1.1 {status}\r\n{validator}{more}content-length: {length}\r\nconnection: close\r\n\r\n"
            )?;
            out.write_all(body)
        };
        let range = |from: usize, to: usize| format!("content-range: bytes {from}-{to}/{}\r\n", WHOLE.len());
        if number == 0 {
            return send("200 OK", "", WHOLE.len(), &WHOLE[..10]);
        }
        match (manner, head.contains("range: bytes=10-\r\n")) {
            (Manner::Ranges, true) => send("206 Partial Content", &range(10, 19), 10, &WHOLE[10..]),
            (Manner::Little, true) => send("206 Partial Content", &range(10, 14), 5, &WHOLE[10..15]),
            (Manner::Little, false) if head.contains("range: bytes=15-") => {
                send("206 Partial Content", &range(15, 19), 5, &WHOLE[15..])
            }
            (Manner::Elsewhere, true) => send("206 Partial Content", &range(5, 19), 15, &WHOLE[5..]),
            (Manner::Beyond, true) => {
                send("416 Range Not Satisfiable", "content-range: bytes */5\r\n", 0, b"")
            }
            (Manner::Changed, _) => send("200 OK", "", 3, b"new"),
            _ => send("200 OK", "", WHOLE.len(), WHOLE),
        }
    })
}

const STRONG: &str = "etag: \"v1\"\r\n";

#[tokio::test]
async fn an_interrupted_download_goes_on_where_it_stopped() {
    let server = server(Manner::Ranges, STRONG);
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    let cut = place.ask(&asked).await;
    assert_told!(cut);
    assert_eq!(fs::read(place.part()).unwrap(), &WHOLE[..10]);
    assert!(!place.file().exists());
    let outcome = place.ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(place.content(), WHOLE);
    assert_eq!(
        (seen(&outcome, "resumed_at"), seen(&outcome, "received")),
        (&Value::Int(10), &Value::Int(10))
    );
    assert_eq!(seen(&outcome, "sha256"), &Value::from(sha256(WHOLE)));
    let requests = server.requests();
    assert!(
        requests[1].contains("range: bytes=10-\r\n") && requests[1].contains("if-range: \"v1\"\r\n"),
        "{requests:?}"
    );
    assert_eq!(place.names(), [".a.zip.preflight.json", "a.zip"]);
}

#[tokio::test]
async fn a_time_of_change_goes_before_a_weak_tag() {
    let weak = "etag: W/\"v1\"\r\nlast-modified: Tue, 01 Dec 2026 14:00:00 GMT\r\ndate: Tue, 01 Dec 2026 14:00:09 GMT\r\n";
    let server = server(Manner::Ranges, weak);
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    assert!(place.ask(&asked).await.is_err());
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    assert!(
        server.requests()[1].contains("if-range: Tue, 01 Dec 2026 14:00:00 GMT\r\n"),
        "{:?}",
        server.requests()
    );
    assert_eq!(place.content(), WHOLE);
}

#[tokio::test]
async fn nothing_goes_on_without_a_proof_that_it_is_the_same() {
    for validator in ["", "etag: W/\"v1\"\r\n", "last-modified: Tue, 01 Dec 2026 14:00:00 GMT\r\n"] {
        let server = server(Manner::Ranges, validator);
        let place = Place::new();
        let asked = format!("url = '{}'", server.url("/a.zip"));
        assert!(place.ask(&asked).await.is_err());
        let outcome = place.ask(&asked).await.unwrap();
        assert_eq!(seen(&outcome, "resumed_at"), &Value::Int(0), "{validator}");
        assert!(!server.requests()[1].contains("range"), "{:?}", server.requests());
        assert_eq!(place.content(), WHOLE);
    }
}

#[tokio::test]
async fn a_server_without_such_ranges_starts_over() {
    for (manner, content, asked_for) in [
        (Manner::Ignores, WHOLE, 2),
        (Manner::Changed, b"new".as_slice(), 2),
        (Manner::Elsewhere, WHOLE, 3),
        (Manner::Beyond, WHOLE, 3),
    ] {
        let server = server(manner, STRONG);
        let place = Place::new();
        let asked = format!("url = '{}'", server.url("/a.zip"));
        assert!(place.ask(&asked).await.is_err());
        let outcome = place.ask(&asked).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
        assert_eq!(place.content(), content);
        assert_eq!(seen(&outcome, "resumed_at"), &Value::Int(0));
        assert_eq!(server.requests().len(), asked_for);
    }
}

#[tokio::test]
async fn a_part_of_the_rest_is_not_the_whole() {
    let server = server(Manner::Little, STRONG);
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    assert!(place.ask(&asked).await.is_err());
    let little = place.ask(&asked).await;
    assert_told!(little);
    assert!(!place.file().exists());
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    assert_eq!(place.content(), WHOLE);
}

#[tokio::test]
async fn a_part_that_somebody_changed_does_not_become_the_file() {
    let server = server(Manner::Ranges, STRONG);
    let place = Place::new();
    let asked = format!("url = '{}'\nsha256 = '{}'", server.url("/a.zip"), sha256(WHOLE));
    assert!(place.ask(&asked).await.is_err());
    fs::write(place.part(), "??????????").unwrap();
    let outcome = place.ask(&asked).await.unwrap();
    assert!(outcome.finding().summary.contains("another digest"), "{outcome:?}");
    assert!(!place.file().exists() && !place.part().exists());
    // and the attempt after that begins anew
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
}

#[tokio::test]
async fn notes_that_cannot_be_read_are_none() {
    let server = server(Manner::Ranges, STRONG);
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    assert!(place.ask(&asked).await.is_err());
    fs::write(place.folder.path().join(".a.zip.preflight.json"), "{\"url\": 3").unwrap();
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    assert!(!server.requests()[1].contains("range"));
}

#[tokio::test]
async fn one_at_a_time_writes_a_file() {
    let (first, second) = (server(Manner::Ranges, STRONG), server(Manner::Ranges, STRONG));
    let place = Place::new();
    let lock = fs::File::create(place.part()).unwrap();
    lock.lock().unwrap();
    assert_told!(place.ask(&format!("url = '{}'", first.url("/a.zip"))).await);
    assert!(first.requests().is_empty());
    drop(lock);
    assert!(place.ask(&format!("url = '{}'", second.url("/a.zip"))).await.is_err());
    assert_eq!(second.requests().len(), 1);
}
