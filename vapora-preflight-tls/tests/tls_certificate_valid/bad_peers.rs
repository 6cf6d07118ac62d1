//! Peers with which no handshake comes about, and roots that cannot be used. None of them ever passes.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use rustls::{
    RootCertStore,
    crypto::aws_lc_rs,
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{ask, ask_as_written, assert_told, seen},
    authority::{Authority, Leaf, params},
    server::{accepting, closed_port, mutual_tls, tls},
};

async fn asked(endpoint: SocketAddr) -> vapora_preflight::CheckResult {
    ask(endpoint, &Authority::root("root").pem, "").await
}

/// Answers the first bytes of the client with these.
fn answering(bytes: &'static [u8]) -> SocketAddr {
    accepting(move |mut connection| {
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(bytes);
    })
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    assert_told!(asked(closed_port()).await);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_an_error() {
    // A label of more than 63 characters fails before the network is asked.
    let name = "a".repeat(64);
    assert_told!(ask_as_written(&format!("endpoint = '{name}.invalid:443'\nserver_name = 'a.test'")).await);
}

#[tokio::test]
async fn a_plain_http_server_is_an_error() {
    assert_told!(asked(answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")).await);
}

#[tokio::test]
async fn a_server_that_speaks_first_and_no_tls_is_an_error() {
    let endpoint = accepting(|mut connection| {
        let _ = connection.write_all(b"220 mail.example.com ESMTP\r\n");
        let _ = connection.read_to_end(&mut Vec::new());
    });
    assert_told!(asked(endpoint).await);
}

#[tokio::test]
async fn garbage_is_an_error() {
    assert!(asked(answering(&[0xa5; 512])).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_handshake_that_is_cut_short_is_an_error() {
    // The head of a record that announces more than there is.
    assert_told!(asked(answering(b"\x16\x03\x03\x00\x7a\x02\x00\x00")).await);
}

#[tokio::test]
async fn a_connection_that_is_closed_at_once_is_an_error() {
    assert_told!(asked(answering(b"")).await);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_an_error() {
    // A socket that is closed with unread bytes in it resets its connection.
    let endpoint = accepting(|connection| {
        let _ = connection.peek(&mut [0]);
    });
    assert_told!(asked(endpoint).await);
}

#[tokio::test]
async fn an_alert_is_an_error_that_names_it() {
    assert_told!(asked(answering(b"\x15\x03\x03\x00\x02\x02\x70")).await);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_until_the_caller_gives_up() {
    let endpoint = accepting(|mut connection| {
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let gave_up = tokio::time::timeout(Duration::from_millis(100), asked(endpoint)).await;
    assert!(gave_up.is_err(), "{gave_up:?}");
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_is_judged_by_its_own() {
    let root = Authority::root("root");
    let mut clients = RootCertStore::empty();
    clients.add(root.certificate.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider).build().unwrap();
    for (version, protocol) in [(&TLS12, "TLSv1.2"), (&TLS13, "TLSv1.3")] {
        let endpoint = mutual_tls(version, &root.issue(&params("leaf")), Arc::clone(&clients));
        let outcome = ask(endpoint, &root.pem, "").await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{protocol}: {outcome:?}");
        assert_eq!(seen(&outcome, "client_certificate"), &Value::Bool(true), "{protocol}");
        assert_eq!(seen(&outcome, "protocol"), &Value::from(protocol));
        let old = ask(endpoint, &root.pem, "min_protocol = 'TLSv1.3'").await.unwrap();
        assert_eq!(matches!(old, Outcome::Pass(_)), protocol == "TLSv1.3", "{old:?}");
        // and one with a wrong certificate fails all the same
        let endpoint =
            mutual_tls(version, &Authority::root("root").issue(&params("leaf")), Arc::clone(&clients));
        assert!(matches!(ask(endpoint, &root.pem, "").await, Ok(Outcome::Fail(_))), "{protocol}");
    }
}

#[tokio::test]
async fn a_flood_is_an_error() {
    // empty records, changes of the cipher, warnings, and a message that never ends
    let longest: &[u8] = &[0x16, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff];
    for (title, begin, again) in [
        ("empty", &b""[..], &[0x16, 3, 3, 0, 0][..]),
        ("changes", b"", &[0x14, 3, 3, 0, 1, 1]),
        ("warnings", b"", &[0x15, 3, 3, 0, 2, 1, 0x5a]),
        ("message", longest, &[0x16, 3, 3, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("noise", b"", b"a"),
    ] {
        let endpoint = accepting(move |mut connection| {
            let _ = connection.write_all(begin);
            let more = again.repeat(1000);
            while connection.write_all(&more).is_ok() {}
        });
        let error = tokio::time::timeout(Duration::from_secs(20), asked(endpoint)).await;
        assert!(matches!(error, Ok(Err(_))), "{title}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_without_the_key_of_its_certificate_is_an_error() {
    let root = Authority::root("root");
    let (stolen, own) = (root.issue(&params("leaf")), root.issue(&params("leaf")));
    let thief = Leaf { key: own.key, ..stolen };
    // A server of rustls refuses to be set up like that; the signature is made with the wrong key here.
    let endpoint = crate::server::thief(&thief);
    assert_told!(ask(endpoint, &root.pem, "").await);
}

#[tokio::test]
async fn roots_that_cannot_be_used_are_an_error() {
    let endpoint = tls(&Authority::root("root").issue(&params("leaf")), &[]);
    let mut told = String::new();
    for roots in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        told += &crate::ask::told(&ask(endpoint, roots, "").await);
        told.push('\n');
    }
    told += &crate::ask::told(
        &ask_as_written(&format!("endpoint = '{endpoint}'\nroots = 'no/such/file.pem'")).await,
    );
    insta::with_settings!({
        filters => vec![(r"roots `[^`]*`", "roots `FILE`")], omit_expression => true, prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(told) });
}
