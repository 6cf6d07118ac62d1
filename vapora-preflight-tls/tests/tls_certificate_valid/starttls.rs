//! Servers with which TLS does not begin at once, and those that are too old.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use vapora_preflight::{CheckResult, Outcome};

use crate::{
    ask::{ask, assert_told},
    authority::{Authority, Leaf, params},
    server::{after, old, tls},
};

fn good() -> (Authority, Leaf) {
    let root = Authority::root("root");
    let leaf = root.issue(&params("leaf"));
    (root, leaf)
}

async fn ask_after(
    before: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static,
    more: &str,
) -> CheckResult {
    let (root, leaf) = good();
    ask(after(&leaf, before), &root.pem, more).await
}

/// Reads a line of a client.
fn line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap().trim().to_owned()
}

/// A mail server that offers these things, and answers `STARTTLS` with that.
fn mail(offers: &'static str, answer: &'static str) -> impl Fn(&mut TcpStream) -> bool + Send + Sync {
    move |stream| {
        let _ = stream.write_all(b"220-mail.example.com\r\n220 ready\r\n");
        if !line(stream).starts_with("EHLO ") {
            return false;
        }
        let _ = stream.write_all(offers.as_bytes());
        if line(stream) != "STARTTLS" {
            return false;
        }
        let _ = stream.write_all(answer.as_bytes());
        answer.starts_with("220")
    }
}

fn database(answer: u8) -> impl Fn(&mut TcpStream) -> bool + Send + Sync {
    move |stream| {
        let mut asked = [0; 8];
        let _ = stream.read_exact(&mut asked);
        // the length of the message, and the number 80877103
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
        let _ = stream.write_all(&[answer]);
        answer == b'S'
    }
}

#[tokio::test]
async fn a_database_is_asked_to_begin_tls() {
    assert!(matches!(ask_after(database(b'S'), "starttls = 'postgres'").await, Ok(Outcome::Pass(_))));
    assert_told!(ask_after(database(b'N'), "starttls = 'postgres'").await);
    for answer in [b'E', b'H'] {
        assert!(ask_after(database(answer), "starttls = 'postgres'").await.is_err());
    }
}

#[tokio::test]
async fn a_mail_server_is_asked_to_begin_tls() {
    let offers = "250-mail.example.com\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
    let ready = ask_after(mail(offers, "220 go ahead\r\n"), "starttls = 'smtp'").await;
    assert!(matches!(ready, Ok(Outcome::Pass(_))), "{ready:?}");
    assert_told!(ask_after(mail("250-mail.example.com\r\n250 SIZE 1000\r\n", ""), "starttls = 'smtp'").await);
    for (offers, answer) in [(offers, "454 not now\r\n"), ("500 what\r\n", ""), ("no SMTP at all\r\n", "")] {
        assert!(ask_after(mail(offers, answer), "starttls = 'smtp'").await.is_err(), "{offers}{answer}");
    }
}

#[tokio::test]
async fn a_server_without_end_or_manners_is_an_error() {
    for endless in ["250-", "a"] {
        let talks = move |stream: &mut TcpStream| {
            while stream.write_all(endless.repeat(1000).as_bytes()).is_ok() {}
            false
        };
        assert!(ask_after(talks, "starttls = 'smtp'").await.is_err(), "{endless}");
    }
    // TLS from the first byte on is another protocol
    let (root, leaf) = good();
    assert!(ask(tls(&leaf, &[]), &root.pem, "starttls = 'postgres'").await.is_err());
}

#[tokio::test]
async fn what_is_said_before_tls_is_not_taken_for_what_is_said_in_it() {
    // Whoever sits in between may add what the server never said, right behind the word that begins TLS.
    let offers = "250-mail.example.com\r\n250 STARTTLS\r\n";
    let injected = ask_after(mail(offers, "220 go ahead\r\n250 and more\r\n"), "starttls = 'smtp'").await;
    assert!(injected.is_err(), "{injected:?}");
    let injected = ask_after(
        |stream| {
            let _ = stream.read_exact(&mut [0; 8]);
            stream.write_all(b"SR\0\0\0\x08\0\0\0\0").is_ok()
        },
        "starttls = 'postgres'",
    )
    .await;
    assert!(injected.is_err(), "{injected:?}");
    // an answer whose lines do not agree is none
    let mixed =
        ask_after(mail("250-mail.example.com\r\n550-no\r\n250 STARTTLS\r\n", ""), "starttls = 'smtp'").await;
    assert!(mixed.unwrap_err().message().contains("does not answer as an SMTP server"));
}

#[tokio::test]
async fn an_old_protocol_fails_where_a_newer_one_is_asked_for() {
    let (root, leaf) = good();
    for (least, good) in [("TLSv1.2", true), ("TLSv1.3", false)] {
        let result = ask(old(&leaf), &root.pem, &format!("min_protocol = '{least}'")).await;
        assert_eq!(matches!(result, Ok(Outcome::Pass(_))), good, "{result:?}");
    }
    assert_told!(ask(old(&leaf), &root.pem, "min_protocol = 'TLSv1.3'").await);
}
