//! `net.tcp_connects` and `net.resolves`, over the loopback.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::net::{Ipv4Addr, SocketAddr};

use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata},
};
use tokio::net::{TcpListener, UdpSocket};
use vapora_preflight::{Kind, Problems, Value};
use vapora_preflight_host::{Endpoint, RecordKind, Resolves, TcpConnects};

#[path = "support/told.rs"]
mod told;

use told::{Answer, ask, fails, passes, told, value};

fn declared<K: Kind>(answer: &Answer) {
    let finding = answer.as_ref().unwrap().finding();
    let emitted: Vec<_> = finding.evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = K::evidence().iter().map(|field| field.name).collect();
    assert_eq!(emitted, declared);
}

fn connecting(address: SocketAddr) -> TcpConnects {
    TcpConnects::new(&address.to_string()).unwrap()
}

#[tokio::test]
async fn a_port_that_listens_takes_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = ask(&connecting(address)).await;
    assert!(passes(&answer), "{answer:?}");
    declared::<TcpConnects>(&answer);
    assert_eq!(value(&answer, "connected"), Value::from(vec![address.to_string()]));
    assert!(matches!(value(&answer, "latency"), Value::Float(seconds) if seconds >= 0.0));
    // by name, with the other family of addresses besides
    let by_name = TcpConnects::new(&format!("localhost:{}", address.port())).unwrap();
    assert!(passes(&ask(&by_name).await));
}

#[tokio::test]
async fn a_port_that_nobody_listens_at_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = ask(&connecting(address)).await;
    let text = told(&answer).replace(&address.port().to_string(), "[port]");
    insta::assert_snapshot!(text, @"
    fail: `127.0.0.1:[port]` takes no connection
    expected: it takes a connection
    actual: 127.0.0.1:[port]: the connection is refused
    remedy: see that something listens on port [port] there (`ss -ltn`), and that no firewall or network policy is in between; try it with `nc -vz 127.0.0.1 [port]`
    ");
    declared::<TcpConnects>(&answer);
    assert_eq!(value(&answer, "latency"), Value::Null);
}

#[tokio::test]
async fn every_address_may_have_to_take_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut check = TcpConnects::new(&format!("localhost:{port}")).unwrap();
    check.every_address = true;
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(("localhost", port)).await.unwrap().collect();
    let answer = ask(&check).await;
    // where `localhost` is `::1` too, nobody listens there
    assert_eq!(passes(&answer), addresses.iter().all(SocketAddr::is_ipv4), "{answer:?}");
    assert!(passes(&answer) || fails(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_host_that_does_not_resolve_is_an_error() {
    // a label of more than 63 characters is no name, so that nobody is asked
    let check = TcpConnects::new(&format!("{}.example:80", "a".repeat(64))).unwrap();
    let error = ask(&check).await.unwrap_err();
    assert!(error.to_string().contains("does not resolve"), "{error}");
}

#[test]
fn an_endpoint_needs_a_host_and_a_port() {
    assert!(Endpoint::new("db.example.com").is_err());
    let checked: Result<TcpConnects, _> = serde_json::from_str(r#"{"endpoint": "db:0"}"#);
    assert!(checked.unwrap_err().to_string().contains("expected a host and a port"));
    let check: TcpConnects =
        serde_json::from_str(r#"{"endpoint": "db:80", "connect_timeout": "0s"}"#).unwrap();
    let mut problems = Problems::default();
    check.validate(&mut problems);
    assert_eq!(problems.messages().count(), 1);
}

/// What a name server does with a question.
#[derive(Debug, Clone, Copy)]
enum Serves {
    /// It knows `api.example.com` with two addresses, a text, a mail server and another name.
    Names,
    /// It fails.
    Fails,
    /// It says nothing.
    Nothing,
    /// It sends something else.
    Garbage,
}

/// A name server on the loopback, as long as the test goes on.
async fn name_server(serves: Serves) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the server of a test ends with its runtime")]
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let answer = match serves {
                Serves::Nothing => continue,
                Serves::Garbage => b"no message of this protocol".to_vec(),
                Serves::Fails => reply(&buffer[..length], ResponseCode::ServFail),
                Serves::Names => reply(&buffer[..length], ResponseCode::NoError),
            };
            let _ = socket.send_to(&answer, from).await;
        }
    });
    address.to_string()
}

fn reply(question: &[u8], code: ResponseCode) -> Vec<u8> {
    let asked = Message::from_vec(question).unwrap();
    let query = asked.queries[0].clone();
    let mut message = asked.clone();
    message.metadata.message_type = MessageType::Response;
    message.metadata.response_code = code;
    message.additionals.clear();
    let name = |text: &str| Name::from_ascii(text).unwrap();
    if code == ResponseCode::NoError {
        let answers = match (query.name().to_ascii().as_str(), query.query_type()) {
            ("api.example.com.", RecordType::A) => {
                [7, 8].map(|last| RData::A(Ipv4Addr::new(192, 0, 2, last).into())).to_vec()
            }
            ("api.example.com.", RecordType::TXT) => {
                vec![RData::TXT(rdata::TXT::new(vec!["release=2".to_owned()]))]
            }
            ("api.example.com.", RecordType::MX) => {
                vec![RData::MX(rdata::MX::new(10, name("mail.example.com.")))]
            }
            ("www.example.com.", RecordType::CNAME) => {
                vec![RData::CNAME(rdata::CNAME(name("API.example.com.")))]
            }
            ("api.example.com." | "www.example.com.", _) => Vec::new(),
            _ => {
                message.metadata.response_code = ResponseCode::NXDomain;
                Vec::new()
            }
        };
        let record = |data| Record::from_rdata(query.name().clone(), 60, data);
        message.answers = answers.into_iter().map(record).collect();
    }
    message.to_vec().unwrap()
}

async fn resolving(serves: Serves, name: &str, record: RecordKind) -> Resolves {
    let mut check = Resolves::new(name);
    check.record = record;
    check.server = Some(name_server(serves).await);
    check
}

fn port(check: &Resolves) -> String {
    check.server.as_deref().unwrap().rsplit_once(':').unwrap().1.to_owned()
}

fn words(answer: &Answer, check: &Resolves) -> String {
    told(answer).replace(check.server.as_deref().unwrap(), "[server]").replace(&port(check), "[port]")
}

#[tokio::test]
async fn a_name_leads_to_what_it_should() {
    let mut check = resolving(Serves::Names, "api.example.com", RecordKind::Address).await;
    let answer = ask(&check).await;
    insta::assert_snapshot!(words(&answer, &check), @"pass: `api.example.com` at [server] resolves to `192.0.2.7`, `192.0.2.8`");
    declared::<Resolves>(&answer);
    check.contains = vec!["192.0.2.8".to_owned()];
    assert!(passes(&ask(&check).await));
    check.exactly = true;
    insta::assert_snapshot!(words(&ask(&check).await, &check));
    check.contains = vec!["192.0.2.9".to_owned()];
    insta::assert_snapshot!(words(&ask(&check).await, &check));
    check.contains.clear();
    check.exactly = false;
    check.at_least = 3.try_into().unwrap();
    insta::assert_snapshot!(words(&ask(&check).await, &check));
}

#[tokio::test]
async fn other_records_are_asked_for_by_their_name() {
    for (name, record, expected) in [
        ("api.example.com", RecordKind::Txt, "release=2"),
        ("api.example.com", RecordKind::Mx, "10 mail.example.com"),
        ("www.example.com", RecordKind::Cname, "api.example.com"),
    ] {
        let mut check = resolving(Serves::Names, name, record).await;
        check.contains = vec![expected.to_owned()];
        check.exactly = true;
        let answer = ask(&check).await;
        assert!(passes(&answer), "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_or_record_that_does_not_exist_fails() {
    for (name, record) in [("gone.example.com", RecordKind::Address), ("api.example.com", RecordKind::Srv)] {
        let check = resolving(Serves::Names, name, record).await;
        let answer = ask(&check).await;
        assert!(fails(&answer), "{answer:?}");
        assert_eq!(value(&answer, "answers"), Value::List(Vec::new()));
        assert!(told(&answer).contains("does not resolve"), "{}", told(&answer));
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_does_not_answer_well_is_an_error() {
    for serves in [Serves::Fails, Serves::Garbage, Serves::Nothing] {
        let check = resolving(serves, "api.example.com", RecordKind::A).await;
        let error = ask(&check).await.unwrap_err();
        assert!(error.is_transient(), "{serves:?}: {error}");
        assert!(error.message().contains("could not ask for A of `api.example.com`"), "{serves:?}: {error}");
    }
}

#[tokio::test]
async fn the_machines_own_resolver_knows_its_own_name() {
    assert!(passes(&ask(&Resolves::new("localhost")).await));
    let mut other = Resolves::new("localhost");
    other.contains = vec!["192.0.2.1".to_owned()];
    let answer = ask(&other).await;
    assert!(
        fails(&answer) && told(&answer).ends_with("look at it with `getent ahosts localhost`"),
        "{answer:?}"
    );
    // no name that a resolver would ask anybody for
    let answer = ask(&Resolves::new("a".repeat(64))).await;
    assert!(!passes(&answer), "{answer:?}");
}

#[test]
fn what_cannot_be_asked_is_told_when_it_is_written() {
    let problems = |text: &str| -> Vec<String> {
        let check: Resolves = serde_json::from_str(text).unwrap();
        let mut problems = Problems::default();
        check.validate(&mut problems);
        problems.messages().map(str::to_owned).collect()
    };
    assert_eq!(problems(r#"{"name": "api.vapora.com", "server": "127.0.0.1:5353"}"#), Vec::<String>::new());
    for (text, words) in [
        (r#"{"name": "a b"}"#, "`a b` is no name"),
        (r#"{"name": ""}"#, "`` is no name"),
        (r#"{"name": "a", "server": "dns.example.com"}"#, "found `dns.example.com`"),
        (r#"{"name": "a", "exactly": true}"#, "nothing to compare"),
        (r#"{"name": "a", "contains": [" "]}"#, "never comes"),
    ] {
        assert!(problems(text).concat().contains(words), "{text}: {:?}", problems(text));
    }
    assert!(serde_json::from_str::<Resolves>(r#"{"name": "a", "record": "SPF"}"#).is_err());
}
