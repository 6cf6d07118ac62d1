//! What is fetched, and what is there already.

use std::fs;

use vapora_preflight::{Kind, Outcome, Value};
use vapora_preflight_http::HttpDownloaded;

use crate::{
    ask::{Place, TOKEN, assert_told, seen, sha256},
    server::{Server, redirect, response},
};

#[tokio::test]
async fn a_file_is_there_with_its_digest() {
    let server = Server::answering(response("200 OK", "Application/Zip; x=y", "content"));
    let place = Place::new();
    let asked = format!(
        "url = '{}'\nsha256 = '{}'\nsize = 7\ncontent_type = 'application/zip'",
        server.url("/x"),
        sha256(b"content")
    );
    let result = place.ask(&asked).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(place.content(), b"content");
    assert_eq!(place.names(), [".a.zip.preflight.json", "a.zip"]);
    assert_eq!(seen(&outcome, "sha256"), &Value::from(sha256(b"content")));
    assert_eq!((seen(&outcome, "size"), seen(&outcome, "received")), (&Value::Int(7), &Value::Int(7)));
    assert_eq!((seen(&outcome, "fetched"), seen(&outcome, "status")), (&Value::Bool(true), &Value::Int(200)));
    let found: Vec<_> = outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = HttpDownloaded::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
    assert!(server.requests()[0].contains("accept-encoding: identity\r\n"), "{:?}", server.requests());
    // it is not asked for again
    let result = place.ask(&asked).await;
    let outcome = result.unwrap();
    assert!(matches!(&outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "fetched"), &Value::Bool(false));
    assert_eq!(server.requests().len(), 1);
    // unless somebody has changed it
    fs::write(place.file(), "changed").unwrap();
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    assert_eq!((place.content(), server.requests().len()), (b"content".to_vec(), 2));
}

#[tokio::test]
async fn the_digest_is_found_among_checksums() {
    let sums = format!("{}  other.zip\n{} *./a.zip\n", sha256(b"x"), sha256(b"content"));
    let server = Server::doing(move |head, out| {
        out.write_all(&if head.starts_with("GET /SHA256SUMS ") {
            response("200 OK", "text/plain", &sums)
        } else {
            response("200 OK", "application/zip", "content")
        })
    });
    let place = Place::new();
    let asked = |file: &str| {
        format!(
            "url = '{}'\nchecksums = '{}'\nbearer = {{ env = 'TOKEN' }}",
            server.url(&format!("/{file}")),
            server.url("/SHA256SUMS")
        )
    };
    let outcome = place.ask(&asked("a.zip")).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert!(server.requests().iter().all(|request| request.contains(TOKEN)), "{:?}", server.requests());
    assert_told!(Place::new().ask(&asked("other.zip")).await);
    // by the name of the file it becomes, where the URL has none
    assert!(matches!(place.ask(&asked("download?id=7")).await, Ok(Outcome::Pass(_))));
}

#[tokio::test]
async fn checksums_that_are_none_are_an_error() {
    for answer in [
        response("404 Not Found", "text/plain", ""),
        response("200 OK", "text/html", "<html>log in</html>"),
        response("200 OK", "text/plain", b"\xff\xfe"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc".to_vec(),
    ] {
        let server = Server::answering(answer);
        let place = Place::new();
        let result =
            place.ask(&format!("url = '{}'\nchecksums = '{}'", server.url("/a.zip"), server.url("/s"))).await;
        assert!(result.is_err(), "{result:?}");
        assert!(place.names().is_empty());
        assert_eq!(server.requests().len(), 1, "the file is not asked for");
    }
}

#[tokio::test]
async fn checksums_that_do_not_name_the_file_fail() {
    let server = Server::answering(response("200 OK", "text/plain", format!("{}  b.zip\n", sha256(b"x"))));
    let place = Place::new();
    assert_told!(
        place.ask(&format!("url = '{}'\nchecksums = '{}'", server.url("/c.zip"), server.url("/s"))).await
    );
}

#[tokio::test]
async fn credentials_go_to_no_other_host() {
    let other = Server::answering(response("200 OK", "application/zip", "content"));
    let first = Server::answering(redirect("302 Found", &other.url("/signed")));
    let place = Place::new();
    let asked = format!(
        "url = '{}'\nsha256 = '{}'\nbearer = {{ env = 'TOKEN' }}\nheaders = {{ x-key = {{ env = 'TOKEN' }} }}",
        first.url("/a.zip"),
        sha256(b"content")
    );
    let outcome = place.ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, "url"), &Value::from(other.url("/signed")));
    assert!(first.requests()[0].contains(TOKEN) && !other.requests()[0].contains(TOKEN));
    // nor to other checksums
    let sums = Server::answering(response("200 OK", "text/plain", sha256(b"content")));
    let asked = format!(
        "url = '{}'\nchecksums = '{}'\nbearer = {{ env = 'TOKEN' }}\nheaders = {{ x-key = {{ env = 'TOKEN' }} }}",
        first.url("/a.zip"),
        sums.url("/s")
    );
    assert!(matches!(Place::new().ask(&asked).await, Ok(Outcome::Pass(_))));
    assert!(!sums.requests()[0].contains(TOKEN), "{:?}", sums.requests());
}

#[tokio::test]
async fn what_has_not_changed_at_its_source_is_not_fetched_again() {
    let server = Server::doing(|head, out| {
        if head.contains("if-none-match: W/\"v1\"\r\n") {
            return out
                .write_all(b"HTTP/1.1 304 Not Modified\r\netag: W/\"v1\"\r\nconnection: close\r\n\r\n");
        }
        out.write_all(
            b"HTTP/1.1 200 OK\r\netag: W/\"v1\"\r\nconnection: close\r\ncontent-length: 7\r\n\r\ncontent",
        )
    });
    let place = Place::new();
    let asked = format!("url = '{}'", server.url("/a.zip"));
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    let result = place.ask(&asked).await;
    assert_told!(result);
    let outcome = result.unwrap();
    assert_eq!(
        (seen(&outcome, "fetched"), seen(&outcome, "status")),
        (&Value::Bool(false), &Value::Int(304))
    );
    assert_eq!(seen(&outcome, "sha256"), &Value::from(sha256(b"content")));
    assert_eq!(place.names(), [".a.zip.preflight.json", "a.zip"]);
    // what somebody else has written there is not what was downloaded
    fs::write(place.file(), "changed").unwrap();
    assert!(matches!(place.ask(&asked).await, Ok(Outcome::Pass(_))));
    assert_eq!(place.content(), b"content");
    assert!(!server.requests()[2].contains("if-none-match"), "{:?}", server.requests());
}

#[tokio::test]
async fn what_failed_leaves_the_file_as_it_was() {
    let place = Place::new();
    for (answer, parameters, words) in [
        (
            response("200 OK", "application/zip", "other"),
            format!("sha256 = '{}'", sha256(b"content")),
            "has another digest",
        ),
        (response("200 OK", "application/zip", "other"), "size = 6".to_owned(), "has another size"),
        (response("200 OK", "application/zip", "other"), "limit = '4B'".to_owned(), "is larger than 4B"),
        (response("200 OK", "application/zip", ""), String::new(), "is smaller than 1B"),
        (
            response("200 OK", "text/html", "log in"),
            "content_type = 'application/zip'".to_owned(),
            "another type",
        ),
        (response("404 Not Found", "text/plain", "gone"), String::new(), "answered 404 Not Found"),
        (response("206 Partial Content", "text/plain", "part"), String::new(), "answered 206"),
        (redirect("302 Found", "http://127.0.0.1:1/"), "redirects = 0".to_owned(), "answered 302"),
    ] {
        fs::write(place.file(), "before").unwrap();
        let server = Server::answering(answer);
        let outcome = place.ask(&format!("url = '{}'\n{parameters}", server.url("/a.zip"))).await.unwrap();
        let Outcome::Fail(finding) = &outcome else { panic!("{words}: {outcome:?}") };
        assert!(finding.summary.contains(words), "{words}: {finding:?}");
        assert_eq!(place.content(), b"before", "{words}");
        assert!(!place.part().exists(), "{words}: {:?}", place.names());
        assert_eq!(seen(&outcome, "sha256"), &Value::Null, "{words}");
    }
}

#[tokio::test]
async fn another_digest_is_told() {
    let server = Server::answering(response("200 OK", "application/zip", "other"));
    let asked = format!("url = '{}'\nsha256 = '{}'", server.url("/a.zip"), sha256(b"content"));
    assert_told!(Place::new().ask(&asked).await);
}
