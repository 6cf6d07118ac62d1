//! The same request many times, and how long the answers take.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{ask, assert_told},
    server::{Server, response},
};

#[tokio::test]
async fn every_sample_is_asked_and_counted() {
    let server = Server::answering(response("200 OK", "text/plain", "fine"));
    let asked = format!(
        "url = '{}'\nsamples = 20\nwidth = 5\nlatency = {{ p95 = '10s', max = '10s' }}",
        server.url("/")
    );
    let outcome = ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(server.requests().len(), 20);
    let evidence = &outcome.finding().evidence;
    assert_eq!(evidence.get("samples"), Some(&Value::Int(20)));
    let of = |name: &str| match evidence.get(name) {
        Some(Value::Float(seconds)) => *seconds,
        other => panic!("{name}: {other:?}"),
    };
    assert!(0.0 < of("p50") && of("p50") <= of("p95"), "{evidence:?}");
    assert!(of("p95") <= of("p99") && of("p99") <= of("max"), "{evidence:?}");
    assert!(of("first_byte") <= of("latency"), "{evidence:?}");
}

#[tokio::test]
async fn no_more_than_the_width_are_under_way() {
    let (server, most) = Server::crowded(response("200 OK", "text/plain", "fine"));
    let asked = |width: u16| format!("url = '{}'\nsamples = 12\nwidth = {width}", server.url("/"));
    assert!(matches!(ask(&asked(1)).await, Ok(Outcome::Pass(_))));
    assert_eq!(most.swap(0, Ordering::SeqCst), 1);
    assert!(matches!(ask(&asked(4)).await, Ok(Outcome::Pass(_))));
    assert!((2..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

#[tokio::test]
async fn answers_that_are_too_slow_fail() {
    let server = Server::doing(|_, out| {
        std::thread::sleep(Duration::from_millis(30));
        out.write_all(&response("200 OK", "text/plain", "fine"))
    });
    let asked = format!("url = '{}'\nsamples = 3\nlatency = {{ p50 = '5ms', max = '1h' }}", server.url("/"));
    let outcome = ask(&asked).await.unwrap();
    let Outcome::Fail(finding) = outcome else { panic!("{outcome:?}") };
    assert!(finding.summary.contains("is too slow: p50 of "), "{finding:?}");
    assert_eq!(finding.expected.as_deref(), Some("p50 of no more than 5ms"));
}

#[tokio::test]
async fn one_wrong_answer_among_many_fails() {
    let count = AtomicUsize::new(0);
    let server = Server::doing(move |_, out| {
        let status = if count.fetch_add(1, Ordering::SeqCst) == 6 { "503 Busy" } else { "200 OK" };
        out.write_all(&response(status, "text/plain", "the seventh"))
    });
    let result = ask(&format!("url = '{}'\nsamples = 50", server.url("/"))).await;
    assert_told!(result);
    assert_eq!(server.requests().len(), 7, "nothing is asked after it");
    assert_eq!(result.unwrap().finding().evidence.get("samples"), Some(&Value::Int(7)));
}

#[tokio::test]
async fn one_missing_answer_among_many_is_an_error() {
    let count = AtomicUsize::new(0);
    let server = Server::doing(move |_, out| {
        if count.fetch_add(1, Ordering::SeqCst) == 3 {
            return Ok(());
        }
        out.write_all(&response("200 OK", "text/plain", "fine"))
    });
    assert!(ask(&format!("url = '{}'\nsamples = 10\nwidth = 2", server.url("/"))).await.is_err());
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_an_error() {
    // It takes the request, and says nothing until the client has gone.
    let server = Server::accepting(|mut connection, _| {
        let _ = std::io::copy(&mut connection, &mut std::io::sink());
    });
    assert_told!(ask(&format!("url = '{}'\nfirst_byte_within = '50ms'", server.url("/"))).await);
}
