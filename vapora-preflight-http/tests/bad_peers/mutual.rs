//! A real TLS peer that demands a certificate of the client.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    sync::Arc,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs,
    server::WebPkiClientVerifier,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use vapora_preflight_http::HttpClient;
use vapora_preflight_sim::{ClientCertificate, TestCa};

use crate::{
    asked::{All, KINDS, assert_said},
    server::Server,
};

/// A server that serves nobody but those whom `clients` has issued a certificate, and its own root. It is down for them, too.
fn demanding(clients: &TestCa) -> (Server, String) {
    let down = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndown";
    serving(clients, false, down.to_owned())
}

/// A server that asks for a certificate of `clients`, and gives that answer; where it notes a request it says first who asks.
fn serving(clients: &TestCa, or_nobody: bool, answer: String) -> (Server, String) {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(clients.root_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = if or_nobody { verifier.allow_unauthenticated() } else { verifier };
    let verifier = verifier.build().unwrap();
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::accepting(move |connection, requests| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(session, connection);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_exact(&mut byte).is_err() {
                // what is left unread would reset the connection, and the reason with it
                let _ = stream.sock.shutdown(Shutdown::Write);
                let _ = stream.sock.read_to_end(&mut Vec::new());
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.and_then(|it| it.parse().ok()).unwrap_or(0)];
        let _ = stream.read_exact(&mut body);
        let who = if stream.conn.peer_certificates().is_some() { "known" } else { "nobody" };
        requests.lock().unwrap().push(format!("{who}: {head}"));
        let _ = stream.write_all(answer.as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    });
    (server, own.cert.pem())
}

fn issued(by: &TestCa) -> ClientCertificate {
    by.issue_client("deployer", &[], 1_577_836_800, 4_102_444_800).unwrap()
}

#[tokio::test]
async fn every_kind_shows_its_certificate_to_whoever_demands_one() {
    let (clients, strangers) = (TestCa::root("clients").unwrap(), TestCa::root("strangers").unwrap());
    let (server, root) = demanding(&clients);
    let url = format!("https://{}", server.address);
    let client = || HttpClient::builder().root_certificates_pem(&root).build().unwrap();
    let (known, stranger) = (issued(&clients), issued(&strangers));

    let told = All::of(&url).client(client()).identity(known.pem(), known.key_pem()).ask(&[]).await;
    assert_said!(told);
    for (name, path) in [
        ("responds", "get /health"),
        ("steps", "post /login"),
        ("downloaded", "get /a.zip"),
        ("holds and recorded", "/api/v1/query?query=up"),
        ("alerts", "get /api/v2/status"),
        ("alerts by rule", "get /api/v1/rules"),
        ("calendar", "get /changes.ics"),
        ("webhooks", "post /hooks/"),
        ("slack bot", "post /api/chat.postmessage"),
        ("statuspage", "get /v1/pages/a1/"),
        ("cachet", "get /api/schedules"),
        ("seen page", "get /status"),
        ("ticket", "get /repos/vapora/vapora/issues/7"),
        ("ticket at forgejo", "get /api/v1/repos/vapora/vapora/issues/7"),
        ("ticket at gitlab", "get /api/v4/projects/vapora%2fvapora/issues/7"),
        ("commented", "get /user"),
        ("merged", "get /repos/vapora/vapora/pulls/1"),
        ("triggered", "get /repos/vapora/vapora/actions/workflows/"),
        ("woodpecker", "get /api/repos/lookup/"),
        ("succeeded", "get /repos/vapora/vapora/actions/runs/7"),
        ("artifact", "get /repos/vapora/vapora/actions/runs/7/artifacts"),
    ] {
        assert!(server.requests().iter().any(|head| head.contains(path)), "{name} was not let in");
    }
    let let_in = server.requests().len();
    assert!(let_in >= KINDS.len(), "{let_in} requests");

    // without one, and with one of somebody else, nobody gets that far
    let mut told = All::of(&url).client(client()).ask(&[]).await;
    told += &All::of(&url).client(client()).identity(stranger.pem(), stranger.key_pem()).ask(&[]).await;
    assert!(!told.contains("503 Service") && !told.contains("uncertain"), "{told}");
    assert_eq!(server.requests().len(), let_in);
    insta::with_settings!({
        filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")], omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!("a_certificate_that_is_not_accepted", told) });

    // a key that is not that of the certificate is found out before anything is sent
    let told = All::of(&url).client(client()).identity(known.pem(), stranger.key_pem()).ask(&[]).await;
    assert_eq!(told.matches("cannot be shown to").count(), 2, "a sequence says its step before: {told}");
    assert!(!told.contains("PRIVATE"), "{told}");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_shown_the_certificate() {
    let clients = TestCa::root("clients").unwrap();
    let fine = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (other, other_root) = serving(&clients, true, fine.to_owned());
    let to = format!(
        "HTTP/1.1 302 Found\r\nlocation: https://{}/there\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        other.address
    );
    let (first, root) = serving(&clients, true, to);
    let client = HttpClient::builder()
        .root_certificates_pem(&root)
        .root_certificates_pem(&other_root)
        .build()
        .unwrap();
    let known = issued(&clients);
    let url = format!("https://{}", first.address);
    All::of(&url).client(client).identity(known.pem(), known.key_pem()).ask(&[]).await;
    assert!(first.requests().iter().all(|head| head.starts_with("known: ")), "{:?}", first.requests());
    let there = other.requests();
    assert!(!there.is_empty() && there.iter().all(|head| head.starts_with("nobody: ")), "{there:?}");
}
