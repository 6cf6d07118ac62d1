//! What waits for a person, with the command that records the word.

use std::{fmt::Write as _, path::Path};

use vapora_preflight::{CheckOutline, Outline, ReleaseId, Report, Standing, Unknown, shell_words};

use crate::terminal::{clean, many};

/// Where words are recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) release: &'a ReleaseId,
    pub(crate) dir: &'a Path,
}

/// Who has to say something, and what each can type; nothing where nobody has to.
pub(crate) fn waiting(report: &Report, record: Record<'_>) -> Option<String> {
    waiting_of(report, record, |_| true)
}

/// The same for some of the checks.
pub(crate) fn waiting_of(
    report: &Report,
    record: Record<'_>,
    wanted: impl Fn(&CheckOutline) -> bool,
) -> Option<String> {
    let now = report.as_of();
    let mut roles: Vec<(&str, Vec<&CheckOutline>)> = Vec::new();
    for check in report.checks() {
        let Some(role) = &check.outline.role else { continue };
        let waits = matches!(check.standing(now), Standing::Unknown(Unknown::Awaiting | Unknown::Expired));
        if !waits || !wanted(check.outline) {
            continue;
        }
        match roles.iter_mut().find(|(name, _)| name == role) {
            Some((_, checks)) => checks.push(check.outline),
            None => roles.push((role, vec![check.outline])),
        }
    }
    if roles.is_empty() {
        return None;
    }
    let mut text = String::new();
    for (role, checks) in roles {
        let person = filled(report.outline(), role);
        let who = person.map_or_else(
            || format!("the {role}, a role that nobody fills (`--role {role}=NAME` names a person)"),
            |person| format!("{person}, the {role}"),
        );
        let _ = writeln!(text, "{} for {}:", waits(checks.len()), clean(&who));
        for check in checks {
            let _ = writeln!(text, "  {}", command(check, person, record));
        }
    }
    text.push_str("(`--evidence TEXT` says what shows it, which some need; `--no` says that it is not so)");
    Some(text)
}

fn waits(count: usize) -> String {
    format!("{} {}", many(count, "check"), if count == 1 { "waits" } else { "wait" })
}

/// Who fills a role; nothing where nobody does.
pub(crate) fn filled<'a>(outline: &'a Outline, role: &str) -> Option<&'a str> {
    outline.role(role).map(|role| role.person.as_str()).filter(|person| !person.trim().is_empty())
}

/// The command that records the word on a check.
fn command(check: &CheckOutline, person: Option<&str>, record: Record<'_>) -> String {
    let dir = record.dir.to_string_lossy();
    let mut words = vec!["vapora-preflight", "attest", check.id.as_str(), "--by", person.unwrap_or("NAME")];
    words.extend(["--release", record.release.as_str()]);
    if record.dir != Path::new(".preflight") {
        words.extend(["--dir", &dir]);
    }
    shell_words(words.into_iter().map(clean))
}
