//! Calendars from servers.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use vapora_preflight::Outcome;
use vapora_preflight_sim::{Fault, FaultPlan, Peer};

use crate::ask::{WINDOW, ask, ask_with, assert_told, calendar, told};

fn clear() -> String {
    calendar(&["SUMMARY:it\nDTSTART:20261203T151500Z\nDURATION:PT1H"])
}

async fn private(headers: HeaderMap) -> Response {
    if headers.get(header::AUTHORIZATION).is_some_and(|it| it == "Bearer hunter22-token") {
        return ([(header::CONTENT_TYPE, "text/calendar")], clear()).into_response();
    }
    StatusCode::UNAUTHORIZED.into_response()
}

async fn served() -> Peer {
    let open = || async { ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], clear()) };
    let endless = || async {
        axum::body::Body::from_stream(futures::stream::repeat(Ok::<_, std::convert::Infallible>(
            axum::body::Bytes::from_static(b"X-NOTHING:more\r\n"),
        )))
    };
    let moved =
        |to: &'static str| routing::get(move || async move { (StatusCode::FOUND, [("location", to)]) });
    let router = Router::new()
        .route("/ical/hunter22-private/basic.ics", routing::get(open))
        .route("/private.ics", routing::get(private))
        .route("/endless.ics", routing::get(endless))
        .route("/moved.ics", moved("/ical/hunter22-private/basic.ics"))
        .route("/login.ics", routing::get(|| async { axum::response::Html("<title>Sign in</title>") }));
    Peer::serve(router).await.unwrap()
}

#[tokio::test]
async fn a_calendar_is_asked_for() {
    let peer = served().await;
    for (path, more) in [
        ("/ical/hunter22-private/basic.ics", ""),
        ("/private.ics", "bearer = { env = 'TOKEN' }"),
        ("/moved.ics", ""),
    ] {
        let result = ask(&format!("url = '{}{path}'\n{WINDOW}\n{more}", peer.url())).await;
        assert!(matches!(result, Ok(Outcome::Pass(_))), "{path}: {result:?}");
    }
}

#[tokio::test]
async fn a_calendar_that_is_not_handed_over_is_an_error() {
    let peer = served().await;
    let mut all = Vec::new();
    for path in ["/private.ics", "/gone.ics", "/login.ics", "/endless.ics"] {
        let result = ask(&format!("url = '{}{path}'\n{WINDOW}\nlimit = '64KiB'", peer.url())).await;
        assert!(result.is_err(), "{path}: {result:?}");
        all.push(told(&result));
    }
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
        peer.faults().set(FaultPlan::every(fault));
        let result = ask(&format!("url = '{}/moved.ics'\n{WINDOW}", peer.url())).await;
        assert!(result.is_err(), "{fault}: {result:?}");
        all.push(format!("{fault}: {}", told(&result)));
    }
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_shown_nowhere() {
    let peer = served().await;
    let asked = format!("secret_url = {{ env = 'URL' }}\n{WINDOW}");
    let mut shown = Vec::new();
    for path in ["/ical/hunter22-private/basic.ics", "/ical/hunter22-other/basic.ics", "/moved.ics"] {
        shown.push(ask_with(&format!("{}{path}", peer.url()), &asked).await);
    }
    assert!(matches!(shown[0], Ok(Outcome::Pass(_))), "{:?}", shown[0]);
    assert!(shown[1].is_err() && shown[2].is_err(), "{shown:?}");
    shown.push(ask_with("hunter22 is no address", &asked).await);
    assert!(!format!("{shown:?}").contains("hunter22"), "{shown:?}");
    assert_told!(shown.iter().map(told).collect::<Vec<_>>().join("\n"));
}
