//! When events take place: zones, dates, rules, and what takes the place of an instance.

use crate::ask::{assert_told, calendar, found};

/// What each of these events comes to, alone in a calendar.
async fn each(events: &[(&str, &str)]) -> String {
    let mut all = Vec::new();
    for (name, lines) in events {
        all.push(format!("{name}: {}", found(&calendar(&[&format!("SUMMARY:it\n{lines}")]), "").await));
    }
    all.join("\n")
}

#[tokio::test]
async fn the_edges_of_the_window_are_kept() {
    assert_told!(
        each(&[
            ("within", "DTSTART:20261201T133000Z\nDTEND:20261201T140000Z"),
            ("around", "DTSTART:20261130T000000Z\nDTEND:20261202T000000Z"),
            ("over the opening", "DTSTART:20261201T120000Z\nDTEND:20261201T130001Z"),
            ("over the closing", "DTSTART:20261201T145959Z\nDTEND:20261201T160000Z"),
            ("ends as it opens", "DTSTART:20261201T120000Z\nDTEND:20261201T130000Z"),
            ("begins as it closes", "DTSTART:20261201T150000Z\nDTEND:20261201T160000Z"),
            ("an instant at the opening", "DTSTART:20261201T130000Z"),
            ("an instant within", "DTSTART:20261201T140000Z\nDURATION:PT0S"),
            ("an instant at the closing", "DTSTART:20261201T150000Z"),
            ("a duration", "DTSTART:20261201T110000Z\nDURATION:PT2H1M"),
            ("a duration before", "DTSTART:20261130T110000Z\nDURATION:P1DT2H"),
            ("a year before", "DTSTART:20251201T133000Z\nDTEND:20251201T140000Z"),
        ])
        .await
    );
}

#[tokio::test]
async fn times_count_in_their_zones() {
    assert_told!(
        each(&[
            (
                "Madrid",
                "DTSTART;TZID=Europe/Madrid:20261201T143000\nDTEND;TZID=Europe/Madrid:20261201T150000"
            ),
            (
                "Madrid before",
                "DTSTART;TZID=Europe/Madrid:20261201T133000\nDTEND;TZID=Europe/Madrid:20261201T140000"
            ),
            ("quoted", "DTSTART;TZID=\"America/New_York\":20261201T090000\nDURATION:PT1H"),
            ("with a prefix", "DTSTART;TZID=/example.com/20260101/Asia/Tokyo:20261201T223000\nDURATION:PT1H"),
            (
                "from one zone to another",
                "DTSTART;TZID=Asia/Tokyo:20261201T203000\nDTEND;TZID=Europe/Madrid:20261201T143000"
            ),
            ("not known", "DTSTART;TZID=Mars/Olympus:20261201T143000\nDURATION:PT1H"),
            ("not known, and long ago", "DTSTART;TZID=Mars/Olympus:19990101T143000\nDURATION:PT1H"),
        ])
        .await
    );
}

#[tokio::test]
async fn a_zone_that_the_calendar_defines_is_used() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n\
        TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n\
        TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    let with = |lines: &str| {
        calendar(&[&format!("SUMMARY:it\nDTSTART;TZID=Customized Time Zone:{lines}")]).replacen(
            "BEGIN:VEVENT",
            &format!("{zone}BEGIN:VEVENT"),
            1,
        )
    };
    assert_eq!(
        found(&with("20261201T143000\nDURATION:PT30M"), "").await,
        "`it` from 2026-12-01 13:30 UTC to 2026-12-01 14:00 UTC"
    );
    assert_eq!(found(&with("20261201T133000\nDURATION:PT30M"), "").await, "clear");
    // at nine in the evening, in summer and in winter
    let summer = "window = { opens = '2026-07-01T19:00:00Z', closes = '2026-07-01T19:10:00Z' }";
    assert_eq!(
        found(&with("20260105T210000\nRRULE:FREQ=DAILY\nDURATION:PT5M"), summer).await,
        "`it` from 2026-07-01 19:00 UTC to 2026-07-01 19:05 UTC"
    );
    let broken = with("20261201T143000").replace("TZOFFSETTO:+0100", "TZOFFSETTO:one");
    assert_told!(found(&broken, "").await);
}

#[tokio::test]
async fn dates_and_times_without_a_zone_are_meant_where_it_is_said() {
    let day = calendar(&["SUMMARY:freeze\nDTSTART;VALUE=DATE:20261201"]);
    let eve = calendar(&["SUMMARY:freeze\nDTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261201"]);
    let time = calendar(&["SUMMARY:freeze\nDTSTART:20261201T080000\nDURATION:PT1H"]);
    let named = eve.replacen("BEGIN:VEVENT", "X-WR-TIMEZONE:Pacific/Honolulu\nBEGIN:VEVENT", 1);
    let mut all = Vec::new();
    for (name, text) in
        [("the day", &day), ("the day before", &eve), ("at eight", &time), ("of Honolulu", &named)]
    {
        for zone in ["", "zone = 'Europe/Madrid'", "zone = 'Pacific/Honolulu'", "zone = 'America/New_York'"] {
            all.push(format!("{name} {zone}: {}", found(text, zone).await));
        }
    }
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn what_recurs_takes_place_each_time() {
    assert_told!(
        each(&[
            ("every day", "DTSTART:20200101T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"),
            ("every Tuesday", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"),
            ("every Wednesday", "DTSTART:20260107T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"),
            ("the first Tuesday", "DTSTART;TZID=America/New_York:20250107T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=1TU"),
            ("at nine in New York, from summer on", "DTSTART;TZID=America/New_York:20260701T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY"),
            ("until before", "DTSTART:20261101T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261130T140000Z"),
            ("until that day", "DTSTART:20261101T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261201"),
            ("until in UTC", "DTSTART;TZID=America/New_York:20261101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261201T140000Z"),
            ("until in UTC before", "DTSTART;TZID=America/New_York:20261101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261201T135959Z"),
            ("three times", "DTSTART:20261129T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"),
            ("twice", "DTSTART:20261129T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"),
            ("a long one", "DTSTART:20261110T000000Z\nDURATION:P20D\nRRULE:FREQ=MONTHLY"),
            ("a long one that reaches in", "DTSTART:20261011T150000Z\nDURATION:P20D\nRRULE:FREQ=MONTHLY"),
            ("left out", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE:20261124T140000Z,20261201T140000Z"),
            ("left out in another zone", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Madrid:20261201T150000"),
            ("left out by its date", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:20261201"),
            ("left out at another time", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE:20261201T150000Z"),
            ("added", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRDATE:20260201T140000Z,20261201T143000Z"),
            ("added as a period", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261201T120000Z/PT90M"),
            ("added as a period up to", "DTSTART:20260106T140000Z\nRDATE;VALUE=PERIOD:20261201T120000Z/20261201T140000Z"),
            ("whole days", "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107\nRRULE:FREQ=WEEKLY"),
            ("never again", "DTSTART:20260106T140000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
            ("every second", "DTSTART:20200101T140000Z\nRRULE:FREQ=SECONDLY"),
            ("a rule that is none", "DTSTART:20200101T140000Z\nRRULE:FREQ=SOMETIMES"),
        ])
        .await
    );
}

#[tokio::test]
async fn an_instance_that_was_moved_takes_place_where_it_is() {
    let weekly = "UID:w@x\nSUMMARY:weekly\nDTSTART;TZID=Europe/Madrid:20260106T150000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY";
    let mut all = Vec::new();
    for (name, lines) in [
        (
            "moved away",
            "UID:w@x\nRECURRENCE-ID;TZID=Europe/Madrid:20261201T150000\nSUMMARY:weekly\nDTSTART:20261202T090000Z",
        ),
        (
            "moved away, in UTC",
            "UID:w@x\nRECURRENCE-ID:20261201T140000Z\nSUMMARY:weekly\nDTSTART:20261202T090000Z",
        ),
        (
            "moved within",
            "UID:w@x\nRECURRENCE-ID:20261201T140000Z\nSUMMARY:weekly, later\nDTSTART:20261201T144500Z\nDURATION:PT1H",
        ),
        (
            "another moved in",
            "UID:w@x\nRECURRENCE-ID:20261124T140000Z\nSUMMARY:weekly, late\nDTSTART:20261201T130000Z\nDURATION:PT10M",
        ),
        (
            "cancelled",
            "UID:w@x\nRECURRENCE-ID:20261201T140000Z\nSUMMARY:weekly\nSTATUS:CANCELLED\nDTSTART:20261201T140000Z",
        ),
        (
            "of another event",
            "UID:other@x\nRECURRENCE-ID:20261201T140000Z\nSUMMARY:other\nDTSTART:20261202T140000Z",
        ),
        (
            "all later ones",
            "UID:w@x\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261110T140000Z\nSUMMARY:weekly\nDTSTART:20261111T090000Z",
        ),
    ] {
        let (one, other) = (calendar(&[weekly, lines]), calendar(&[lines, weekly]));
        let told = found(&one, "").await;
        if !told.starts_with("error") {
            assert_eq!(told, found(&other, "").await, "{name}");
        }
        all.push(format!("{name}: {told}"));
    }
    assert_told!(all.join("\n"));
}
