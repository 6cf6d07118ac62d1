//! What waits for a person, with the command that records the word.

use std::{fmt::Write as _, path::Path};

use vapora_preflight::{CheckOutline, Outline, ReleaseId, Report, Standing, Unknown};

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
    let mut words = vec![
        "vapora-preflight".to_owned(),
        "attest".to_owned(),
        quoted(check.id.as_str()),
        "--by".to_owned(),
        person.map_or_else(|| "NAME".to_owned(), quoted),
        "--release".to_owned(),
        quoted(record.release.as_str()),
    ];
    if record.dir != Path::new(".preflight") {
        words.extend(["--dir".to_owned(), quoted(&record.dir.to_string_lossy())]);
    }
    words.join(" ")
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let word = clean(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_split_or_expand_it() {
        assert_eq!(quoted("on-call_1.0+x"), "on-call_1.0+x");
        assert_eq!(quoted("Ada Lovelace"), "'Ada Lovelace'");
        assert_eq!(quoted("teams[support]"), "'teams[support]'");
        assert_eq!(quoted("O'Neill"), r"'O'\''Neill'");
        assert_eq!(quoted("$(x)\u{1b}"), "'$(x) '");
        assert_eq!(quoted(""), "''");
    }
}
