//! `http.responds` and `tls.certificate_valid`, against servers with certificates of an authority of their own, and the
//! kinds of Prometheus and Alertmanager, against a simulated one.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, routing};
use vapora_preflight::{Digest, Resources};
use vapora_preflight_http::HttpClient;
use vapora_preflight_sim::{
    Backend, Calendar, Chat, Leaf, Monitoring, Peer, SimClock, StatusPage, TestCa, TlsEndpoint, laws::Case,
};

use crate::{NOW, Token, checklist};

pub(crate) async fn cases() -> Vec<Case> {
    vec![
        calendar_clear().await,
        responds().await,
        stepped_through().await,
        downloaded().await,
        posted("slack").await,
        posted("mattermost").await,
        posted("discord").await,
        posted("teams").await,
        maintenance_posted("statuspage").await,
        maintenance_posted("cachet").await,
        maintenance_posted("cachet_v2").await,
        certificate_valid().await,
        metrics_hold().await,
        metrics_recorded().await,
        alerts_quiet("url").await,
        alerts_quiet("prometheus").await,
    ]
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
        .volatile(&["latency", "first_byte", "p50", "p95", "p99", "max"])
        .keep(Arc::clone(&backend))
}

async fn calendar_clear() -> Case {
    let weekly = |begins: &str| {
        format!("SUMMARY:Move the database\r\nDTSTART:{begins}\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY")
    };
    let clear = Arc::new(Calendar::serve().await.unwrap());
    clear.add_lines(&weekly("20260107T140000Z"));
    let taken = Calendar::serve().await.unwrap();
    taken.add_lines(&weekly("20260106T140000Z"));
    let empty = Calendar::serve().await.unwrap();
    let cut = Calendar::serve().await.unwrap();
    cut.set_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:it\r\nDTSTART:20260107T140000Z\r\nEND:VEVENT\r\n",
    );
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let asking = |address: &str, deployment: &str| {
        checklist(&format!("kind = \"calendar.clear\"\n{address}"), deployment)
    };
    let url = |calendar: &Calendar| format!("url = \"{}\"", calendar.public_url());
    let secret = "secret_url = { env = \"TOKEN\" }";
    let window = "[deployment]\nwindow = { opens = 2026-12-01T13:30:00Z, closes = 2026-12-01T15:00:00Z }";
    let asked = Arc::clone(&clear);
    Case::new("calendar.clear", asking(secret, window))
        .broken("something else takes place", asking(&url(&taken), window))
        .broken("there is no event", asking(&url(&empty), window))
        .broken("it is cut short", asking(&url(&cut), window))
        .broken("there is no window", asking(secret, ""))
        .resources(resources)
        .secrets(Token::new(&clear.url()), &[&clear.url(), clear.key()])
        .peer(clear.faults(), move || asked.peer().requests())
        .keep((clear, taken, empty, cut))
}

/// A sequence, whose token is handed on from one step to the next.
async fn stepped_through() -> Case {
    let login = || async { r#"{"token":"planted-session-token"}"# };
    let me = |headers: axum::http::HeaderMap| async move {
        let known = headers.get("authorization").is_some_and(|it| it == "Bearer planted-session-token");
        if known { Ok(r#"{"user":"smoke"}"#) } else { Err(axum::http::StatusCode::UNAUTHORIZED) }
    };
    let router = Router::new().route("/login", routing::post(login)).route("/me", routing::get(me));
    let peer = Arc::new(Peer::serve(router).await.unwrap());
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let stepping = |pointer: &str, user: &str| {
        let check = format!(
            r#"
kind = "http.responds"
url = "{}"
mutates = true
steps = [
    {{ name = "log in", method = "POST", path = "/login", capture = {{ token = {{ json = "{pointer}", secret = true }} }} }},
    {{ name = "ask", path = "/me", bearer = {{ captured = "token" }}, expect = ["json.user == '{user}'"] }},
]
"#,
            peer.url()
        );
        checklist(&check, "")
    };
    let asked = Arc::clone(&peer);
    Case::new("http.responds", stepping("/token", "smoke"))
        .broken("the token is not there", stepping("/session", "smoke"))
        .broken("it is the token of somebody else", stepping("/token", "admin"))
        .resources(resources)
        .secrets(Token::new("unused"), &["planted-session-token"])
        .peer(peer.faults(), move || asked.requests())
        .volatile(&["latency", "first_byte", "p50", "p95", "p99", "max", "steps", "headers"])
        .keep(peer)
}

/// Every time its checksums are asked for, there is another file, since what is there already is not fetched again.
async fn downloaded() -> Case {
    let number = Arc::new(AtomicU64::new(1_000));
    let content = |number: u64| format!("artifacts of build {number}");
    let (next, now) = (Arc::clone(&number), number);
    let sums =
        move || async move { Digest::of(content(next.fetch_add(1, Ordering::SeqCst) + 1)).to_string() };
    let file = move || async move { content(now.load(Ordering::SeqCst)) };
    let router = Router::new().route("/sums", routing::get(sums)).route("/a.zip", routing::get(file));
    let peer = Arc::new(Peer::serve(router).await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let asking = |path: &str, more: &str| {
        let (url, folder) = (peer.url(), folder.path().display());
        let check = format!(
            "kind = \"http.downloaded\"\nurl = \"{url}{path}\"\nto = \"{folder}/a.zip\"\nbearer = {{ env = \"TOKEN\" }}\n{more}"
        );
        checklist(&check, "")
    };
    let sums = format!("checksums = \"{}/sums\"", peer.url());
    let asked = Arc::clone(&peer);
    Case::new("http.downloaded", asking("/a.zip", &sums))
        .broken("it has another digest", asking("/a.zip", &format!("sha256 = \"{}\"", "0".repeat(64))))
        .broken("it has another size", asking("/a.zip", "size = 3"))
        .broken("nothing is at that path", asking("/b.zip", ""))
        .broken(
            "the checksums are not there",
            asking("/a.zip", &format!("checksums = \"{}/gone\"", peer.url())),
        )
        .resources(resources)
        .secrets(Token::new("planted-download-token"), &["planted-download-token"])
        .peer(peer.faults(), move || asked.requests())
        .volatile(&["sha256"])
        .keep((peer, folder))
}

async fn posted(service: &str) -> Case {
    let chat = Arc::new(Chat::serve().await.unwrap());
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let hook = match service {
        "slack" => chat.slack_webhook(),
        "mattermost" => chat.mattermost_webhook(),
        "discord" => chat.discord_webhook(),
        _ => chat.teams_webhook(),
    };
    let posting = |service: &str, text: &str| {
        let check = format!(
            "kind = \"notify.posted\"\nservice = \"{service}\"\nwebhook = {{ env = \"TOKEN\" }}\ntext = \"{text}\""
        );
        checklist(&check, "")
    };
    let other = if service == "teams" { "discord" } else { "teams" };
    let asked = Arc::clone(&chat);
    Case::new("notify.posted", posting(service, "deployment starting"))
        .broken("the text is not written", posting(service, "starting at HH:MM"))
        .broken("another service is there", posting(other, "deployment starting"))
        .resources(resources)
        .secrets(Token::new(&hook), &[&hook, chat.key()])
        .clock(SimClock::at_unix_seconds(NOW))
        .volatile(&["id"])
        .peer(chat.faults(), move || asked.peer().requests())
        .keep(chat)
}

async fn maintenance_posted(service: &str) -> Case {
    let page = Arc::new(StatusPage::serve().await.unwrap());
    page.set_forgetful(true);
    let refusing = StatusPage::serve().await.unwrap();
    refusing.set_refusing(true);
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let posting = |api: &str, page: &str, text: &str, deployment: &str| {
        let page = if page.is_empty() { String::new() } else { format!("page_id = \"{page}\"") };
        let check = format!(
            "kind = \"statuspage.maintenance_posted\"\nservice = \"{service}\"\napi = \"{api}\"\n{page}\n\
             token = {{ env = \"TOKEN\" }}\nname = \"Release 1.4.0\"\ntext = \"{text}\""
        );
        checklist(&check, deployment)
    };
    let window = "[deployment]\nwindow = { opens = 2026-12-01T15:00:00Z, closes = 2026-12-01T16:00:00Z }";
    let over = "[deployment]\nwindow = { opens = 2026-12-01T12:00:00Z, closes = 2026-12-01T13:00:00Z }";
    let (api, id, elsewhere, refusing_api) = match service {
        "statuspage" => {
            (page.statuspage_api(), page.page(), page.statuspage_api(), refusing.statuspage_api())
        }
        _ => (page.cachet_api(), "", page.cachet_api() + "/elsewhere", refusing.cachet_api()),
    };
    let (text, other) = ("services may be unavailable", if id.is_empty() { "" } else { "another" });
    let asked = Arc::clone(&page);
    Case::new("statuspage.maintenance_posted", posting(&api, id, text, window))
        .broken("the text is not written", posting(&api, id, "from HH:MM", window))
        .broken("there is no such page", posting(&elsewhere, other, text, window))
        .broken("it is refused", posting(&refusing_api, id, text, window))
        .broken("the window is over", posting(&api, id, text, over))
        .broken("there is no window", posting(&api, id, text, ""))
        .resources(resources)
        .volatile(&["id", "url"])
        .secrets(Token::new(page.key()), &[page.key()])
        .clock(SimClock::at_unix_seconds(NOW))
        .peer(page.faults(), move || asked.peer().requests())
        .keep((page, refusing))
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

/// A simulated Prometheus at the time of the simulated clock, with a client for it.
async fn monitoring() -> (Arc<Monitoring>, Resources) {
    let monitoring = Monitoring::serve(Arc::new(SimClock::at_unix_seconds(NOW))).await.unwrap();
    monitoring.set_metric("queue_depth", 12.0);
    monitoring.set_metric("no_number", f64::NAN);
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    (Arc::new(monitoring), resources)
}

fn peered(case: Case, monitoring: Arc<Monitoring>, resources: Resources) -> Case {
    let asked = Arc::clone(&monitoring);
    case.clock(SimClock::at_unix_seconds(NOW))
        .resources(resources)
        .secrets(Token::new("sim-monitoring-token"), &["sim-monitoring-token"])
        .peer(monitoring.faults(), move || asked.requests())
        .keep(monitoring)
}

async fn metrics_hold() -> Case {
    let (monitoring, resources) = monitoring().await;
    let asking = |query: &str, rest: &str| {
        let check = format!(
            "kind = \"prometheus.holds\"\nurl = \"{}\"\nquery = \"{query}\"\nbearer = {{ env = \"TOKEN\" }}\n{rest}",
            monitoring.url()
        );
        checklist(&check, "")
    };
    let case = Case::new("prometheus.holds", asking("sum(queue_depth)", "max = 20\nover = \"10m\""))
        .broken("the number is too high", asking("sum(queue_depth)", "max = 10\nover = \"10m\""))
        .broken("the number is too high now", asking("sum(queue_depth)", "max = 10"))
        .broken("there is no such metric", asking("sum(queue_dept)", "max = 20"))
        .broken("it is not a number", asking("no_number", "min = 0"))
        .broken("nothing is on record to compare with", asking("queue_depth", "growth_percent = 10"));
    peered(case, monitoring, resources)
}

async fn metrics_recorded() -> Case {
    let (monitoring, resources) = monitoring().await;
    let asking = |query: &str, rest: &str| {
        let check = format!(
            "kind = \"prometheus.recorded\"\nurl = \"{}\"\nqueries = {{ depth = \"{query}\", all = \"sum(queue_depth)\" }}\n\
             bearer = {{ env = \"TOKEN\" }}\n{rest}",
            monitoring.url()
        );
        checklist(&check, "")
    };
    let case = Case::new("prometheus.recorded", asking("queue_depth", "expect = [\"values.depth == 12\"]"))
        .broken("the number is another one", asking("queue_depth", "expect = [\"values.depth == 13\"]"))
        .broken("there is no such metric", asking("queue_dept", ""))
        .broken("it is not a number", asking("no_number", ""));
    peered(case, monitoring, resources)
}

async fn alerts_quiet(parameter: &str) -> Case {
    let (monitoring, resources) = monitoring().await;
    monitoring.fire("CertificateExpiresSoon", "warning");
    let asking = |rest: &str| {
        let check = format!(
            "kind = \"alertmanager.quiet\"\n{parameter} = \"{}\"\nbearer = {{ env = \"TOKEN\" }}\n{rest}",
            monitoring.url()
        );
        checklist(&check, "")
    };
    let allowed = "allowed = ['alertname=\"CertificateExpiresSoon\"']";
    let watchdog = "heartbeat = 'alertname=\"Watchdog\"'";
    let case = Case::new("alertmanager.quiet", asking(&format!("{allowed}\n{watchdog}")))
        .broken("an alert fires that is not allowed", asking(watchdog))
        .broken(
            "another alert is allowed",
            asking(&format!("{watchdog}\nallowed = ['severity=\"critical\"']")),
        )
        .broken(
            "the heartbeat does not fire",
            asking(&format!("{allowed}\nheartbeat = 'alertname=\"Pulse\"'")),
        );
    peered(case, monitoring, resources)
}
