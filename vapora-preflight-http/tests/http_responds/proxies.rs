//! The proxy that the environment names.

use std::process::Command;

use vapora_preflight::Outcome;
use vapora_preflight_http::HttpClient;

use crate::{
    ask::ask_with,
    server::{Server, response},
};

/// The environment of a process is its own, so the question is asked by another one.
const INNER: &str = "proxies::asked_with_a_proxy";

#[test]
fn the_proxy_of_the_environment_is_used_where_the_caller_says_so() {
    let proxy = Server::answering(response("200 OK", "text/plain", "from the proxy"));
    let run = |no_proxy: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", INNER, "--ignored", "--nocapture"])
            .env("http_proxy", proxy.url("/"))
            .env("no_proxy", no_proxy)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = run("");
    assert!(said.contains("with: pass") && said.contains("without: error"), "{said}");
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].starts_with("GET http://api.invalid/health HTTP/1.1\r\n"), "{requests:?}");
    let said = run("api.invalid");
    assert!(said.contains("with: error"), "{said}");
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
#[ignore = "the test above runs it, with a proxy in its environment"]
async fn asked_with_a_proxy() {
    for (name, client) in [
        ("with", HttpClient::builder().system_proxy().build().unwrap()),
        ("without", HttpClient::builder().build().unwrap()),
    ] {
        let result =
            ask_with(client, "url = 'http://api.invalid/health'\ncontains = ['from the proxy']").await;
        let word = match result {
            Ok(Outcome::Pass(_)) => "pass",
            Ok(_) => "other",
            Err(_) => "error",
        };
        println!("{name}: {word}");
    }
}
