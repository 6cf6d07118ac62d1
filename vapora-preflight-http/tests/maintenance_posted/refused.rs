//! Maintenances that are not taken, or not shown as they were posted.

use axum::{Json, Router, routing};
use serde_json::json;
use vapora_preflight::Outcome;
use vapora_preflight_sim::{Peer, StatusPage};

use crate::ask::{SERVICES, ask, assert_told, posting, told};

#[tokio::test]
async fn a_maintenance_that_is_refused_fails() {
    let mut all = Vec::new();
    for service in SERVICES {
        let page = StatusPage::serve().await.unwrap();
        page.set_refusing(true);
        let result = ask(&page, &posting(&page, service)).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{service}: {result:?}");
        all.push(told(&result));
        assert!(page.maintenances().is_empty());
    }
    assert_told!(all.join("\n\n"));
}

#[tokio::test]
async fn who_may_not_post_is_told_so() {
    let mut all = Vec::new();
    for service in ["statuspage", "cachet", "cachet_v2"] {
        let page = StatusPage::serve().await.unwrap();
        let result = ask(&page, &posting(&page, service).replace("'KEY'", "'WRONG'")).await;
        assert!(!matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_))), "{service}: {result:?}");
        assert!(!format!("{result:?}").contains("another-key"), "{result:?}");
        all.push(told(&result));
        assert!(page.maintenances().is_empty());
    }
    let page = StatusPage::serve().await.unwrap();
    all.push(told(&ask(&page, &posting(&page, "statuspage").replace(page.page(), "another")).await));
    assert_told!(all.join("\n\n"));
}

#[tokio::test]
async fn what_is_not_finished_or_over_is_not_posted() {
    let page = StatusPage::serve().await.unwrap();
    let mut all = Vec::new();
    for (was, now) in [
        ("Services may be unavailable.", "starting at HH:MM UTC"),
        ("Services may be unavailable.", " "),
        ("closes = '2026-12-01T15:30:00Z'", "closes = '2026-12-01T12:00:00Z'"),
    ] {
        let asked = posting(&page, "statuspage").replace(was, now);
        let asked = if was.starts_with("closes") { asked.replace("T14:00", "T11:00") } else { asked };
        let result = ask(&page, &asked).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
        all.push(told(&result));
    }
    assert_told!(all.join("\n\n"));
    assert!(page.peer().requests().is_empty());
}

#[tokio::test]
async fn a_page_that_shows_something_else_fails() {
    let incident = |name: &str, until: &str, status: &str| json!({ "id": "1", "name": name, "status": status, "scheduled_for": "2026-12-01T14:00:00Z", "scheduled_until": until });
    let mut all = Vec::new();
    for shown in [
        incident("Release 1.4", "2026-12-01T15:30:00Z", "scheduled"),
        incident("Release 1.4.0", "2026-12-01T15:00:00Z", "scheduled"),
        incident("Release 1.4.0", "2026-12-01T15:30:00Z", "completed"),
    ] {
        let taken = incident("Release 1.4.0", "2026-12-01T15:30:00Z", "scheduled");
        let create = move || async move { (axum::http::StatusCode::CREATED, Json(taken)) };
        let read = move |axum::extract::Path(id): axum::extract::Path<String>| async move {
            Json(if id == "1" { shown } else { json!([]) })
        };
        let router = Router::new()
            .route("/v1/pages/gytm4qzbx9t6/incidents", routing::post(create))
            .route("/v1/pages/gytm4qzbx9t6/incidents/{id}", routing::get(read));
        let (peer, page) = (Peer::serve(router).await.unwrap(), StatusPage::serve().await.unwrap());
        let asked =
            posting(&page, "statuspage").replace(&page.statuspage_api(), &format!("{}/v1", peer.url()));
        let result = ask(&page, &asked).await;
        assert!(matches!(result, Ok(Outcome::Fail(_))), "{result:?}");
        all.push(told(&result));
    }
    assert_told!(all.join("\n\n"));
}
