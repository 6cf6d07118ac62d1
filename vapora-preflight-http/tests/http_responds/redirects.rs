//! Redirects, and the addresses that are refused.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_http::HttpClient;

use crate::{
    ask::{TOKEN, ask, ask_with, assert_told},
    server::{Server, redirect, response},
};

const CREDENTIALS: &str =
    "bearer = { env = 'TOKEN' }\nheaders = { x-api-key = { env = 'TOKEN' }, cookie = { env = 'TOKEN' } }";

#[tokio::test]
async fn a_redirect_is_not_followed_unless_asked_for() {
    let server = Server::answering(redirect("302 Found", "/login"));
    assert_told!(ask(&format!("url = '{}'", server.url("/"))).await);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_may_be_what_is_expected() {
    let server = Server::answering(redirect("301 Moved Permanently", "https://example.com/"));
    let outcome = ask(&format!("url = '{}'\nstatus = [301]", server.url("/"))).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)));
}

#[tokio::test]
async fn a_redirect_at_the_same_host_is_followed_with_its_credentials() {
    let server = Server::doing(|head, out| {
        out.write_all(&if head.starts_with("GET /new ") {
            response("200 OK", "text/plain", "fine")
        } else {
            redirect("307 Temporary Redirect", "/new")
        })
    });
    let asked = format!("url = '{}'\nredirects = 1\n{CREDENTIALS}", server.url("/old"));
    let outcome = ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    let evidence = &outcome.finding().evidence;
    assert_eq!(evidence.get("redirects"), Some(&Value::Int(1)));
    assert_eq!(evidence.get("url"), Some(&Value::from(server.url("/new"))));
    assert!(server.requests()[1].contains(TOKEN));
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_no_credentials() {
    let other = Server::answering(response("200 OK", "text/plain", "fine"));
    for to in [other.url("/new"), format!("http://other.test:{}/new", other.address.port())] {
        let first = Server::answering(redirect("302 Found", &to));
        let client = HttpClient::builder().resolve("other.test", [other.address]).build().unwrap();
        let asked = format!("url = '{}'\nredirects = 3\n{CREDENTIALS}", first.url("/old"));
        let outcome = ask_with(client, &asked).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
        assert_eq!(first.requests()[0].matches(TOKEN).count(), 3, "{:?}", first.requests());
    }
    let requests = other.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(!request.contains(TOKEN), "{request}");
        assert!(!request.to_lowercase().contains("authorization"), "{request}");
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends_and_fails() {
    let server = Server::answering(redirect("302 Found", "/again"));
    // A redirect that was given up is no answer, even where its status would be right.
    assert_told!(ask(&format!("url = '{}'\nredirects = 4\nstatus = ['3xx']", server.url("/"))).await);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_not_followed() {
    let (server, pem) =
        Server::encrypted(&["127.0.0.1"], b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let client = HttpClient::builder().root_certificates_pem(pem).build().unwrap();
    assert_told!(ask_with(client, &format!("url = 'https://{}/'\nredirects = 3", server.address)).await);
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_fails() {
    let server = Server::answering("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_told!(ask(&format!("url = '{}'\nredirects = 3", server.url("/"))).await);
}

#[tokio::test]
async fn a_redirect_leads_to_where_it_is_expected() {
    let server = Server::doing(|head, out| {
        out.write_all(&if head.starts_with("GET /new ") {
            response("200 OK", "text/plain", "fine")
        } else {
            redirect("301 Moved Permanently", "/new")
        })
    });
    let asked = |to: &str, more: &str| {
        format!("url = '{}'\nredirects_to = '{}'\n{more}", server.url("/old"), server.url(to))
    };
    for more in ["status = [301]", "redirects = 2"] {
        let outcome = ask(&asked("/new", more)).await.unwrap();
        assert!(matches!(outcome, Outcome::Pass(_)), "{more}: {outcome:?}");
        let outcome = ask(&asked("/newer", more)).await.unwrap();
        assert!(matches!(outcome, Outcome::Fail(_)), "{more}: {outcome:?}");
    }
    assert_told!(ask(&asked("/login", "status = [301]")).await);
    let outcome = ask(&asked("/new", "status = [301]")).await.unwrap();
    assert_eq!(outcome.finding().evidence.get("location"), Some(&Value::from(server.url("/new"))));
}

#[tokio::test]
async fn no_redirect_is_none_to_where_it_is_expected() {
    let server = Server::answering(response("200 OK", "text/plain", "fine"));
    let url = server.url("/");
    assert_told!(ask(&format!("url = '{url}'\nredirects_to = '{url}'\nredirects = 1")).await);
}

#[tokio::test]
async fn a_metadata_address_is_refused() {
    assert_told!(ask("url = 'http://169.254.169.254/latest/meta-data/'").await);
}

#[tokio::test]
async fn a_name_that_leads_to_a_metadata_address_is_refused() {
    let client = || {
        HttpClient::builder().resolve("inner.test", ["169.254.169.254:0".parse().unwrap()]).build().unwrap()
    };
    assert_told!(ask_with(client(), "url = 'http://inner.test/'").await);
    let mixed = ["127.0.0.1:0".parse().unwrap(), "[fd00:ec2::254]:0".parse().unwrap()];
    let client = HttpClient::builder().resolve("inner.test", mixed).build().unwrap();
    assert!(!ask_with(client, "url = 'http://inner.test/'").await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_redirect_to_a_metadata_address_is_refused() {
    let server = Server::answering(redirect("302 Found", "http://[fd00:ec2::254]/latest"));
    assert_told!(ask(&format!("url = '{}'\nredirects = 1", server.url("/"))).await);
}
