//! Whom a certificate is for, and whom the server is asked for.

use std::io::Write as _;

use rcgen::SanType;
use vapora_preflight::{CheckResult, Outcome, Value};

use crate::{
    ask::{ask, ask_as_written, seen},
    authority::{Authority, Leaf, params},
    server::{by_name, tls, tls_v6},
};

fn named(root: &Authority, name: SanType) -> Leaf {
    let mut params = params("leaf");
    params.subject_alt_names = vec![name];
    root.issue(&params)
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn passes(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Pass(_)))
}

#[tokio::test]
async fn the_server_is_asked_for_the_name() {
    let root = Authority::root("root");
    let (api, web) = (named(&root, dns("api.example.com")), named(&root, dns("www.example.com")));
    let endpoint = by_name(&[("api.example.com", &api), ("www.example.com", &web)]);
    for name in ["api.example.com", "www.example.com", "WWW.example.com"] {
        let result = ask(endpoint, &root.pem, &format!("server_name = '{name}'")).await;
        assert!(passes(&result), "{name}: {result:?}");
        assert_eq!(seen(&result.unwrap(), "names"), &Value::from(vec![name.to_lowercase()]));
    }
    // an address is no name to ask a server for, nor is another name one of its own
    for name in ["127.0.0.1", "ftp.example.com"] {
        let result = ask(endpoint, &root.pem, &format!("server_name = '{name}'")).await;
        assert!(result.is_err(), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn a_wildcard_stands_for_one_label() {
    let root = Authority::root("root");
    let endpoint = tls(&named(&root, dns("*.example.com")), &[]);
    for (name, good) in [
        ("api.example.com", true),
        ("API.Example.COM", true),
        ("example.com", false),
        ("a.b.example.com", false),
        ("api.example.org", false),
    ] {
        let result = ask(endpoint, &root.pem, &format!("server_name = '{name}'")).await;
        assert_eq!(passes(&result), good, "{name}: {result:?}");
        assert!(good || matches!(result, Ok(Outcome::Fail(_))), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn an_international_name_is_written_in_ascii() {
    let root = Authority::root("root");
    let endpoint = tls(&named(&root, dns("xn--bcher-kva.example")), &[]);
    assert!(passes(&ask(endpoint, &root.pem, "server_name = 'xn--bcher-kva.example'").await));
    let refused = toml::from_str::<vapora_preflight_tls::TlsCertificateValid>(
        "endpoint = 'a.test:443'\nserver_name = 'bücher.example'",
    );
    assert!(refused.unwrap_err().to_string().contains("write it in ASCII"));
}

#[tokio::test]
async fn an_address_of_ipv6_is_a_name_too() {
    let root = Authority::root("root");
    let own = named(&root, SanType::IpAddress("::1".parse().unwrap()));
    let Some(endpoint) = tls_v6(&own) else {
        // no package brings it, so that this is no test that has to run
        let told = "\nleft out: an_address_of_ipv6_is_a_name_too: there is no IPv6 on this machine\n";
        let _ = std::io::stderr().write_all(told.as_bytes());
        return;
    };
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), &root.pem).unwrap();
    let asked = format!("endpoint = '{endpoint}'\nroots = '{}'", roots.path().display());
    let result = ask_as_written(&asked).await;
    assert!(passes(&result), "{result:?}");
    // the same address written in full is the same
    assert!(passes(&ask(endpoint, &root.pem, "server_name = '0:0:0:0:0:0:0:1'").await));
    let result = ask(endpoint, &root.pem, "server_name = '::2'").await;
    assert!(
        matches!(&result, Ok(Outcome::Fail(it)) if it.summary.contains("it is for `::1`, not for `::2`")),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_name_in_the_subject_alone_counts_for_nothing() {
    let root = Authority::root("root");
    let mut params = params("api.example.com");
    params.subject_alt_names.clear();
    let result = ask(tls(&root.issue(&params), &[]), &root.pem, "").await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
    // and neither does an address that is written as a name
    let endpoint = tls(&named(&root, dns("api.example.com")), &[]);
    let result = ask(endpoint, &root.pem, "server_name = '127.0.0.1'").await;
    assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
}
