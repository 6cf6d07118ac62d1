//! What is said of a command.

use vapora_preflight::{Evidence, EvidenceField, Unit, Value};

use super::judged::{Judged, Ran};

/// Output longer than this is a file beside the evidence instead of a value in it.
const INLINE: usize = 16 << 10;

const fn field(name: &'static str, about: &'static str) -> EvidenceField {
    EvidenceField { name, about }
}

pub(super) const DECLARED: &[EvidenceField] = &[
    field(
        "runs",
        "where it was run, in this order: `pod`, `container`, `exit_code` and `duration` (in seconds) of each",
    ),
    field(
        "exit_code",
        "its exit code in the first container where it is not as it should be, or else in the first one; as \
         `stdout`, `stderr` and `duration`",
    ),
    field(
        "stdout",
        "its standard output without white space at its end; nothing where it is longer than 16KiB, for then it is \
         the file `stdout.txt`",
    ),
    field("stderr", "its standard error in the same way; where it is longer, the file `stderr.txt`"),
    field("duration", "how long it took, in seconds"),
];

/// What is said of the commands that have ended.
pub(super) fn evidence(judged: &[Judged]) -> Evidence {
    let rows = judged.iter().map(|Judged { ran, .. }| {
        Value::table([
            ("pod", Value::from(&ran.pod)),
            ("container", Value::from(&ran.container)),
            ("exit_code", Value::from(ran.ended.exit_code)),
            ("duration", Value::from(ran.ended.took.get().as_secs_f64())),
        ])
    });
    let shown = judged.iter().find(|judged| !judged.unmet.is_empty()).or(judged.first());
    let shown: Option<&Ran> = shown.map(|judged| &judged.ran);
    let mut evidence = Evidence::new().with("runs", Value::List(rows.collect()));
    evidence.set("exit_code", shown.map(|ran| ran.ended.exit_code), None);
    for (name, text) in [("stdout", shown.map(Ran::stdout)), ("stderr", shown.map(Ran::stderr))] {
        let inline = text.as_ref().filter(|text| text.len() <= INLINE).map(|text| text.trim_end().to_owned());
        let file = text.filter(|text| text.len() > INLINE);
        evidence.set(name, inline, None);
        if let Some(text) = file {
            let bytes = text.into_owned().into_bytes();
            evidence = evidence.attached(format!("{name}.txt"), "text/plain; charset=utf-8", bytes);
        }
    }
    evidence.set("duration", shown.map(|ran| ran.ended.took), Some(Unit::Seconds));
    evidence
}
