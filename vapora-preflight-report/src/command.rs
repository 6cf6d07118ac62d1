//! Commands to type, as a shell reads them.

use vapora_preflight::{CheckId, Report, Role};

/// What records the word of a person: `vapora-preflight attest on-call-briefed --by "Bo Lindqvist"`.
pub(crate) fn attest(check: &CheckId, role: Option<&Role>) -> String {
    let person = role.map(|role| role.person.as_str()).filter(|person| !person.is_empty());
    let by = person.map_or_else(|| "\"<your name>\"".to_owned(), quoted);
    format!("vapora-preflight attest {} --by {by}", word(check.as_str()))
}

/// What asks the checks of some phases that are not known to hold.
pub(crate) fn run<'p>(phases: impl IntoIterator<Item = &'p str>) -> String {
    let phases = phases.into_iter().map(|phase| format!(" --phase {}", word(phase)));
    format!("vapora-preflight run{}", phases.collect::<String>())
}

/// What judges a gate again.
pub(crate) fn gate(gate: &CheckId) -> String {
    format!("vapora-preflight gate {}", word(gate.as_str()))
}

/// The command for the release of a report, where it has one.
pub(crate) fn for_release(report: &Report, command: String) -> String {
    match &report.deployment().release {
        Some(release) => format!("{command} --release {}", word(release.as_str())),
        None => command,
    }
}

/// One argument: as it is where no shell makes anything of it, else between quotes.
fn word(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:@,+".contains(c);
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { single(text) }
}

/// One argument between quotes: double ones, save where a shell would look inside of them.
fn quoted(text: &str) -> String {
    if text.contains(['"', '$', '`', '\\', '!']) { single(text) } else { format!("\"{text}\"") }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let check = |id: &str| -> CheckId { id.parse().unwrap() };
        assert_eq!(
            attest(&check("logs-clean[it's]"), None),
            r#"vapora-preflight attest 'logs-clean[it'\''s]' --by "<your name>""#
        );
        assert_eq!(run(["t-4h", "t-1h"]), "vapora-preflight run --phase t-4h --phase t-1h");
        assert_eq!(quoted("Bo O'Neill"), "\"Bo O'Neill\"");
        assert_eq!(quoted("$(rm x)"), "'$(rm x)'");
        assert_eq!(word(""), "''");
    }
}
