use std::time::Duration;

use proptest::{collection::vec, option::of, prelude::*};

use super::{KINDS, Kind, decode, encode};
use crate::{
    Advice, Attachment, Attestation, Awaiting, CheckFinished, CheckId, CheckOutline, Decision, Digest,
    Effect, ErrorReport, Event, EventKind, Evidence, Finding, Item, Note, Outcome, Outline, Reason, RunEnd,
    RunStarted, SkipReason, Status, TimeOut, TimeOutScope, Timestamp, Unit, Value, Verdict, Weight, Word,
};

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

fn id() -> impl Strategy<Value = CheckId> {
    "[a-z0-9][a-z0-9._-]{0,9}(\\[[^\\[\\]\\p{Cc}]{1,5}\\])?".prop_map(|text| CheckId::new(text).unwrap())
}

fn target() -> impl Strategy<Value = crate::TargetName> {
    "[a-z][a-z0-9-]{0,5}[a-z0-9]".prop_map(|text| crate::TargetName::new(text).unwrap())
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 4]>().prop_map(Digest::of)
}

fn at() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), 0..1_000_000_u64).prop_map(|(seconds, micros)| {
        Timestamp::from_unix_seconds(seconds).minus(Duration::from_micros(micros))
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |it| it.is_finite())
            .prop_map(Value::Float),
        any::<i32>().prop_map(|it| Value::Float(f64::from(it))),
        text().prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            vec((text(), inner), 0..4).prop_map(Value::Table),
        ]
    })
}

fn unit() -> impl Strategy<Value = Unit> {
    proptest::sample::select(vec![Unit::Seconds, Unit::Days, Unit::Bytes, Unit::Percent, Unit::Cores])
}

fn advice() -> impl Strategy<Value = Option<Advice>> {
    of(proptest::sample::select(vec![Advice::Investigate, Advice::RollBack]))
}

/// Without contents: those are the one thing that a line does not hold.
fn evidence() -> impl Strategy<Value = Evidence> {
    let item = (text(), value(), of(unit())).prop_map(|(name, value, unit)| Item { name, value, unit });
    let attachment = (text(), text(), digest(), any::<u64>()).prop_map(|(name, media_type, digest, size)| {
        Attachment { name, media_type, digest, size, content: None, whole: false }
    });
    (vec(item, 0..4), vec(attachment, 0..3)).prop_map(|(items, files)| Evidence::from_parts(items, files))
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let texts = (text(), of(text()), of(text()), of(text()));
    let finding = (texts, advice(), of(at()), any::<bool>(), evidence());
    let finding = finding.prop_map(|(texts, advice, counts_until, lasting, evidence)| {
        let (summary, expected, actual, remedy) = texts;
        Finding { summary, expected, actual, remedy, advice, counts_until, lasting, evidence }
    });
    let outcomes = [Outcome::Pass, Outcome::Warn, Outcome::Fail, Outcome::NotApplicable];
    (proptest::sample::select(outcomes.to_vec()), finding).prop_map(|(outcome, finding)| outcome(finding))
}

fn effect() -> impl Strategy<Value = Effect> {
    proptest::sample::select(vec![Effect::Reads, Effect::KeepsFiles, Effect::Notifies, Effect::Mutates])
}

fn skipped() -> impl Strategy<Value = SkipReason> {
    prop_oneof![
        (vec(id(), 0..3), text()).prop_map(|(chain, because)| SkipReason::Need { chain, because }),
        (effect(), effect()).prop_map(|(effect, allowed)| SkipReason::Effect { effect, allowed }),
        Just(SkipReason::Commands),
        at().prop_map(|since| SkipReason::Uncertain { since }),
        Just(SkipReason::Cancelled),
        Just(SkipReason::Deadline),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    let scope =
        proptest::sample::select(vec![TimeOutScope::Attempt, TimeOutScope::Check, TimeOutScope::Until]);
    prop_oneof![
        4 => outcome().prop_map(Status::Done),
        1 => (text(), vec(text(), 0..3), any::<bool>(), of(text()), any::<bool>()).prop_map(
            |(message, causes, transient, remedy, uncertain)| {
                Status::Errored(ErrorReport { message, causes, transient, remedy, uncertain })
            }
        ),
        1 => (any::<Duration>(), scope, of(text()), of(text())).prop_map(|(after, scope, doing, last)| {
            Status::TimedOut(TimeOut { after, scope, doing, last })
        }),
        1 => text().prop_map(|message| Status::Panicked { message }),
        2 => skipped().prop_map(Status::Skipped),
        1 => (text(), text(), of(text())).prop_map(|(role, statement, because)| {
            Status::Awaiting(Awaiting { role, statement, because })
        }),
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let weights = vec![Weight::Against, Weight::Open, Weight::Notice, Weight::For];
    let reason = (proptest::sample::select(weights), of(text()), of(id()), text(), text(), of(text()));
    let reason = reason.prop_map(|(weight, condition, check, status, message, remedy)| Reason {
        weight,
        condition,
        check,
        status,
        message,
        remedy,
    });
    let decisions = vec![Decision::Go, Decision::NoGo, Decision::Undecided];
    (proptest::sample::select(decisions), vec(reason, 0..4), advice())
        .prop_map(|(decision, reasons, advice)| Verdict { decision, reasons, advice })
}

fn outline() -> impl Strategy<Value = Outline> {
    let check = (id(), text(), effect(), digest(), vec(id(), 0..3), of(0..1_000_000_000_u64), of(text()));
    let check = check.prop_map(|(id, title, effect, definition, needs, fresh_for, hint)| {
        let mut check: CheckOutline = serde_json::from_value(serde_json::json!({
            "id": id, "phase": "t-4h", "kind": "demo.holds", "title": title, "severity": "required",
            "effect": effect, "definition": definition,
        }))
        .unwrap();
        check.needs = needs;
        check.fresh_for = fresh_for.map(Duration::from_millis);
        check.hint = hint;
        check
    });
    (text(), of(text()), vec(check, 0..3)).prop_map(|(checklist, title, checks)| {
        let mut outline = Outline::empty();
        outline.checklist = checklist;
        outline.title = title;
        outline.checks = checks;
        outline
    })
}

fn kind() -> impl Strategy<Value = EventKind> {
    let ends = vec![RunEnd::Completed, RunEnd::Cancelled, RunEnd::Deadline];
    let words = proptest::sample::select(vec![Word::Yes, Word::No, Word::Withdrawn]);
    prop_oneof![
        outline().prop_map(|outline| EventKind::Planned(outline.into())),
        (text(), text(), text()).prop_map(|(by, selection, version)| {
            EventKind::RunStarted(RunStarted { by, selection, version })
        }),
        (target(), any::<u64>(), vec((text(), any::<bool>(), vec(id(), 0..3)), 0..3), of(text())).prop_map(
            |(target, asked, denied, failed)| {
                let right = |(right, optional, checks)| crate::DeniedRight { right, optional, checks };
                let denied = denied.into_iter().map(right).collect();
                EventKind::AccessReviewed(crate::AccessReview { target, asked, denied, failed })
            }
        ),
        (of(target()), text(), any::<u64>())
            .prop_map(|(target, what, amount)| EventKind::Used(crate::Usage { target, what, amount })),
        (id(), digest()).prop_map(|(check, definition)| EventKind::CheckStarted { check, definition }),
        (id(), any::<u32>(), text())
            .prop_map(|(check, attempt, why)| { EventKind::AttemptFailed { check, attempt, why } }),
        (id(), digest(), at(), any::<u32>(), status()).prop_map(
            |(check, definition, started, attempts, status)| {
                EventKind::CheckFinished(CheckFinished { check, definition, started, attempts, status })
            }
        ),
        (id(), digest(), text(), text(), words, of(text()), of(text()), of(at())).prop_map(
            |(check, definition, who, role, word, evidence, comment, expires)| {
                EventKind::Attested(Attestation {
                    check,
                    definition,
                    who,
                    role,
                    word,
                    evidence,
                    comment,
                    expires,
                })
            }
        ),
        (text(), text(), text()).prop_map(|(who, topic, text)| EventKind::Noted(Note { who, topic, text })),
        (id(), verdict()).prop_map(|(gate, verdict)| EventKind::GateJudged { gate, verdict }),
        proptest::sample::select(ends).prop_map(EventKind::RunFinished),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_event_survives_its_text(at in at(), kind in kind()) {
        let event = Event { at, kind };
        let payload = encode(&event).unwrap();
        prop_assert!(!payload.contains(&b'\n'));
        prop_assert_eq!(decode(&payload).unwrap(), event);
    }

    #[test]
    fn every_kind_is_known_by_its_name(kind in kind()) {
        let written = serde_json::to_value(Kind::from(&kind)).unwrap();
        let names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
        prop_assert_eq!(names.len(), 1);
        prop_assert!(KINDS.contains(&names[0]), "{}", names[0]);
    }
}

#[test]
fn the_content_of_an_attachment_is_left_out() {
    let evidence = Evidence::new().attached("a.txt", "text/plain", *b"content");
    let finished = |evidence: Evidence| {
        let status = Status::Done(Outcome::Pass(Finding::new("kept").evidence(evidence)));
        let check = CheckId::new("backup").unwrap();
        let (definition, started) = (Digest::of("x"), Timestamp::UNIX_EPOCH);
        EventKind::CheckFinished(CheckFinished { check, definition, started, attempts: 1, status })
    };
    let mut without = evidence.attachments()[0].clone();
    without.content = None;
    let written = Event { at: Timestamp::UNIX_EPOCH, kind: finished(evidence) };
    let read = decode(&encode(&written).unwrap()).unwrap();
    let expected = finished(Evidence::from_parts(Vec::new(), vec![without]));
    assert_eq!(read, Event { at: Timestamp::UNIX_EPOCH, kind: expected });
}

#[test]
fn an_unknown_kind_is_told_from_a_broken_event() {
    let unread = |text: &str| decode(text.as_bytes()).unwrap_err();
    let at = r#""at":"2026-12-01T14:00:00Z""#;
    let later = unread(&format!(r#"{{{at},"event":{{"thanked":{{"whom":"all"}}}}}}"#));
    assert!(later.unknown_kind);
    assert_eq!(later.reason, "it is an event of the unknown kind `thanked`");
    let broken = unread(&format!(r#"{{{at},"event":{{"noted":{{"who":"ana"}}}}}}"#));
    assert!(!broken.unknown_kind);
    assert_eq!(broken.reason, "it does not read as an event: missing field `topic`");
    for text in ["", "{", "[]", "null", r#"{"event":{"x":1}}"#, r#"{"at":1,"event":{"x":1}}"#] {
        assert!(!unread(text).unknown_kind, "{text}");
    }
    let two = unread(&format!(r#"{{{at},"event":{{"thanked":{{}},"praised":{{}}}}}}"#));
    assert!(!two.unknown_kind, "{}", two.reason);
}
