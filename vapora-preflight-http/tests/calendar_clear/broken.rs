//! Calendars that cannot be understood. None of them is clear.

use vapora_preflight::Outcome;

use crate::ask::{ask, assert_told, calendar, look, told};

#[tokio::test]
async fn what_is_no_whole_calendar_is_an_error() {
    let whole = calendar(&["SUMMARY:it\nDTSTART:20261203T151500Z\nDURATION:PT1H"]);
    let mut all = Vec::new();
    for (name, text) in [
        ("empty", String::new()),
        ("a page", "<!doctype html><title>Sign in</title>".to_owned()),
        ("cut", whole[..whole.len() - 20].to_owned()),
        ("cut in an event", whole[..whole.find("DTSTART").unwrap() + 12].to_owned()),
        ("without events", calendar(&[])),
        ("without a start", calendar(&["SUMMARY:it"])),
        ("no date", calendar(&["SUMMARY:it\nDTSTART:tomorrow"])),
        (
            "ends before it begins",
            calendar(&["SUMMARY:it\nDTSTART:20261201T140000Z\nDTEND:20261201T130000Z"]),
        ),
        ("a date and a time", calendar(&["SUMMARY:it\nDTSTART;VALUE=DATE:20261201\nDTEND:20261201T130000Z"])),
        ("no duration", calendar(&["SUMMARY:it\nDTSTART:20261201T140000Z\nDURATION:1 hour"])),
        ("a date left out that is none", calendar(&["SUMMARY:it\nDTSTART:20261201T140000Z\nEXDATE:never"])),
        ("no text", "\u{0}".repeat(100)),
    ] {
        let result = look(text, "").await;
        assert!(result.is_err(), "{name}: {result:?}");
        all.push(format!("{name}: {}", told(&result)));
    }
    all.push(format!(
        "not UTF-8: {}",
        told(&look(b"BEGIN:VCALENDAR\r\nX:\xff\r\nEND:VCALENDAR\r\n", "").await)
    ));
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn a_calendar_may_be_empty_where_that_is_said() {
    assert!(matches!(look(calendar(&[]), "may_be_empty = true").await, Ok(Outcome::Pass(_))));
    assert!(look("", "may_be_empty = true").await.is_err());
}

#[tokio::test]
async fn an_event_that_does_not_count_need_not_be_understood() {
    let text = calendar(&["SUMMARY:other\nDTSTART:tomorrow", "SUMMARY:it\nSTATUS:CANCELLED\nDTSTART:never"]);
    assert!(matches!(look(text, "summary = ['it']").await, Ok(Outcome::Pass(_))));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error() {
    let mut all = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone.ics");
    for file in [gone.display().to_string(), "/".to_owned(), "/dev/zero".to_owned()] {
        let result = ask(&format!("file = '{file}'\n{}", crate::ask::WINDOW)).await;
        all.push(told(&result));
    }
    let large = look(calendar(&["SUMMARY:it\nDTSTART:20261203T151500Z"]), "limit = '64B'").await;
    all.push(told(&large));
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn without_a_window_nothing_is_clear() {
    assert_told!(told(&ask("file = '/tmp/gone.ics'").await));
}

#[tokio::test]
async fn hostile_calendars_come_to_an_end() {
    let deep = format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:VEVENT\r\n".repeat(200_000));
    assert!(look(deep, "").await.is_err());
    let long = format!("SUMMARY:{}\nDTSTART:20261203T151500Z", "x\\,".repeat(500_000));
    assert!(matches!(look(calendar(&[&long]), "").await, Ok(Outcome::Pass(_))));
    let minutely = "DTSTART:20200101T000000Z\nRRULE:FREQ=MINUTELY;INTERVAL=7";
    let many: Vec<&str> = std::iter::repeat_n(minutely, 50).collect();
    assert!(look(calendar(&many), "").await.is_err());
}
