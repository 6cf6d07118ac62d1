//! What the simulated servers put on the wire, seen without a client library.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use vapora_preflight_sim::{Backend, Fault, FaultPlan, KeyType, Leaf, TestCa, TlsEndpoint};

/// 1 December 2026, 14:00 in UTC.
const NOW: i64 = 1_796_133_600;

/// Asks on a connection of its own and returns all that comes until it is closed.
async fn ask(backend: &Backend, path: &str, token: Option<&str>) -> String {
    let mut stream = TcpStream::connect(backend.address()).await.unwrap();
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection may be closed with a reset.
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_backend_answers_those_who_have_its_token() {
    let backend = Backend::serve("1.4.0").await.unwrap();
    let token = backend.token().to_owned();
    let healthy = ask(&backend, "/health", Some(&token)).await;
    assert!(healthy.starts_with("HTTP/1.1 200 OK\r\n"), "{healthy}");
    assert!(healthy.contains("content-type: application/json"), "{healthy}");
    assert!(healthy.ends_with("{\"status\":\"healthy\",\"version\":\"1.4.0\"}"), "{healthy}");
    assert!(ask(&backend, "/api/projects", Some(&token)).await.contains("\"title\":\"Website\""));
    assert!(ask(&backend, "/nothing", Some(&token)).await.starts_with("HTTP/1.1 404"));
    for wrong in [None, Some("nonsense")] {
        for path in ["/health", "/api/projects", "/nothing"] {
            assert!(ask(&backend, path, wrong).await.starts_with("HTTP/1.1 401"), "{path}");
        }
    }
    backend.set_degraded(true);
    let degraded = ask(&backend, "/health", Some(&token)).await;
    assert!(
        degraded.starts_with("HTTP/1.1 503") && degraded.contains("\"status\":\"degraded\""),
        "{degraded}"
    );
    assert!(ask(&backend, "/api/projects", Some(&token)).await.starts_with("HTTP/1.1 503"));
    let log = backend.requests();
    assert_eq!(
        (log.len(), log[0].identity.as_deref(), log[3].identity.as_deref()),
        (11, Some("vapora"), None)
    );
    backend.stop().await;
}

#[tokio::test]
async fn every_fault_is_on_the_wire() {
    let backend = Backend::serve("1.4.0").await.unwrap();
    let token = backend.token().to_owned();
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
        backend.faults().set(FaultPlan::nth(2, fault));
        assert!(ask(&backend, "/health", Some(&token)).await.starts_with("HTTP/1.1 200"), "{fault}");
        let struck = ask(&backend, "/health", Some(&token)).await;
        let (head, body) = struck.split_once("\r\n\r\n").unwrap_or_default();
        match fault {
            Fault::Cut => assert_eq!(struck, ""),
            Fault::Status(code) => {
                assert!(head.starts_with(&format!("HTTP/1.1 {code}")), "{struck}");
                assert!(body.contains(&format!("\"code\":{code}")), "{struck}");
                assert_eq!(head.contains("retry-after: 1"), code == 429, "{struck}");
            }
            Fault::Garbage => {
                assert!(head.starts_with("HTTP/1.1 200") && head.contains("application/json"), "{struck}");
                assert!(
                    !body.is_empty() && serde_json::from_str::<serde_json::Value>(body).is_err(),
                    "{struck}"
                );
            }
            Fault::Empty => assert!(head.starts_with("HTTP/1.1 200") && body.is_empty(), "{struck}"),
            Fault::Truncated => {
                assert!(head.starts_with("HTTP/1.1 200"), "{struck}");
                assert!(!body.is_empty(), "{struck}");
                assert!(head.contains(&format!("content-length: {}", body.len() * 2)), "{struck}");
            }
            other => panic!("{other}"),
        }
        assert!(ask(&backend, "/health", Some(&token)).await.starts_with("HTTP/1.1 200"), "{fault}");
        assert_eq!((backend.faults().seen(), backend.faults().struck()), (3, 1), "{fault}");
    }
}

#[derive(Debug)]
struct At(i64);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(self.0.unsigned_abs())))
    }
}

/// A handshake with `name` at a time, by someone who trusts this root.
async fn handshake(address: SocketAddr, root_pem: &str, name: &str, at: i64) -> Result<usize, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(At(at)))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| error.to_string())?;
    Ok(stream.get_ref().1.peer_certificates().map_or(0, <[_]>::len))
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_each_bad_one_is_refused_for_its_reason() {
    let root = TestCa::root("root").unwrap();
    let intermediate = root.intermediate("intermediate").unwrap();
    let name = "api.example.com";
    let good = intermediate.issue(&Leaf::good(name, NOW)).unwrap();
    let endpoint = TlsEndpoint::serve(&good).await.unwrap();
    let ask = async |at| handshake(endpoint.address(), endpoint.ca_pem(), name, at).await;
    assert_eq!(ask(NOW).await, Ok(2));
    assert!(ask(NOW + 61 * 86_400).await.unwrap_err().contains("expired"));
    assert!(ask(NOW - 31 * 86_400).await.unwrap_err().contains("not valid yet"));

    for (chain, reason) in [
        (intermediate.issue(&Leaf::expired(name, NOW)).unwrap(), "expired"),
        (intermediate.issue(&Leaf::good("www.example.net", NOW)).unwrap(), "not valid for name"),
        (TestCa::root("other").unwrap().issue(&Leaf::good(name, NOW)).unwrap(), "UnknownIssuer"),
        (good.clone().without_intermediates(), "UnknownIssuer"),
    ] {
        endpoint.replace(&chain).unwrap();
        let refused = ask(NOW).await.unwrap_err();
        assert!(refused.contains(reason), "expected {reason}, found {refused}");
    }
    endpoint.replace(&good).unwrap();
    assert_eq!(ask(NOW).await, Ok(2));
}

#[tokio::test]
async fn a_certificate_has_the_key_and_names_it_was_asked_for() {
    let root = TestCa::root("root").unwrap();
    for key in [KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Ed25519, KeyType::Rsa2048] {
        let chain = root.issue(&Leaf::new(["localhost", "127.0.0.1"]).key(key)).unwrap();
        let endpoint = TlsEndpoint::serve(&chain).await.unwrap();
        for name in ["localhost", "127.0.0.1"] {
            assert_eq!(
                handshake(endpoint.address(), root.root_pem(), name, NOW).await,
                Ok(1),
                "{key:?} {name}"
            );
        }
    }
    assert!(root.issue(&Leaf::new(["ümlaut.example.com"])).is_err());
}

#[tokio::test]
async fn a_backend_speaks_tls_with_the_certificate_it_was_given() {
    let root = TestCa::root("root").unwrap();
    let chain = root.issue(&Leaf::new(["127.0.0.1"])).unwrap();
    let backend = Backend::serve_tls("1.4.0", &chain).await.unwrap();
    assert!(backend.url().starts_with("https://127.0.0.1:"));
    assert_eq!(handshake(backend.address(), backend.ca_pem().unwrap(), "127.0.0.1", NOW).await, Ok(1));
}
