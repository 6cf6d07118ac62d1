//! Requests over a socket: without TLS, with a certificate of a client, and such as are upgraded.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use vapora_preflight_sim::{Cluster, ClusterServer};

use crate::{case::Way, recording::Request, replay::Answer};

/// Serves the cluster and asks it.
pub(crate) async fn ask(cluster: &Cluster, way: Way, identity: &str, request: &Request) -> Answer {
    let server = cluster.serve().await.unwrap();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let token = if identity == "admin" { cluster.token("admin") } else { None };
    if way == Way::Plain {
        return speak(stream, request, token).await;
    }
    let connector = TlsConnector::from(Arc::new(client(&server, identity)));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    speak(connector.connect(name, stream).await.unwrap(), request, token).await
}

fn client(server: &ClusterServer, identity: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    if identity == "self-signed-client-cert" {
        let own = rcgen::generate_simple_self_signed(["stranger".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        return builder.with_client_auth_cert(vec![own.cert.der().clone()], key).unwrap();
    }
    builder.with_no_client_auth()
}

async fn speak(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &Request,
    token: Option<String>,
) -> Answer {
    let mut head = vec![
        format!("{} {} HTTP/1.1", request.method, request.target),
        "host: 127.0.0.1:6443".to_owned(),
        format!("content-length: {}", request.body.len()),
    ];
    head.extend(token.map(|token| format!("authorization: Bearer {token}")));
    head.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !request.headers.iter().any(|(name, _)| name == "connection") {
        head.push("connection: close".to_owned());
    }
    let head = head.join("\r\n") + "\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&request.body).await.unwrap();

    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(answer) = parse(&heard, false) {
            return answer;
        }
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => heard.extend_from_slice(&buffer[..length]),
            // A connection that is closed without an answer is none with any status.
            _ => {
                let none = Answer { status: 0, headers: HeaderMap::new(), bytes: Vec::new() };
                return parse(&heard, true).unwrap_or(none);
            }
        }
    }
}

/// The answer in these bytes, where it is complete or nothing more will come.
fn parse(heard: &[u8], closed: bool) -> Option<Answer> {
    let end = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8(heard[..end].to_vec()).unwrap();
    let body = &heard[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let length = headers.get("content-length").map(|value| value.to_str().unwrap().parse::<usize>().unwrap());
    let complete = match length {
        Some(length) => body.len() >= length,
        None => status == 101 && frames(body).iter().any(|frame| frame["close"].is_number()),
    };
    (complete || closed).then(|| Answer { status, headers, bytes: body.to_vec() })
}

/// The complete frames of a websocket.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Value> {
    let mut found = Vec::new();
    while bytes.len() >= 2 {
        let kind = bytes[0] & 15;
        let (length, start) = match bytes[1] & 127 {
            126 if bytes.len() >= 4 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            short => (usize::from(short), 2),
        };
        let Some(payload) = bytes.get(start..start + length) else { break };
        found.push(if kind == 8 {
            json!({ "close": u16::from_be_bytes([payload[0], payload[1]]) })
        } else {
            let text = String::from_utf8(payload[1..].to_vec()).unwrap();
            let text = serde_json::from_str(&text).unwrap_or(Value::from(text));
            json!({ "channel": payload[0], "text": text })
        });
        bytes = &bytes[start + length..];
    }
    found
}

#[test]
fn frames_are_read_one_after_another() {
    let mut bytes = vec![0x82, 1, 1, 0x82, 3, 2, b'o', b'k'];
    bytes.extend([0x88, 2, 3, 0xe8]);
    let read = frames(&bytes);
    assert_eq!(
        read,
        [
            json!({ "channel": 1, "text": "" }),
            json!({ "channel": 2, "text": "ok" }),
            json!({ "close": 1000 })
        ]
    );
}
