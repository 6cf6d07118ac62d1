//! Maintenances that are posted, and those that are there already.

use vapora_preflight::{Outcome, Value};
use vapora_preflight_sim::{Maintenance, StatusPage};

use crate::ask::{SERVICES, ask, assert_told, posting, whole};

fn there(name: &str, opens: &str, closes: &str, state: &str) -> Maintenance {
    Maintenance {
        name: name.to_owned(),
        text: "Services may be unavailable.".to_owned(),
        opens: opens.to_owned(),
        closes: closes.to_owned(),
        state: state.to_owned(),
    }
}

#[tokio::test]
async fn a_maintenance_is_posted_read_back_and_then_found() {
    let mut all = Vec::new();
    for service in SERVICES {
        let page = StatusPage::serve().await.unwrap();
        let asked = posting(&page, service);
        for posted in [true, false, false] {
            let result = ask(&page, &asked).await;
            let Ok(Outcome::Pass(finding)) = &result else { panic!("{service}: {result:?}") };
            assert_eq!(finding.evidence.get("posted"), Some(&Value::Bool(posted)), "{service}");
            if posted {
                all.push(format!("{}\n{:?}", whole(&result), page.maintenances()));
            }
        }
        assert_eq!(page.maintenances().len(), 1, "{service}");
        let posts = page.peer().requests().into_iter().filter(|request| request.method == "POST").count();
        assert_eq!(posts, 1, "{service}");
    }
    assert_told!(all.join("\n\n"));
}

#[tokio::test]
async fn only_the_same_name_and_window_is_the_same() {
    for (other, count) in [
        (there("Release 1.4.0", "2026-12-01T14:00:00.000Z", "2026-12-01T15:30:00.000Z", "scheduled"), 1),
        (there("Release 1.4.0", "2026-12-01T14:00:00Z", "2026-12-01T15:30:00Z", "in_progress"), 1),
        (there("Release 1.4.0", "2026-12-01T14:00:00Z", "2026-12-01T15:30:00Z", "completed"), 2),
        (there("Release 1.4.0", "2026-12-01T14:00:00Z", "2026-12-01T16:00:00Z", "scheduled"), 2),
        (there("Release 1.3.0", "2026-12-01T14:00:00Z", "2026-12-01T15:30:00Z", "scheduled"), 2),
    ] {
        let page = StatusPage::serve().await.unwrap();
        page.add(other.clone());
        let result = ask(&page, &posting(&page, "statuspage")).await;
        assert!(matches!(result, Ok(Outcome::Pass(_))), "{other:?}: {result:?}");
        assert_eq!(page.maintenances().len(), count, "{other:?}");
    }
}

#[tokio::test]
async fn one_among_hundreds_is_found() {
    for service in ["statuspage", "cachet", "cachet_v2"] {
        let page = StatusPage::serve().await.unwrap();
        let at = |service| {
            if service == "statuspage" {
                ("2026-12-01T14:00:00Z", "2026-12-01T15:30:00Z")
            } else {
                ("2026-12-01 14:00:00", "2026-12-01 15:30:00")
            }
        };
        let state = if service == "statuspage" { "scheduled" } else { "upcoming" };
        for number in 0..250 {
            page.add(there(&format!("Release 0.{number}.0"), at(service).0, at(service).1, state));
        }
        page.add(there("Release 1.4.0", at(service).0, at(service).1, state));
        let result = ask(&page, &posting(&page, service)).await.unwrap();
        assert_eq!(
            result.finding().evidence.get("posted"),
            Some(&Value::Bool(false)),
            "{service}: {result:?}"
        );
        assert_eq!(page.maintenances().len(), 251, "{service}");
    }
}

#[tokio::test]
async fn cachet_is_told_times_in_its_own_zone() {
    for (service, opens) in [("cachet", "2026-12-01 15:00:00"), ("cachet_v2", "2026-12-01 15:00:00")] {
        let page = StatusPage::serve().await.unwrap();
        let asked = format!("{}\nzone = 'Europe/Madrid'", posting(&page, service));
        for _ in 0..2 {
            assert!(matches!(ask(&page, &asked).await, Ok(Outcome::Pass(_))), "{service}");
        }
        let shown = page.maintenances();
        assert_eq!((shown.len(), shown[0].opens.as_str()), (1, opens), "{service}");
    }
}

#[tokio::test]
async fn components_are_under_maintenance_only_while_it_goes_on() {
    let page = StatusPage::serve().await.unwrap();
    let asked = posting(&page, "statuspage") + "\ncomponents = ['8kbf7d35c070']";
    let begun = asked.replace("opens = '2026-12-01T14:00:00Z'", "opens = '2026-12-01T11:00:00Z'");
    for asked in [asked, begun] {
        assert!(matches!(ask(&page, &asked).await, Ok(Outcome::Pass(_))));
    }
    let posted = page.posted();
    for incident in posted.iter().map(|body| &body["incident"]) {
        assert_eq!(incident["component_ids"][0], "8kbf7d35c070");
        assert_eq!(incident["auto_transition_to_maintenance_state"], true);
        assert_eq!(incident["auto_transition_to_operational_state"], true);
    }
    assert!(posted[0]["incident"]["components"].is_null());
    assert_eq!(posted[1]["incident"]["components"]["8kbf7d35c070"], "under_maintenance");
}

#[tokio::test]
async fn a_window_that_has_opened_is_in_progress() {
    let page = StatusPage::serve().await.unwrap();
    let asked = posting(&page, "statuspage")
        .replace("opens = '2026-12-01T14:00:00Z'", "opens = '2026-12-01T11:00:00Z'");
    for _ in 0..2 {
        assert!(matches!(ask(&page, &asked).await, Ok(Outcome::Pass(_))));
    }
    let shown = page.maintenances();
    assert_eq!((shown.len(), shown[0].state.as_str()), (1, "in_progress"));
}
