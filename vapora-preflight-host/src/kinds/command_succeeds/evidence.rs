//! What is said of a program that has ended.

use std::os::unix::process::ExitStatusExt;

use vapora_preflight::{Evidence, EvidenceField, SecretString, Unit, Value};

use crate::process::{Captured, Ended};

/// Output longer than this is a file beside the evidence instead of a value in it.
const INLINE: usize = 16 << 10;
/// How much of the end of the standard error is a value of the evidence.
const TAIL: usize = 4 << 10;

const fn field(name: &'static str, about: &'static str) -> EvidenceField {
    EvidenceField { name, about }
}

pub(super) const DECLARED: &[EvidenceField] = &[
    field("exit_code", "its exit code; nothing where a signal ended it"),
    field("signal", "the number of the signal that ended it; nothing where it ended by itself"),
    field("duration", "how long it ran, in seconds"),
    field(
        "stdout",
        "its standard output without white space at its end; nothing where it is longer than 16KiB or was \
                     not kept whole, for then it is the file `stdout.txt`",
    ),
    field("stdout_bytes", "how much it wrote to its standard output, in bytes"),
    field(
        "stderr_tail",
        "the last 4KiB of its standard error; what was kept is the file `stderr.txt` where it is longer",
    ),
    field("stderr_bytes", "how much it wrote to its standard error, in bytes"),
];

/// What is said of a program that has ended.
pub(super) fn evidence_of(ended: &Ended, secrets: &[SecretString]) -> Evidence {
    let (stdout, stderr) = (ended.stdout.text(secrets), ended.stderr.text(secrets));
    let inline = |output: &Captured, text: &str| output.dropped() == 0 && text.len() <= INLINE;
    let mut evidence = Evidence::new()
        .with("exit_code", ended.status.code())
        .with("signal", ended.status.signal())
        .measured("duration", ended.duration.as_secs_f64(), Unit::Seconds)
        .with(
            "stdout",
            if inline(&ended.stdout, &stdout) { Value::from(stdout.trim_end()) } else { Value::Null },
        )
        .measured("stdout_bytes", ended.stdout.written(), Unit::Bytes)
        .with("stderr_tail", tail(stderr.trim_end()))
        .measured("stderr_bytes", ended.stderr.written(), Unit::Bytes);
    if !inline(&ended.stdout, &stdout) {
        evidence = evidence.attached("stdout.txt", "text/plain; charset=utf-8", stdout.into_bytes());
    }
    if stderr.len() > TAIL {
        evidence = evidence.attached("stderr.txt", "text/plain; charset=utf-8", stderr.into_bytes());
    }
    evidence
}

/// The end of a text, cut at the start of a character.
fn tail(text: &str) -> &str {
    let from = (text.len().saturating_sub(TAIL)..=text.len()).find(|at| text.is_char_boundary(*at));
    &text[from.unwrap_or(text.len())..]
}
