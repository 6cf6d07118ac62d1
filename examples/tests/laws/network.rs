//! `http.responds` and `tls.certificate_valid`, against servers with certificates of an authority of their own.

use std::{fs, sync::Arc};

use vapora_preflight::Resources;
use vapora_preflight_http::HttpClient;
use vapora_preflight_sim::{Backend, Chat, Leaf, SimClock, TestCa, TlsEndpoint, laws::Case};

use crate::{NOW, Token, checklist};

pub(crate) async fn cases() -> Vec<Case> {
    vec![responds().await, posted().await, certificate_valid().await]
}

async fn responds() -> Case {
    let authority = TestCa::root("law root").unwrap();
    let chain = authority.issue(&Leaf::new(["127.0.0.1"])).unwrap();
    let backend = Arc::new(Backend::serve_tls("1.4.0", &chain).await.unwrap());
    let client = HttpClient::builder().root_certificates_pem(authority.root_pem()).build().unwrap();
    let mut resources = Resources::new();
    resources.insert(client);
    let asking = |path: &str, version: &str| {
        let check = format!(
            r#"
kind = "http.responds"
url = "{}{path}"
bearer = {{ env = "TOKEN" }}
content_type = "application/json"
contains = ["{version}"]
expect = ["json.status == 'healthy'"]
"#,
            backend.url()
        );
        checklist(&check, "")
    };
    let asked = Arc::clone(&backend);
    Case::new("http.responds", asking("/health", "1.4.0"))
        .broken("another version answers", asking("/health", "1.5.0"))
        .broken("nothing is at that path", asking("/helth", "1.4.0"))
        .resources(resources)
        .secrets(Token::new(backend.token()), &[backend.token()])
        .peer(backend.faults(), move || asked.requests())
        .volatile(&["latency"])
        .keep(Arc::clone(&backend))
}

async fn posted() -> Case {
    let chat = Arc::new(Chat::serve().await.unwrap());
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let posting = |service: &str, text: &str| {
        let check = format!(
            "kind = \"notify.posted\"\nservice = \"{service}\"\nwebhook = {{ env = \"TOKEN\" }}\ntext = \"{text}\""
        );
        checklist(&check, "")
    };
    let asked = Arc::clone(&chat);
    Case::new("notify.posted", posting("slack", "deployment starting"))
        .broken("the text is not written", posting("slack", "starting at HH:MM"))
        .broken("another service is there", posting("discord", "deployment starting"))
        .broken("it is a workflow of Teams that is meant", posting("teams", "deployment starting"))
        .resources(resources)
        .secrets(Token::new(&chat.slack_webhook()), &[&chat.slack_webhook(), chat.key()])
        .clock(SimClock::at_unix_seconds(NOW))
        .peer(chat.faults(), move || asked.peer().requests())
        .keep(chat)
}

async fn certificate_valid() -> Case {
    let authority = TestCa::root("law root").unwrap().intermediate("law intermediate").unwrap();
    let chain = authority.issue(&Leaf::good("api.example.com", NOW)).unwrap();
    let endpoint = TlsEndpoint::serve(&chain).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    fs::write(&roots, endpoint.ca_pem()).unwrap();
    let others = folder.path().join("others.pem");
    fs::write(&others, TestCa::root("another root").unwrap().root_pem()).unwrap();
    let asking = |name: &str, roots: &std::path::Path, days: u32| {
        let check = format!(
            r#"
kind = "tls.certificate_valid"
endpoint = "{}"
server_name = "{name}"
roots = "{}"
warn_days = {days}
fail_days = {days}
"#,
            endpoint.address(),
            roots.display()
        );
        checklist(&check, "")
    };
    Case::new("tls.certificate_valid", asking("api.example.com", &roots, 7))
        .broken("the certificate is for another name", asking("www.example.com", &roots, 7))
        .broken("its root is not trusted", asking("api.example.com", &others, 7))
        .broken("the file of the roots is not there", asking("api.example.com", &roots.join("gone"), 7))
        .broken("it expires soon", asking("api.example.com", &roots, 100))
        .clock(SimClock::at_unix_seconds(NOW))
        .peer(endpoint.faults(), Vec::new)
        .folder(folder.path())
        .keep((endpoint, folder))
}
