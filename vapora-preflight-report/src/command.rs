//! Commands to type, as a shell reads them.

use vapora_preflight::{CheckId, Report, Role, shell_words};

/// What records the word of a person: `vapora-preflight attest on-call-briefed --by 'Bo Lindqvist'`.
pub(crate) fn attest(check: &CheckId, role: Option<&Role>) -> String {
    let person = role.map(|role| role.person.as_str()).filter(|person| !person.is_empty());
    let by = person.map_or_else(|| "\"<your name>\"".to_owned(), |person| shell_words([person]));
    format!("vapora-preflight attest {} --by {by}", shell_words([check.as_str()]))
}

/// What asks the checks of some phases that are not known to hold.
pub(crate) fn run<'p>(phases: impl IntoIterator<Item = &'p str>) -> String {
    let phases = phases.into_iter().map(|phase| format!(" --phase {}", shell_words([phase])));
    format!("vapora-preflight run{}", phases.collect::<String>())
}

/// What judges a gate again.
pub(crate) fn gate(gate: &CheckId) -> String {
    format!("vapora-preflight gate {}", shell_words([gate.as_str()]))
}

/// The command for the release of a report, where it has one.
pub(crate) fn for_release(report: &Report, command: String) -> String {
    match &report.deployment().release {
        Some(release) => format!("{command} --release {}", shell_words([release.as_str()])),
        None => command,
    }
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
    }
}
