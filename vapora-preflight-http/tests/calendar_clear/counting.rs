//! Which events count.

use vapora_preflight::{Outcome, Value};

use crate::ask::{assert_told, calendar, found, look, told};

const AT: &str = "DTSTART:20261201T140000Z\nDURATION:PT1H";

fn changes() -> String {
    calendar(&[
        &format!("SUMMARY:Move the Database\\, at last\nCATEGORIES:Change,Critical\n{AT}"),
        &format!("SUMMARY:Lunch\nCATEGORIES:Social\n{AT}"),
        &format!("SUMMARY:VAPORA release 1.4.0\nCATEGORIES:CHANGE\n{AT}"),
        &format!("SUMMARY:Network change\nCATEGORIES:change\nSTATUS:cancelled\n{AT}"),
        &format!("SUMMARY:Maybe a change\nCATEGORIES:change\nSTATUS:TENTATIVE\n{AT}"),
        &format!("SUMMARY:Reminder\nCATEGORIES:change\nTRANSP:TRANSPARENT\n{AT}"),
        AT,
    ])
}

#[tokio::test]
async fn patterns_say_which_events_count() {
    let mut all = Vec::new();
    for parameters in [
        "",
        "except = ['vapora release *']",
        "summary = ['*database*']",
        "category = ['change']",
        "category = ['change']\nexcept = ['VAPORA release*', 'maybe*']",
        "summary = ['lunch']\ncategory = ['critical']\nexcept = []",
        "summary = ['nothing like it']",
        "category = ['change']\ntransparent = true",
    ] {
        all.push(format!(
            "{parameters}\n  {}",
            told(&look(changes(), parameters).await).replace('\n', "\n  ")
        ));
    }
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn the_evidence_is_set_in_every_outcome() {
    for (parameters, conflicts) in [("category = ['social']", 2), ("summary = ['x']\nmargin = '0s'", 1)] {
        let result = look(changes(), parameters).await.unwrap();
        let evidence = &result.finding().evidence;
        assert_eq!(evidence.get("events"), Some(&Value::Int(7)));
        assert_eq!(evidence.get("conflicts"), Some(&Value::Int(conflicts)));
        let names: Vec<&str> = evidence.items().iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["calendar", "opens", "closes", "events", "counted", "conflicts", "conflicting"]);
    }
}

#[tokio::test]
async fn a_busy_time_counts_whatever_it_is_for() {
    let calendar = |times: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\n{times}\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
        )
    };
    let at = "`a busy time` from 2026-12-01 14:00 UTC to 2026-12-01 15:00 UTC";
    for (times, expected) in [
        ("FREEBUSY:20261201T140000Z/PT1H", at),
        ("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261130T140000Z/PT1H,20261201T140000Z/20261201T150000Z", at),
        ("FREEBUSY;FBTYPE=FREE:20261201T140000Z/PT1H\r\nFREEBUSY:20261201T160000Z/PT1H", "clear"),
    ] {
        assert_eq!(found(&calendar(times), "category = ['change']").await, expected, "{times}");
    }
    assert!(found(&calendar("FREEBUSY:20261201/x"), "").await.contains("a busy time cannot be placed"));
    assert!(
        found(&calendar("FREEBUSY;FBTYPE=FREE:20261201T140000Z/PT1H"), "").await.contains("no event at all")
    );
}

#[tokio::test]
async fn a_margin_widens_the_window() {
    let after = calendar(&["SUMMARY:it\nDTSTART:20261201T151500Z\nDURATION:PT1H"]);
    assert_eq!(found(&after, "").await, "clear");
    assert_eq!(found(&after, "margin = '15m'").await, "clear");
    assert_eq!(
        found(&after, "margin = '16m'").await,
        "`it` from 2026-12-01 15:15 UTC to 2026-12-01 16:15 UTC"
    );
}

#[tokio::test]
async fn a_calendar_with_nothing_in_the_window_is_clear() {
    let result = look(calendar(&["SUMMARY:it\nDTSTART:20261203T151500Z\nDURATION:PT1H"]), "").await;
    assert!(matches!(result, Ok(Outcome::Pass(_))));
    assert_told!(told(&result));
}

#[tokio::test]
async fn thousands_of_events_are_looked_at_and_twenty_are_told() {
    let lines = format!("SUMMARY:it\n{AT}\nRRULE:FREQ=DAILY");
    let many: Vec<&str> = std::iter::repeat_n(lines.as_str(), 3_000).collect();
    let result = look(calendar(&many), "").await.unwrap();
    let Some(Value::List(told)) = result.finding().evidence.get("conflicting") else { panic!("{result:?}") };
    assert_eq!((told.len(), result.finding().evidence.get("conflicts")), (20, Some(&Value::Int(3_000))));
}

#[tokio::test]
async fn a_line_may_be_folded_within_a_letter() {
    let text = calendar(&["SUMMARY:Caf\u{e9}\nDTSTART:20261201T140000Z"]).into_bytes();
    let at = text.windows(2).position(|pair| pair == "\u{e9}".as_bytes()).unwrap() + 1;
    let folded = [&text[..at], b"\r\n ", &text[at..]].concat();
    let result = look(folded, "summary = ['caf\u{e9}']").await.unwrap();
    assert_eq!(result.finding().summary, "`Caf\u{e9}` takes place in the window");
}
