//! The proxy that the environment names.

use std::process::Command;

use vapora_preflight_http::HttpClient;

use crate::{
    ask::{TOKEN, ask_with, told},
    server::{Server, closed_port, response},
};

/// The environment of a process is its own, so the question is asked by another one.
const INNER: &str = "proxies::asked_with_a_proxy";
/// What is between one answer and the next.
const BETWEEN: &str = "----";

/// What is said of each URL in an environment with that proxy: with a client that uses it, and with one that does not.
fn asked(proxy: &str, no_proxy: &str, urls: &[&str]) -> Vec<(String, String)> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", INNER, "--ignored", "--nocapture"])
        .env("http_proxy", proxy)
        .env("https_proxy", proxy)
        .env("no_proxy", no_proxy)
        .env("ASKED", urls.join(" "))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("proxy-password"), "{said}");
    let parts: Vec<String> = said.split(BETWEEN).map(|part| part.trim().to_owned()).collect();
    let answers = &parts[1..=urls.len() * 2];
    answers.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

#[tokio::test]
#[ignore = "the other tests run it, with a proxy in its environment"]
async fn asked_with_a_proxy() {
    #[expect(clippy::disallowed_methods, reason = "the other process is told in no other way")]
    let urls = std::env::var("ASKED").unwrap();
    let client = |builder: vapora_preflight_http::HttpClientBuilder| builder.build().unwrap();
    for url in urls.split(' ') {
        for client in [client(HttpClient::builder().system_proxy()), client(HttpClient::builder())] {
            let asked = format!("url = '{url}'\nbearer = {{ env = 'TOKEN' }}\ncontains = ['from the proxy']");
            println!("{BETWEEN}\n{}", told(&ask_with(client, &asked).await));
        }
    }
    println!("{BETWEEN}");
}

#[test]
fn the_proxy_of_the_environment_is_used_where_the_caller_says_so() {
    let proxy = Server::answering(response("200 OK", "text/plain", "from the proxy"));
    let url = "http://api.invalid/health";
    let [(with, without)] = &asked(&proxy.url("/"), "", &[url])[..] else { panic!() };
    assert!(with.starts_with("pass") && without.contains("was not found"), "{with}\n{without}");
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].starts_with("GET http://api.invalid/health HTTP/1.1\r\n"), "{requests:?}");
    let [(with, _)] = &asked(&proxy.url("/"), "other.invalid, api.invalid", &[url])[..] else { panic!() };
    assert!(with.contains("was not found"), "{with}");
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_proxy_is_told_where_to_and_nothing_of_what_is_encrypted() {
    let proxy = Server::answering("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let with_password = proxy.url("/").replace("http://", "http://me:proxy-password@");
    let [(with, _)] = &asked(&with_password, "", &["https://api.invalid/health"])[..] else { panic!() };
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(with);
    });
    let requests = proxy.requests();
    assert!(requests[0].starts_with("CONNECT api.invalid:443 HTTP/1.1\r\n"), "{requests:?}");
    // `me:proxy-password`
    assert!(requests[0].contains("Basic bWU6cHJveHktcGFzc3dvcmQ="), "{requests:?}");
    assert!(requests.iter().all(|request| !request.contains(TOKEN)), "{requests:?}");
}

#[test]
fn a_proxy_that_is_not_there_is_told() {
    let nobody = format!("http://me:proxy-password@{}", closed_port());
    let urls = ["http://api.invalid/health", "https://api.invalid/health"];
    let said: Vec<String> = asked(&nobody, "", &urls).into_iter().map(|(with, _)| with).collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(said.join("\n"));
    });
}

#[test]
fn no_proxy_is_asked_for_a_metadata_address() {
    let proxy = Server::answering(response("200 OK", "text/plain", "from the proxy"));
    let urls = [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "http://0xa9fea9fe/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://METADATA.google.internal./",
    ];
    for (with, without) in asked(&proxy.url("/"), "", &urls) {
        for said in [with, without] {
            assert!(said.contains("metadata address"), "{said}");
        }
    }
    assert!(proxy.requests().is_empty(), "{:?}", proxy.requests());
    // nor where another server leads there
    let leading = Server::answering(crate::server::redirect("302 Found", "http://169.254.169.254/"));
    let [(with, _)] = &asked(&leading.url("/"), "", &["http://api.invalid/"])[..] else { panic!() };
    assert!(with.contains("302"), "it is not followed: {with}");
}
