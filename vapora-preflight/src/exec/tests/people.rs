use crate::{
    AttestError, Attestation, Digest, Note, Plan, Report, TokioClock, Word,
    exec::{
        record_attestation, record_note,
        testing::{Answer, Table, Tape, id, in_short, paused, script, secs, start},
    },
};

fn plan() -> Plan {
    Table::new()
        .check("backup-tested", &[], script([Answer::Awaits]))
        .declared(|check| check.role = Some("dba".into()))
        .check("nodes", &[], script([Answer::Pass]))
        .plan()
}

fn word(check: &str) -> Attestation {
    Attestation {
        check: id(check),
        definition: Digest::of("unknown to the caller"),
        who: "Ada".into(),
        role: String::new(),
        word: Word::Yes,
        evidence: None,
        comment: None,
        expires: None,
    }
}

fn attest(attestation: Attestation) -> Result<(Report, Tape), AttestError> {
    paused(async {
        let mut tape = Tape::default();
        let clock = TokioClock::starting(start());
        record_attestation(&plan(), None, &mut tape, &clock, attestation).map(|report| (report, tape))
    })
}

#[test]
fn a_word_is_recorded_for_the_definition_of_the_plan() {
    let (report, tape) = attest(word("backup-tested")).unwrap();
    assert_eq!(in_short(&tape.events), ["planned", "attested backup-tested"]);
    let recorded = &report.attestation("backup-tested").unwrap().attestation;
    assert_eq!((recorded.definition, recorded.role.as_str()), (Digest::of("backup-tested"), "dba"));
    assert_eq!(Report::from_events(&tape.events).unwrap(), Some(report.clone()));
    let (mut tape, clock) = (Tape::default(), paused(async { TokioClock::starting(start()) }));
    let note = Note { who: "Ada".into(), topic: "issue".into(), text: "slow".into() };
    let report = record_note(&plan(), Some(report), &mut tape, &clock, note.clone()).unwrap();
    assert_eq!(in_short(&tape.events), ["noted issue"]);
    assert_eq!(report.notes().len(), 1);
    let empty = Note { text: " ".into(), ..note };
    assert!(matches!(
        record_note(&plan(), Some(report), &mut tape, &clock, empty),
        Err(AttestError::Missing("text"))
    ));
}

#[test]
fn a_word_that_can_never_count_is_refused() {
    let refused = |change: fn(&mut Attestation)| {
        let mut word = word("backup-tested");
        change(&mut word);
        attest(word).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refused(|word| word.who = " ".into()), "the name of the person is missing");
    assert_eq!(refused(|word| word.check = id("nodes")), "`nodes` is not a person's to answer");
    assert_eq!(refused(|word| word.check = id("node")), "no check is called `node`");
    assert_eq!(
        refused(|word| word.role = "lead".into()),
        "expected the word of the role `dba` on `backup-tested`, found `lead`"
    );
    assert_eq!(
        refused(|word| word.expires = Some(start().minus(secs(1)))),
        "the word would have expired already"
    );
    let error = attest(word("backup-testd")).unwrap_err();
    assert!(
        matches!(error, AttestError::UnknownCheck { did_you_mean: Some(name), .. } if name == "backup-tested")
    );
}
