//! Sequences that hand values on.

use std::sync::Arc;

use vapora_preflight::{
    Effect, Kind, Outcome, PlanBuilder, Problems, Registry, Resources, Run, Sources, Value,
};
use vapora_preflight_http::{HttpClient, HttpResponds};

use crate::{
    ask::{Secrets, TOKEN, ask, assert_told, check},
    server::{Server, redirect, response},
};

const SESSION: &str = "s3ss+on/of=ada";
const COOKIE: &str = "c00kie-value";

/// A small service: one logs in, creates a project, finds it and removes it.
fn service() -> Server {
    Server::doing(|request, out| {
        let line = request.lines().next().unwrap_or_default();
        let (line, _) = line.rsplit_once(' ').unwrap_or_default();
        let knows = request.contains(&format!("authorization: Bearer {SESSION}\r\n"));
        let answer = match line {
            "POST /api/login" if request.ends_with(r#"{"user":"ada"}"#) => {
                // as some servers do, the slash is escaped
                let body = format!(r#"{{"token":"{}","ttl":60}}"#, SESSION.replace('/', "\\/"));
                let head = format!(
                    "HTTP/1.1 200 OK\r\nset-cookie: sid={COOKIE}; HttpOnly\r\ncontent-type: application/json\r\n\
                     connection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                [head, body].concat().into_bytes()
            }
            _ if !knows => response("401 Unauthorized", "text/plain", "who are you?"),
            "POST /api/projects" => {
                response("201 Created", "application/json", r#"{"id":"project:7/a","n":7}"#)
            }
            "GET /api/projects/project%3A7%2Fa" => response(
                "200 OK",
                "application/json",
                r#"{"id":"project:7/a","title":"Smoke","state":"active"}"#,
            ),
            "PUT /api/projects/project%3A7%2Fa" if request.ends_with(r#"{"n":7,"text":"n is 7"}"#) => {
                response("200 OK", "text/html", "<b data-rev='r42'>kept</b>")
            }
            "DELETE /api/projects/project%3A7%2Fa?rev=r42"
                if request.contains(&format!("cookie: sid={COOKIE}\r\n")) =>
            {
                b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()
            }
            _ => response("404 Not Found", "text/plain", "nothing there"),
        };
        out.write_all(&answer)
    })
}

fn smoke(url: &str) -> String {
    format!(
        r#"
url = '{url}'
mutates = true
bearer = {{ env = "TOKEN" }}

[[steps]]
name = "log in"
method = "POST"
path = "/api/login"
anonymous = true
body = {{ user = "ada" }}
capture = {{ token = {{ json = "/token", secret = true }}, sid = {{ cookie = "sid" }} }}

[[steps]]
name = "create"
method = "POST"
path = "/api/projects"
bearer = {{ captured = "token" }}
status = [201]
capture = {{ id = {{ json = "/id" }}, n = {{ json = "/n" }} }}

[[steps]]
path = "/api/projects/${{id}}"
headers = {{ authorization = "Bearer ${{token}}" }}
expect = ["json.title == 'Smoke'", "status == 200"]
anonymous = true

[[steps]]
name = "change"
method = "PUT"
path = "/api/projects/${{id}}"
bearer = {{ captured = "token" }}
body = {{ n = "${{n}}", text = "n is ${{n}}" }}
contains = ["kept"]
capture = {{ rev = {{ matches = "data-rev='([^']+)'" }} }}

[[steps]]
name = "remove"
method = "DELETE"
path = "/api/projects/${{id}}?rev=${{rev}}"
bearer = {{ captured = "token" }}
headers = {{ cookie = "sid=${{sid}}" }}
status = [204]
"#
    )
}

#[tokio::test]
async fn values_are_handed_on_from_step_to_step() {
    let server = service();
    let result = ask(&smoke(&server.url("/"))).await;
    assert_told!(result);
    let outcome = result.unwrap();
    let evidence = &outcome.finding().evidence;
    let Some(Value::List(steps)) = evidence.get("steps") else { panic!("{evidence:?}") };
    assert_eq!(steps.len(), 5);
    let found: Vec<_> = evidence.items().iter().map(|item| item.name.as_str()).collect();
    let declared: Vec<_> = HttpResponds::evidence().iter().map(|field| field.name).collect();
    assert_eq!(found, declared);
    let captured = Value::table([
        ("id", "project:7/a"),
        ("n", "7"),
        ("rev", "r42"),
        ("sid", "[redacted]"),
        ("token", "[redacted]"),
    ]);
    assert_eq!(evidence.get("captured"), Some(&captured));
    // the step that is anonymous was not sent the token of the check
    assert!(!server.requests()[0].contains(TOKEN), "{:?}", server.requests());
}

/// Asks it as a run does, and gives all that is recorded.
async fn recorded(parameters: &str) -> String {
    let mut registry = Registry::new();
    vapora_preflight_http::register(&mut registry);
    let parameters = parameters.replace("[[steps]]", "[[check.smoke.steps]]");
    let mut sources = Sources::new();
    sources.add(
        "checklist.toml",
        format!("checklist = \"smoke\"\n[phase.before]\n[check.smoke]\nphase = \"before\"\nkind = \"http.responds\"\n{parameters}"),
    );
    let compiled = PlanBuilder::new(&registry).sources(&sources).build().unwrap();
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let run = Run::new(&compiled.plan).resources(Arc::new(resources)).secrets(Arc::new(Secrets));
    let outcome = run.allow(Effect::Mutates).execute().await.unwrap();
    format!("{:?}", outcome.report)
}

#[tokio::test]
async fn what_is_captured_as_a_secret_is_recorded_nowhere() {
    let server = service();
    let report = recorded(&smoke(&server.url("/"))).await;
    assert!(report.contains("went through 5 steps"), "{report}");
    // the login alone, whose answer is the one that is shown
    let login = smoke(&server.url("/")).split("[[steps]]\nname = \"create\"").next().unwrap().to_owned();
    let login_only = recorded(&login).await;
    // a step that fails shows its answer, too
    let failing = login.replace("capture", "contains = ['nothing of it']\ncapture");
    let failed = recorded(&failing).await;
    assert!(failed.contains("does not contain `nothing of it`"), "{failed}");
    // and one in which the secret stands at another place
    let elsewhere = recorded(&login.replace("\"/token\"", "\"/session\"")).await;
    assert!(elsewhere.contains("has nothing to capture as `token`"), "{elsewhere}");
    for report in [report, login_only, failed, elsewhere] {
        for secret in [SESSION, COOKIE, "s3ss+on\\\\/of", "s3ss%2Bon%2Fof%3Dada", TOKEN] {
            assert!(!report.contains(secret), "{secret}: {report}");
        }
    }
}

fn two(url: &str, first: &str, second: &str) -> String {
    format!(
        "url = '{url}'\n[[steps]]\nname = 'first'\npath = '/a'\n{first}\n[[steps]]\nname = 'second'\npath = '/b'\n{second}"
    )
}

#[tokio::test]
async fn the_first_step_that_goes_wrong_is_the_last() {
    let server = Server::answering(response("503 Busy", "text/plain", "come back later"));
    assert_told!(ask(&two(&server.url("/"), "", "")).await);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_condition_of_a_step_that_does_not_hold_fails() {
    let server = Server::answering(response("200 OK", "application/json", r#"{"status":"degraded"}"#));
    assert_told!(ask(&two(&server.url("/"), "expect = [\"json.status == 'ok'\"]", "")).await);
    let error = ask(&two(&server.url("/"), "expect = ['json.depth < 3']", "")).await.unwrap_err();
    assert!(error.message().starts_with("`first`: could not work out `json.depth < 3`"), "{error:?}");
}

#[tokio::test]
async fn nothing_to_capture_fails() {
    let server =
        Server::answering(response("200 OK", "application/json", r#"{"id":null,"list":[1],"empty":""}"#));
    for place in [
        "json = '/id'",
        "json = '/list'",
        "json = '/empty'",
        "json = '/gone'",
        "header = 'x-id'",
        "cookie = 'sid'",
        "matches = 'id=(.+)'",
    ] {
        let asked = two(&server.url("/"), &format!("capture = {{ id = {{ {place} }} }}"), "");
        let outcome = ask(&asked).await.unwrap();
        let Outcome::Fail(finding) = outcome else { panic!("{place}: {outcome:?}") };
        assert!(finding.summary.contains("has nothing to capture as `id`"), "{finding:?}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_hidden_is_an_error() {
    let server = Server::answering(response("200 OK", "application/json", r#"{"pin":"123"}"#));
    let asked = two(&server.url("/"), "capture = { pin = { json = '/pin', secret = true } }", "");
    let error = ask(&asked).await.unwrap_err();
    assert!(error.message().contains("too short") && !error.message().contains("123"), "{error:?}");
}

#[tokio::test]
async fn a_captured_value_leads_to_no_other_path_or_server() {
    for (value, path) in [
        ("..", None),
        (".", None),
        ("../x", Some("GET /p/..%2Fx/b ")),
        ("//b.test/?a#", Some("GET /p/%2F%2Fb.test%2F%3Fa%23/b ")),
    ] {
        let body = format!(r#"{{"id":"{value}"}}"#);
        let server = Server::answering(response("200 OK", "application/json", body));
        let asked = format!(
            "url = '{}'\n[[steps]]\npath = '/a'\ncapture = {{ id = {{ json = '/id' }} }}\n[[steps]]\npath = '/p/${{id}}/b'",
            server.url("/")
        );
        let result = ask(&asked).await;
        let requests = server.requests();
        if let Some(path) = path {
            assert!(requests[1].starts_with(path), "{value}: {requests:?}");
        } else {
            assert!(result.is_err(), "{value}: {result:?}");
            assert_eq!(requests.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_redirect_of_a_step_takes_no_captured_token_to_another_host() {
    let other = Server::answering(response("200 OK", "text/plain", "fine"));
    let to = other.url("/");
    let server = Server::doing(move |head, out| {
        out.write_all(&if head.starts_with("GET /a ") {
            response("200 OK", "application/json", r#"{"token":"captured-token"}"#)
        } else {
            redirect("307 Temporary Redirect", &to)
        })
    });
    let asked = format!(
        "redirects = 1\n{}",
        two(
            &server.url("/"),
            "capture = { token = { json = '/token', secret = true } }",
            "bearer = { captured = 'token' }\nheaders = { x-key = '${token}' }"
        )
    );
    let outcome = ask(&asked).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert!(server.requests()[1].contains("captured-token"));
    assert!(!other.requests()[0].contains("captured-token"), "{:?}", other.requests());
}

#[tokio::test]
async fn an_error_after_a_change_is_not_tried_again() {
    // The change is taken, and its answer is lost.
    let server = Server::answering("");
    let asked =
        |mutates: bool| format!("mutates = {mutates}\n{}", two(&server.url("/"), "method = 'POST'", ""));
    assert!(ask(&asked(false)).await.unwrap_err().is_transient());
    let error = ask(&asked(true)).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    assert_told!(Err::<Outcome, _>(error));
}

#[test]
fn a_sequence_reaches_as_far_as_it_says() {
    assert_eq!(check(&two("http://a.test", "", "")).effect(), Effect::Reads);
    assert_eq!(check(&format!("mutates = true\n{}", two("http://a.test", "", ""))).effect(), Effect::Mutates);
}

#[test]
fn steps_that_do_not_go_together_are_told_all_at_once() {
    let parameters = r#"
url = "https://api.example.com"
method = "POST"
status = [204]
samples = 3
contains = ["x"]

[[steps]]
path = "login"
capture = { Token = { json = "token" }, both = { json = "/a", header = "b" }, sid = { header = "Set-Cookie" } }

[[steps]]
path = "//other.test/${gone}"
method = "DELETE"
bearer = { captured = "gone" }
anonymous = true
body = { a = ["${missing}"], at = 2026-12-01T14:00:00Z }
expect = ["jason.a == 1"]
headers = { cookie = "sid=1" }
capture = { sid = { header = "x" } }

[[steps]]
path = "/a/${id"
name = " "
status = []
lacks = []
expect = []

[[steps]]
path = "login"
"#;
    let mut problems = Problems::default();
    check(parameters).validate(&mut problems);
    let told = problems.messages().collect::<Vec<_>>().join("\n");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(told);
    });
    let mut problems = Problems::default();
    check("url = 'https://a.test'\nsteps = []").validate(&mut problems);
    assert_eq!(problems.messages().collect::<Vec<_>>(), ["the list is empty and asks for nothing"]);
}
